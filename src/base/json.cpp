#include "base/json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include <fmt/format.h>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value_stack.hpp>

#include "base/decimal.hpp"
#include "base/json_plain.hpp"

namespace base {
namespace {

namespace json = boost::json;
constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxMistakes = 50;

// Builds the value and counts members as written, so that a repeated key (which the object itself
// forgets) shows as a difference.
class CountingHandler {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  using Code = json::error_code;

  json::value_stack stack{};
  std::size_t members = 0;

  bool on_document_begin(Code&) {
    stack.reset();
    return true;
  }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) { return true; }
  bool on_object_end(std::size_t count, Code&) {
    members += count;
    stack.push_object(count);
    return true;
  }
  bool on_array_begin(Code&) { return true; }
  bool on_array_end(std::size_t count, Code&) {
    stack.push_array(count);
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, Code&) {
    stack.push_chars(part);
    return true;
  }
  bool on_key(json::string_view part, std::size_t, Code&) {
    stack.push_key(part);
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, Code&) {
    stack.push_chars(part);
    return true;
  }
  bool on_string(json::string_view part, std::size_t, Code&) {
    stack.push_string(part);
    return true;
  }
  bool on_number_part(json::string_view, Code&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, Code&) {
    stack.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, json::string_view, Code&) {
    stack.push_uint64(number);
    return true;
  }
  // A number too large for a double would be written again as what no reader takes.
  bool on_double(double number, json::string_view, Code& code) {
    if (!std::isfinite(number)) {
      code = json::error::exponent_overflow;
      return false;
    }
    stack.push_double(number);
    return true;
  }
  bool on_bool(bool flag, Code&) {
    stack.push_bool(flag);
    return true;
  }
  bool on_null(Code&) {
    stack.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, Code&) { return true; }
  bool on_comment(json::string_view, Code&) { return true; }
};

std::size_t count_members(const json::value& value) {
  std::size_t members = 0;
  if (const auto* object = value.if_object()) {
    members = object->size();
    for (const auto& member : *object) members += count_members(member.value());
  } else if (const auto* array = value.if_array()) {
    for (const auto& element : *array) members += count_members(element);
  }
  return members;
}

std::unexpected<Error> malformed(std::string message) {
  return fail(ErrorCode::malformed, "malformed", std::move(message));
}

// Length of the valid UTF-8 sequence at `at`; 0 when there is none (RFC 3629: no overlong forms, no
// surrogates).
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t offset) {
    return at + offset < text.size() ? static_cast<unsigned char>(text[at + offset]) : 0U;
  };
  const auto tail = [&](std::size_t offset) { return (byte(offset) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) > 0x9F;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool beyond = first == 0xF4 && byte(1) > 0x8F;
    return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

bool is_plain(char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  return byte >= 0x20 && byte < 0x80 && letter != '"' && letter != '\\';
}

// First place from `at` on that is not plain.
std::size_t skip_plain(std::string_view text, std::size_t at) {
  while (at + 8 <= text.size() && not_plain(load_word<std::uint64_t>(text.data() + at)) == 0)
    at += 8;
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
}

// With quotes; false, and nothing appended, when it is not plain.
bool append_plain(std::string& out, std::string_view text) {
  bool plain = false;
  const auto before = out.size();
  const auto after = before + text.size() + 2;
  // What libstdc++ 12 hands over as the size is that of the memory, not `after`.
  out.resize_and_overwrite(after, [&](char* letters, std::size_t) {
    plain = copy_plain_json(text, letters + before + 1);
    letters[before] = letters[after - 1] = '"';
    return plain ? after : before;
  });
  return plain;
}

void append_escape(std::string& out, char letter) {
  switch (letter) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(letter);
  out += "\\u00";
  out += kHex[byte >> 4U];
  out += kHex[byte & 15U];
}

}  // namespace

Result<json::object> parse_json_object(std::string_view text) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::basic_parser<CountingHandler> parser(options);
  json::error_code code;
  const auto used = parser.write_some(false, text.data(), text.size(), code);
  if (code || used != text.size() || !parser.done())
    return malformed(fmt::format("The body is not valid JSON (near byte {}).", used));
  auto& handler = parser.handler();
  auto value = handler.stack.release();
  auto* object = value.if_object();
  if (object == nullptr) return malformed("The body must be a JSON object: {…}.");
  if (handler.members != count_members(value))
    return malformed("The body names the same member of an object twice.");
  return std::move(*object);
}

