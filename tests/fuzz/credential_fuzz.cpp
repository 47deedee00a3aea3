// Who a request says it is from: headers, cookies and query as a client sends them. Input: a head.
// What is found is one credential, whole and alone; whatever could be read as two is none.
#include <string>

#include "features/identity/credential.hpp"
#include "fuzz.hpp"
#include "http/request_head.hpp"
#include "http/text.hpp"
#include "request.hpp"

namespace {

using fuzz::require;
using identity::CredentialKind;

// Session cookies with a value, counted pair by pair.
std::size_t session_cookies(const http::Request& request) {
  std::size_t count = 0;
  for (const auto& field : request.headers) {
    if (!http::equals_ignoring_case(field.name, "cookie")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const auto end = std::min(rest.find(';'), rest.size());
      auto pair = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      while (pair.starts_with(' ')) pair.remove_prefix(1);
      if (pair.starts_with("rl_session=") && pair.size() > 11) ++count;
    }
  }
  return count;
}

bool is_inside(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

void check(const http::Request& request, std::string_view input) {
  const auto found = identity::find_credential(request);
  const auto authorizations = request.header_count("authorization");
  const auto cookies = session_cookies(request);
  if (found.kind == CredentialKind::doubtful) return require(!found.doubt.empty());
  require(found.doubt.empty() && authorizations + cookies <= 1);
  require(request.header_count("redline-account") <= 1);
  if (found.kind == CredentialKind::none) return require(authorizations + cookies == 0);
  require(!found.token.empty() && is_inside(found.token, input));
  require(found.token.find_first_of(" \t\r\n") == std::string_view::npos);
  require(found.account.empty() || is_inside(found.account, input));
  require((found.kind == CredentialKind::cookie) == (cookies == 1));
  if (found.kind == CredentialKind::cookie) return;
  const auto value = request.header("authorization").value_or("");
  require(value.size() == found.token.size() + 7 && value.ends_with(found.token));
  require((found.kind == CredentialKind::api_key) == found.token.starts_with("rl_live_"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto input = fuzz::text_of(bytes, size);
  http::RequestHead head;
  if (http::parse_head(input, {}, head).state != http::HeadState::complete) return -1;
  check(fuzz::request_of(head), input);
  return 0;
}
