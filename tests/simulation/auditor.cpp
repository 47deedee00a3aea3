#include "auditor.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "journal_words.hpp"

namespace simulation {

namespace {

// How keys of entries begin, by command. A revocation's first entry depends on where the time lies.
std::vector<std::string> first_keys(const Command& command) {
  switch (command.kind) {
    case CommandKind::issue:
      return {"grant:" + command.grant_key};
    case CommandKind::revoke:
      return {"revoke:available:" + command.key, "revoke:held:" + command.key,
              "revoke:expired:" + command.key, "debt:" + command.key};
    case CommandKind::hold:
      return {"hold:" + command.key};
    case CommandKind::release:
      return {"release:" + command.key};
    case CommandKind::adjust:
      return {"adjust:" + command.key};
  }
  return {};
}

}  // namespace

const Auditor::Account& Auditor::look_at(const std::string& id) const {
  static const Account kNobody;
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? kNobody : found->second;
}

void Auditor::sent(const Command& command) {
  for (const auto& key : first_keys(command)) commands_.emplace(key, command);
}

// Holds, releases and revocations may find nothing to move; an issue and an adjustment do not.
void Auditor::acknowledged(const Command& command) {
  ++checks_;
  const bool must_move = command.kind == CommandKind::issue || command.kind == CommandKind::adjust;
  if (must_move && !seen_.contains(first_keys(command).front()))
    throw Breach(Invariant::durable, "acknowledged, but not in the journal: " + command.key +
                                         " of " + command.grant_key);
}

void Auditor::proved(const std::string& account, Stretch proof, bool /*is_request*/) {
  proof.end = std::max(proof.end, proof.start + rules_.min_proof);
  auto& known = account_of(account);
  known.proofs.push_back(proof);
  known.last_end = std::max(known.last_end.value_or(proof.end), proof.end);
  note_use(known);
}

void Auditor::stream_opened(const std::string& account, std::uint64_t stream, std::int64_t start) {
  auto& known = account_of(account);
  known.streams.emplace(stream, start);
  note_use(known);
}

void Auditor::stream_closed(const std::string& account, std::uint64_t stream, std::int64_t end) {
  auto& streams = account_of(account).streams;
  const auto found = streams.find(stream);
  if (found == streams.end()) return;
  const auto start = found->second;
  streams.erase(found);
  proved(account, {start, std::max(start, end)}, true);
}

void Auditor::died(std::int64_t now) {
  for (auto& [id, account] : accounts_)
    while (!account.streams.empty()) stream_closed(id, account.streams.begin()->first, now);
}

Stretches Auditor::proven(const Account& account, std::int64_t now) const {
  auto all = account.stored;
  all.insert(all.end(), account.proofs.begin(), account.proofs.end());
  for (const auto& [stream, start] : account.streams)
    all.push_back({start, std::max(now, start + rules_.min_proof)});
  return close_gaps(std::move(all), rules_.idle_gap);
}

void Auditor::read_journal(sql::Connection& store, std::int64_t now) {
  auto rows = store.prepare(
      "SELECT sequence, at, kind, account_id, coalesce(grant_id, ''), coalesce(run_id, ''), "
      "amount_ms, from_bucket, to_bucket, available_after_ms, business_key, details, hex(hash) "
      "FROM journal WHERE sequence > $1 ORDER BY sequence");
  rows.bind(1, last_sequence_);
  std::map<std::string, std::int64_t> touched;  // when last
  read_alerts(store);
  while (rows.step()) {
    Entry entry;
    entry.sequence = rows.integer(0);
    entry.at = rows.integer(1);
    entry.kind = rows.text(2);
    entry.account = rows.text(3);
    entry.grant = rows.text(4);
    entry.run = rows.text(5);
    entry.amount = rows.integer(6);
    entry.from = rows.text(7);
    entry.to = rows.text(8);
    entry.available_after = rows.integer(9);
    entry.key = rows.text(10);
    entry.details = rows.text(11);
    if (entry.key.empty())
      entry.key = "charge of " + entry.run + " " + entry.grant + " " + entry.details;
    take_alerts(entry.sequence);
    take(entry, now);
    last_sequence_ = entry.sequence;
    last_hash_ = rows.text(12);
    touched[entry.account] = entry.at;
  }
  end_settlement();
  take_alerts(last_sequence_ + 1);
  charged_anew_ = false;
  if (due_) throw Breach(Invariant::durable, "half of a command is in the journal");
  for (const auto& [id, at] : touched) {
    check_sums(id);
    check_used(id);
    expect_told(id, at);
  }
}

void Auditor::take(const Entry& entry, std::int64_t now) {
  ++checks_;
  if (entry.sequence != last_sequence_ + 1)
    throw Breach(Invariant::durable,
                 fmt::format("entry {} follows {}", entry.sequence, last_sequence_));
  if (!seen_.insert(entry.key).second)
    throw Breach(Invariant::durable, "a business key is there twice: " + entry.key);
  const bool settles =
      entry.kind == "run_charged" || entry.kind == "run_recorded" || entry.kind == "run_reassigned";
  if (settles && !due_) return settle(entry, now);
  end_settlement();
  if (!due_) {
    if (const auto* command = command_of(entry))
      begin_command(entry, *command);
    else if (entry.kind == "grant_expired")
      begin_expiry(entry);
    else
      throw Breach(Invariant::durable, "nobody asked for " + entry.kind + " " + entry.key);
  }
  take_due(entry);
}

const Command* Auditor::command_of(const Entry& entry) const {
  const auto found = commands_.find(entry.key);
  return found == commands_.end() ? nullptr : &found->second;
}

void Auditor::begin_command(const Entry& entry, const Command& command) {
  if (command.account != entry.account)
    throw Breach(Invariant::isolation,
                 command.key + " was for " + command.account + ", not " + entry.account);
  auto& account = account_of(entry.account);
  account.last_change = std::max(account.last_change, entry.at);
  if (command.kind == CommandKind::issue) return begin_issue(entry, command);
  const auto* grant = account.purse.find_key(command.grant_key);
  if (grant == nullptr)
    throw Breach(Invariant::durable, command.key + " of a grant that is not there");
  std::vector<Move> moves;
  if (command.kind == CommandKind::revoke)
    moves = account.purse.of_revoke(grant->id, command.amount, entry.at);
  if (command.kind == CommandKind::hold) moves = account.purse.of_hold(grant->id);
  if (command.kind == CommandKind::release) moves = account.purse.of_release(grant->id, entry.at);
  if (command.kind == CommandKind::adjust && command.amount < 0 &&
      -command.amount > grant->available())
    throw Breach(Invariant::payer, "more was taken away than there is: " + command.key);
  if (command.kind == CommandKind::adjust)
    moves = account.purse.of_adjust(grant->id, command.amount, entry.at);
  due_ = Due{entry.account,
             {moves.begin(), moves.end()},
             command.kind == CommandKind::adjust && command.amount > 0};
}

void Auditor::begin_issue(const Entry& entry, const Command& command) {
  auto& purse = account_of(entry.account).purse;
  PurseGrant grant;
  grant.id = entry.grant;
  grant.key = command.grant_key;
  grant.priority = command.priority;
  grant.issued_at = entry.at;
  grant.expires_at =
      command.expires_after > 0 ? entry.at + command.expires_after : command.expires_at;
  for (const auto* bucket : {"issued", "available", "held", "consumed", "expired", "revoked"})
    grant.in[bucket] = 0;
  const auto words = split_words(entry.details);
  const auto expires = words.contains("expires") ? words.at("expires") : "";
  if (expires != (grant.expires_at == kNeverExpires ? "never" : std::to_string(grant.expires_at)))
    throw Breach(Invariant::payer, "another expiry than was bought: " + entry.details);
  purse.grants.push_back(grant);
  // The repayment sees the new grant's time.
  auto after = purse;
  const Move issue{"grant_issued", grant.id, command.amount, "issued", "available"};
  after.apply(issue);
  std::deque<Move> moves{issue};
  for (auto& move : after.of_issue(grant.id, entry.at)) moves.push_back(std::move(move));
  due_ = Due{entry.account, std::move(moves), true};
}

void Auditor::begin_expiry(const Entry& entry) {
  auto& account = account_of(entry.account);
  const auto* grant = account.purse.find(entry.grant);
  if (grant == nullptr || grant->expires_at > entry.at)
    throw Breach(Invariant::payer, "a grant expired before its time: " + entry.key);
  due_ = Due{entry.account,
             {{"grant_expired", grant->id, grant->available(), "available", "expired"}}};
}

void Auditor::settle(const Entry& entry, std::int64_t now) {
  const bool is_charge = entry.kind == "run_charged";
  if (entry.kind == "run_reassigned") charged_anew_ = true;
  if (!entry.details.empty()) {
    end_settlement();
    grow_run(entry, now);
  }
  auto& account = account_of(entry.account);
  const auto sign = is_charge ? 1 : -1;
  if (entry.kind != "run_recorded") {
    account.billed += sign * entry.amount;
    billed_ms_ += sign * entry.amount;
    check_payer(entry);
  }
  if (settling_ && is_charge && entry.run == settling_->run)
    settling_->paid[entry.grant] += entry.amount;
  apply(entry);
}

void Auditor::grow_run(const Entry& entry, std::int64_t now) {
  const auto words = split_words(entry.details);
  if (!words.contains("start") || !words.contains("end"))
    throw Breach(Invariant::payer, "a charge without its run: " + entry.key);
  const Stretch span{number(words.at("start")), number(words.at("end"))};
  auto& account = account_of(entry.account);
  if (!holds(proven(account, now), span))
    throw Breach(Invariant::proven, fmt::format("{} was billed [{}, {}), which nobody proved",
                                                entry.account, span.start, span.end));
  Stretches joined;
  Stretches others;
  for (const auto& run : account.stored)
    (run.start <= span.end && span.start <= run.end ? joined : others).push_back(run);
  for (const auto& run : joined)
    if (run.start < span.start || run.end > span.end)
      throw Breach(Invariant::disjoint, "a run grew into another: " + entry.key);
  const auto pieces = left_over(span, joined);
  const auto total = billed_ms({span}) - billed_ms(joined);
  Settling settling{entry.account, entry.run, account.purse.of_use(pieces, total, false)};
  if (total < 3'000) {
    const auto slow = account.purse.of_use(pieces, total, true);
    if (slow.paid != settling.wanted.paid || slow.unpaid != settling.wanted.unpaid)
      throw std::logic_error("the auditor disagrees with itself");
  }
  settling.unpaid = words.contains("unbilled") ? number(words.at("unbilled")) : 0;
  settling.edges = 2 + static_cast<std::int64_t>(pieces.size());
  settling.exact = !charged_anew_;
  account.unbilled += settling.unpaid;
  settling_ = std::move(settling);
  others.push_back(span);
  std::ranges::sort(others, {}, &Stretch::start);
  account.stored = std::move(others);
  for (std::size_t i = 1; i < account.stored.size(); ++i)
    if (account.stored[i].start - account.stored[i - 1].end <= rules_.idle_gap)
      throw Breach(Invariant::disjoint, "two stored runs are one: " + entry.key);
}

// A grant pays only for runs that reach into the time it was valid.
void Auditor::check_payer(const Entry& entry) {
  const auto& account = account_of(entry.account);
  const auto grant = std::ranges::find(account.purse.grants, entry.grant, &PurseGrant::id);
  if (grant == account.purse.grants.end())
    throw Breach(Invariant::isolation, entry.key + " burns a grant of somebody else");
  const bool reaches = std::ranges::any_of(account.stored, [&](const Stretch& run) {
    return run.end > grant->issued_at && run.start < grant->expires_at;
  });
  if (entry.kind == "run_charged" && !reaches)
    throw Breach(Invariant::payer, entry.key + ": the grant was never valid while it was used");
}

void Auditor::end_settlement() {
  if (!settling_) return;
  const auto settling = *std::exchange(settling_, std::nullopt);
  if (!settling.exact || charged_anew_) return;
  const auto check = [&](const std::string& what, std::int64_t is, std::int64_t wanted) {
    if (std::abs(is - wanted) > settling.edges)
      throw Breach(Invariant::payer, fmt::format("{} of {}: {} is {} ms, not {}", settling.run,
                                                 settling.account, what, is, wanted));
  };
  check("unbilled", settling.unpaid, settling.wanted.unpaid);
  for (const auto& [grant, amount] : settling.wanted.paid)
    check(grant, settling.paid.contains(grant) ? settling.paid.at(grant) : 0, amount);
  for (const auto& [grant, amount] : settling.paid)
    check(grant, amount, settling.wanted.paid.contains(grant) ? settling.wanted.paid.at(grant) : 0);
}

// Every whole millisecond of every run is billed or said to be unbilled.
void Auditor::check_used(const std::string& id) const {
  const auto& account = look_at(id);
  const auto used = billed_ms(account.stored);
  if (account.billed + account.unbilled != used)
    throw Breach(Invariant::sums, fmt::format("{} used {} ms, but {} are billed and {} not", id,
                                              used, account.billed, account.unbilled));
}

void Auditor::take_due(const Entry& entry) {
  const Move move{entry.kind, entry.grant, entry.amount, entry.from, entry.to};
  if (due_->account != entry.account)
    throw Breach(Invariant::isolation, entry.key + " is another account's");
  if (due_->moves.empty() || due_->moves.front() != move) {
    const auto wanted = due_->moves.empty() ? Move{} : due_->moves.front();
    throw Breach(Invariant::sums,
                 fmt::format("{} moved {} ms of {} from {} to {}; due was {} {} ms of {} from {} "
                             "to {}",
                             entry.key, move.amount, move.grant, move.from, move.to, wanted.kind,
                             wanted.amount, wanted.grant, wanted.from, wanted.to));
  }
  due_->moves.pop_front();
  apply(entry);
  if (!due_->moves.empty()) return;
  if (due_->adds) arm(entry.account, entry.at);
  due_.reset();
}

void Auditor::apply(const Entry& entry) {
  auto& account = account_of(entry.account);
  const Move move{entry.kind, entry.grant, entry.amount, entry.from, entry.to};
  if (!move.grant.empty()) {
    auto* grant = account.purse.find(move.grant);
    if (grant == nullptr)
      throw Breach(Invariant::isolation, entry.key + " moves time of a grant of somebody else");
    account.purse.apply(move);
    const bool may_owe = move.from != "available" || move.kind == "debt_recorded";
    for (const auto& [bucket, amount] : grant->in)
      if (amount < 0 && (bucket != "available" || !may_owe))
        throw Breach(Invariant::payer,
                     fmt::format("{} leaves {} ms {}", entry.key, amount, bucket));
  }
  if (move.to == "available") account.available += move.amount;
  if (move.from == "available") account.available -= move.amount;
  if (account.available != entry.available_after)
    throw Breach(Invariant::sums, fmt::format("the running balance is {}, not {}: {}",
                                              account.available, entry.available_after, entry.key));
}

void Auditor::check_sums(const std::string& id) const {
  for (const auto& grant : look_at(id).purse.grants) {
    const auto& in = grant.in;
    const auto sum = in.at("available") + in.at("held") + in.at("consumed") + in.at("expired") +
                     in.at("revoked");
    if (in.at("issued") != sum)
      throw Breach(Invariant::sums, "the buckets of " + grant.key + " do not add up");
  }
}

std::int64_t Auditor::available(const std::string& account, std::int64_t now) const {
  return look_at(account).purse.available_at(now);
}

std::int64_t Auditor::unsettled(const std::string& account, std::int64_t now) const {
  const auto& found = look_at(account);
  return billed_ms(proven(found, now)) - billed_ms(found.stored);
}

std::int64_t Auditor::remaining(const std::string& account, std::int64_t now) const {
  return std::max<std::int64_t>(0, available(account, now) - unsettled(account, now));
}

std::int64_t Auditor::last_change(const std::string& account) const {
  return look_at(account).last_change;
}
std::int64_t Auditor::next_expiry(std::int64_t after) const {
  auto next = kNeverExpires;
  for (const auto& [id, account] : accounts_)
    for (const auto& grant : account.purse.grants)
      if (grant.expires_at > after && grant.available() > 0)
        next = std::min(next, grant.expires_at);
  return next;
}
const Purse& Auditor::purse(const std::string& account) const { return look_at(account).purse; }
const Stretches& Auditor::stored(const std::string& account) const {
  return look_at(account).stored;
}
std::int64_t Auditor::billed(const std::string& account) const { return look_at(account).billed; }
std::int64_t Auditor::used(const std::string& account) const {
  return look_at(account).billed + look_at(account).unbilled;
}

void Auditor::expect_complete(const std::string& id, std::int64_t now, bool exact) {
  ++checks_;
  auto& account = account_of(id);
  const auto all = proven(account, now);
  const auto missing = billed_ms(all) - billed_ms(account.stored);
  const auto allowed = exact ? 0 : static_cast<std::int64_t>(all.size());
  const bool same = exact ? all == account.stored : missing <= allowed;
  if (!same)
    throw Breach(
        Invariant::complete,
        fmt::format("{} used {} ms in {} runs, but the ledger has {} ms in {} runs", id,
                    billed_ms(all), all.size(), billed_ms(account.stored), account.stored.size()));
  std::erase_if(account.proofs, [&](const Stretch& proof) { return holds(account.stored, proof); });
}

}  // namespace simulation
