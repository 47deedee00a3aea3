#include "features/limits/bench.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "base/random.hpp"
#include "features/limits/limiter.hpp"

namespace limits {
namespace {

// Rounds shorter than a time slice: one in which another program ran is left out by the median.
constexpr std::size_t kRounds = 401;
constexpr std::size_t kDecisions = 2'500;
const base::Instant kNow = base::from_micros(1'767'225'600'000'000);  // 2026-01-01

Subject known(std::uint64_t number) {
  return account_subject(Scope::work, base::AccountId{base::IdBits{number, number + 1}});
}

// `next` gives the subject of the decision; the subjects of a round are made before it begins.
template <class Next>
std::int64_t median_ns(const base::Clock& clock, Limiter& limiter, const AllowanceSet& allowances,
                       const Next& next) {
  std::array<std::int64_t, kRounds> rounds{};
  std::vector<Subject> subjects(kDecisions);
  for (auto& round : rounds) {
    std::ranges::generate(subjects, next);
    std::size_t allowed = 0;
    const auto begin = clock.now();
    for (const auto& subject : subjects)
      allowed += limiter.decide(subject, allowances, 1, kNow).allowed ? 1U : 0U;
    const auto took = clock.now() - begin;
    RL_CHECK(allowed == kDecisions, "nobody of the bench reaches the limit");
    round = took.count() * 1'000 / static_cast<std::int64_t>(kDecisions);
  }
  std::ranges::sort(rounds);
  return rounds[kRounds / 2];
}

}  // namespace

LimiterBench bench_limiter(const base::Clock& clock, std::size_t subjects) {
  base::SeededRandom random(20'261'127);
  Limiter limiter(random, subjects);
  const std::vector<std::string> texts{"100000/hour", "200000/day"};
  const auto allowances = AllowanceSet::parse(texts).value();
  for (std::uint64_t i = 0; i < subjects; ++i)
    static_cast<void>(limiter.decide(known(i), allowances, 1, kNow));
  LimiterBench report;
  report.subjects = subjects;
  report.bytes_per_subject = static_cast<std::int64_t>(limiter.bytes() / subjects);
  report.known_ns =
      median_ns(clock, limiter, allowances, [&] { return known(random.next_u64() % subjects); });
  std::uint64_t newest = subjects;
  report.new_ns = median_ns(clock, limiter, allowances, [&newest] { return known(newest++); });
  return report;
}

}  // namespace limits
