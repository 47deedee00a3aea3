// Time-based one-time passwords: RFC 6238 with SHA-1, six digits, thirty seconds, as every
// authenticator app has them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace identity {

constexpr std::size_t kTotpSecretBytes = 20;

[[nodiscard]] std::int64_t totp_step(base::Instant now);
// Six digits.
[[nodiscard]] std::string totp_code(std::string_view secret, std::int64_t step);
// The step whose code this is: the current one, or a neighbour for clocks that differ. Steps up to
// `last_used` are spent.
[[nodiscard]] std::optional<std::int64_t> match_totp(std::string_view secret, std::string_view code,
                                                     base::Instant now, std::int64_t last_used);

// RFC 4648 without padding, as apps take secrets.
[[nodiscard]] std::string encode_base32(std::string_view bytes);
// otpauth://totp/Redline:ada%40example.com?secret=…&issuer=Redline
[[nodiscard]] std::string totp_uri(std::string_view secret, std::string_view email);

}  // namespace identity
