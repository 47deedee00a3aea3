// E-mail addresses as account names.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace identity {

struct EmailAddress {
  std::string shown;   // trimmed, domain in lower case
  std::string folded;  // all in lower case: what is unique
};

// ASCII only, one '@', a domain of at least two labels; no quoted local parts. The error says what
// is wrong in words for the field "email".
[[nodiscard]] std::expected<EmailAddress, std::string> parse_email(std::string_view text);

}  // namespace identity
