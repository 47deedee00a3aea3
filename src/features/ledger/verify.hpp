// What `redline ledger verify` finds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "features/ledger/entry.hpp"

namespace ledger {

struct VerifyReport {
  bool ok = false;
  // Plain sentences that name the row that does not agree; at most 100.
  std::vector<std::string> faults;
  std::int64_t entries = 0;
  std::int64_t accounts = 0;
  std::int64_t grants = 0;
  std::int64_t runs = 0;
  // In total over all accounts: issued = available + held + consumed + expired
  // + revoked.
  base::Millis issued{};
  base::Millis available{};
  base::Millis held{};
  base::Millis consumed{};
  base::Millis expired{};
  base::Millis revoked{};
  Hash chain_end{};   // hash of the last entry; zeros for an empty journal
  Hash state_hash{};  // of the folded state: the same journal gives the same
                      // hash anywhere
};

}  // namespace ledger
