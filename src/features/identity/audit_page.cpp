#include "features/identity/audit_page.hpp"

#include "features/identity/invalid_field.hpp"
#include "http/list_cursor.hpp"
#include "http/list_limit.hpp"

namespace identity {

base::Result<AuditFilter> read_audit_page(const http::Request& request) {
  AuditFilter filter;
  RL_TRY(filter.limit, http::list_limit(request));
  if (const auto cursor = request.query_value("cursor")) {
    const auto before = http::parse_number_cursor(*cursor);
    if (!before) return invalid_field("cursor", "This is no cursor of this list.");
    filter.before = *before;
  }
  return filter;
}

}  // namespace identity
