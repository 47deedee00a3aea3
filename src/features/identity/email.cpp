#include "features/identity/email.hpp"

#include <algorithm>
#include "base/ascii.hpp"

namespace identity {
namespace {

using base::lower;

bool is_alnum(char c) { return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9'); }

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

bool good_local(std::string_view local) {
  if (local.empty() || local.size() > 64 || local.front() == '.' || local.back() == '.')
    return false;
  if (local.contains("..")) return false;
  return std::ranges::all_of(local, [](char c) {
    return is_alnum(c) || std::string_view{".!#$%&'*+/=?^_`{|}~-"}.contains(c);
  });
}

bool good_domain(std::string_view domain) {
  if (domain.size() > 253) return false;
  int labels = 0;
  for (std::size_t start = 0; start <= domain.size(); ++labels) {
    const auto end = std::min(domain.find('.', start), domain.size());
    const auto label = domain.substr(start, end - start);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
      return false;
    if (!std::ranges::all_of(label, [](char c) { return is_alnum(c) || c == '-'; })) return false;
    start = end + 1;
  }
  return labels >= 2;
}

}  // namespace

std::expected<EmailAddress, std::string> parse_email(std::string_view text) {
  text = trim(text);
  if (text.size() > 254) return std::unexpected("is longer than 254 characters");
  const auto at = text.find('@');
  if (at == std::string_view::npos) return std::unexpected("has no @");
  if (!good_local(text.substr(0, at)) || !good_domain(text.substr(at + 1)))
    return std::unexpected("is not an e-mail address like name@example.com");
  EmailAddress email{.shown = std::string(text), .folded = std::string(text)};
  const auto domain = email.shown.begin() + static_cast<std::ptrdiff_t>(at);
  std::transform(domain, email.shown.end(), domain, lower);
  std::ranges::transform(email.folded, email.folded.begin(), lower);
  return email;
}

}  // namespace identity
