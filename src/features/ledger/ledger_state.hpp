// What LedgerService holds. Part of its implementation.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "features/ledger/ledger_memory.hpp"
#include "features/ledger/ledger_service.hpp"

namespace ledger {

struct LedgerService::State {
  sql::Database& database;
  base::Clock& clock;
  base::Random& random;
  base::Log& log;
  BalanceHook hook;
  LowBalanceHook low_balance_hook{};
  // Of the configuration, until load_tariffs() or a first version replaces it.
  Tariff fallback;
  // The current book is read without a lock; older ones stay, so that
  // references stay good.
  std::atomic<const TariffBook*> book = nullptr;
  std::mutex books_mutex{};
  std::vector<std::unique_ptr<const TariffBook>> books{};

  State(sql::Database& store, base::Clock& time, base::Random& chance, base::Log& lines,
        const Tariff& first);
  [[nodiscard]] const TariffBook& tariffs() const { return *book.load(std::memory_order_acquire); }
  void use_tariffs(std::vector<TariffVersion> versions);

  // The balance as this transaction leaves it. Levels that it crossed are warned of in this
  // transaction; the hook hears of both after the commit.
  Balance announce(sql::OperatorTx& tx, base::AccountId account, base::Instant now,
                   Movement movement);
  std::optional<LowBalance> warn(sql::OperatorTx& tx, KnownAccount& account, base::Millis left,
                                 base::Instant now, Movement movement);
  base::Result<StoredGrant> issue(sql::OperatorTx& tx, const NewGrant& grant, base::Instant now);
  base::Result<std::vector<SettledRun>> settle(sql::OperatorTx& tx,
                                               const std::vector<RunSnapshot>& batch,
                                               base::Instant now);
  std::int64_t expire(sql::OperatorTx& tx, base::Instant until, std::int64_t most);
};

}  // namespace ledger
