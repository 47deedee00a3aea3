// The rate limiter: GCRA state of many subjects in memory of a fixed size. Thread-safe; a decision
// takes one short lock and allocates nothing.
//
// The table is set-associative, like a processor's cache: a subject may live in the eight slots of
// one set. When they are all taken, the subject whose buckets are full again (or soonest will be)
// makes room: whoever is being limited stays known, however many others come by once.
#pragma once

#include <cstdint>
#include <memory>

#include "base/random.hpp"
#include "base/result.hpp"
#include "features/limits/gcra.hpp"
#include "features/limits/subject.hpp"

namespace limits {

struct LimiterStats {
  std::uint64_t refused = 0;
  std::uint64_t forgotten = 0;  // subjects that made room although not full again
};

// What a server keeps, whatever comes: 4.5 MiB.
constexpr std::size_t kShippedSubjects = 65'536;

class Limiter {
 public:
  // `capacity` subjects of 72 bytes, rounded up to a power of two. `random` seeds the placing, so
  // that nobody can aim at a set.
  explicit Limiter(base::Random& random, std::size_t capacity = kShippedSubjects);
  ~Limiter();
  Limiter(const Limiter&) = delete;
  Limiter& operator=(const Limiter&) = delete;

  // `cost` >= 1. An empty set allows everything (remaining: the largest number).
  [[nodiscard]] Decision decide(const Subject& subject, const AllowanceSet& allowances,
                                std::int64_t cost, base::Instant now);
  // What decide() would say, charging nothing: is there room for one more failed credential?
  [[nodiscard]] Decision peek(const Subject& subject, const AllowanceSet& allowances,
                              std::int64_t cost, base::Instant now);
  [[nodiscard]] LimiterStats stats() const;
  // All of its memory, from the start to the end.
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The 429 of a refusal: `rate_limited` with retry_after_seconds (rounded up, at least 1).
[[nodiscard]] base::Error rate_limited(const Decision& decision);
// Seconds as the RateLimit header says them: rounded up.
[[nodiscard]] std::int64_t whole_seconds(std::chrono::nanoseconds span);

}  // namespace limits
