// What a new password must be: long enough and not one of the worst. No other rule.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace identity {

constexpr std::size_t kMinPasswordCharacters = 10;
constexpr std::size_t kMaxPasswordBytes = 1'024;

// What is wrong, in words for the field "password"; nullopt when nothing is. Characters are code
// points of UTF-8.
[[nodiscard]] std::optional<std::string> password_fault(std::string_view password);

}  // namespace identity
