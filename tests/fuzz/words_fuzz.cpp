// Short texts with a grammar of their own: e-mail addresses, ids, instants, allowances. The first
// byte chooses, so that the fuzzer learns one at a time.
#include <string>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "features/identity/email.hpp"
#include "features/limits/allowance.hpp"
#include "fuzz.hpp"

namespace {

using fuzz::require;

void email(std::string_view text) {
  const auto parsed = identity::parse_email(text);
  if (!parsed) return require(!parsed.error().empty());
  require(parsed->shown.size() <= 254 && parsed->shown.size() == parsed->folded.size());
  for (const char c : parsed->shown) require(c > ' ' && c < 0x7F && c != '"' && c != ',');
  const auto again = identity::parse_email(parsed->folded);
  require(again && again->folded == parsed->folded);
}

void id(std::string_view text) {
  if (const auto parsed = base::AccountId::parse(text)) require(parsed->text() == text);
}

void instant(std::string_view text) {
  const auto parsed = base::parse_rfc3339(text);
  if (!parsed) return;
  const auto written = base::format_rfc3339(*parsed);
  const auto again = base::parse_rfc3339(written);
  require(again && base::to_unix_ms(*again) == base::to_unix_ms(*parsed));
}

void allowance(std::string_view text) {
  const auto parsed = limits::parse_allowance(text);
  if (!parsed) return;
  require(parsed->count >= 1 && parsed->count <= 1'000'000);
  require(parsed->window.count() > 0 && parsed->interval.count() > 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const auto text = fuzz::text_of(bytes + 1, size - 1);
  switch (bytes[0]) {
    case 'e':
      email(text);
      break;
    case 'i':
      id(text);
      break;
    case 't':
      instant(text);
      break;
    case 'a':
      allowance(text);
      break;
    default:
      return -1;  // not worth keeping
  }
  return 0;
}
