#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "app/bench_fill.hpp"
#include "app/cli.hpp"
#include "app/commands.hpp"
#include "base/clock.hpp"
#include "features/identity/bench_token_cache.hpp"
#include "features/identity/bench_tokens.hpp"
#include "features/ledger/bench.hpp"
#include "features/limits/bench.hpp"
#include "features/limits/limiter.hpp"
#include "features/metering/bench.hpp"

namespace app {

namespace {

// `measure` works in a folder of its own beside --data, on the same disk, removed afterwards; it
// answers in JSON and in words.
struct Answer {
  std::string json;
  std::string words;
};

template <class Measure>
int in_folder(const Common& common, const Measure& measure) {
  std::string folder = common.data + "-bench-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) {
    fmt::print(stderr, "redline: a folder beside {} cannot be made\n", common.data);
    return kEnvironmentFailed;
  }
  const base::Result<Answer> answer = measure(folder);
  std::error_code ignored_at_exit;
  std::filesystem::remove_all(folder, ignored_at_exit);
  if (!answer) return report_failure(answer.error());
  fmt::print("{}\n", common.json ? answer->json : answer->words);
  return kDone;
}

base::Result<Answer> measure_ledger(const std::string& folder) {
  const base::SystemClock clock;
  base::SystemRandom random;
  RL_TRY(const auto report, ledger::bench_ledger(folder, clock, random));
  return Answer{
      fmt::format("{{\"group\":{},\"grants_per_second\":{},\"bare_sqlite_per_second\":{},"
                  "\"grants_to_bare_percent\":{},\"verify_entries_per_second\":{}}}",
                  report.group, report.grants_per_second, report.bare_sqlite_per_second,
                  report.grants_to_bare_percent, report.verify_entries_per_second),
      fmt::format("{} commands a commit: {} grants/s, {}% of a bare SQLite loop ({}/s); verify {} "
                  "entries/s",
                  report.group, report.grants_per_second, report.grants_to_bare_percent,
                  report.bare_sqlite_per_second, report.verify_entries_per_second)};
}

base::Result<Answer> measure_settle(const std::string& folder, std::int64_t accounts) {
  base::SystemClock clock;
  base::SystemRandom random;
  RL_TRY(const auto report, ledger::bench_settle(folder, clock, random, accounts));
  return Answer{
      fmt::format("{{\"accounts\":{},\"group\":{},\"settled_per_second\":{},"
                  "\"fsyncs_per_second\":{},\"to_fsync_percent\":{}}}",
                  report.accounts, report.group, report.settled_per_second,
                  report.fsyncs_per_second, report.to_fsync_percent),
      fmt::format("{} live accounts, {} a commit: {} settled/s, {}% of {} fsyncs/s of such groups",
                  report.accounts, report.group, report.settled_per_second, report.to_fsync_percent,
                  report.fsyncs_per_second)};
}

base::Result<Answer> measure_cutoff(const std::string& folder, std::int64_t accounts) {
  base::SystemClock clock;
  base::SystemRandom random;
  RL_TRY(const auto report,
         metering::bench_cutoff(folder, clock, random, static_cast<std::size_t>(accounts)));
  return Answer{fmt::format("{{\"accounts\":{},\"p50_ms\":{},\"p99_ms\":{},\"most_ms\":{}}}",
                            report.accounts, report.p50_ms, report.p99_ms, report.most_ms),
                fmt::format("{} live accounts: streams end {} ms (p50), {} ms (p99), {} ms (most) "
                            "after their time ran out",
                            report.accounts, report.p50_ms, report.p99_ms, report.most_ms)};
}

int measure_meter(const Common& common, std::int64_t accounts) {
  const base::SystemClock clock;
  const auto report = metering::bench_touch_and_admit(clock, static_cast<std::size_t>(accounts));
  if (common.json)
    fmt::print(
        "{{\"accounts\":{},\"touch_ns\":{},\"admit_ns\":{},\"bytes_per_account\":{},"
        "\"mixed_touch_ns\":{},\"mixed_bytes_per_account\":{}}}\n",
        report.accounts, report.touch_ns, report.admit_ns, report.bytes_per_account,
        report.mixed_touch_ns, report.mixed_bytes_per_account);
  else
    fmt::print(
        "{} accounts: touch {} ns, admit {} ns, {} bytes an account; runs of several kinds: touch "
        "{} ns, {} bytes\n",
        report.accounts, report.touch_ns, report.admit_ns, report.bytes_per_account,
        report.mixed_touch_ns, report.mixed_bytes_per_account);
  return kDone;
}

int measure_tokens(const Common& common) {
  const base::SystemClock clock;
  const auto hit_ns = identity::bench_token_cache();
  const auto checks = identity::bench_token_checks(clock);
  fmt::print(
      fmt::runtime(common.json ? "{{\"hit_ns\":{:.0f},\"hs256_us\":{:.1f},\"eddsa_us\":{:.1f},"
                                 "\"es256_us\":{:.1f},\"rs256_us\":{:.1f}}}\n"
                               : "token cache hit: {:.0f} ns; miss: HS256 {:.1f} us, EdDSA {:.1f} "
                                 "us, ES256 {:.1f} us, RS256 {:.1f} us\n"),
      hit_ns, checks.hs256, checks.eddsa, checks.es256, checks.rs256);
  return kDone;
}

// As shipped, which a flood of addresses does not make larger, and with room for a million.
int measure_limiter(const Common& common) {
  const base::SystemClock clock;
  const auto shipped = limits::bench_limiter(clock, limits::kShippedSubjects);
  const auto million = limits::bench_limiter(clock, std::size_t{1} << 20U);
  if (common.json) {
    fmt::print(
        "{{\"known_ns\":{},\"new_ns\":{},\"million_known_ns\":{},\"million_new_ns\":{},"
        "\"bytes_per_subject\":{}}}\n",
        shipped.known_ns, shipped.new_ns, million.known_ns, million.new_ns,
        million.bytes_per_subject);
    return kDone;
  }
  for (const auto& one : {shipped, million})
    fmt::print("{} subjects: a decision {} ns when known, {} ns when new, {} bytes a subject\n",
               one.subjects, one.known_ns, one.new_ns, one.bytes_per_subject);
  return kDone;
}

}  // namespace

int bench_command(const Common& common, const BenchOptions& options) {
  if (options.name == "ledger") return in_folder(common, measure_ledger);
  if (options.name == "settle")
    return in_folder(common, [&](const auto& at) { return measure_settle(at, options.live); });
  if (options.name == "cutoff")
    return in_folder(common, [&](const auto& at) { return measure_cutoff(at, options.live); });
  if (options.name == "meter") return measure_meter(common, options.live);
  if (options.name == "tokens") return measure_tokens(common);
  if (options.name == "limiter") return measure_limiter(common);
  if (options.name == "fill") return bench_fill_command(common, options.accounts, options.live);
  fmt::print(stderr,
             "redline: there is no bench '{}'; there are cutoff, fill, ledger, limiter, meter, "
             "settle and tokens\n",
             options.name);
  return kBadUsage;
}

}  // namespace app
