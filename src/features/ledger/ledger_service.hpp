// The ledger: grants, runs and balances of every account, and the journal they
// can be rebuilt from. Every method that changes something writes journal and
// state in one transaction; when its result is a value, that transaction is on
// disk. Thread-safe: state lives in the database.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/task.hpp"
#include "features/ledger/balance.hpp"
#include "features/ledger/entry.hpp"
#include "features/ledger/grant.hpp"
#include "features/ledger/operator_order.hpp"
#include "features/ledger/receipt_text.hpp"
#include "features/ledger/run.hpp"
#include "features/ledger/stored_grant.hpp"
#include "features/ledger/verify.hpp"
#include "sql/database.hpp"

namespace ledger {

template <class Row>
struct Page {
  std::vector<Row> rows;
  std::optional<std::string> next_cursor;  // opaque; nullopt at the end
};

// Newest first. `cursor` as a Page gave it; a wrong one is `invalid`
// ("invalid_cursor").
struct PageRequest {
  std::string cursor;
  int limit = 50;  // 1..200
  // Half-open. Runs: those that overlap it; entries: those made in it.
  std::optional<base::Instant> from{};
  std::optional<base::Instant> to{};
};

class LedgerService {
 public:
  LedgerService(sql::Database& database, base::Clock& clock, base::Random& random, base::Log& log,
                Tariff tariff = {});
  ~LedgerService();

  // Called after the commit of everything that changes a balance except
  // settle() (whose answer has the balance): on the writer lane's thread, in
  // order of commits. Must be quick and must not throw. Set before traffic;
  // only one.
  using BalanceHook = std::function<void(const Balance&, const std::optional<LowBalance>&)>;
  void on_balance_changed(BalanceHook hook);

  // Called inside the transaction of the movement that a warning is due for, so that what it writes
  // (a mail) is written once or not at all. Set before traffic; only one.
  using LowBalanceHook = std::function<void(sql::OperatorTx&, const LowBalance&, base::Instant)>;
  void on_low_balance(LowBalanceHook hook);
  base::Task<base::Result<WarningSettings>> load_warnings(base::AccountId account);
  // The settings as the change leaves them, in one transaction.
  base::Task<base::Result<WarningSettings>> change_warnings(base::AccountId account,
                                                            WarningChange change);
  // Nobody holds the account any more.
  void forget_warnings(sql::OperatorTx& tx, base::AccountId account);

  // In the caller's transaction (payment and time together or not at all). The
  // hook fires by itself after that transaction's commit. A known business key
  // issues nothing and answers the old grant. `invalid` for amount <= 0, an
  // expiry in the past, an empty key. Debts are repaid first.
  [[nodiscard]] base::Result<IssuedGrant> issue_grant(sql::OperatorTx& tx, const NewGrant& grant,
                                                      base::Instant now);
  // The same in a transaction of its own, by an operator: an empty business key
  // is replaced by a fresh one; a known key with another account, kind, amount
  // or expiry is `conflict`
  // ("idempotency_conflict").
  base::Task<base::Result<StoredGrant>> issue(NewGrant grant);

  // Takes `amount` back from the grant that was issued under `grant_key` (a
  // refund; 0 or more than issued: what is left to take back). What was used
  // already becomes a debt, repaid from other grants at once where they have
  // time. Same order.key: nothing happens again. not_found: no such grant.
  [[nodiscard]] base::Result<Balance> revoke_grant(sql::OperatorTx& tx, std::string_view grant_key,
                                                   base::Millis amount, const OperatorOrder& order,
                                                   base::Instant now);
  // Undoes revocations of the grant, by `amount` (0: all of it); a debt they
  // left is paid first.
  [[nodiscard]] base::Result<Balance> restore_grant(sql::OperatorTx& tx, std::string_view grant_key,
                                                    base::Millis amount, const OperatorOrder& order,
                                                    base::Instant now);
  // What a grant of included hours had left at its expiry, at most `cap`, goes
  // on in a new grant until `until`; nullopt: nothing was left. `conflict`
  // before its expiry.
  [[nodiscard]] base::Result<std::optional<IssuedGrant>> roll_over(
      sql::OperatorTx& tx, std::string_view grant_key, base::Millis cap,
      std::optional<base::Instant> until, base::Instant now);
  // A dispute: moves what is available of the grant to held, and back.
  [[nodiscard]] base::Result<Balance> hold_grant(sql::OperatorTx& tx, std::string_view grant_key,
                                                 const OperatorOrder& order, base::Instant now);
  [[nodiscard]] base::Result<Balance> release_grant(sql::OperatorTx& tx, std::string_view grant_key,
                                                    const OperatorOrder& order, base::Instant now);
  // By an operator: adds (or with a negative amount takes away, at most what is
  // available: `conflict` otherwise) time of one grant.
  base::Task<base::Result<Balance>> adjust(base::GrantId grant, base::Millis amount,
                                           OperatorOrder order);
  // The same by an operator, of included hours only; the new grant. `conflict` also when nothing
  // was left. A grant rolls over once: asked again, the answer is the same grant.
  base::Task<base::Result<StoredGrant>> roll_over(base::GrantId grant, base::Millis cap,
                                                  std::optional<base::Instant> until,
                                                  OperatorOrder order);
  // By an operator, to one grant. An empty order.key is replaced by a fresh
  // one.
  base::Task<base::Result<StoredGrant>> change(base::GrantId grant, GrantChange what,
                                               base::Millis amount, OperatorOrder order);
  // Holds all that is available of an account, or releases all that is held;
  // its grants afterwards.
  base::Task<base::Result<std::vector<StoredGrant>>> hold_account(base::AccountId account,
                                                                  bool held, OperatorOrder order);

