#include "features/metering/timer_wheel.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace metering {

namespace {

std::uint64_t micros_of(base::Instant at) {
  return static_cast<std::uint64_t>(std::max(base::to_micros(at), std::int64_t{0}));
}

}  // namespace

TimerWheel::TimerWheel() { heads_.fill(kNone); }

// A deadline that already passed waits in the slot that the next advance() looks at first.
std::size_t TimerWheel::slot_of(std::uint64_t at) {
  return static_cast<std::size_t>(at >> kTickBits) % kSlots;
}

void TimerWheel::reserve(std::size_t keys) {
  if (links_.size() >= keys) return;
  RL_CHECK(keys <= kNone, "a wheel's keys have 22 bits");
  // A small step instead of doubling, as the table of accounts does.
  if (links_.capacity() < keys) links_.reserve(keys + keys / 16 + 8);
  links_.resize(keys);
}

std::size_t TimerWheel::bytes() const { return links_.capacity() * sizeof(Link) + sizeof(heads_); }

void TimerWheel::schedule(Key key, base::Instant at) {
  reserve(std::size_t{key} + 1);
  if (links_[key].at != kIdle) unlink(key);
  auto& link = links_[key];
  // A deadline that passed waits in the slot that the next advance() looks at first.
  link.at = std::clamp(micros_of(at), now_, kIdle - 1);
  auto& head = heads_[slot_of(link.at)];
  link.previous = kNone;
  link.next = head;
  if (head != kNone) links_[head].previous = key;
  head = key;
}

void TimerWheel::cancel(Key key) {
  if (key < links_.size() && links_[key].at != kIdle) unlink(key);
}

void TimerWheel::unlink(Key key) {
  auto& link = links_[key];
  if (link.previous != kNone) {
    links_[link.previous].next = link.next;
  } else {
    heads_[slot_of(link.at)] = link.next;
  }
  if (link.next != kNone) links_[link.next].previous = link.previous;
  link = Link{};
}

void TimerWheel::advance(base::Instant now, std::vector<Key>& due) {
  const auto until = std::max(micros_of(now), now_);
  const auto first = now_ >> kTickBits;
  const auto turns = std::min<std::uint64_t>((until >> kTickBits) - first + 1, kSlots);
  for (auto tick = first; tick < first + turns; ++tick) {
    for (auto key = heads_[static_cast<std::size_t>(tick) % kSlots]; key != kNone;) {
      const auto next = links_[key].next;
      if (links_[key].at <= until) {
        due.push_back(key);
        unlink(key);
      }
      key = next;
    }
  }
  now_ = until;
}

}  // namespace metering
