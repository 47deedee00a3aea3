#include "campaign.hpp"

#include <chrono>

#include <fmt/format.h>

namespace simulation {

namespace {

void add(PlayReport& sum, const PlayReport& one) {
  sum.events += one.events;
  sum.entries += one.entries;
  sum.checks += one.checks;
  sum.crashes += one.crashes;
  sum.refusals += one.refusals;
  sum.cuts += one.cuts;
  sum.payments += one.payments;
  sum.billed_ms += one.billed_ms;
  sum.account_hours += one.account_hours;
  sum.disk_operations += one.disk_operations;
}

}  // namespace

PlayOptions options_of(std::uint64_t seed) {
  PlayOptions options;
  options.seed = seed;
  options.crashes = seed % 5 != 0;
  options.clock_steps = seed % 3 != 0 && options.crashes;
  return options;
}

int run_campaign(const Campaign& campaign) {
  const auto begun = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 begun)
        .count();
  };
  PlayReport sum;
  int breaches = 0;
  std::int64_t seeds = 0;
  for (auto seed = campaign.first;
       seed <= campaign.last || elapsed() < campaign.soak_seconds * 1'000; ++seed, ++seeds) {
    auto options = options_of(static_cast<std::uint64_t>(seed));
    if (campaign.hours > 0) options.hours = campaign.hours;
    if (campaign.accounts > 0) options.accounts = campaign.accounts;
    options.prints = campaign.prints;
    try {
      add(sum, Play(options).run());
    } catch (const Breach& breach) {
      ++breaches;
      fmt::print("seed {}: {}\n  replay: make sim SEED={}\n", seed, breach.what(), seed);
      if (campaign.stops_at_first) break;
    }
  }
  fmt::print(
      "{} seeds, {} account-hours, {} h billed, {} events, {} journal entries, {} checks, {} "
      "crashes, {} disk operations, {} refusals, {} cuts, {} payments: {} breaches in {} ms\n",
      seeds, sum.account_hours, sum.billed_ms / 3'600'000, sum.events, sum.entries, sum.checks,
      sum.crashes, sum.disk_operations, sum.refusals, sum.cuts, sum.payments, breaches, elapsed());
  return breaches == 0 ? 0 : 1;
}

}  // namespace simulation
