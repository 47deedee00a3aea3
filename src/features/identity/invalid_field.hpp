// One wrong field, as `invalid` (422 "invalid_request" with `fields`).
#pragma once

#include <string>
#include <utility>

#include "base/result.hpp"

namespace identity {

[[nodiscard]] inline std::unexpected<base::Error> invalid_field(std::string name,
                                                                std::string message) {
  auto failure =
      base::fail(base::ErrorCode::invalid, "invalid_request", "Some fields are not right.");
  failure.error().fields.push_back({std::move(name), std::move(message)});
  return failure;
}

}  // namespace identity
