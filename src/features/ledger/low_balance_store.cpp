#include "features/ledger/low_balance_store.hpp"

#include <algorithm>
#include <functional>

namespace ledger {

namespace {

void write_armed(sql::AccountTx& tx, const WarningFlags& armed) {
  auto insert = tx.prepare(
      "INSERT INTO low_balance_armed (account_id, hour, quarter_hour, zero) VALUES ($1, $2, $3, $4)"
      " ON CONFLICT (account_id) DO UPDATE SET hour = excluded.hour,"
      " quarter_hour = excluded.quarter_hour, zero = excluded.zero");
  for (std::size_t i = 0; i < armed.size(); ++i)
    insert.bind(static_cast<int>(i) + 2, std::int64_t{armed.at(i)});
  insert.run();
}

// Without a row.
WarningFlags armed_by(const Purse& purse) {
  return levels_below(purse.debt().count() > 0 ? base::Millis{} : purse.available());
}

void save_armed(sql::AccountTx& tx, const ArmedLevels& before, const ArmedLevels& after) {
  if (after.has_row && (!before.has_row || before.flags != after.flags))
    write_armed(tx, after.flags);
  if (before.has_row && !after.has_row)
    tx.prepare("DELETE FROM low_balance_armed WHERE account_id = $1").run();
}

}  // namespace

ArmedLevels load_armed(sql::AccountTx& tx, const Purse& purse) {
  auto row =
      tx.prepare("SELECT hour, quarter_hour, zero FROM low_balance_armed WHERE account_id = $1");
  if (!row.step()) return {.flags = armed_by(purse)};
  return {.flags = {row.integer(0) != 0, row.integer(1) != 0, row.integer(2) != 0},
          .has_row = true};
}

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
  write_armed(tx, {});
}

std::optional<LowBalance> warn_of_low_balance(sql::AccountTx tx, ArmedLevels& armed,
                                              const Purse& purse, base::Millis left,
                                              Movement movement) {
  const auto crossing = cross_levels(armed.flags, left, movement);
  const auto before = armed;
  armed = {.flags = crossing.armed, .has_row = crossing.armed != armed_by(purse)};
  save_armed(tx, before, armed);
  if (std::ranges::none_of(crossing.crossed, std::identity{})) return std::nullopt;
  const auto settings = load_warning_settings(tx);
  std::optional<LowBalance> warning;
  for (std::size_t i = 0; i < kWarningLevels.size(); ++i)
    if (crossing.crossed.at(i) && settings.levels.at(i))
      warning = LowBalance{tx.account(), kWarningLevels.at(i), left, settings.mail};
  return warning;
}

}  // namespace ledger
