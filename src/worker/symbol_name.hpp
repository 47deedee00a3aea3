// The symbol that a file's name tells: yahoofinance-AAPL-20040819-20180120.csv -> AAPL,
// aapl.us.txt -> AAPL.US, wig20_d.csv -> WIG20. Pure. "" when the name tells nothing.
#pragma once

#include <string>
#include <string_view>

namespace worker {

[[nodiscard]] std::string symbol_from_filename(std::string_view filename);
// Of user or file: trimmed; 1 to 64 bytes of UTF-8 without control characters.
[[nodiscard]] bool is_symbol(std::string_view text);

}  // namespace worker
