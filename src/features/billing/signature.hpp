// Stripe's webhook signature: HMAC-SHA256 over "<t>.<raw body>", keyed with the whole secret text.
// Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace billing {

// `malformed` ("signature_invalid") unless one v1 of `header` fits one of the secrets and its time
// is within `tolerance_seconds` of now, before or after. Only v1 counts; more than 16 signatures or
// 4096 bytes of header are refused, and a blank secret fits nothing. `detail` says why, for the
// log.
[[nodiscard]] base::Result<void> verify_signature(std::string_view header, std::string_view body,
                                                  std::span<const std::string> secrets,
                                                  std::int64_t now_seconds,
                                                  std::int64_t tolerance_seconds);

// The header that verifies.
[[nodiscard]] std::string sign(std::string_view body, std::string_view secret,
                               std::int64_t now_seconds);

}  // namespace billing
