// Where a list goes on: limits and cursors in a query, and the other parameters of a page of rows.
// What is taken is a number that a list gave; whatever else is refused by the name of its field.
#include <string>

#include "base/json.hpp"
#include "features/identity/audit_page.hpp"
#include "features/workspace/query_parameters.hpp"
#include "fuzz.hpp"
#include "http/list_cursor.hpp"
#include "http/list_limit.hpp"
#include "http/query_check.hpp"

namespace {

using fuzz::require;

void check_number(std::string_view text) {
  if (const auto number = http::parse_number_cursor(text))
    require(*number >= 0 && std::to_string(*number) == text);
}

void check_page_of_entries(const http::Request& request) {
  const auto filter = identity::read_audit_page(request);
  if (!filter) return require(filter.error().fields.size() == 1);
  require(filter->limit >= 1 && filter->limit <= http::kMaxListLimit);
  const auto cursor = request.query_value("cursor");
  require(cursor ? std::to_string(filter->before) == *cursor : filter->before == INT64_MAX);
}

void check_page_of_rows(const http::Request& request) {
  workspace::QueryParameters parameters(request);
  const auto offset = parameters.page_offset();
  require(offset >= 0);
  parameters.add_checked("offset", offset);
  const auto limit = parameters.add_integer("limit", 1, 1'000, 100);
  require(limit >= 1 && limit <= 1'000);
  parameters.add_instant("from");
  parameters.add_interval("interval", "1d");
  parameters.add_dataset("dataset");
  parameters.add_text("q", 64);
  const auto arguments = parameters.finish();
  if (!arguments) return require(!arguments.error().fields.empty());
  require(base::parse_json_object(*arguments).has_value());
  const auto cursor = request.query_value("cursor");
  require(cursor ? std::to_string(offset) == *cursor : offset == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto text = fuzz::text_of(bytes, size);
  check_number(text);
  http::Request request;
  request.query = text;
  if (!http::check_query(request)) return 0;
  check_page_of_entries(request);
  check_page_of_rows(request);
  return 0;
}