const json::value* ObjectReader::value(std::string_view name) {
  known_.push_back(name);
  return object_.if_contains(name);
}

const json::value* ObjectReader::take(std::string_view name) {
  const auto* found = value(name);
  if (found == nullptr) reject(name, "is missing");
  return found;
}

void ObjectReader::reject(std::string_view name, std::string message) {
  if (mistakes_.size() < kMaxMistakes) mistakes_.push_back({std::string(name), std::move(message)});
}

std::string ObjectReader::text(std::string_view name, std::size_t min_size, std::size_t max_size) {
  if (take(name) == nullptr) return {};
  return optional_text(name, min_size, max_size).value_or(std::string{});
}

std::optional<std::string> ObjectReader::optional_text(std::string_view name, std::size_t min_size,
                                                       std::size_t max_size) {
  const auto* found = value(name);
  if (found == nullptr) return std::nullopt;
  const auto* content = found->if_string();
  if (content == nullptr) {
    reject(name, "must be a string");
    return std::nullopt;
  }
  if (content->size() < min_size || content->size() > max_size) {
    reject(name, fmt::format("must have {} to {} bytes", min_size, max_size));
    return std::nullopt;
  }
  if (content->find('\0') != json::string::npos) {
    reject(name, "must not hold the character U+0000");
    return std::nullopt;
  }
  return std::string(content->data(), content->size());
}

std::int64_t ObjectReader::integer(std::string_view name, std::int64_t min, std::int64_t max) {
  return take(name) == nullptr ? 0 : integer_or(name, min, max, 0);
}

std::int64_t ObjectReader::integer_or(std::string_view name, std::int64_t min, std::int64_t max,
                                      std::int64_t fallback) {
  const auto* found = value(name);
  if (found == nullptr) return fallback;
  if (found->is_int64() && found->get_int64() >= min && found->get_int64() <= max)
    return found->get_int64();
  reject(name, fmt::format("must be a whole number from {} to {}", min, max));
  return fallback;
}

bool ObjectReader::flag_or(std::string_view name, bool fallback) {
  const auto* found = value(name);
  if (found == nullptr) return fallback;
  if (const auto* flag = found->if_bool()) return *flag;
  reject(name, "must be true or false");
  return fallback;
}

Result<void> ObjectReader::finish() {
  for (const auto& member : object_) {
    const std::string_view name(member.key().data(), member.key().size());
    if (std::ranges::find(known_, name) == known_.end()) reject(name, "is not known here");
  }
  if (mistakes_.empty()) return {};
  Error error{
      ErrorCode::invalid, "invalid_request", "Some fields are wrong; see fields.", {}, {}, {}};
  error.fields = std::move(mistakes_);
  return std::unexpected(std::move(error));
}

void append_json_string(std::string& out, std::string_view text) {
  if (append_plain(out, text)) return;
  out += '"';
  std::size_t at = 0;
  while (at < text.size()) {
    const auto start = at;
    at = skip_plain(text, at);
    out.append(text, start, at - start);
    if (at == text.size()) break;
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      append_escape(out, text[at++]);
    } else if (const auto length = utf8_length(text, at); length > 0) {
      out.append(text, at, length);
      at += length;
    } else {
      out += "\xEF\xBF\xBD";  // U+FFFD
      ++at;
    }
  }
  out += '"';
}

void JsonWriter::separate() {
  if (comma_) out_ += ',';
  comma_ = true;
}

void JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  comma_ = false;
}

void JsonWriter::close(char bracket) {
  out_ += bracket;
  comma_ = true;
}

void JsonWriter::key(std::string_view name) {
  separate();
  append_json_string(out_, name);
  out_ += ':';
  comma_ = false;
}

void JsonWriter::value(std::string_view text) {
  separate();
  append_json_string(out_, text);
}

void JsonWriter::value(bool flag) { raw(flag ? "true" : "false"); }

void JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  raw({digits.data(), end});
}

void JsonWriter::integer(std::int64_t number) { raw(DecimalText{number}); }

void JsonWriter::null() { raw("null"); }

void JsonWriter::raw(std::string_view json_text) {
  separate();
  out_ += json_text;
}

}  // namespace base
