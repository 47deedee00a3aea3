// May this account use metered time now, and if not, why: the one decision behind every 402.
#pragma once

#include <cstdint>
#include <optional>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace metering {

enum class Verdict : std::uint8_t {
  unknown,                // not in memory yet: co_await load(account), then ask again
  admitted,               // some time is left
  hours_exhausted,        // nothing is left, or a debt is open
  account_held,           // the time that is left may not be spent (a dispute)
  subscription_required,  // the account never had any time
};

// Where the page sells hours; also the address of the API to start a checkout.
inline constexpr const char* kCheckoutUrl = "/v1/checkout";

struct Admission {
  Verdict verdict = Verdict::unknown;
  base::Millis remaining{};  // after live time that is not settled yet; never negative
  // The run that a proof arriving now joins or begins. Empty for the refused who have none. Two
  // that begin one at the same time are both told their own; the one that is proved first names it.
  std::optional<base::RunId> run;
  [[nodiscard]] bool admitted() const { return verdict == Verdict::admitted; }
};

// Why a stream was ended by the meter.
enum class CutReason : std::uint8_t { hours_exhausted, account_held };

// The stable word of a refusal, as in problem documents, events and logs ("hours_exhausted").
[[nodiscard]] const char* verdict_name(Verdict verdict);
[[nodiscard]] const char* cut_reason_name(CutReason reason);

// The 402 for a refusal: reason, plain words, `remaining_seconds` and `checkout_url`, where time
// can be bought. `verdict` is a refusal (not admitted, not unknown).
[[nodiscard]] base::Error admission_error(Verdict verdict);

}  // namespace metering
