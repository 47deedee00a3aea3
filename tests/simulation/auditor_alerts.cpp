// Warnings of a low balance, as the auditor sees them: which levels time that was added has armed,
// and which a movement has reached since.
#include <array>

#include <fmt/format.h>

#include "auditor.hpp"

namespace simulation {

namespace {

constexpr std::array<std::int64_t, 3> kLevels{0, 15 * 60'000, 60 * 60'000};

}  // namespace

void Auditor::read_alerts(sql::Connection& store) {
  auto rows = store.prepare(
      "SELECT rowid, sequence, at, account_id, level_ms, left_ms FROM simulated_alerts WHERE rowid "
      "> $1 ORDER BY rowid");
  rows.bind(1, last_alert_);
  while (rows.step()) {
    last_alert_ = rows.integer(0);
    alerts_.push_back({rows.integer(0), rows.integer(1), rows.integer(2), std::string{rows.text(3)},
                       rows.integer(4), rows.integer(5)});
  }
}

// One for each crossing: of the armed levels that were reached, the lowest; then none of them is
// armed any more.
void Auditor::take_alerts(std::int64_t sequence) {
  while (!alerts_.empty() && alerts_.front().sequence < sequence) {
    ++checks_;
    const auto alert = alerts_.front();
    alerts_.pop_front();
    auto& account = account_of(alert.account);
    const auto left = account.purse.available_at(alert.at);
    if (left != alert.left)
      throw Breach(Invariant::alerts,
                   fmt::format("{} was told of {} ms and has {}", alert.account, alert.left, left));
    const auto lowest = account.armed.lower_bound(left);
    if (lowest == account.armed.end() || *lowest != alert.level)
      throw Breach(Invariant::alerts, fmt::format("{} was told of the level {} without a crossing",
                                                  alert.account, alert.level));
    account.armed.erase(lowest, account.armed.end());
  }
}

void Auditor::arm(const std::string& id, std::int64_t at) {
  auto& account = account_of(id);
  for (const auto level : kLevels)
    if (level < account.purse.available_at(at)) account.armed.insert(level);
}

void Auditor::expect_told(const std::string& id, std::int64_t at) const {
  const auto& account = look_at(id);
  const auto left = account.purse.available_at(at);
  if (account.armed.lower_bound(left) != account.armed.end())
    throw Breach(Invariant::alerts, fmt::format("{} has {} ms left and nobody was told", id, left));
}

}  // namespace simulation
