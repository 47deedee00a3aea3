// What accounts did, per minute, kind of route, plan and API key, before it is written to history.
// Bounded: what does not fit is dropped and counted, nobody waits. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ids.hpp"
#include "base/spin_lock.hpp"
#include "base/time.hpp"

namespace reports {

struct ActivityCounts {
  std::int64_t requests = 0;
  std::int64_t errors = 0;  // answers of 400 and above
  std::int64_t bytes = 0;   // sent
  base::Micros query_time{};
  bool operator==(const ActivityCounts&) const = default;
};

// Who asked for what. The texts are kept as they are until the row is taken.
struct ActivitySource {
  base::AccountId account;
  std::string_view route{};  // its kind
  std::string_view plan{};   // of the account at that time
  base::KeyId key{};         // empty without an API key
  bool operator==(const ActivitySource&) const = default;
};

struct ActivityRow {
  ActivitySource source;
  base::Instant minute;
  ActivityCounts counts;
};

class ActivityTable {
 public:
  static constexpr std::size_t kMaxRows = 65'536;

  explicit ActivityTable(std::size_t max_rows = kMaxRows) : max_in_shard_(max_rows / kShards) {}
  void add(const ActivitySource& source, base::Instant at, const ActivityCounts& counts);
  [[nodiscard]] std::vector<ActivityRow> take();
  // Requests that were not counted, since the start.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  void note_dropped(std::uint64_t requests) {
    dropped_.fetch_add(requests, std::memory_order_relaxed);
  }

 private:
  static constexpr std::size_t kShards = 16;
  struct Cell {
    ActivitySource source;
    base::Instant minute;
    bool operator==(const Cell&) const = default;
  };
  struct CellHash {
    std::size_t operator()(const Cell& cell) const noexcept;
  };
  struct alignas(64) Shard {
    base::SpinLock lock;
    std::unordered_map<Cell, ActivityCounts, CellHash> rows;
  };
  std::size_t max_in_shard_;
  std::atomic<std::uint64_t> dropped_ = 0;
  std::array<Shard, kShards> shards_;
};

}  // namespace reports
