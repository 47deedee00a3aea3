#include "features/workspace/query_parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/time.hpp"
#include "features/workspace/catalogue_store.hpp"
#include "http/list_cursor.hpp"

namespace workspace {
namespace {

// ^([1-9][0-9]{0,3})(m|h|d|w|mo)$
bool is_interval(std::string_view text) {
  const auto digits = static_cast<std::size_t>(
      std::ranges::find_if(text, [](char c) { return c < '0' || c > '9'; }) - text.begin());
  if (digits == 0 || digits > 4 || text.front() == '0') return false;
  const auto unit = text.substr(digits);
  return unit == "m" || unit == "h" || unit == "d" || unit == "w" || unit == "mo";
}

}  // namespace

QueryParameters::QueryParameters(const http::Request& request) : request_(request), writer_(json_) {
  writer_.begin_object();
}

void QueryParameters::reject(std::string_view name, std::string message) {
  mistakes_.push_back({std::string{name}, std::move(message)});
}

std::optional<std::string> QueryParameters::text(std::string_view name, std::size_t max_size) {
  auto value = request_.query_value(name);
  if (!value) return std::nullopt;
  const bool good = value->size() <= max_size && std::ranges::none_of(*value, [](char c) {
                      return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
                    });
  if (good) return value;
  reject(name, fmt::format("at most {} bytes, no control characters", max_size));
  return std::nullopt;
}

void QueryParameters::add_text(std::string_view name, std::size_t max_size) {
  if (const auto value = text(name, max_size); value && !value->empty())
    writer_.field(name, *value);
}

void QueryParameters::add_instant(std::string_view name) {
  const auto value = text(name, 40);
  if (!value) return;
  if (base::parse_rfc3339(*value))
    writer_.field(name, *value);
  else
    reject(name, "a date such as 2026-01-31 or an RFC 3339 instant");
}

std::int64_t QueryParameters::integer(std::string_view name, std::int64_t min, std::int64_t max,
                                      std::int64_t fallback) {
  const auto value = text(name, 20);
  if (!value) return fallback;
  std::int64_t number = 0;
  const auto* last = value->data() + value->size();
  const auto [end, error] = std::from_chars(value->data(), last, number);
  if (error == std::errc{} && end == last && number >= min && number <= max) return number;
  reject(name, fmt::format("a whole number from {} to {}", min, max));
  return fallback;
}

std::int64_t QueryParameters::add_integer(std::string_view name, std::int64_t min, std::int64_t max,
                                          std::int64_t fallback) {
  const auto number = integer(name, min, max, fallback);
  writer_.field(name, number);
  return number;
}

void QueryParameters::add_choice(std::string_view name,
                                 std::initializer_list<std::string_view> choices,
                                 std::string_view fallback) {
  const auto value = text(name, 32).value_or(std::string{fallback});
  if (value.empty()) return;
  if (std::ranges::find(choices, value) != choices.end()) return writer_.field(name, value);
  reject(name, fmt::format("one of {}", fmt::join(choices, ", ")));
}

void QueryParameters::add_dataset(std::string_view name) {
  const auto value = text(name, 64);
  if (!value) return;
  if (is_dataset_name(*value))
    writer_.field(name, *value);
  else
    reject(name, "the name of a dataset");
}

void QueryParameters::add_interval(std::string_view name, std::string_view fallback) {
  const auto value = text(name, 8).value_or(std::string{fallback});
  if (is_interval(value))
    writer_.field(name, value);
  else
    reject(name, "a number and m, h, d, w or mo, such as 5m or 1d");
}

void QueryParameters::add_checked(std::string_view name, std::string_view value) {
  writer_.field(name, value);
}

void QueryParameters::add_checked(std::string_view name, std::int64_t value) {
  writer_.field(name, value);
}

std::int64_t QueryParameters::page_offset() {
  constexpr std::int64_t kMost = 1LL << 40U;
  const auto cursor = text("cursor", 256);
  if (!cursor) return 0;
  const auto offset = http::parse_number_cursor(*cursor);
  if (offset && *offset <= kMost) return *offset;
  reject("cursor", "the next_cursor of the page before");
  return 0;
}

base::Result<std::string> QueryParameters::finish() {
  if (mistakes_.empty()) {
    writer_.end_object();
    return std::move(json_);
  }
  base::Error error{base::ErrorCode::invalid,
                    "invalid_request",
                    "Some parameters are not right: see fields.",
                    {},
                    std::move(mistakes_),
                    {}};
  return std::unexpected(std::move(error));
}

}  // namespace workspace
