// Where the records of all shards live: blocks that shards take and keep, side by side in large
// pages. A number that an account's shard gave out long ago still names a record, so that a reader
// without the lock reads something, if not something that belongs together.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/reserved_memory.hpp"
#include "features/metering/live_account.hpp"

namespace metering {

class LiveRecords {
 public:
  static constexpr std::uint32_t kBlock = 32;            // records
  static constexpr std::uint32_t kCapacity = 1U << 23U;  // accounts in memory at once

  LiveRecords() : memory_(kCapacity, true), rare_(kCapacity) {}

  // The number of the first record of a fresh block. Any thread.
  [[nodiscard]] std::uint32_t take_block();
  [[nodiscard]] LiveAccount& at(std::uint32_t number) const { return memory_.data()[number]; }
  // Beside the record of the same number.
  [[nodiscard]] RareProofs& rare_of(std::uint32_t number) const { return rare_.data()[number]; }
  [[nodiscard]] std::size_t bytes() const {
    return next_.load() * (sizeof(LiveAccount) + sizeof(RareProofs));
  }

 private:
  base::ReservedMemory<LiveAccount> memory_;
  base::ReservedMemory<RareProofs> rare_;  // zeros, as a run begins
  std::atomic<std::uint32_t> next_ = 0;
};

}  // namespace metering
