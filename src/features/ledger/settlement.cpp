#include "features/ledger/settlement.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.hpp"
#include "base/decimal.hpp"
#include "base/text_pieces.hpp"
#include "features/ledger/charge_plan.hpp"
#include "features/ledger/details.hpp"
#include "features/ledger/grant_moves.hpp"
#include "features/ledger/grant_store.hpp"
#include "features/ledger/known_account.hpp"
#include "features/ledger/run_store.hpp"

namespace ledger {

namespace {

// A proof may count up to min_proof beyond its arrival; clocks of one node do
// not differ more.
constexpr base::Micros kFutureTolerance{2'000'000};

base::Result<void> check(const RunSnapshot& snapshot, const Tariff& tariff, base::Instant now) {
  const auto refuse = [&](std::string_view why) {
    return base::fail(
        base::ErrorCode::invalid, "invalid_run", "The run cannot be settled.",
        fmt::format("run {} of {}: {}", snapshot.run.text(), snapshot.account.text(), why));
  };
  if (snapshot.account.empty() || snapshot.run.empty()) return refuse("no account or id");
  if (snapshot.span.start >= snapshot.span.end) return refuse("its span is empty");
  if (snapshot.span.end > now + tariff.min_proof + kFutureTolerance)
    return refuse("it ends in the future");
  if (snapshot.proofs < 0 || snapshot.requests < 0 || snapshot.overlap.count() < 0)
    return refuse("a count is negative");
  if (std::ranges::any_of(snapshot.routes, [](std::int64_t count) { return count < 0; }))
    return refuse("a count is negative");
  if (snapshot.lane.size() > 64 || snapshot.lane.find_first_of(" =\x1f\x01") != std::string::npos)
    return refuse("its lane is no word");
  return {};
}

struct Settlement {
  JoinedRun joined;
  RunPart added;
  RunPart known;  // of the live run, afterwards
  ChargePlan plan;
  bool only_grows = false;  // as grow_run() says
};

// The stored run that is open and only becomes longer.
bool only_grows(const Settlement& settlement) {
  const auto& joined = settlement.joined.joined;
  if (joined.size() != 1 || !settlement.plan.others.empty()) return false;
  const auto& stored = joined.front();
  const auto& run = settlement.plan.joined.run;
  return run.id == stored.id && !stored.ended && !run.ended &&
         run.span.start == stored.span.start && run.tariff == stored.tariff &&
         run.lane == stored.lane && run.opened_by == stored.opened_by;
}

// One entry a minute of a run that only grows is listed, so that the way from one to the next is
// short.
bool begins_minute(const Settlement& settlement) {
  const auto minute = [](base::Instant at) { return base::to_micros(at) / 60'000'000; };
  return minute(settlement.joined.joined.front().span.end) !=
         minute(settlement.plan.joined.run.span.end);
}

RunPart most_of(const RunPart& known, const RunSnapshot& snapshot) {
  RunPart most{std::max(known.proofs, snapshot.proofs), std::max(known.requests, snapshot.requests),
               std::max(known.overlap, snapshot.overlap), known.routes};
  for (std::size_t i = 0; i < most.routes.size(); ++i)
    most.routes.at(i) = std::max(known.routes.at(i), snapshot.routes.at(i));
  return most;
}

RunPart difference(const RunPart& more, const RunPart& less) {
  RunPart added{more.proofs - less.proofs, more.requests - less.requests,
                more.overlap - less.overlap, more.routes};
  for (std::size_t i = 0; i < added.routes.size(); ++i) added.routes.at(i) -= less.routes.at(i);
  return added;
}

// The run as an entry describes it, without what this settlement added to its
// counts.
RunDetails details_of(const ChargeChange& change) {
  RunDetails details;
  details.span = change.run.span;
  details.ended = change.run.ended;
  details.unbilled = change.unbilled;
  details.unbilled_reason = change.run.unbilled_reason;
  details.lane = change.run.lane;
  details.opened_by = change.run.opened_by;
  details.last_proof = change.run.last_proof;
  return details;
}

RunDetails details_of(const RunSnapshot& snapshot, const Settlement& settlement) {
  auto details = details_of(settlement.plan.joined);
  if (snapshot.run != settlement.plan.joined.run.id) details.part = snapshot.run;
  details.proofs = settlement.added.proofs;
  details.requests = settlement.added.requests;
  details.overlap = settlement.added.overlap;
  details.routes = settlement.added.routes;
  details.absorbs = settlement.joined.absorbs;
  return details;
}

std::string span_key(std::string_view what, const StoredRun& run) {
  std::string key;
  key.reserve(120);
  base::append_pieces(key, what, ":", run.id.short_text().view(), ":",
                      base::DecimalText{base::to_micros(run.span.start)}, ":",
                      base::DecimalText{base::to_micros(run.span.end)});
  return key;
}

// Posts the entries of one run; the first carries its details. What was given
// back comes first, so that nobody's time is below zero in between.
class RunEntries {
 public:
  RunEntries(Poster& poster, const ChargePlan& plan, StoredRun& run, std::string details,
             bool is_listed = true)
      : poster_(poster),
        plan_(plan),
        run_(run),
        details_(std::move(details)),
        is_listed_(is_listed) {}

