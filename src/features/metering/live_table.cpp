#include "features/metering/live_table.hpp"

#include <bit>
#include <new>
#include <utility>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/check.hpp"

namespace metering {

std::uint32_t LiveRecords::take_block() {
  const auto first = next_.fetch_add(kBlock);
  RL_CHECK(first < kCapacity, "at most 8 million accounts are in memory");
  for (auto number = first; number < first + kBlock; ++number) new (&at(number)) LiveAccount{};
  return first;
}

LiveTable::LiveTable() : mask_(0) {}

std::uint64_t LiveTable::hash(base::AccountId account) {
  const auto bits = account.bits();
  const auto mixed = (bits.low ^ (bits.high * 0x9E3779B97F4A7C15ULL)) * 0xD6E8FEB86659FD93ULL;
  return mixed ^ (mixed >> 32);
}

// Reads sixteen entries as vectors, perhaps while the holder of the lock writes one of them: not as
// atomics, which no compiler joins. An aligned entry is never torn, and what is found counts only
// when the SeqLock confirms it.
__attribute__((no_sanitize("thread"))) std::uint32_t LiveTable::Group::matches(
    std::uint32_t mask, std::uint32_t wanted) const {
#ifdef __SSE2__
  const auto* const from = reinterpret_cast<const __m128i*>(entries.data());
  const auto masks = _mm_set1_epi32(static_cast<int>(mask));
  const auto values = _mm_set1_epi32(static_cast<int>(wanted));
  const auto quarter = [&](std::size_t i) __attribute__((no_sanitize("thread"))) {
    return _mm_cmpeq_epi32(_mm_and_si128(_mm_load_si128(from + i), masks), values);
  };
  const auto low = _mm_packs_epi32(quarter(0), quarter(1));
  const auto high = _mm_packs_epi32(quarter(2), quarter(3));
  return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(low, high)));
#else
  std::uint32_t found = 0;
  for (unsigned i = 0; i < kGroupSize; ++i)
    found |= static_cast<std::uint32_t>((entries[i] & mask) == wanted) << i;
  return found;
#endif
}

// Bounded even when the entries change under it.
LiveAccount* LiveTable::find(base::AccountId account, std::uint64_t hash) const {
  const auto tag = tag_of(hash);
  const auto mask = std::size_t{mask_.get()};
  auto place = static_cast<std::size_t>(hash) & mask;
  for (std::size_t looked = 0; looked <= mask; ++looked, place = (place + 1) & mask) {
    const auto& group = index_.data()[place];
    for (auto found = group.matches(~kNumberMask, tag); found != 0; found &= found - 1) {
      const auto entry = static_cast<std::size_t>(std::countr_zero(found));
      // Again, and as it is now: an entry that is there comes after its record was made.
      const auto now = __atomic_load_n(&group.entries[entry], __ATOMIC_ACQUIRE);
      if ((now & ~kNumberMask) != tag) continue;
      auto& record = records_->at(now & kNumberMask);
      if (record.id.get() == account) return &record;
    }
    if (!group.full()) return nullptr;
  }
  return nullptr;
}

void LiveTable::expect(std::uint64_t hash) const {
  const auto& group = index_.data()[static_cast<std::size_t>(hash) & mask_.get()];
  const auto found = group.matches(~kNumberMask, tag_of(hash));
  if (found == 0) return;
  const auto entry = static_cast<std::size_t>(std::countr_zero(found));
  const auto number = __atomic_load_n(&group.entries[entry], __ATOMIC_RELAXED) & kNumberMask;
  const auto* const record = reinterpret_cast<const char*>(&records_->at(number));
  __builtin_prefetch(record);
  __builtin_prefetch(record + 64);
}

LiveTable::Slot LiveTable::new_slot() {
  if (free_ != kNoSlot) {
    const auto slot = free_;
    free_ = at(slot).next;
    at(slot) = LiveAccount{};
    return slot;
  }
  if (slots_ % LiveRecords::kBlock == 0) blocks_.push_back(records_->take_block());
  RL_CHECK(slots_ < kNoSlot, "a shard's slots have 24 bits");
  return slots_++;
}

LiveTable::Slot LiveTable::insert(base::AccountId account) {
  const auto slot = new_slot();
  auto& record = at(slot);
  record.slot = slot & LiveAccount::kNoSlot;
  record.id = account;
  record.in_use = true;
  ++size_;
  if (size_ * 8 > groups() * kGroupSize * 7)
    grow_index();
  else
    place(slot);
  return slot;
}

void LiveTable::place(Slot slot) {
  const auto hashed = hash(at(slot).id.get());
  auto group = static_cast<std::size_t>(hashed) & mask_.get();
  while (index_.data()[group].full()) group = after(group);
  auto& into = index_.data()[group];
  const auto room = static_cast<std::size_t>(std::countr_zero(into.matches(~0U, kEmpty)));
  __atomic_store_n(&into.entries[room], tag_of(hashed) | number_of(slot), __ATOMIC_RELEASE);
}

std::size_t LiveTable::home(std::uint32_t entry) const {
  return static_cast<std::size_t>(hash(records_->at(entry & kNumberMask).id.get())) & mask_.get();
}

void LiveTable::erase(Slot slot) {
  auto& record = at(slot);
  RL_CHECK(record.in_use, "an erased account is in the table");
  const auto hashed = hash(record.id.get());
  const auto wanted = tag_of(hashed) | number_of(slot);
  auto* const index = index_.data();
  auto group = static_cast<std::size_t>(hashed) & mask_.get();
  while (index[group].matches(~0U, wanted) == 0) group = after(group);
  const auto entry = static_cast<std::size_t>(std::countr_zero(index[group].matches(~0U, wanted)));
  const bool was_full = index[group].full();
  __atomic_store_n(&index[group].entries[entry], kEmpty, __ATOMIC_RELAXED);
  if (was_full) close_hole(group, entry);
  record = LiveAccount{};
  record.next = free_;
  free_ = slot;
  --size_;
}

void LiveTable::close_hole(std::size_t hole, std::size_t entry) {
  const auto mask = std::size_t{mask_.get()};
  auto* const index = index_.data();
  for (auto group = after(hole); group != hole; group = after(group)) {
    const bool was_full = index[group].full();
    for (std::size_t i = 0; i < kGroupSize; ++i) {
      const auto candidate = index[group].entries[i];
      if (candidate == kEmpty) continue;
      if (((group - home(candidate)) & mask) < ((group - hole) & mask)) continue;
      __atomic_store_n(&index[hole].entries[entry], candidate, __ATOMIC_RELEASE);
      __atomic_store_n(&index[group].entries[i], kEmpty, __ATOMIC_RELAXED);
      hole = group;
      entry = i;
      break;
    }
    if (!was_full) return;
  }
}

void LiveTable::grow_index() {
  const auto wanted = groups() * 2;
  RL_CHECK(wanted <= kMaxGroups, "a shard's index has room");
  for (std::size_t group = 0; group < wanted; ++group)
    for (auto& entry : index_.data()[group].entries)
      __atomic_store_n(&entry, kEmpty, __ATOMIC_RELAXED);
  mask_ = static_cast<std::uint32_t>(wanted - 1);
  for (Slot slot = 0; slot < slots_; ++slot)
    if (at(slot).in_use) place(slot);
}

std::size_t LiveTable::bytes() const {
  return blocks_.capacity() * sizeof(blocks_[0]) + groups() * sizeof(Group);
}

}  // namespace metering
