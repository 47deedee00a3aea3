// GET and PATCH /v1/balance/warnings; GET /v1/ledger, /v1/receipts, /v1/runs, /v1/runs/{id}; for
// operators /v1/admin/grants[/{id}], /v1/admin/holds, /v1/admin/tariffs.
#pragma once

#include <functional>

#include "features/ledger/ledger_service.hpp"
#include "http/router.hpp"

namespace ledger {

// Whether an account exists: accounts are identity's. Without it every
// well-formed id is granted time.
using AccountCheck = std::function<base::Task<base::Result<bool>>(base::AccountId)>;

void add_operator_routes(http::Router& router, LedgerService& ledger, AccountCheck account_exists);

// `ledger` outlives the router.
void add_routes(http::Router& router, LedgerService& ledger, AccountCheck account_exists = {});

}  // namespace ledger
