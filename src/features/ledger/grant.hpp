// Grants as other features see them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace ledger {

enum class GrantKind : std::uint8_t { purchase, subscription, trial, promotional, manual };
[[nodiscard]] std::string_view grant_kind_name(GrantKind kind);
[[nodiscard]] std::optional<GrantKind> parse_grant_kind(std::string_view name);

// business_key is unique for ever: the same key issues nothing a second time,
// whatever else is said with it.
struct NewGrant {
  base::AccountId account;
  GrantKind kind = GrantKind::manual;
  base::Millis amount{};
  int priority = 50;  // lower burns first
  std::optional<base::Instant> expires_at;
  std::string business_key;  // "checkout:cs_test_…", "trial:acc_…"
  std::string reason;        // plain words for the ledger line
  std::string actor;         // "stripe", "system", "usr_…" of an operator
};

struct IssuedGrant {
  base::GrantId id;
  bool already_known = false;
};

}  // namespace ledger
