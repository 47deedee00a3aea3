#include "features/ledger/low_balance_store.hpp"

#include <algorithm>
#include <functional>

namespace ledger {

namespace {

// False when the level was warned of and no time was granted since.
bool is_armed(sql::AccountTx& tx, base::Millis level) {
  auto warned = tx.prepare(
      "SELECT warned_at FROM low_balance_warnings WHERE account_id = $1 AND level_ms = $2");
  warned.bind(2, level.count());
  if (!warned.step()) return true;
  auto granted =
      tx.prepare("SELECT 1 FROM grants WHERE account_id = $1 AND issued_at > $2 LIMIT 1");
  granted.bind(2, warned.integer(0));
  return granted.step();
}

void remember_warning(sql::AccountTx& tx, base::Millis level, base::Instant now) {
  auto insert = tx.prepare(
      "INSERT INTO low_balance_warnings (account_id, level_ms, warned_at) VALUES ($1, $2, $3)"
      " ON CONFLICT (account_id, level_ms) DO UPDATE SET warned_at = excluded.warned_at");
  insert.bind(2, level.count()).bind(3, base::to_micros(now)).run();
}

}  // namespace

WarningSettings load_warning_settings(sql::AccountTx& tx) {
  auto row = tx.prepare(
      "SELECT hour, quarter_hour, zero, mail FROM low_balance_settings WHERE account_id = $1");
  if (!row.step()) return {};
  return {.levels = {row.integer(0) != 0, row.integer(1) != 0, row.integer(2) != 0},
          .mail = row.integer(3) != 0};
}

void save_warning_settings(sql::AccountTx& tx, const WarningSettings& settings) {
  auto insert = tx.prepare(
      "INSERT INTO low_balance_settings (account_id, hour, quarter_hour, zero, mail)"
      " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account_id) DO UPDATE SET hour = excluded.hour,"
      " quarter_hour = excluded.quarter_hour, zero = excluded.zero, mail = excluded.mail");
  for (int i = 0; i < 3; ++i)
    insert.bind(2 + i, std::int64_t{settings.levels.at(static_cast<std::size_t>(i))});
  insert.bind(5, std::int64_t{settings.mail}).run();
}

std::optional<LowBalance> warn_of_low_balance(sql::AccountTx tx, base::Millis before,
                                              base::Millis after, base::Instant now) {
  const auto crossed = crossed_levels(before, after);
  if (std::ranges::none_of(crossed, std::identity{})) return std::nullopt;
  const auto settings = load_warning_settings(tx);
  std::optional<LowBalance> warning;
  for (std::size_t i = 0; i < crossed.size(); ++i) {
    if (!crossed.at(i) || !is_armed(tx, kWarningLevels.at(i))) continue;
    remember_warning(tx, kWarningLevels.at(i), now);
    if (settings.levels.at(i))
      warning = LowBalance{tx.account(), kWarningLevels.at(i), after, settings.mail};
  }
  return warning;
}

}  // namespace ledger
