// The operator's view of accounts: who is there. Reads across accounts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/task.hpp"
#include "http/router.hpp"
#include "sql/database.hpp"

namespace identity {

struct AccountRow {
  base::AccountId id;
  std::string email;  // of the owner; empty for some external users
  std::string plan;
  bool is_operator = false;
  base::Instant created_at;
};

struct AccountFilter {
  std::optional<std::string> email;       // exact, in any case
  std::optional<base::AccountId> before;  // ids sort by time: older than this one
  int limit = 50;
};

class AccountDirectory {
 public:
  // `database` outlives it.
  explicit AccountDirectory(sql::Database& database) : database_(database) {}
  // Newest first.
  base::Task<base::Result<std::vector<AccountRow>>> list(AccountFilter filter);
  base::Task<base::Result<bool>> exists(base::AccountId account);

 private:
  sql::Database& database_;
};

// GET /v1/admin/accounts. `directory` outlives the router.
void add_operator_routes(http::Router& router, AccountDirectory& directory);

}  // namespace identity
