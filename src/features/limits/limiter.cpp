#include "features/limits/limiter.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <limits>
#include <mutex>
#include <span>

#include <fmt/format.h>

#include "base/reserved_memory.hpp"
#include "base/spin_lock.hpp"

namespace limits {
namespace {

constexpr std::size_t kWays = 8;
constexpr std::size_t kShards = 64;

struct alignas(64) Slot {
  Subject subject{};
  std::uint32_t allowances = 0;  // fingerprint of the set that the arrivals are of
  std::array<std::int64_t, AllowanceSet::kMax> arrivals{};

  // When every bucket is full again: from then on the slot says nothing.
  [[nodiscard]] std::int64_t full_at() const { return std::ranges::max(arrivals); }
};
static_assert(sizeof(Slot) == 64);

// Hashes of a set's subjects, side by side: a look-up reads this line and one slot, not eight
// slots.
struct alignas(64) Marks {
  std::array<std::uint64_t, kWays> hashes{};
};

struct alignas(64) Shard {
  base::SpinLock mutex;
  std::uint64_t refused = 0;
  std::uint64_t forgotten = 0;
};

// Folded 64x64 multiplication (wyhash's core): cheap, and unpredictable without the seed.
std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

}  // namespace

struct Limiter::State {
  State(base::Random& random, std::size_t capacity)
      : seed_high(random.next_u64() | 1U),
        seed_low(random.next_u64() | 1U),
        sets(std::bit_ceil(std::max(capacity, kWays * kShards)) / kWays),
        marks(sets, true),
        slots(sets * kWays, true) {}

  [[nodiscard]] std::uint64_t hash_of(const Subject& subject) const {
    const auto high = fold(subject.high ^ seed_high, subject.tag ^ 0x9E3779B97F4A7C15ULL);
    return fold(high ^ subject.low, seed_low);
  }
  Slot& find_or_place(const Subject& subject, std::uint64_t hash, std::int64_t now_ns,
                      Shard& shard);
  // The same, with empty buckets when the subject was last seen under other allowances.
  Slot& find_under(const Subject& subject, std::uint64_t hash, std::uint32_t fingerprint,
                   base::Instant now, Shard& shard);

  std::uint64_t seed_high;
  std::uint64_t seed_low;
  std::size_t sets;
  // Zeros at first: subjects that no request has, whose buckets are full.
  base::ReservedMemory<Marks> marks;
  base::ReservedMemory<Slot> slots;
  std::array<Shard, kShards> shards{};
};

Slot& Limiter::State::find_or_place(const Subject& subject, std::uint64_t hash, std::int64_t now_ns,
                                    Shard& shard) {
  const auto set = static_cast<std::size_t>(hash) & (sets - 1);
  auto& hashes = marks.data()[set].hashes;
  const std::span ways(slots.data() + set * kWays, kWays);
  for (std::size_t i = 0; i < kWays; ++i)
    if (hashes[i] == hash && ways[i].subject == subject) return ways[i];
  auto& victim = *std::ranges::min_element(ways, {}, &Slot::full_at);
  if (victim.full_at() > now_ns) ++shard.forgotten;
  victim = Slot{.subject = subject};
  hashes[static_cast<std::size_t>(&victim - ways.data())] = hash;
  return victim;
}

Slot& Limiter::State::find_under(const Subject& subject, std::uint64_t hash,
                                 std::uint32_t fingerprint, base::Instant now, Shard& shard) {
  const auto now_ns = std::chrono::nanoseconds{now.time_since_epoch()}.count();
  auto& slot = find_or_place(subject, hash, now_ns, shard);
  if (slot.allowances != fingerprint) {
    slot.arrivals = {};
    slot.allowances = fingerprint;
  }
  return slot;
}

Limiter::Limiter(base::Random& random, std::size_t capacity)
    : state_(std::make_unique<State>(random, capacity)) {}
Limiter::~Limiter() = default;

Decision Limiter::decide(const Subject& subject, const AllowanceSet& allowances, std::int64_t cost,
                         base::Instant now) {
  if (allowances.empty()) return {.remaining = std::numeric_limits<std::int64_t>::max()};
  const auto hash = state_->hash_of(subject);
  auto& shard = state_->shards[hash % kShards];
  const std::lock_guard lock(shard.mutex);
  auto& slot = state_->find_under(subject, hash, allowances.fingerprint(), now, shard);
  const auto decision = limits::decide(allowances.allowances(), slot.arrivals, cost, now);
  if (!decision.allowed) ++shard.refused;
  return decision;
}

Decision Limiter::peek(const Subject& subject, const AllowanceSet& allowances, std::int64_t cost,
                       base::Instant now) {
  if (allowances.empty()) return {.remaining = std::numeric_limits<std::int64_t>::max()};
  const auto hash = state_->hash_of(subject);
  auto& shard = state_->shards[hash % kShards];
  const std::lock_guard lock(shard.mutex);
  auto arrivals = state_->find_under(subject, hash, allowances.fingerprint(), now, shard).arrivals;
  return limits::decide(allowances.allowances(), arrivals, cost, now);
}

LimiterStats Limiter::stats() const {
  LimiterStats sum;
  for (auto& shard : state_->shards) {
    const std::lock_guard lock(shard.mutex);
    sum.refused += shard.refused;
    sum.forgotten += shard.forgotten;
  }
  return sum;
}

std::size_t Limiter::bytes() const {
  return sizeof(State) + state_->sets * (sizeof(Marks) + kWays * sizeof(Slot));
}

std::int64_t whole_seconds(std::chrono::nanoseconds span) {
  return std::chrono::ceil<std::chrono::seconds>(span).count();
}

base::Error rate_limited(const Decision& decision) {
  const auto seconds = std::max<std::int64_t>(1, whole_seconds(decision.retry_after));
  base::Error error{base::ErrorCode::rate_limited,
                    "rate_limited",
                    fmt::format("Too many requests. Try again in {} s.", seconds),
                    {},
                    {},
                    {}};
  error.members.push_back({"retry_after_seconds", fmt::format("{}", seconds)});
  return error;
}

}  // namespace limits
