#include "features/ledger/what_if.hpp"

#include <algorithm>
#include <set>

namespace ledger {

void WhatIf::add(const Entry& entry) {
  if (!entry.run || entry.details.empty()) return;
  const auto details = parse_run_details(entry.details);
  if (!details) return;
  std::vector<Interval> known;
  for (const auto& absorbed : details->absorbs) {
    const auto found = spans_.find({entry.account, absorbed});
    if (found == spans_.end()) continue;
    known.push_back(found->second);
    spans_.erase(found);
  }
  const auto own = spans_.find({entry.account, *entry.run});
  if (own != spans_.end()) known.push_back(own->second);
  std::ranges::sort(known);
  spans_[{entry.account, *entry.run}] = details->span;
  const auto grown = uncovered(details->span, known);
  if (grown.empty()) return;
  auto& evidence =
      lanes_[{entry.account,
              tariff_.concurrency == Concurrency::all_as_one ? std::string{} : details->lane}]
          .evidence;
  evidence.insert(evidence.end(), grown.begin(), grown.end());
}

WhatIfReport WhatIf::finish() const {
  WhatIfReport report;
  std::set<base::AccountId> accounts;
  for (const auto& [key, span] : spans_) {
    accounts.insert(key.account);
    ++report.runs;
    report.used += billed_time(span);
  }
  report.accounts = static_cast<std::int64_t>(accounts.size());
  for (const auto& [key, lane] : lanes_) {
    IntervalUnion stretches(base::Micros{0});
    for (const auto& piece : lane.evidence) stretches.add(piece);
    IntervalUnion runs(tariff_.idle_gap);
    for (const auto& stretch : stretches.runs()) runs.add(proof_span(stretch, tariff_.min_proof));
    report.runs_then += std::ssize(runs.runs());
    report.used_then += runs.billed();
  }
  return report;
}

}  // namespace ledger
