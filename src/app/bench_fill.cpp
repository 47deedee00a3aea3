// `redline bench fill`: a data folder with many accounts, made by the real code in large commits.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "app/bench_fill.hpp"
#include "app/cli.hpp"
#include "app/store.hpp"
#include "base/task.hpp"
#include "features/identity/account_store.hpp"
#include "features/ledger/bench.hpp"

namespace app {

namespace {

constexpr std::int64_t kGroup = 10'000;

base::Result<std::vector<base::AccountId>> make_accounts(Store& store, std::int64_t count) {
  std::vector<base::AccountId> accounts;
  while (static_cast<std::int64_t>(accounts.size()) < count) {
    const auto size = std::min(kGroup, count - static_cast<std::int64_t>(accounts.size()));
    const auto now = store.clock.now();
    const auto made = base::block_on(
        store.database->write_operator<bool>([&](sql::OperatorTx& tx) -> base::Result<bool> {
          for (std::int64_t i = 0; i < size; ++i) {
            const auto account = base::AccountId::make(now, store.random);
            const auto email = account.text() + "@example.com";
            const identity::NewUser user{.id = base::UserId{account.bits()},
                                         .email = email,
                                         .email_folded = email,
                                         .password_hash = {},
                                         .external_id = {},
                                         .at = now};
            if (!identity::insert_user(tx, user)) return base::fail_internal("a user exists");
            identity::insert_account(tx, {.id = account, .plan = store.config.plans.front().id},
                                     now);
            identity::put_seat(tx, account, user.id, {.role = identity::Role::owner}, now);
            accounts.push_back(account);
          }
          return true;
        }));
    if (!made) return std::unexpected(made.error());
  }
  return accounts;
}

base::Result<void> fill(Store& store, std::int64_t count, std::int64_t live) {
  RL_TRY(auto accounts, make_accounts(store, count));
  auto& ledger = *store.ledger;
  RL_TRY_VOID(ledger::give_all(*store.database, ledger, accounts, std::chrono::hours{5},
                               store.clock.now() - std::chrono::hours{1}));
  accounts.resize(static_cast<std::size_t>(std::min(live, count)));
  const auto now = store.clock.now();
  return ledger::settle_all(
      ledger, ledger::open_runs(accounts, store.random, now - std::chrono::minutes{1}, now));
}

}  // namespace

int bench_fill_command(const Common& common, std::int64_t accounts, std::int64_t live) {
  auto config = configure(common);
  if (!config) return config.error();
  const auto store = open_store(std::move(*config), common.data);
  if (!store) return report_failure(store.error());
  if (const auto filled = fill(**store, accounts, live); !filled)
    return report_failure(filled.error());
  if (common.json)
    fmt::print("{{\"accounts\":{},\"live\":{}}}\n", accounts, live);
  else
    fmt::print("{} has {} accounts with 5 hours each, {} of them in use\n", common.data, accounts,
               live);
  return kDone;
}

}  // namespace app
