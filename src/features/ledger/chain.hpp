// The hash chain of the journal, followed entry by entry; goes on after a
// broken one.
#pragma once

#include <optional>
#include <string>

#include "features/ledger/entry.hpp"
#include "features/ledger/journal.hpp"

namespace ledger {

// More than these are not listed one by one.
inline constexpr std::size_t kMaxFaults = 100;

class Chain {
 public:
  // A sentence that names the entry when it is not the one that follows, or not
  // what it was when it was posted. Of a broken entry's neighbours only those
  // that are broken themselves are named.
  [[nodiscard]] std::optional<std::string> follow(const Entry& entry);
  // An entry that cannot be read stands here.
  void skip(std::int64_t sequence);
  [[nodiscard]] const ChainEnd& end() const { return end_; }

 private:
  [[nodiscard]] std::optional<std::string> fault_of(const Entry& entry, const Hash& computed) const;
  ChainEnd end_;
  Hash computed_{};  // of the last entry's content: its hash unless one of the
                     // two was changed
  bool known_ = true;
};

}  // namespace ledger
