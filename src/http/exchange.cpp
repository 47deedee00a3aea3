#include "http/exchange.hpp"

#include "http/text.hpp"

namespace http {
namespace {

// An answer that was larger than this gives its memory back.
constexpr std::size_t kKeptBodyBytes = 256 * 1024;

}  // namespace

std::string_view method_name(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::del:
      return "DELETE";
    case Method::options:
      return "OPTIONS";
  }
  return "";
}

std::optional<std::string_view> Request::header(std::string_view name) const {
  for (const auto& field : headers)
    if (equals_ignoring_case(field.name, name)) return field.value;
  return std::nullopt;
}

std::size_t Request::header_count(std::string_view name) const {
  std::size_t count = 0;
  for (const auto& field : headers)
    if (equals_ignoring_case(field.name, name)) ++count;
  return count;
}

std::optional<std::string_view> Request::cookie(std::string_view name) const {
  for (const auto& field : headers) {
    if (!equals_ignoring_case(field.name, "cookie")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const auto end = rest.find(';');
      const auto pair = trim(rest.substr(0, end));
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
      const auto equals = pair.find('=');
      if (equals != std::string_view::npos && pair.substr(0, equals) == name)
        return pair.substr(equals + 1);
    }
  }
  return std::nullopt;
}

std::optional<std::string> Request::query_value(std::string_view name) const {
  std::string_view rest = query;
  std::string decoded;
  while (!rest.empty()) {
    const auto end = rest.find('&');
    const auto pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    const auto equals = pair.find('=');
    if (!percent_decode(pair.substr(0, equals), PlusIs::space, decoded) || decoded != name)
      continue;
    const auto value =
        equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    if (!percent_decode(value, PlusIs::space, decoded)) return std::nullopt;
    return decoded;
  }
  return std::nullopt;
}

void Response::header(std::string_view name, std::string_view value) {
  headers.append(name).append(": ");
  for (const char c : value)
    if (is_char(c, kValueChar)) headers.push_back(c);
  headers.append("\r\n");
}

std::optional<std::string_view> Response::find_header(std::string_view name) const {
  std::string_view rest = headers;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(std::min(rest.size(), line.size() + 2));
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && equals_ignoring_case(line.substr(0, colon), name))
      return trim(line.substr(colon + 1));
  }
  return std::nullopt;
}

void Response::reset() {
  status = 200;
  content_type = "application/json";
  if (body.capacity() > kKeptBodyBytes)
    std::string().swap(body);
  else
    body.clear();
  headers.clear();
  fixed_headers = {};
  stream.reset();
  length.reset();
  omit_length = false;
  from_upstream = false;
}

const std::shared_ptr<Interrupt>& Exchange::interruptible() {
  if (!interrupt) interrupt = std::make_shared<Interrupt>();
  return interrupt;
}

void Exchange::forget_interrupt() {
  if (!interrupt) return;
  if (interrupt.use_count() > 1)
    interrupt.reset();
  else
    *interrupt = {};
}

}  // namespace http
