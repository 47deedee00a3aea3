#include "features/ledger/grant_moves.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.hpp"
#include "features/ledger/burn.hpp"
#include "features/ledger/details.hpp"
#include "features/ledger/grant_store.hpp"

namespace ledger {

namespace {

// A hundred years: far beyond any sale, far below overflow of the sums.
constexpr base::Millis kMaxGrant = std::chrono::hours{24 * 365 * 100};

// Control characters separate columns where rows are compared, and have no
// place on a bill.
bool is_plain(std::string_view text) {
  return std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; });
}

base::Result<void> check(const NewGrant& wanted, base::Instant now) {
  if (!is_plain(wanted.reason))
    return base::invalid_field("reason", "The reason must not have control characters.");
  if (!is_plain(wanted.business_key))
    return base::invalid_field("business_key", "The key must not have control characters.");
  if (wanted.account.empty()) return base::invalid_field("account_id", "An account is needed.");
  if (wanted.amount.count() <= 0 || wanted.amount > kMaxGrant)
    return base::invalid_field("amount_ms",
                               "The amount must be above zero and below a hundred years.");
  if (wanted.expires_at && *wanted.expires_at <= now)
    return base::invalid_field("expires_at", "The expiry must be in the future.");
  if (wanted.business_key.empty())
    return base::invalid_field("business_key", "A business key is needed.");
  return {};
}

Posting move(EntryKind kind, const StoredGrant& grant, base::Millis amount, Bucket from, Bucket to,
             const OperatorOrder& order, std::string key) {
  Posting posting;
  posting.kind = kind;
  posting.account = grant.account;
  posting.grant = grant.id;
  posting.amount = amount;
  posting.from = from;
  posting.to = to;
  posting.key = std::move(key);
  posting.reason = order.reason;
  posting.actor = order.actor;
  return posting;
}

base::Millis part_of(base::Millis there, base::Millis wanted) {
  return wanted.count() <= 0 ? there : std::min(there, wanted);
}

// Time that was used on `owing` and then taken back is deemed used from
// `paying` instead.
void repay(Poster& poster, StoredGrant& owing, StoredGrant& paying) {
  const auto amount = std::min(-owing.available, paying.available);
  const OperatorOrder order{{}, "repays time that was taken back after it was used", "system"};
  for (auto* grant : {&owing, &paying}) {
    const bool owes = grant == &owing;
    poster.post(move(EntryKind::debt_repaid, *grant, amount,
                     owes ? Bucket::consumed : Bucket::available,
                     owes ? Bucket::available : Bucket::consumed, order,
                     fmt::format("repaid:{}:{}", grant->id.text(), poster.next_sequence())));
    grant->available += owes ? amount : -amount;
  }
}

void repay_debts(Poster& poster, base::AccountId account) {
  auto tx = poster.tx().for_account(account);
  auto owing = list_grants_in_debt(tx);
  if (owing.empty()) return;
  auto paying = list_grants_with_time(tx);
  std::erase_if(paying, [&](const StoredGrant& grant) {
    return grant.expires_at && *grant.expires_at <= poster.now();
  });
  std::ranges::sort(paying, burns_before);
  for (auto& debt : owing)
    for (auto& grant : paying)
      if (debt.available.count() < 0 && grant.available.count() > 0) repay(poster, debt, grant);
}

}  // namespace

bool is_good_reason(std::string_view reason) { return !reason.empty() && is_plain(reason); }

base::Result<Issued> issue_grant(Poster& poster, base::Random& random, const NewGrant& wanted) {
  const auto known = [&] { return find_grant_by_key(poster.tx(), wanted.business_key); };
  if (auto checked = check(wanted, poster.now()); !checked) {
    // A repeated event is answered as before, even when its grant has expired since.
    if (auto before = known()) return Issued{std::move(*before), true};
    return std::unexpected(std::move(checked.error()));
  }
  StoredGrant grant;
  grant.id = base::GrantId::make(poster.now(), random);
  grant.account = wanted.account;
  grant.kind = wanted.kind;
  grant.priority = wanted.priority;
  grant.issued_at = poster.now();
  grant.expires_at = wanted.expires_at;
  grant.business_key = wanted.business_key;
  grant.reason = wanted.reason;
  grant.actor = wanted.actor;
  auto posting =
      move(EntryKind::grant_issued, grant, wanted.amount, Bucket::issued, Bucket::available,
           {{}, wanted.reason, wanted.actor}, "grant:" + wanted.business_key);
  posting.details = format_details(GrantDetails{grant.kind, grant.priority, grant.expires_at});
  if (!poster.issue(grant, std::move(posting))) {
    auto before = known();
    RL_CHECK(before.has_value(), "a business key that is taken belongs to a grant");
    return Issued{std::move(*before), true};
  }
  grant.issued = grant.available = wanted.amount;
  if (poster.purse(wanted.account).debt().count() == 0) return Issued{std::move(grant), false};
  repay_debts(poster, wanted.account);
  return Issued{find_grant(poster.tx(), grant.id).value_or(grant), false};
}

