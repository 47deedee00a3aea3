// A webhook call: first line the Stripe-Signature header, then the body. Nothing passes but what
// was signed, and no event that passes makes the reader fail.
#include <array>
#include <string>

#include "features/billing/signature.hpp"
#include "features/billing/stripe_event.hpp"
#include "fuzz.hpp"

using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const std::array<std::string, 2> kSecrets{"whsec_fuzzing_only_4f1d8a92",
                                                   "whsec_fuzzing_only_of_before"};
  constexpr std::int64_t kNow = 1'795'341'600;
  constexpr std::int64_t kTolerance = 300;
  const auto [header, body] = fuzz::split_first_line(fuzz::text_of(bytes, size));
  require(!billing::verify_signature(header, body, kSecrets, kNow, kTolerance));
  if (!body.empty()) {
    const auto good = billing::sign(body, kSecrets[1], kNow - kTolerance);
    require(billing::verify_signature(good, body, kSecrets, kNow, kTolerance).has_value());
    require(!billing::verify_signature(good, body, kSecrets, kNow + 1, kTolerance));
    const std::string longer = std::string(body) + ' ';
    require(!billing::verify_signature(good, longer, kSecrets, kNow, kTolerance));
  }
  const auto event = billing::parse_event(body);
  if (!event) {
    require(event.error().code == base::ErrorCode::malformed);
    return 0;
  }
  require(!event->id.empty() && event->id.size() <= 255 && !event->type.empty());
  return 0;
}