  void give_back(const GrantShare& share) {
    auto posting = start(EntryKind::run_reassigned, "earlier use came in: to be burned anew");
    posting.grant = share.grant;
    posting.amount = share.amount;
    posting.from = Bucket::consumed;
    posting.to = Bucket::available;
    posting.key = fmt::format("reassign:{}:{}:{}", run_.id.text(), share.grant.text(),
                              poster_.next_sequence());
    poster_.post(std::move(posting));
  }

  // `key` without the grant; what the grant has available is charged before
  // what has expired since.
  void charge(const GrantShare& share, std::string key) {
    if (std::ranges::find(plan_.swept, share.grant) == plan_.swept.end())
      return charge_from(Bucket::available, share.grant, share.amount, std::move(key));
    const auto grant = find_grant(poster_.tx(), share.grant);
    RL_CHECK(grant.has_value(), "a charge's grant exists");
    const auto available = std::clamp(grant->available, base::Millis{}, share.amount);
    charge_from(Bucket::available, share.grant, available, key);
    charge_from(Bucket::expired, share.grant, share.amount - available, key + ":expired");
    if (share.amount > available) trim_rollover(poster_, *grant);
  }

  void record(std::string key) {
    auto posting = start(EntryKind::run_recorded, "time in use without a debit");
    posting.key = std::move(key);
    poster_.post(std::move(posting));
  }

 private:
  Posting start(EntryKind kind, std::string reason) {
    Posting posting;
    posting.kind = kind;
    posting.account = run_.account;
    posting.run = run_.id;
    posting.tariff = run_.tariff;
    posting.reason = std::move(reason);
    posting.actor = "meter";
    posting.details = std::exchange(details_, {});
    posting.is_listed = is_listed_;
    run_.last_entry = poster_.next_sequence();
    return posting;
  }
  void charge_from(Bucket from, base::GrantId grant, base::Millis amount, std::string key) {
    if (amount.count() == 0) return;
    auto posting = start(EntryKind::run_charged, "time in use");
    posting.grant = grant;
    posting.amount = amount;
    posting.from = from;
    posting.to = Bucket::consumed;
    base::append_pieces(key, ":", grant.short_text().view());
    posting.key = std::move(key);
    poster_.post(std::move(posting));
  }

