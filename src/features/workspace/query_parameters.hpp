// Query parameters of a request, checked: collects every mistake, like base::ObjectReader does for
// bodies, and writes the arguments of a worker's frame as it goes.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "http/exchange.hpp"

namespace workspace {

class QueryParameters {
 public:
  // The request outlives the reader.
  explicit QueryParameters(const http::Request& request);

  // Each adds {name: value} to the arguments when the parameter is there (or has a fallback).
  void add_text(std::string_view name, std::size_t max_size);
  void add_instant(std::string_view name);
  std::int64_t add_integer(std::string_view name, std::int64_t min, std::int64_t max,
                           std::int64_t fallback);
  void add_choice(std::string_view name, std::initializer_list<std::string_view> choices,
                  std::string_view fallback);
  void add_dataset(std::string_view name);
  void add_interval(std::string_view name, std::string_view fallback);
  // A value that did not come from the query string.
  void add_checked(std::string_view name, std::string_view value);
  void add_checked(std::string_view name, std::int64_t value);

  // These only read.
  [[nodiscard]] std::optional<std::string> text(std::string_view name, std::size_t max_size);
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t min, std::int64_t max,
                                     std::int64_t fallback);
  // The next_cursor of a page is the offset of its next row; 0 without one.
  [[nodiscard]] std::int64_t page_offset();
  void reject(std::string_view name, std::string message);

  // The arguments as a JSON object, or 422 with `fields`.
  [[nodiscard]] base::Result<std::string> finish();

 private:
  const http::Request& request_;
  std::string json_;
  base::JsonWriter writer_;
  std::vector<base::FieldError> mistakes_;
};

}  // namespace workspace
