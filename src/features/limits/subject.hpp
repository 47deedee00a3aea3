// Who is limited: an account, an address, or a text (the e-mail of a sign-in), each within a scope,
// so that guessing does not use up browsing.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/ids.hpp"

namespace limits {

enum class Scope : std::uint32_t { work = 1, guess = 2, checkout = 3, webhook = 4, failed = 5 };

// 160 bits that name the subject exactly (texts: a 128-bit hash). Never logged.
struct Subject {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::uint32_t tag = 0;  // scope and kind; 0 only in an empty slot
  bool operator==(const Subject&) const = default;
};

[[nodiscard]] Subject account_subject(Scope scope, base::AccountId account);
// IPv4 whole (also when mapped into IPv6), IPv6 by its /64: one customer line has that many
// addresses. What is no address shares one bucket.
[[nodiscard]] Subject address_subject(Scope scope, std::string_view address);
// As given: normalise before (lower case). Not for adversaries who gain from a collision.
[[nodiscard]] Subject text_subject(Scope scope, std::string_view text);

}  // namespace limits
