#include "features/ledger/receipt.hpp"

#include <algorithm>
#include <charconv>

#include "features/ledger/sha256.hpp"

namespace ledger {

namespace {

std::optional<int> number_of(std::string_view digits) {
  int value = 0;
  const auto* end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, value);
  return parsed.ec == std::errc{} && parsed.ptr == end ? std::optional{value} : std::nullopt;
}

bool is_use(const Entry& entry) {
  return entry.kind == EntryKind::run_charged || entry.kind == EntryKind::run_recorded ||
         entry.kind == EntryKind::run_reassigned;
}

void absorb(ReceiptRun& into, const ReceiptRun& from) {
  into.details.proofs += from.details.proofs;
  into.details.requests += from.details.requests;
  into.details.overlap += from.details.overlap;
  into.details.unbilled += from.details.unbilled;
  add_routes(into.details.routes, from.details.routes);
  for (const auto& [grant, amount] : from.grants) into.grants[grant] += amount;
}

// Keeps the sums, takes the rest as it is afterwards.
void update(ReceiptRun& run, RunDetails details) {
  details.proofs += run.details.proofs;
  details.requests += run.details.requests;
  details.overlap += run.details.overlap;
  details.unbilled += run.details.unbilled;
  add_routes(details.routes, run.details.routes);
  run.details = std::move(details);
}

}  // namespace

std::optional<Month> parse_month(std::string_view text) {
  if (text.size() != 7 || text[4] != '-') return std::nullopt;
  const auto year = number_of(text.substr(0, 4));
  const auto number = number_of(text.substr(5));
  if (!year || !number || *year < 1970 || *year > 9998 || *number < 1 || *number > 12)
    return std::nullopt;
  const std::chrono::year_month month{std::chrono::year{*year},
                                      std::chrono::month{static_cast<unsigned>(*number)}};
  return Month{std::string{text}, std::chrono::sys_days{month / 1},
               std::chrono::sys_days{(month + std::chrono::months{1}) / 1}};
}

base::Millis ReceiptRun::billed() const {
  base::Millis sum{};
  for (const auto& [grant, amount] : grants) sum += amount;
  return sum;
}

base::Millis Receipt::charged() const {
  base::Millis sum{};
  for (const auto& run : runs) sum += run.billed();
  return sum;
}

base::Millis Receipt::moved() const {
  base::Millis sum{};
  for (const auto& entry : moves) sum += entry.signed_amount();
  return sum;
}

bool Receipt::adds_up() const { return opening + moved() + unexpired - charged() == closing; }

ReceiptBuilder::ReceiptBuilder(base::AccountId account, Month month) {
  receipt_.account = account;
  receipt_.month = std::move(month);
}

void ReceiptBuilder::add(const Entry& entry) {
  if (entry.account != receipt_.account) return;
  const bool inside = receipt_.month.from <= entry.at && entry.at < receipt_.month.to;
  if (!inside && receipt_.entries == 0) {
    receipt_.opening = receipt_.closing = entry.available_after;
    return;
  }
  if (!inside) return later_.push_back(entry);
  for (const auto& one : std::exchange(later_, {})) take(one);
  take(entry);
}

void ReceiptBuilder::take(const Entry& entry) {
  if (receipt_.entries++ == 0) {
    receipt_.first_sequence = entry.sequence;
    receipt_.previous_hash = entry.previous_hash;
  }
  receipt_.last_sequence = entry.sequence;
  receipt_.last_hash = entry.hash;
  receipt_.closing = entry.available_after;
  std::string bytes{reinterpret_cast<const char*>(receipt_.entries_hash.data()), 32};
  bytes.append(reinterpret_cast<const char*>(entry.hash.data()), 32);
  receipt_.entries_hash = sha256(bytes);
  if (!is_use(entry) || !entry.run) return receipt_.moves.push_back(entry);
  auto& run = run_of(entry);
  run.tariff = entry.tariff;
  if (!entry.grant) return;
  auto& share = run.grants[*entry.grant];
  share += entry.kind == EntryKind::run_reassigned ? -entry.amount : entry.amount;
  if (entry.from == Bucket::expired) receipt_.unexpired += entry.amount;
}

ReceiptRun& ReceiptBuilder::run_of(const Entry& entry) {
  auto& runs = receipt_.runs;
  // Most entries are about the run that was recorded last.
  const auto known = std::ranges::find(runs.rbegin(), runs.rend(), *entry.run, &ReceiptRun::id);
  const bool is_new = known == runs.rend();
  if (is_new)
    runs.push_back({.id = *entry.run, .details = {}, .recorded_at = entry.at, .grants = {}});
  auto found = is_new ? std::prev(runs.end()) : std::prev(known.base());
  if (const auto details = parse_run_details(entry.details); details && !entry.details.empty()) {
    auto merged = std::move(*found);
    update(merged, *details);
    for (const auto& id : details->absorbs) {
      const auto absorbed = std::ranges::find(runs, id, &ReceiptRun::id);
      if (absorbed == runs.end() || id == *entry.run) continue;
      absorb(merged, *absorbed);
      merged.recorded_at = std::min(merged.recorded_at, absorbed->recorded_at);
      runs.erase(absorbed);
    }
    found = std::ranges::find(runs, *entry.run, &ReceiptRun::id);
    *found = std::move(merged);
  }
  return *found;
}

Receipt ReceiptBuilder::finish() {
  for (auto& run : receipt_.runs)
    std::erase_if(run.grants, [](const auto& share) { return share.second.count() == 0; });
  return std::move(receipt_);
}

}  // namespace ledger
