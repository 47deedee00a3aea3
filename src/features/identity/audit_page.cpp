#include "features/identity/audit_page.hpp"

#include <charconv>

#include "features/identity/invalid_field.hpp"
#include "http/list_limit.hpp"

namespace identity {

base::Result<AuditFilter> read_audit_page(const http::Request& request) {
  AuditFilter filter;
  RL_TRY(filter.limit, http::list_limit(request));
  if (const auto cursor = request.query_value("cursor")) {
    const char* const end = cursor->data() + cursor->size();
    const auto parsed = std::from_chars(cursor->data(), end, filter.before);
    if (parsed.ec != std::errc{} || parsed.ptr != end)
      return invalid_field("cursor", "This is no cursor of this list.");
  }
  return filter;
}

}  // namespace identity
