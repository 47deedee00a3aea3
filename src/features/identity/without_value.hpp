// For commands whose transaction has nothing to tell: a Result of anything as a Result of nothing.
#pragma once

#include "base/result.hpp"

namespace identity {

template <class T>
[[nodiscard]] base::Result<void> without_value(base::Result<T> outcome) {
  if (!outcome) return std::unexpected(std::move(outcome.error()));
  return {};
}

}  // namespace identity
