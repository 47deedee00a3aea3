// Why a run cost what it did, in sentences: the same on the page, in receipts
// and at the terminal.
#pragma once

#include <string>
#include <vector>

#include "features/ledger/details.hpp"
#include "features/ledger/entry.hpp"
#include "features/ledger/run.hpp"

namespace ledger {

struct ExplainedLine {
  std::string text;
  base::Millis amount{};
};

// The amounts add up to what was billed. `details` holds totals of the run.
[[nodiscard]] std::vector<ExplainedLine> explain_run(const RunDetails& details, base::Millis billed,
                                                     const Tariff& tariff);
[[nodiscard]] RunDetails details_of(const StoredRun& run);
// "bought: 5 hours (purchase)", "expired", … for an entry that is no use.
[[nodiscard]] std::string explain_move(const Entry& entry);
// 1:02:03.004; with a sign when negative.
[[nodiscard]] std::string format_amount(base::Millis amount);

}  // namespace ledger
