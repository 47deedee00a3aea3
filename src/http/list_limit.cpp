#include "http/list_limit.hpp"

#include <charconv>

namespace http {

base::Result<int> list_limit(const Request& request) {
  const auto text = request.query_value("limit");
  if (!text) return kDefaultListLimit;
  int limit = 0;
  const auto* end = text->data() + text->size();
  const auto [rest, error] = std::from_chars(text->data(), end, limit);
  if (error == std::errc{} && rest == end && limit >= 1 && limit <= kMaxListLimit) return limit;
  auto failure = base::fail(base::ErrorCode::invalid, "invalid_request",
                            "limit is a whole number from 1 to 200.");
  failure.error().fields.push_back({"limit", "a whole number from 1 to 200"});
  return failure;
}

}  // namespace http
