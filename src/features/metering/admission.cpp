#include "features/metering/admission.hpp"

#include <string>

namespace metering {

namespace {

const char* refusal_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::account_held:
      return "Your remaining time is on hold while a payment is disputed. Contact support, or buy "
             "hours to go on now.";
    case Verdict::subscription_required:
      return "This account has no time yet. Choose a plan or buy hours to start.";
    case Verdict::unknown:
    case Verdict::admitted:
    case Verdict::hours_exhausted:
      break;
  }
  return "Your prepaid time is used up. Buy hours to go on; your data is kept.";
}

}  // namespace

const char* verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::unknown:
      return "unknown";
    case Verdict::admitted:
      return "admitted";
    case Verdict::hours_exhausted:
      return "hours_exhausted";
    case Verdict::account_held:
      return "account_held";
    case Verdict::subscription_required:
      return "subscription_required";
  }
  return "unknown";
}

const char* cut_reason_name(CutReason reason) {
  return reason == CutReason::account_held ? "account_held" : "hours_exhausted";
}

base::Error admission_error(Verdict verdict) {
  base::Error error;
  error.code = base::ErrorCode::payment_required;
  error.reason = verdict_name(verdict);
  error.message = refusal_text(verdict);
  error.members = {{"remaining_seconds", "0"},
                   {"checkout_url", '"' + std::string{kCheckoutUrl} + '"'}};
  return error;
}

}  // namespace metering
