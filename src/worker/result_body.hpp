// Result rows as the bodies of answers.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "duck/connection.hpp"
#include "worker/request.hpp"

namespace worker {

enum class BodyFormat : std::uint8_t { json, csv };
[[nodiscard]] std::string_view content_type(BodyFormat format);
// Payload of `head`.
[[nodiscard]] std::string head_payload(BodyFormat format, const std::vector<duck::Column>& columns);

struct Written {
  std::uint64_t rows = 0;
  bool more = false;  // there was a row beyond the limit
};
// CSV: header and rows. JSON: {"columns":[…],"data":[[…],…] without the closing brace: the caller
// adds members and closes.
base::Result<Written> write_rows(duck::Rows& rows, BodyFormat format, std::uint64_t limit,
                                 DataWriter& out);
// All of a small result: {"columns","data"}.
base::Result<std::string> rows_as_json(duck::Rows& rows);

}  // namespace worker
