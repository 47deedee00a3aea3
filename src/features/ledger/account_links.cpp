#include "features/ledger/account_links.hpp"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

namespace ledger {

EntryPlace AccountLinks::follow(const Entry& entry, bool is_listed) {
  if (entry.account.empty()) return {};
  auto& ends = accounts_[entry.account];
  const EntryPlace place{.before = ends.last, .is_listed = is_listed};
  ends.last = entry.sequence;
  if (is_listed) ends.last_listed = entry.sequence;
  return place;
}

std::vector<std::string> AccountLinks::lost(const Fold& fold) const {
  std::unordered_set<std::int64_t> of_open_runs;
  for (const auto& [key, run] : fold.runs())
    if (!run.ended) of_open_runs.insert(run.last_entry);
  std::vector<std::int64_t> entries;
  for (const auto& [account, ends] : accounts_)
    if (ends.last != ends.last_listed && !of_open_runs.contains(ends.last))
      entries.push_back(ends.last);
  std::ranges::sort(entries);
  std::vector<std::string> faults;
  for (const auto entry : entries)
    faults.push_back(fmt::format(
        "journal entry {}: is the last of its account, and nothing leads to it", entry));
  return faults;
}

}  // namespace ledger
