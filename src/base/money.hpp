// Money: integer minor units and an ISO 4217 code in lower case, as Stripe writes it. Never a
// floating-point number.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace base {

struct Money {
  std::int64_t amount = 0;  // minor units: 2500 is 25.00 of a currency with two decimals
  std::string currency;     // "usd"
  bool operator==(const Money&) const = default;
};

}  // namespace base
