// The accounts of one shard: records in slots, found through an open-addressing index. An entry of
// the index is the record's number in LiveRecords (23 bits) below 9 bits of the account's hash.
// Sixteen entries make a group, one cache line, which is compared as a whole: a look-up costs two
// reads of memory, the group and the right record, without a branch that is hard to foresee.
// Neither ever moves: find() may run while another thread changes the table, provided that the
// shard's SeqLock confirms what it found. Everything else is under that lock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/relaxed.hpp"
#include "features/metering/live_records.hpp"

namespace metering {

class LiveTable {
 public:
  using Slot = std::uint32_t;  // of this table: 0, 1, 2 …
  static constexpr Slot kNoSlot = LiveAccount::kNoSlot;

  LiveTable();
  // Before everything else; `records` outlives the table.
  void attach(LiveRecords& records) { records_ = &records; }

  [[nodiscard]] LiveAccount* find(base::AccountId account) const {
    return find(account, hash(account));
  }
  // `hash` as hash(account) gives it.
  [[nodiscard]] LiveAccount* find(base::AccountId account, std::uint64_t hash) const;
  // Asks for the record's memory, so that a find() some hundred instructions later need not wait.
  void expect(std::uint64_t hash) const;
  // The account is not in the table yet.
  Slot insert(base::AccountId account);
  void erase(Slot slot);
  [[nodiscard]] LiveAccount& at(Slot slot) const { return records_->at(number_of(slot)); }
  [[nodiscard]] RareProofs& rare_of(Slot slot) const { return records_->rare_of(number_of(slot)); }
  [[nodiscard]] std::size_t size() const { return size_; }
  // Slots below are in use or free (in_use is false there).
  [[nodiscard]] Slot slots() const { return slots_; }
  // Without the records themselves.
  [[nodiscard]] std::size_t bytes() const;
  // Spreads accounts; the low bits choose the place here, the high bits the shard.
  [[nodiscard]] static std::uint64_t hash(base::AccountId account);

 private:
  static constexpr unsigned kNumberBits = 23;
  static constexpr std::uint32_t kNumberMask = (1U << kNumberBits) - 1;
  static_assert(LiveRecords::kCapacity == 1U << kNumberBits);
  static constexpr std::uint32_t kEmpty = 0;  // as fresh memory is; no tag is 0
  static constexpr std::size_t kGroupSize = 16;
  static constexpr std::size_t kMaxGroups = std::size_t{1} << 16U;
  struct alignas(64) Group {
    std::array<std::uint32_t, kGroupSize> entries;
    // A bit for every entry whose bits under `mask` are `wanted`.
    [[nodiscard]] std::uint32_t matches(std::uint32_t mask, std::uint32_t wanted) const;
    [[nodiscard]] bool full() const { return matches(~0U, kEmpty) == 0; }
  };

  // Bits of the hash that choose neither the group nor the shard.
  [[nodiscard]] static std::uint32_t tag_of(std::uint64_t hash) {
    return (static_cast<std::uint32_t>(hash >> 40U) | 1U) << kNumberBits;
  }
  [[nodiscard]] std::uint32_t number_of(Slot slot) const {
    return blocks_[slot / LiveRecords::kBlock] + slot % LiveRecords::kBlock;
  }
  [[nodiscard]] std::size_t home(std::uint32_t entry) const;
  [[nodiscard]] std::size_t groups() const { return std::size_t{mask_.get()} + 1; }
  [[nodiscard]] std::size_t after(std::size_t group) const { return (group + 1) & mask_.get(); }
  Slot new_slot();
  void grow_index();
  void place(Slot slot);
  // Fills the hole that an erased entry left in a group that was full, so that every account stays
  // in the first group from its home on that had room.
  void close_hole(std::size_t group, std::size_t entry);

  LiveRecords* records_ = nullptr;
  base::ReservedMemory<Group> index_{kMaxGroups};
  base::Relaxed<std::uint32_t> mask_;  // groups - 1; at most 7/8 of the entries are taken
  std::vector<std::uint32_t> blocks_;  // first record numbers
  Slot slots_ = 0;
  Slot free_ = kNoSlot;  // linked through LiveAccount::next
  std::size_t size_ = 0;
};

}  // namespace metering
