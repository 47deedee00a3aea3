// What an operator does: changes of grants, holds of accounts, versions of the
// tariff.
#include "features/ledger/grant_moves.hpp"
#include "features/ledger/grant_store.hpp"
#include "features/ledger/ledger_state.hpp"
#include "features/ledger/tariff_store.hpp"

namespace ledger {

namespace {

constexpr std::string_view kConfiguration = "configuration";

base::Result<StoredGrant> load_grant(sql::OperatorTx& tx, base::GrantId id) {
  auto grant = find_grant(tx, id);
  if (!grant) return base::fail(base::ErrorCode::not_found, "not_found", "There is no such grant.");
  return *grant;
}

Movement movement_of(base::Millis adjustment) {
  return adjustment > base::Millis{0} ? Movement::added : Movement::other;
}

base::Result<void> apply(Poster& poster, const StoredGrant& grant, GrantChange what,
                         base::Millis amount, const OperatorOrder& order) {
  if (what != GrantChange::adjust && amount.count() < 0)
    return base::invalid_field("amount_ms", "amount_ms must not be below zero.");
  if (!is_good_reason(order.reason))
    return base::invalid_field("reason", "A reason is needed, without control characters.");
  switch (what) {
    case GrantChange::adjust:
      return adjust_grant(poster, grant, amount, order);
    case GrantChange::hold:
      hold_grant(poster, grant, amount, order);
      return {};
    case GrantChange::release:
      release_grant(poster, grant, amount, order);
      return {};
    case GrantChange::revoke:
      revoke_grant(poster, grant, amount, order);
      return {};
    case GrantChange::restore:
      restore_grant(poster, grant, amount, order);
      return {};
  }
  return {};
}

base::Result<void> check(const Tariff& tariff) {
  constexpr base::Micros kHour = std::chrono::hours{1};
  if (tariff.idle_gap < base::Micros{0} || tariff.idle_gap > kHour)
    return base::invalid_field("idle_gap_ms", "idle_gap_ms must be 0 to 3600000.");
  if (tariff.min_proof < base::Millis{1} || tariff.min_proof > kHour)
    return base::invalid_field("min_proof_ms", "min_proof_ms must be 1 to 3600000.");
  if (tariff.max_parallel < 1 || tariff.max_parallel > 1'000)
    return base::invalid_field("max_parallel", "max_parallel must be 1 to 1000.");
  return {};
}

// The rule apart from its number.
bool same_rule(Tariff a, const Tariff& b) {
  a.version = b.version;
  return a == b;
}

TariffVersion add_version(sql::OperatorTx& tx, TariffVersion wanted,
                          const std::vector<TariffVersion>& known, base::Instant now) {
  wanted.tariff.version = known.empty() ? 1 : known.back().tariff.version + 1;
  wanted.set_at = now;
  Poster poster(tx, now);
  insert_tariff(poster, wanted);
  return wanted;
}

// What the configuration said is recorded once: a version set by an operator
// stays until the configuration itself changes.
void record_configured(sql::OperatorTx& tx, const Tariff& configured, base::Instant now) {
  const auto known = list_tariffs(tx);
  const TariffVersion* last = nullptr;
  for (const auto& one : known)
    if (one.actor == kConfiguration) last = &one;
  if (last != nullptr && same_rule(last->tariff, configured)) return;
  add_version(tx,
              {.tariff = configured,
               .applies_from = known.empty() ? base::Instant{} : now,
               .reason = known.empty() ? "the first tariff" : "the configuration changed",
               .actor = std::string{kConfiguration}},
              known, now);
}

}  // namespace

void LedgerService::State::use_tariffs(std::vector<TariffVersion> versions) {
  const std::scoped_lock lock(books_mutex);
  books.push_back(std::make_unique<const TariffBook>(std::move(versions)));
  book.store(books.back().get(), std::memory_order_release);
}

const Tariff& LedgerService::tariff_at(base::Instant at) const { return state_->tariffs().at(at); }

const Tariff& LedgerService::tariff() const { return tariff_at(state_->clock.now()); }

const Tariff& LedgerService::tariff_version(int number) const {
  return state_->tariffs().version(number);
}

std::span<const TariffVersion> LedgerService::tariff_versions() const {
  return state_->tariffs().versions();
}

base::Task<base::Result<TariffVersion>> LedgerService::set_tariff(Tariff tariff,
                                                                  std::optional<base::Instant> from,
                                                                  std::string reason,
                                                                  std::string actor) {
  const auto now = state_->clock.now();
  RL_CO_TRY_VOID(check(tariff));
  if (!is_good_reason(reason))
    co_return base::invalid_field("reason", "A reason is needed, without control characters.");
  if (from && *from < now)
    co_return base::invalid_field("applies_from",
                                  "A tariff applies from now on or later, never to the past.");
  TariffVersion wanted{tariff, from.value_or(now), now, std::move(reason), std::move(actor)};
  auto made = co_await state_->database.write_operator<TariffVersion>(
      [this, wanted = std::move(wanted), now](sql::OperatorTx& tx) -> base::Result<TariffVersion> {
        auto known = list_tariffs(tx);
        if (known.empty()) record_configured(tx, state_->fallback, now);
        known = list_tariffs(tx);
        auto added = add_version(tx, wanted, known, now);
        known.push_back(added);
        tx.after_commit(
            [this, known = std::move(known)]() mutable { state_->use_tariffs(std::move(known)); });
        return added;
      });
  co_return made;
}

base::Task<base::Result<void>> LedgerService::load_tariffs(bool record) {
  const auto now = state_->clock.now();
  auto known = co_await state_->database.read_operator<std::vector<TariffVersion>>(
      [](sql::OperatorTx& tx) -> base::Result<std::vector<TariffVersion>> {
        return list_tariffs(tx);
      });
  if (known && record)
    known = co_await state_->database.write_operator<std::vector<TariffVersion>>(
        [this, now](sql::OperatorTx& tx) -> base::Result<std::vector<TariffVersion>> {
          record_configured(tx, state_->fallback, now);
          return list_tariffs(tx);
        });
  if (!known) co_return std::unexpected(known.error());
  if (!known->empty()) state_->use_tariffs(std::move(*known));
  co_return base::Result<void>{};
}

base::Task<base::Result<Balance>> LedgerService::adjust(base::GrantId grant, base::Millis amount,
                                                        OperatorOrder order) {
  return state_->database.write_operator<Balance>(
      [this, grant, amount, order = std::move(order),
       now = state_->clock.now()](sql::OperatorTx& tx) -> base::Result<Balance> {
        RL_TRY(const auto stored, load_grant(tx, grant));
        Poster poster(tx, now);
        RL_TRY_VOID(adjust_grant(poster, stored, amount, order));
        return state_->announce(tx, stored.account, now, movement_of(amount));
      });
}

base::Task<base::Result<StoredGrant>> LedgerService::change(base::GrantId grant, GrantChange what,
                                                            base::Millis amount,
                                                            OperatorOrder order) {
  const auto now = state_->clock.now();
  if (order.key.empty()) order.key = "order:" + base::OrderId::make(now, state_->random).text();
  return state_->database.write_operator<StoredGrant>(
      [this, grant, what, amount, order = std::move(order),
       now](sql::OperatorTx& tx) -> base::Result<StoredGrant> {
        RL_TRY(const auto stored, load_grant(tx, grant));
        Poster poster(tx, now);
        RL_TRY_VOID(apply(poster, stored, what, amount, order));
        state_->announce(tx, stored.account, now,
                         what == GrantChange::adjust ? movement_of(amount) : Movement::other);
        return load_grant(tx, grant);
      });
}

base::Task<base::Result<StoredGrant>> LedgerService::roll_over(base::GrantId grant,
                                                               base::Millis cap,
                                                               std::optional<base::Instant> until,
                                                               OperatorOrder order) {
  return state_->database.write_operator<StoredGrant>(
      [this, grant, cap, until, order = std::move(order),
       now = state_->clock.now()](sql::OperatorTx& tx) -> base::Result<StoredGrant> {
        RL_TRY(const auto stored, load_grant(tx, grant));
        if (!is_good_reason(order.reason))
          return base::invalid_field("reason", "A reason is needed, without control characters.");
        if (stored.kind != GrantKind::subscription)
          return base::fail(base::ErrorCode::conflict, "conflict",
                            "Only included hours (kind subscription) roll over.");
        Poster poster(tx, now);
        RL_TRY(const auto rolled,
               roll_over_grant(poster, state_->random, stored, cap, until, order));
        if (!rolled)
          return base::fail(base::ErrorCode::conflict, "conflict",
                            "Nothing was left of this grant when it expired.");
        state_->announce(tx, stored.account, now, Movement::added);
        return load_grant(tx, rolled->id);
      });
}

base::Task<base::Result<std::vector<StoredGrant>>> LedgerService::hold_account(
    base::AccountId account, bool held, OperatorOrder order) {
  const auto now = state_->clock.now();
  if (order.key.empty()) order.key = "order:" + base::OrderId::make(now, state_->random).text();
  return state_->database.write_operator<std::vector<StoredGrant>>(
      [this, account, held, order = std::move(order),
       now](sql::OperatorTx& tx) -> base::Result<std::vector<StoredGrant>> {
        if (!is_good_reason(order.reason))
          return base::invalid_field("reason", "A reason is needed, without control characters.");
        auto mine = tx.for_account(account);
        Poster poster(tx, now);
        for (const auto& grant : list_all_grants(mine)) {
          const OperatorOrder one{order.key + ":" + grant.id.text(), order.reason, order.actor};
          if (held)
            ledger::hold_grant(poster, grant, {}, one);
          else
            ledger::release_grant(poster, grant, {}, one);
        }
        state_->announce(tx, account, now, Movement::other);
        return list_all_grants(mine);
      });
}

}  // namespace ledger
