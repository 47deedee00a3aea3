#include "http/query_check.hpp"

#include "base/utf8.hpp"
#include "http/text.hpp"

namespace http {
namespace {

bool is_encoded_text(std::string_view text, std::string& decoded) {
  return percent_decode(text, PlusIs::space, decoded) && base::is_utf8(decoded);
}

base::Error undecodable(std::string name) {
  base::Error error{base::ErrorCode::malformed,
                    "malformed_query",
                    "A parameter of the address is not percent-encoded UTF-8: " + name,
                    {},
                    {},
                    {}};
  error.fields.push_back({std::move(name), "percent-encoded UTF-8"});
  return error;
}

}  // namespace

base::Result<void> check_query(const Request& request) {
  std::string_view rest = request.query;
  if (!rest.contains('%')) return {};  // visible ASCII: the parser takes nothing else
  std::string name;
  std::string value;
  while (!rest.empty()) {
    const auto end = rest.find('&');
    const auto pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    const auto equals = std::min(pair.find('='), pair.size());
    if (!is_encoded_text(pair.substr(0, equals), name))
      return std::unexpected(undecodable(std::string(pair.substr(0, equals))));
    if (!is_encoded_text(pair.substr(equals), value))
      return std::unexpected(undecodable(std::move(name)));
  }
  return {};
}

}  // namespace http