void revoke_grant(Poster& poster, const StoredGrant& grant, base::Millis amount,
                  const OperatorOrder& order) {
  struct Source {
    Bucket bucket;
    base::Millis available;
  };
  const std::array sources{Source{Bucket::available, std::max(grant.available, base::Millis{})},
                           Source{Bucket::held, grant.held},
                           Source{Bucket::expired, grant.expired}};
  const auto key = [&](Bucket bucket) {
    return fmt::format("revoke:{}:{}", bucket_name(bucket), order.key);
  };
  const auto debt_key = "debt:" + order.key;
  for (const auto& source : sources)
    if (poster.is_known(key(source.bucket))) return;
  if (poster.is_known(debt_key)) return;
  const auto most = grant.issued - grant.revoked;
  auto left = amount.count() <= 0 ? most : std::min(amount, most);
  for (const auto& source : sources) {
    const auto taken = std::min(left, source.available);
    if (taken.count() <= 0) continue;
    poster.post(move(EntryKind::grant_revoked, grant, taken, source.bucket, Bucket::revoked, order,
                     key(source.bucket)));
    left -= taken;
  }
  if (left.count() > 0)
    poster.post(move(EntryKind::debt_recorded, grant, left, Bucket::available, Bucket::revoked,
                     order, debt_key));
  repay_debts(poster, grant.account);
}

void restore_grant(Poster& poster, const StoredGrant& grant, base::Millis amount,
                   const OperatorOrder& order) {
  const auto restored = part_of(grant.revoked, amount);
  const auto key = "restore:" + order.key;
  if (restored.count() <= 0 || poster.is_known(key)) return;
  poster.post(move(EntryKind::grant_restored, grant, restored, Bucket::revoked, Bucket::available,
                   order, key));
  repay_debts(poster, grant.account);
}

void hold_grant(Poster& poster, const StoredGrant& grant, base::Millis amount,
                const OperatorOrder& order) {
  const auto held = part_of(grant.available, amount);
  const auto key = "hold:" + order.key;
  if (held.count() <= 0 || poster.is_known(key)) return;
  poster.post(
      move(EntryKind::grant_held, grant, held, Bucket::available, Bucket::held, order, key));
}

void release_grant(Poster& poster, const StoredGrant& grant, base::Millis amount,
                   const OperatorOrder& order) {
  const auto released = part_of(grant.held, amount);
  const auto key = "release:" + order.key;
  if (released.count() <= 0 || poster.is_known(key)) return;
  poster.post(move(EntryKind::grant_released, grant, released, Bucket::held, Bucket::available,
                   order, key));
  repay_debts(poster, grant.account);
}

base::Result<void> adjust_grant(Poster& poster, const StoredGrant& grant, base::Millis amount,
                                const OperatorOrder& order) {
  const auto key = "adjust:" + order.key;
  if (poster.is_known(key)) return {};
  if (amount.count() == 0 || amount > kMaxGrant || -amount > kMaxGrant ||
      !is_good_reason(order.reason))
    return base::fail(base::ErrorCode::invalid, "invalid_request",
                      "An adjustment needs an amount other than zero and a reason.");
  const bool adds = amount.count() > 0;
  if (!adds && -amount > grant.available)
    return base::fail(base::ErrorCode::conflict, "conflict",
                      "The grant has less time left than you want to take away.");
  poster.post(move(EntryKind::adjusted, grant, adds ? amount : -amount,
                   adds ? Bucket::issued : Bucket::available,
                   adds ? Bucket::available : Bucket::revoked, order, key));
  if (adds) repay_debts(poster, grant.account);
  return {};
}

void expire_grant(Poster& poster, const StoredGrant& grant) {
  // With the sequence: a grant that is released after its expiry expires once
  // more.
  poster.post(move(EntryKind::grant_expired, grant, grant.available, Bucket::available,
                   Bucket::expired, {{}, "the grant reached its expiry", "system"},
                   fmt::format("expire:{}:{}", grant.id.text(), poster.next_sequence())));
}

base::Result<std::optional<IssuedGrant>> roll_over_grant(Poster& poster, base::Random& random,
                                                         const StoredGrant& grant, base::Millis cap,
                                                         std::optional<base::Instant> until,
                                                         const OperatorOrder& order) {
  if (!grant.expires_at || *grant.expires_at > poster.now())
    return base::fail(base::ErrorCode::conflict, "conflict",
                      "A grant rolls over when it has expired, not before.");
  const auto key = "rollover:" + grant.business_key;
  if (const auto known = find_grant_by_key(poster.tx(), key)) return IssuedGrant{known->id, true};
  if (grant.available.count() > 0) expire_grant(poster, grant);
  const auto left = std::max(grant.available, base::Millis{}) + grant.expired;
  const auto amount = std::min(left, cap);
  if (amount.count() <= 0) return std::nullopt;
  RL_TRY(const auto issued, issue_grant(poster, random,
                                        {.account = grant.account,
                                         .kind = grant.kind,
                                         .amount = amount,
                                         .priority = grant.priority,
                                         .expires_at = until,
                                         .business_key = key,
                                         .reason = order.reason,
                                         .actor = order.actor}));
  return IssuedGrant{issued.grant.id, issued.already_known};
}

void trim_rollover(Poster& poster, const StoredGrant& grant) {
  const auto rolled = find_grant_by_key(poster.tx(), "rollover:" + grant.business_key);
  const auto source = find_grant(poster.tx(), grant.id);
  if (!rolled || !source) return;
  // Never a debt: what was used of it already stays used.
  const auto excess =
      std::min(rolled->issued - rolled->revoked - source->expired, rolled->available);
  if (excess.count() <= 0) return;
  revoke_grant(poster, *rolled, excess,
               {fmt::format("rollover:{}:{}", grant.id.text(), poster.next_sequence()),
                "was used before it rolled over", "system"});
}

}  // namespace ledger
