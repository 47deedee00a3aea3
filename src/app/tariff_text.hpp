// A tariff as words: "idle_gap_ms=30000,min_proof_ms=1000,concurrency=union,max_parallel=1".
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "features/ledger/tariff.hpp"

namespace app {

// Words separated by commas, spaces or lines; what is not said stays as in `base`; '#' begins a
// comment. `invalid` names the word.
[[nodiscard]] base::Result<ledger::Tariff> parse_tariff(std::string_view text, ledger::Tariff base);

}  // namespace app
