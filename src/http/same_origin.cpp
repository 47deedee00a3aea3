#include "http/same_origin.hpp"

#include "http/text.hpp"

namespace http {

bool is_same_origin(const Request& request, std::string_view host) {
  if (const auto site = request.header("sec-fetch-site"))
    return *site == "same-origin" || *site == "none";
  const auto origin = request.header("origin");
  if (!origin) return false;
  const auto scheme = origin->find("://");
  return scheme != std::string_view::npos && equals_ignoring_case(origin->substr(scheme + 3), host);
}

}  // namespace http
