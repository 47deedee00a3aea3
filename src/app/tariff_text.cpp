#include "app/tariff_text.hpp"

#include <charconv>

#include <fmt/format.h>

namespace app {
namespace {

std::unexpected<base::Error> wrong(std::string_view word) {
  return base::fail(base::ErrorCode::invalid, "invalid_request",
                    fmt::format("'{}' is no part of a tariff; there are idle_gap_ms, min_proof_ms, "
                                "concurrency (union, per_user, max_n) and max_parallel.",
                                word));
}

base::Result<void> apply(std::string_view word, ledger::Tariff& tariff) {
  const auto equals = word.find('=');
  if (equals == std::string_view::npos) return wrong(word);
  const auto name = word.substr(0, equals);
  const auto value = word.substr(equals + 1);
  if (name == "concurrency") {
    const auto parsed = ledger::parse_concurrency(value);
    if (!parsed) return wrong(word);
    tariff.concurrency = *parsed;
    return {};
  }
  std::int64_t number = 0;
  const auto* end = value.data() + value.size();
  const auto [rest, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc{} || rest != end || number < 0 || number > 3'600'000) return wrong(word);
  if (name == "idle_gap_ms")
    tariff.idle_gap = base::Millis{number};
  else if (name == "min_proof_ms" && number > 0)
    tariff.min_proof = base::Millis{number};
  else if (name == "max_parallel" && number > 0)
    tariff.max_parallel = static_cast<int>(number);
  else
    return wrong(word);
  return {};
}

}  // namespace

base::Result<ledger::Tariff> parse_tariff(std::string_view text, ledger::Tariff base) {
  constexpr std::string_view kBetween = ", \t\r\n";
  while (!text.empty()) {
    if (text.front() == '#') {
      text.remove_prefix(std::min(text.size(), text.find('\n')));
      continue;
    }
    const auto word = text.substr(0, text.find_first_of(kBetween));
    if (!word.empty()) RL_TRY_VOID(apply(word, base));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  return base;
}

}  // namespace app
