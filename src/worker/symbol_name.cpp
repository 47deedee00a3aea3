#include "worker/symbol_name.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "worker/text_lines.hpp"

namespace worker {
namespace {

using base::is_digit;
using base::lower;
using base::upper;

std::string folded(std::string_view text, char (*fold)(char)) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), fold);
  return out;
}

constexpr std::array kNoise{
    "yahoofinance",   "yahoo",  "stooq",  "finance", "historical", "history",
    "historicaldata", "data",   "prices", "quotes",  "daily",      "weekly",
    "monthly",        "hourly", "d",      "w",       "m",          "max",
    "download",       "export"};
constexpr std::array kMarkets{"us", "uk", "de", "jp", "hk", "hu", "pl"};

template <std::size_t N>
bool contains(const std::array<const char*, N>& words, std::string_view word) {
  return std::ranges::any_of(words, [&](const char* known) { return word == known; });
}

// Dates and intervals: 20180120, 1d, 15min.
bool is_number_like(std::string_view token) {
  const auto letters = std::ranges::find_if_not(token, is_digit);
  if (letters == token.begin()) return false;
  const std::string unit = folded({letters, token.end()}, lower);
  return unit.empty() || unit == "d" || unit == "m" || unit == "h" || unit == "min" ||
         unit == "wk" || unit == "mo";
}

std::string_view without_extension(std::string_view name) {
  while (true) {
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos || dot == 0) return name;
    const std::string extension = folded(name.substr(dot + 1), lower);
    if (extension != "csv" && extension != "txt" && extension != "tsv" && extension != "gz" &&
        extension != "dat")
      return name;
    name = name.substr(0, dot);
  }
}

std::vector<std::string_view> tokens_of(std::string_view name) {
  std::vector<std::string_view> tokens;
  while (!name.empty()) {
    const std::size_t end = std::min(name.find_first_of("-_ ,()"), name.size());
    if (end > 0) tokens.push_back(name.substr(0, end));
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return tokens;
}

}  // namespace

bool is_symbol(std::string_view text) {
  return !text.empty() && text.size() <= 64 && base::is_utf8(text) &&
         trim(text).size() == text.size() && std::ranges::none_of(text, [](char letter) {
           return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7F;
         });
}

std::string symbol_from_filename(std::string_view filename) {
  if (const auto slash = filename.find_last_of("/\\"); slash != std::string_view::npos)
    filename.remove_prefix(slash + 1);
  const auto tokens = tokens_of(without_extension(filename));
  std::string symbol;
  for (const std::string_view token : tokens) {
    const std::string word = folded(token, lower);
    if (symbol.empty()) {
      if (contains(kNoise, word) || is_number_like(token)) continue;
      symbol = folded(token, upper);
      continue;
    }
    // aapl_us_d of Stooq's site, BTC-USD and BRK-B of Yahoo's: the second part belongs to the name.
    const bool capitals = token.size() <= 4 && std::ranges::none_of(token, is_digit) &&
                          folded(token, upper) == token && !contains(kNoise, word);
    if (contains(kMarkets, word) && folded(token, lower) == token)
      symbol += "." + folded(token, upper);
    else if (capitals)
      symbol += "-" + std::string(token);
    break;
  }
  // MetaTrader's EURUSD1440: six letters, then the period in minutes.
  if (symbol.size() > 6 && std::ranges::none_of(symbol.substr(0, 6), is_digit) &&
      std::ranges::all_of(symbol.substr(6), is_digit))
    symbol.resize(6);
  return is_symbol(symbol) ? symbol : std::string{};
}

}  // namespace worker
