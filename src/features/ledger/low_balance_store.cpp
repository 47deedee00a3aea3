#include "features/ledger/low_balance_store.hpp"

#include <algorithm>
#include <functional>

namespace ledger {

namespace {

WarningFlags load_armed(sql::AccountTx& tx) {
  auto row =
      tx.prepare("SELECT hour, quarter_hour, zero FROM low_balance_armed WHERE account_id = $1");
  if (!row.step()) return {};
  return {row.integer(0) != 0, row.integer(1) != 0, row.integer(2) != 0};
}

void save_armed(sql::AccountTx& tx, const WarningFlags& armed) {
  auto insert = tx.prepare(
      "INSERT INTO low_balance_armed (account_id, hour, quarter_hour, zero) VALUES ($1, $2, $3, $4)"
      " ON CONFLICT (account_id) DO UPDATE SET hour = excluded.hour,"
      " quarter_hour = excluded.quarter_hour, zero = excluded.zero");
  for (std::size_t i = 0; i < armed.size(); ++i)
    insert.bind(static_cast<int>(i) + 2, std::int64_t{armed.at(i)});
  insert.run();
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

void drop_warnings(sql::AccountTx& tx) {
  tx.prepare("DELETE FROM low_balance_settings WHERE account_id = $1").run();
  tx.prepare("DELETE FROM low_balance_armed WHERE account_id = $1").run();
}

std::optional<LowBalance> warn_of_low_balance(sql::AccountTx tx, std::optional<WarningFlags>& armed,
                                              base::Millis left, Movement movement) {
  if (!armed) armed = load_armed(tx);
  const auto crossing = cross_levels(*armed, left, movement);
  if (crossing.armed != *armed) save_armed(tx, crossing.armed);
  armed = crossing.armed;
  if (std::ranges::none_of(crossing.crossed, std::identity{})) return std::nullopt;
  const auto settings = load_warning_settings(tx);
  std::optional<LowBalance> warning;
  for (std::size_t i = 0; i < kWarningLevels.size(); ++i)
    if (crossing.crossed.at(i) && settings.levels.at(i))
      warning = LowBalance{tx.account(), kWarningLevels.at(i), left, settings.mail};
  return warning;
}

}  // namespace ledger
