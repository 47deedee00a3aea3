// A grant as it stands in the ledger.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "features/ledger/grant.hpp"

namespace ledger {

enum class GrantState : std::uint8_t { active, used_up, expired, held, revoked };
[[nodiscard]] std::string_view grant_state_name(GrantState state);

struct StoredGrant {
  base::GrantId id;
  base::AccountId account;
  GrantKind kind = GrantKind::manual;
  int priority = 50;
  base::Instant issued_at;
  std::optional<base::Instant> expires_at;
  base::Millis issued{};
  base::Millis available{};  // negative: taken back after it was used (debt)
  base::Millis held{};
  base::Millis consumed{};
  base::Millis expired{};
  base::Millis revoked{};
  std::string business_key;
  std::string reason;
  std::string actor;
  std::int64_t entry = 0;  // of the journal, that issued it
  [[nodiscard]] GrantState state(base::Instant now) const;
};

// Adds the six amounts of `more`.
void add_amounts(StoredGrant& sum, const StoredGrant& more);

}  // namespace ledger