  Poster& poster_;
  const ChargePlan& plan_;
  StoredRun& run_;
  std::string details_;
  bool is_listed_;
};

void post(Poster& poster, const RunSnapshot& snapshot, Settlement& settlement) {
  auto& plan = settlement.plan;
  for (auto& other : plan.others) {
    RunEntries entries(poster, plan, other.run, format_details(details_of(other)));
    for (const auto& share : other.back) entries.give_back(share);
  }
  auto& run = plan.joined.run;
  if (run.entry == 0) run.entry = poster.next_sequence();
  RunEntries entries(poster, plan, run, format_details(details_of(snapshot, settlement)),
                     !settlement.only_grows || begins_minute(settlement));
  for (const auto& share : plan.joined.back) entries.give_back(share);
  for (const auto& share : plan.joined.taken) entries.charge(share, span_key("charge", run));
  if (plan.joined.back.empty() && plan.joined.taken.empty())
    entries.record(fmt::format("{}:{}:{}:{}:{}:{}:{}", span_key("run", run),
                               snapshot.account.text(), snapshot.run.text(),
                               settlement.known.proofs, settlement.known.requests,
                               settlement.known.overlap.count(), poster.next_sequence()));
  for (auto& other : plan.others) {
    RunEntries again(poster, plan, other.run, {});
    for (const auto& share : other.taken)
      again.charge(share,
                   fmt::format("{}:{}", span_key("charge", other.run), poster.next_sequence()));
  }
}

// `before`: what the run burned before, as it is stored.
void save_shares(sql::AccountTx& tx, const ChargeChange& change,
                 const std::vector<GrantShare>& before) {
  const auto& run = change.run;
  const bool were_rows = before.size() > 1;
  if (run.grants.size() > 1 && were_rows && change.back.empty()) {
    for (const auto& share : run.grants)
      if (std::ranges::find(before, share) == before.end()) save_charge(tx, run.id, share);
    return;
  }
  if (were_rows) drop_charges(tx, run.id);
  if (run.grants.size() > 1)
    for (const auto& share : run.grants) save_charge(tx, run.id, share);
}

// Counts of live runs are stored where they are not the counts of the run with the same id.
void save_parts(sql::AccountTx& tx, const RunSnapshot& snapshot, const Settlement& settlement) {
  const auto counts = counts_of(settlement.plan.joined.run);
  const auto& id = settlement.plan.joined.run.id;
  for (const auto& stored : settlement.joined.joined) {
    if (stored.id == snapshot.run) continue;
    const auto before = counts_of(stored);
    if (before != (stored.id == id ? counts : RunPart{})) keep_part(tx, stored.id, before);
    if (stored.id != id) drop_empty_part(tx, stored.id);
  }
  const auto& known = settlement.known;
  if (id == snapshot.run) {
    if (known != counts) save_part(tx, id, known);
    return;
  }
  const auto& absorbs = settlement.joined.absorbs;
  const bool is_absorbed = std::ranges::find(absorbs, snapshot.run) != absorbs.end();
  if (settlement.added != RunPart{} || (is_absorbed && known != RunPart{}))
    save_part(tx, snapshot.run, known);
  else if (is_absorbed)
    drop_empty_part(tx, snapshot.run);
}

void save(sql::AccountTx& tx, const RunSnapshot& snapshot, Settlement& settlement) {
  auto& plan = settlement.plan;
  apply_shares(plan.joined);
  const StoredRun* known = nullptr;
  for (const auto& stored : settlement.joined.joined) {
    if (stored.id == plan.joined.run.id)
      known = &stored;
    else
      drop_run(tx, stored);
  }
  if (settlement.only_grows)
    grow_run(tx, plan.joined.run);
  else if (known != nullptr)
    update_run(tx, plan.joined.run);
  else
    insert_run(tx, plan.joined.run);
  save_shares(tx, plan.joined, known != nullptr ? known->grants : std::vector<GrantShare>{});
  for (auto& other : plan.others) {
    const auto before = other.run.grants;
    apply_shares(other);
    update_run(tx, other.run);
    save_shares(tx, other, before);
  }
  save_parts(tx, snapshot, settlement);
}

bool changes_nothing(const Settlement& settlement) {
  const auto& joined = settlement.joined;
  if (joined.joined.size() != 1 || settlement.added != RunPart{}) return false;
  const auto& stored = joined.joined.front();
  const auto& run = joined.run;
  return stored.id == run.id && stored.span == run.span && stored.ended == run.ended &&
         stored.opened_by == run.opened_by && stored.last_proof == run.last_proof;
}

void apply_counts(StoredRun& run, const RunPart& added) {
  run.overlap += added.overlap;
  run.proofs += added.proofs;
  run.requests += added.requests;
  add_routes(run.routes, added.routes);
}

RunPart known_counts(sql::AccountTx& tx, base::RunId part,
                     const std::optional<StoredRun>& run_of_its_id) {
  if (const auto known = find_part(tx, part)) return *known;
  return run_of_its_id ? counts_of(*run_of_its_id) : RunPart{};
}

constexpr std::size_t kMostRuns = 16;

// What will be wanted in a second.
void remember(KnownAccount& account, const RunSnapshot& snapshot, const Settlement& settlement) {
  const auto& run = settlement.plan.joined.run;
  if (run.ended || !settlement.plan.others.empty() || account.runs.size() > kMostRuns)
    return forget_runs(account);
  replace_runs(account, settlement.joined.joined, run);
  const bool is_alone = run.id == snapshot.run && settlement.known == counts_of(run);
  account.counted = is_alone ? run.id : base::RunId{};
}

}  // namespace

base::Result<SettledRun> settle_run(Poster& poster, const RunSnapshot& snapshot,
                                    const TariffBook& book) {
  RL_TRY_VOID(check(snapshot, book.at(snapshot.span.start), poster.now()));
  auto tx = poster.tx().for_account(snapshot.account);
  const auto from = snapshot.span.start - book.widest_gap();
  auto& account = know_account(poster, tx, from);
  const std::span<const StoredRun> stored{
      std::ranges::lower_bound(account.runs, from, {},
                               [](const StoredRun& run) { return run.span.end; }),
      account.runs.end()};
  const auto own = std::ranges::find(stored, snapshot.run, &StoredRun::id);
  const auto elsewhere =
      own == stored.end() ? find_run(tx, snapshot.run) : std::optional<StoredRun>{};
  const auto known = own != stored.end() && account.counted == snapshot.run
                         ? counts_of(*own)
                         : known_counts(tx, snapshot.run, own == stored.end() ? elsewhere : *own);
  Settlement settlement;
  settlement.joined = join(snapshot, stored, book);
  settlement.known = most_of(known, snapshot);
  settlement.added = difference(settlement.known, known);
  SettledRun answer{snapshot.account, settlement.joined.run.id, {}, {}, {}};
  if (!changes_nothing(settlement)) {
    const auto& joined = settlement.joined;
    const bool is_new =
        std::ranges::find(joined.joined, joined.run.id, &StoredRun::id) == joined.joined.end();
    if (is_new && (own != stored.end() || elsewhere))
      return base::fail(
          base::ErrorCode::invalid, "invalid_run", "The run cannot be settled.",
          "run " + joined.run.id.text() + " is used for two separate stretches of time");
    settlement.plan = plan_charges(tx, account.purse, joined, stored);
    auto& run = settlement.plan.joined.run;
    answer.billed = run.billed - joined.run.billed;
    answer.unbilled = settlement.plan.joined.unbilled;
    apply_counts(run, settlement.added);
    RL_CHECK(run.billed + run.unbilled == billed_time(run.span), "every millisecond has a reason");
    settlement.only_grows = only_grows(settlement);
    post(poster, snapshot, settlement);
    save(tx, snapshot, settlement);
    remember(account, snapshot, settlement);
  }
  answer.balance = balance_of(account.purse, poster.now());
  return answer;
}

}  // namespace ledger
