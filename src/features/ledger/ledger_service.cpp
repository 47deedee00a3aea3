#include "features/ledger/ledger_service.hpp"

#include <map>

#include "features/ledger/grant_moves.hpp"
#include "features/ledger/grant_store.hpp"
#include "features/ledger/ledger_state.hpp"
#include "features/ledger/settlement.hpp"
#include "features/ledger/verify_tables.hpp"

namespace ledger {

namespace {

base::Result<StoredGrant> load_by_key(sql::OperatorTx& tx, std::string_view key) {
  auto grant = find_grant_by_key(tx, key);
  if (!grant)
    return base::fail(base::ErrorCode::not_found, "not_found", "There is no such grant.",
                      "no grant with key " + std::string{key});
  return *grant;
}

bool is_same(const StoredGrant& grant, const NewGrant& wanted) {
  return grant.account == wanted.account && grant.kind == wanted.kind &&
         grant.expires_at == wanted.expires_at && grant.reason == wanted.reason;
}

// The amount a grant was issued with, before anybody adjusted it.
base::Millis first_amount(sql::OperatorTx& tx, const StoredGrant& grant) {
  return find_posted(tx, "grant:" + grant.business_key).value_or(base::Millis{});
}

}  // namespace

LedgerService::State::State(sql::Database& store, base::Clock& time, base::Random& chance,
                            base::Log& lines, const Tariff& first)
    : database(store), clock(time), random(chance), log(lines), fallback(first) {
  use_tariffs({{first, {}, {}, {}, {}}});
}

Balance LedgerService::State::announce(sql::OperatorTx& tx, base::AccountId account,
                                       base::Instant now, Movement movement) {
  Poster poster(tx, now);
  auto& known = poster.account(account);
  const auto balance = balance_of(known.purse, now);
  const auto warning = warn(tx, known, balance.available, now, movement);
  if (hook) tx.after_commit([this, balance, warning] { hook(balance, warning); });
  return balance;
}

std::optional<LowBalance> LedgerService::State::warn(sql::OperatorTx& tx, KnownAccount& account,
                                                     base::Millis left, base::Instant now,
                                                     Movement movement) {
  auto warning = warn_of_low_balance(tx.for_account(account.purse.account), account.armed,
                                     account.purse, left, movement);
  if (warning && low_balance_hook) low_balance_hook(tx, *warning, now);
  return warning;
}

base::Result<StoredGrant> LedgerService::State::issue(sql::OperatorTx& tx, const NewGrant& grant,
                                                      base::Instant now) {
  Poster poster(tx, now);
  RL_TRY(auto issued, ledger::issue_grant(poster, random, grant));
  if (!issued.already_known) {
    announce(tx, grant.account, now, Movement::added);
    return std::move(issued.grant);
  }
  if (!is_same(issued.grant, grant) || first_amount(tx, issued.grant) != grant.amount)
    return base::fail(base::ErrorCode::conflict, "idempotency_conflict",
                      "This Idempotency-Key was used for another grant before.");
  return std::move(issued.grant);
}

LedgerService::LedgerService(sql::Database& database, base::Clock& clock, base::Random& random,
                             base::Log& log, Tariff tariff)
    : state_(std::make_unique<State>(database, clock, random, log, tariff)) {}

LedgerService::~LedgerService() = default;

void LedgerService::on_balance_changed(BalanceHook hook) { state_->hook = std::move(hook); }

void LedgerService::on_low_balance(LowBalanceHook hook) {
  state_->low_balance_hook = std::move(hook);
}

base::Result<IssuedGrant> LedgerService::issue_grant(sql::OperatorTx& tx, const NewGrant& grant,
                                                     base::Instant now) {
  Poster poster(tx, now);
  RL_TRY(const auto issued, ledger::issue_grant(poster, state_->random, grant));
  if (!issued.already_known) state_->announce(tx, grant.account, now, Movement::added);
  return IssuedGrant{issued.grant.id, issued.already_known};
}

base::Task<base::Result<StoredGrant>> LedgerService::issue(NewGrant grant) {
  const auto now = state_->clock.now();
  if (grant.business_key.empty())
    grant.business_key = "order:" + base::OrderId::make(now, state_->random).text();
  return state_->database.write_operator<StoredGrant>(
      [this, grant = std::move(grant), now](sql::OperatorTx& tx) {
        return state_->issue(tx, grant, now);
      });
}

base::Result<Balance> LedgerService::revoke_grant(sql::OperatorTx& tx, std::string_view grant_key,
                                                  base::Millis amount, const OperatorOrder& order,
                                                  base::Instant now) {
  RL_TRY(const auto grant, load_by_key(tx, grant_key));
  Poster poster(tx, now);
  ledger::revoke_grant(poster, grant, amount, order);
  return state_->announce(tx, grant.account, now, Movement::other);
}

base::Result<Balance> LedgerService::restore_grant(sql::OperatorTx& tx, std::string_view grant_key,
                                                   base::Millis amount, const OperatorOrder& order,
                                                   base::Instant now) {
  RL_TRY(const auto grant, load_by_key(tx, grant_key));
  Poster poster(tx, now);
  ledger::restore_grant(poster, grant, amount, order);
  return state_->announce(tx, grant.account, now, Movement::other);
}

base::Result<std::optional<IssuedGrant>> LedgerService::roll_over(
    sql::OperatorTx& tx, std::string_view grant_key, base::Millis cap,
    std::optional<base::Instant> until, base::Instant now) {
  RL_TRY(const auto grant, load_by_key(tx, grant_key));
  Poster poster(tx, now);
  RL_TRY(const auto rolled, roll_over_grant(poster, state_->random, grant, cap, until,
                                            {{}, "time left of the period before", "system"}));
  state_->announce(tx, grant.account, now, Movement::added);
  return rolled;
}

base::Result<Balance> LedgerService::hold_grant(sql::OperatorTx& tx, std::string_view grant_key,
                                                const OperatorOrder& order, base::Instant now) {
  RL_TRY(const auto grant, load_by_key(tx, grant_key));
  Poster poster(tx, now);
  ledger::hold_grant(poster, grant, {}, order);
  return state_->announce(tx, grant.account, now, Movement::other);
}

base::Result<Balance> LedgerService::release_grant(sql::OperatorTx& tx, std::string_view grant_key,
                                                   const OperatorOrder& order, base::Instant now) {
  RL_TRY(const auto grant, load_by_key(tx, grant_key));
  Poster poster(tx, now);
  ledger::release_grant(poster, grant, {}, order);
  return state_->announce(tx, grant.account, now, Movement::other);
}

base::Task<base::Result<std::vector<SettledRun>>> LedgerService::settle(
    std::vector<RunSnapshot> batch) {
  return state_->database.write_operator<std::vector<SettledRun>>(
      [this, batch = std::move(batch)](sql::OperatorTx& tx) {
        return state_->settle(tx, batch, state_->clock.now());
      });
}

base::Result<std::vector<SettledRun>> LedgerService::State::settle(
    sql::OperatorTx& tx, const std::vector<RunSnapshot>& batch, base::Instant now) {
  std::vector<SettledRun> answers;
  answers.reserve(batch.size());
  Poster poster(tx, now);
  for (const auto& snapshot : batch) {
    auto settled = settle_run(poster, snapshot, tariffs());
    if (!settled) {
      // One impossible snapshot must not keep the others from being settled,
      // now or ever.
      log.error("settle_refused", {{"detail", settled.error().detail}});
      auto account_tx = tx.for_account(snapshot.account);
      settled =
          SettledRun{snapshot.account, snapshot.run, {}, {}, ledger::load_balance(account_tx, now)};
    }
    const auto left = settled->balance.available;
    if (left <= kWarningLevels.front())
      settled->warning = warn(tx, poster.account(snapshot.account), left, now, Movement::other);
    answers.push_back(*settled);
  }
  return answers;
}

base::Task<base::Result<std::int64_t>> LedgerService::expire_due(base::Instant until) {
  constexpr std::int64_t kStep = 1'000;
  std::int64_t total = 0;
  while (true) {
    auto step = co_await state_->database.write_operator<std::int64_t>(
        [this, until](sql::OperatorTx& tx) -> base::Result<std::int64_t> {
          return state_->expire(tx, until, kStep);
        });
    if (!step) co_return std::unexpected(step.error());
    total += *step;
    if (*step < kStep) co_return total;
  }
}

std::int64_t LedgerService::State::expire(sql::OperatorTx& tx, base::Instant until,
                                          std::int64_t most) {
  const auto now = clock.now();
  const auto due = list_due_grants(tx, until, most);
  Poster poster(tx, now);
  std::map<base::AccountId, std::vector<StoredGrant>> accounts;
  for (const auto& grant : due) accounts[grant.account].push_back(grant);
  for (const auto& [account, grants] : accounts) {
    for (const auto& grant : grants) expire_grant(poster, grant);
    announce(tx, account, now, Movement::other);
  }
  return static_cast<std::int64_t>(due.size());
}

base::Task<base::Result<VerifyReport>> LedgerService::verify() {
  return state_->database.read_operator<VerifyReport>(
      [](sql::OperatorTx& tx) -> base::Result<VerifyReport> { return verify_tables(tx); });
}

}  // namespace ledger
