// Invented daily prices for --demo, so that a new user has something to look at before the first
// file. The symbols say that they are samples; nothing here is market data.
#pragma once

#include <string>

#include "base/random.hpp"

namespace app {

// CSV in the canonical layout (ticker,timestamp,open,high,low,close,vol,openint): a few symbols,
// ten years of weekdays each. The same seed gives the same file.
[[nodiscard]] std::string sample_prices_csv(base::Random& random);

}  // namespace app
