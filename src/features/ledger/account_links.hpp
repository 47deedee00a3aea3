// Which entry of an account follows which: what EntryPlace says, found again from the journal.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "features/ledger/fold.hpp"
#include "features/ledger/journal.hpp"

namespace ledger {

class AccountLinks {
 public:
  // The next entry of the journal; the place it has with all entries before it listed.
  EntryPlace follow(const Entry& entry, bool is_listed = true);
  // A sentence for each account whose last entry could not be found: it is not listed, and no open
  // run names it.
  [[nodiscard]] std::vector<std::string> lost(const Fold& fold) const;

 private:
  struct Ends {
    std::int64_t last = 0;
    std::int64_t last_listed = 0;
  };
  std::unordered_map<base::AccountId, Ends> accounts_;
};

}  // namespace ledger
