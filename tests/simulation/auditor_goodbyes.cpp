// Signing out, as the auditor sees it: whose run is over, and what the ledger must say of it.
#include <algorithm>

#include <fmt/format.h>

#include "auditor.hpp"

namespace simulation {

void Auditor::note_use(Account& account) {
  for (auto& goodbye : account.goodbyes) goodbye.went_on = true;
}

// An open answer goes on with the run. A run whose last proof is longer ago than the idle gap may
// have ended by itself.
void Auditor::signed_out(const std::string& id, std::int64_t now) {
  auto& account = account_of(id);
  if (!account.streams.empty()) return;
  for (const auto& run : proven(account, now)) account.goodbye_ends.insert(run.end);
  if (account.last_end && now <= *account.last_end + rules_.idle_gap)
    account.goodbyes.push_back({*account.last_end});
}

void Auditor::expect_goodbyes(sql::Connection& store, const std::string& id) {
  ++checks_;
  auto& account = account_of(id);
  auto rows =
      store.prepare("SELECT end_at, coalesce(ended_because, '') FROM runs WHERE account_id = $1");
  rows.bind(1, id);
  while (rows.step()) {
    const auto end = rows.integer(0);
    const bool says = rows.text(1) == "signed_out";
    if (says && !account.goodbye_ends.contains(end))
      throw Breach(Invariant::goodbye, fmt::format("nobody signed out of {}'s run to {}", id, end));
    const bool must = std::ranges::any_of(account.goodbyes, [&](const Goodbye& goodbye) {
      return goodbye.end == end && !goodbye.went_on;
    });
    if (must && !says)
      throw Breach(
          Invariant::goodbye,
          fmt::format("{} signed out of the run to {}, which ended: '{}'", id, end, rows.text(1)));
  }
  std::erase_if(account.goodbyes, [](const Goodbye& goodbye) { return goodbye.went_on; });
}

}  // namespace simulation
