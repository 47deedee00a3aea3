// Scalars other than text and floating point, as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "duck/chunk.hpp"

namespace worker {

// Of the integer types that fit 64 bits signed.
[[nodiscard]] std::optional<std::int64_t> small_integer(const duck::ColumnView& column,
                                                        std::size_t row);
// Dates, times, decimals, big integers, uuid, enum, interval, blob (base 16); what has no form of
// its own is written as its type's name in angle brackets.
void append_scalar(std::string& out, const duck::ColumnView& column, std::size_t row);

}  // namespace worker
