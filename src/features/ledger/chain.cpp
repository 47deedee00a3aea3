#include "features/ledger/chain.hpp"

#include <fmt/format.h>

namespace ledger {

std::optional<std::string> Chain::follow(const Entry& entry) {
  if (!entry.is_possible()) {
    skip(end_.sequence + 1);
    return fmt::format("journal entry {}: has a number that no journal holds", end_.sequence);
  }
  const auto computed = hash_of(entry);
  auto fault = fault_of(entry, computed);
  end_ = {entry.sequence, entry.hash};
  computed_ = computed;
  known_ = true;
  return fault;
}

std::optional<std::string> Chain::fault_of(const Entry& entry, const Hash& computed) const {
  const auto next = end_.sequence + 1;
  if (entry.sequence < next)
    return fmt::format("journal entry {}: stands where entry {} belongs", entry.sequence, next);
  if (entry.sequence == next + 1)
    return fmt::format("journal entry {}: entry {} is missing", entry.sequence, next);
  if (entry.sequence > next)
    return fmt::format("journal entry {}: entries {} to {} are missing", entry.sequence, next,
                       entry.sequence - 1);
  if (entry.hash != computed)
    return fmt::format("journal entry {}: its hash does not match its content", entry.sequence);
  if (known_ && entry.previous_hash != end_.hash && entry.previous_hash != computed_)
    return fmt::format("journal entry {}: does not follow the entry before it", entry.sequence);
  return std::nullopt;
}

void Chain::skip(std::int64_t sequence) {
  end_ = {sequence, {}};
  known_ = false;
}

}  // namespace ledger
