// ?limit= and ?cursor= of lists out of the audit log.
#pragma once

#include "base/result.hpp"
#include "features/identity/audit_store.hpp"
#include "http/exchange.hpp"

namespace identity {

[[nodiscard]] base::Result<AuditFilter> read_audit_page(const http::Request& request);

}  // namespace identity
