// A hashed timer wheel: one deadline per key, O(1) to set, move and cancel. Pure: time comes in
// through advance(). Deadlines beyond one turn stay in their slot and are passed over until their
// turn. Keys are small dense integers (slots of a table); 12 bytes a key. One thread, or under the
// owner's lock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.hpp"

namespace metering {

class TimerWheel {
 public:
  using Key = std::uint32_t;

  TimerWheel();
  // Moves the key's deadline when it has one. An instant in the past is due at the next advance().
  void schedule(Key key, base::Instant at);
  void cancel(Key key);
  // Appends every key whose deadline is at or before `now`, in no order; they have no deadline
  // then. `now` never goes back (an earlier one is taken as the last).
  void advance(base::Instant now, std::vector<Key>& due);
  // Makes room, so that schedule() of keys below `keys` allocates nothing.
  void reserve(std::size_t keys);
  [[nodiscard]] std::size_t bytes() const;

 private:
  // 512 slots of 16.4 ms: a turn of 8.4 s.
  static constexpr std::size_t kSlots = 512;
  static constexpr unsigned kTickBits = 14;
  static constexpr Key kNone = (1U << 22U) - 1;
  static constexpr std::uint64_t kIdle = (std::uint64_t{1} << 52U) - 1;
  // Packed for its size: there is one for every live account.
  struct [[gnu::packed]] Link {
    std::uint64_t at : 52 = kIdle;  // microseconds, to the year 2112; kIdle: no deadline
    Key next : 22 = kNone;
    Key previous : 22 = kNone;
  };
  static_assert(sizeof(Link) == 12);
  [[nodiscard]] static std::size_t slot_of(std::uint64_t at);
  void unlink(Key key);

  std::vector<Link> links_;
  std::array<Key, kSlots> heads_;
  std::uint64_t now_ = 0;
};

}  // namespace metering
