// What an account wants to be warned of, and what it has not been warned of yet.
#pragma once

#include "features/ledger/low_balance.hpp"
#include "features/ledger/purse.hpp"
#include "sql/database.hpp"

namespace ledger {

[[nodiscard]] WarningSettings load_warning_settings(sql::AccountTx& tx);
void save_warning_settings(sql::AccountTx& tx, const WarningSettings& settings);
// The settings go, and from now on no level is armed.
void drop_warnings(sql::AccountTx& tx);

// An account's armed levels have a row only where they are not those that its time is above: nearly
// always they are, and then every movement would change the row.
struct ArmedLevels {
  WarningFlags flags{};
  bool has_row = false;
};
// `purse`: as the account's movements so far left it.
[[nodiscard]] ArmedLevels load_armed(sql::AccountTx& tx, const Purse& purse);

// A movement has left `purse`, of which `left` can be spent: arms and disarms levels, and answers
// what to tell; nullopt when no wanted level was crossed. `armed`: before; afterwards what is
// stored.
[[nodiscard]] std::optional<LowBalance> warn_of_low_balance(sql::AccountTx tx, ArmedLevels& armed,
                                                            const Purse& purse, base::Millis left,
                                                            Movement movement);

}  // namespace ledger
