#include "features/ledger/fold.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ledger {

namespace {

std::unexpected<base::Error> broken(const Entry& entry, std::string_view why) {
  return base::fail(base::ErrorCode::invalid, "journal_broken", "The journal does not add up.",
                    fmt::format("journal entry {}: {}", entry.sequence, why));
}

base::Millis* bucket_of(StoredGrant& grant, Bucket bucket) {
  switch (bucket) {
    case Bucket::none:
      return nullptr;
    case Bucket::issued:
      return &grant.issued;
    case Bucket::available:
      return &grant.available;
    case Bucket::held:
      return &grant.held;
    case Bucket::consumed:
      return &grant.consumed;
    case Bucket::expired:
      return &grant.expired;
    case Bucket::revoked:
      return &grant.revoked;
  }
  return nullptr;
}

bool adds_up(const StoredGrant& grant) {
  const auto zero = base::Millis{};
  return grant.issued ==
             grant.available + grant.held + grant.consumed + grant.expired + grant.revoked &&
         grant.held >= zero && grant.consumed >= zero && grant.expired >= zero &&
         grant.revoked >= zero;
}

}  // namespace

base::Result<void> Fold::apply(const Entry& entry) {
  if (entry.kind == EntryKind::tariff_set) return apply_tariff(entry);
  if (entry.kind == EntryKind::grant_issued) RL_TRY_VOID(apply_issue(entry));
  if (entry.run) RL_TRY_VOID(apply_run(entry));
  if (entry.grant) RL_TRY_VOID(apply_move(entry));
  auto& available = available_[entry.account];
  available += entry.signed_amount();
  if (available != entry.available_after)
    return broken(entry, "its running balance is not the sum of the entries");
  return {};
}

base::Result<void> Fold::apply_tariff(const Entry& entry) {
  auto version = parse_tariff_details(entry.details);
  if (!version || !entry.account.empty() || entry.amount.count() != 0)
    return broken(entry, "does not say what the tariff is");
  version->tariff.version = entry.tariff;
  version->set_at = entry.at;
  version->reason = entry.reason;
  version->actor = entry.actor;
  if (!tariffs_.empty() && tariffs_.back().tariff.version >= entry.tariff)
    return broken(entry, "sets a version of the tariff again");
  tariffs_.push_back(std::move(*version));
  return {};
}

base::Result<void> Fold::apply_issue(const Entry& entry) {
  const auto details = parse_grant_details(entry.details);
  constexpr std::string_view kPrefix = "grant:";
  if (!details || !entry.grant || !entry.key.starts_with(kPrefix))
    return broken(entry, "does not say what was granted");
  StoredGrant grant;
  grant.id = *entry.grant;
  grant.entry = entry.sequence;
  grant.account = entry.account;
  grant.kind = details->kind;
  grant.priority = details->priority;
  grant.expires_at = details->expires_at;
  grant.issued_at = entry.at;
  grant.business_key = entry.key.substr(kPrefix.size());
  grant.reason = entry.reason;
  grant.actor = entry.actor;
  if (!grants_.emplace(grant.id, grant).second) return broken(entry, "issues a grant twice");
  return {};
}

base::Result<void> Fold::apply_move(const Entry& entry) {
  const auto found = grants_.find(*entry.grant);
  if (found == grants_.end()) return broken(entry, "names a grant that was never issued");
  auto& grant = found->second;
  if (grant.account != entry.account) return broken(entry, "moves time of another account's grant");
  auto* from = bucket_of(grant, entry.from);
  auto* to = bucket_of(grant, entry.to);
  if (from == nullptr || to == nullptr) return broken(entry, "names no bucket");
  *from += entry.from == Bucket::issued ? entry.amount : -entry.amount;
  *to += entry.amount;
  if (!adds_up(grant)) return broken(entry, "leaves a grant whose buckets do not add up");
  return {};
}

base::Result<void> Fold::apply_run(const Entry& entry) {
  if (!entry.details.empty()) {
    const auto details = parse_run_details(entry.details);
    if (!details) return broken(entry, "does not describe its run");
    RL_TRY_VOID(apply_run_details(entry, *details));
  }
  const auto run = runs_.find({entry.account, *entry.run});
  if (run == runs_.end()) return broken(entry, "names a run that does not exist");
  run->second.last_entry = entry.sequence;
  if (entry.grant)
    charge(run->second, *entry.grant,
           entry.kind == EntryKind::run_reassigned ? -entry.amount : entry.amount);
  return {};
}

base::Result<void> Fold::apply_run_details(const Entry& entry, const RunDetails& details) {
  const auto [found, is_new] = runs_.try_emplace({entry.account, *entry.run});
  auto& run = found->second;
  if (is_new) run.entry = entry.sequence;
  if (entry.kind == EntryKind::run_charged && !is_new && run.span == details.span)
    return broken(entry, "charges its run for what it was charged for before");
  run.id = *entry.run;
  run.account = entry.account;
  for (const auto& id : details.absorbs) RL_TRY_VOID(absorb(entry, id, run));
  run.span = details.span;
  run.ended = details.ended;
  run.proofs += details.proofs;
  run.requests += details.requests;
  run.overlap += details.overlap;
  run.unbilled += details.unbilled;
  run.unbilled_reason = details.unbilled_reason;
  run.tariff = entry.tariff;
  run.lane = details.lane;
  add_routes(run.routes, details.routes);
  run.opened_by = details.opened_by;
  run.last_proof = details.last_proof;
  const RunPart added{details.proofs, details.requests, details.overlap, details.routes};
  if (added == RunPart{}) return {};
  auto& part = parts_[{entry.account, details.part.empty() ? *entry.run : details.part}];
  part.proofs += added.proofs;
  part.requests += added.requests;
  part.overlap += added.overlap;
  add_routes(part.routes, added.routes);
  return {};
}

base::Result<void> Fold::absorb(const Entry& entry, base::RunId from, StoredRun& into) {
  if (from == into.id) return broken(entry, "makes a run a part of itself");
  const auto found = runs_.find({entry.account, from});
  if (found == runs_.end()) return broken(entry, "absorbs a run that does not exist");
  const auto& run = found->second;
  into.proofs += run.proofs;
  into.requests += run.requests;
  into.overlap += run.overlap;
  add_routes(into.routes, run.routes);
  into.unbilled += run.unbilled;
  for (const auto& share : run.grants) charge(into, share.grant, share.amount);
  runs_.erase(found);
  return {};
}

void Fold::charge(StoredRun& run, base::GrantId grant, base::Millis amount) {
  run.billed += amount;
  const auto found = std::ranges::find(run.grants, grant, &GrantShare::grant);
  if (found == run.grants.end())
    run.grants.push_back({grant, amount});
  else
    found->amount += amount;
  std::erase_if(run.grants, [](const GrantShare& share) { return share.amount.count() == 0; });
}

StoredGrant Fold::totals() const {
  StoredGrant sum;
  for (const auto& [id, grant] : grants_) add_amounts(sum, grant);
  return sum;
}

}  // namespace ledger
