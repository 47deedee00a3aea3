#include "features/reports/activity.hpp"

#include <mutex>
#include <utility>

namespace reports {

std::size_t ActivityTable::CellHash::operator()(const Cell& cell) const noexcept {
  constexpr std::size_t kOdd = 0x9E3779B97F4A7C15ULL;
  const auto& [account, route, plan, key] = cell.source;
  std::size_t mixed = std::hash<base::AccountId>{}(account);
  mixed = (mixed ^ static_cast<std::size_t>(base::to_micros(cell.minute))) * kOdd;
  mixed = (mixed ^ std::hash<base::KeyId>{}(key)) * kOdd;
  // Labels are few: length and first letter tell most of them apart; an account has one plan.
  mixed ^= route.size() * 31 + static_cast<unsigned char>(route.empty() ? 0 : route[0]);
  return (mixed ^ (mixed >> 29U)) * kOdd;
}

void ActivityTable::add(const ActivitySource& source, base::Instant at,
                        const ActivityCounts& counts) {
  const Cell cell{source, std::chrono::floor<std::chrono::minutes>(at)};
  auto& shard = shards_[std::hash<base::AccountId>{}(source.account) % kShards];
  const std::scoped_lock lock(shard.lock);
  auto row = shard.rows.find(cell);
  if (row == shard.rows.end()) {
    if (shard.rows.size() >= max_in_shard_)
      return note_dropped(static_cast<std::uint64_t>(counts.requests));
    row = shard.rows.emplace(cell, ActivityCounts{}).first;
  }
  row->second.requests += counts.requests;
  row->second.errors += counts.errors;
  row->second.bytes += counts.bytes;
  row->second.query_time += counts.query_time;
}

std::vector<ActivityRow> ActivityTable::take() {
  std::vector<ActivityRow> taken;
  for (auto& shard : shards_) {
    decltype(shard.rows) rows;
    {
      const std::scoped_lock lock(shard.lock);
      rows.swap(shard.rows);
    }
    for (const auto& [cell, counts] : rows) taken.push_back({cell.source, cell.minute, counts});
  }
  return taken;
}

}  // namespace reports