  // Settles live runs of many accounts in one durable transaction. Answers in
  // the order of the batch. Idempotent: charges exactly what the stored runs do
  // not cover yet, at most what is available of grants valid when the time was
  // used; the rest is recorded as unbilled.
  base::Task<base::Result<std::vector<SettledRun>>> settle(std::vector<RunSnapshot> batch);

  // Moves what is left of grants whose expiry is at or before `until` to
  // expired; answers how many. Give an instant a few seconds back, so that the
  // last settlement of use before the expiry still finds the grant (expired
  // grants are never counted as available meanwhile).
  base::Task<base::Result<std::int64_t>> expire_due(base::Instant until);

  // Reads. `as_of` of a balance is the clock's now. An account without entries
  // has balance 0.
  base::Task<base::Result<Balance>> load_balance(base::AccountId account);
  // Grants with time available or held, in burn order; with `all` every grant
  // ever issued.
  base::Task<base::Result<std::vector<StoredGrant>>> list_grants(base::AccountId account,
                                                                 bool all = false);
  base::Task<base::Result<Page<StoredRun>>> list_runs(base::AccountId account, PageRequest page);
  // not_found when it is not this account's.
  base::Task<base::Result<StoredRun>> load_run(base::AccountId account, base::RunId run);
  base::Task<base::Result<Page<Entry>>> list_entries(base::AccountId account, PageRequest page);

  // Newest first, at most `most` entries, for a file; `cursor` as PageRequest.
  base::Task<base::Result<Page<Entry>>> list_entries_for_file(base::AccountId account,
                                                              PageRequest page, int most);
  // Of a month, "2026-11"; `invalid` otherwise. Made from the journal of the
  // account.
  base::Task<base::Result<Receipt>> make_receipt(base::AccountId account, std::string month);
  // Rendered with the tariffs that applied.
  [[nodiscard]] std::string format_receipt(const Receipt& receipt, ReceiptFormat format) const;

  // The whole journal in order, of one instant, on a reader's thread.
  base::Task<base::Result<void>> each_entry(std::function<void(const Entry&)> take);
  // Into an empty store, from an export.
  base::Task<base::Result<VerifyReport>> replay(std::istream& in);

  // Folds the journal from empty and compares (`redline ledger verify`).
  base::Task<base::Result<VerifyReport>> verify();

  // What a run gets that opens at `at`, and one that opens now. From memory,
  // without a lock; the reference stays good as long as this service.
  [[nodiscard]] const Tariff& tariff_at(base::Instant at) const;
  [[nodiscard]] const Tariff& tariff() const;
  // The first version when there is no such one.
  [[nodiscard]] const Tariff& tariff_version(int number) const;
  [[nodiscard]] std::span<const TariffVersion> tariff_versions() const;
  // Adds a version that applies from `from` (nullopt: now), never from the past
  // (`invalid`); its number is given here. Runs that are open keep theirs.
  base::Task<base::Result<TariffVersion>> set_tariff(Tariff tariff,
                                                     std::optional<base::Instant> from,
                                                     std::string reason, std::string actor);
  // Reads the versions in the store; until then, and while there are none, the
  // tariff of the constructor applies. With `record` the constructor's tariff
  // becomes the first version, or, when it is not what the configuration said
  // last, a new one from now on.
  base::Task<base::Result<void>> load_tariffs(bool record);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ledger
