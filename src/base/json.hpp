// JSON in and out. Reading: Boost.JSON with bounds, then ObjectReader, which names every missing,
// mistyped and unknown field at once. Writing: JsonWriter appends to a string the caller reuses.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include "base/result.hpp"

namespace base {

// `malformed` (400, reason "malformed") unless `text` is one JSON object of depth <= 32
// without duplicate keys.
[[nodiscard]] Result<boost::json::object> parse_json_object(std::string_view text);

// Collects mistakes while fields are taken; finish() is `invalid` (422 "invalid_request" with
// `fields`) when there were any, or when the object holds a member that nobody asked for.
//   ObjectReader reader(object);  auto email = reader.text("email", 3, 254);
//   RL_TRY_VOID(reader.finish());
class ObjectReader {
 public:
  explicit ObjectReader(const boost::json::object& object) : object_(object) {}
  // Sizes in bytes. Returns "" / 0 / false / fallback after noting a mistake.
  std::string text(std::string_view name, std::size_t min_size, std::size_t max_size);
  std::optional<std::string> optional_text(std::string_view name, std::size_t min_size,
                                           std::size_t max_size);
  std::int64_t integer(std::string_view name, std::int64_t min, std::int64_t max);
  std::int64_t integer_or(std::string_view name, std::int64_t min, std::int64_t max,
                          std::int64_t fallback);
  bool flag_or(std::string_view name, bool fallback);
  // For values with their own rules (arrays, nested objects): marks `name` as known; null when
  // absent.
  const boost::json::value* value(std::string_view name);
  void reject(std::string_view name, std::string message);
  [[nodiscard]] Result<void> finish();

 private:
  const boost::json::value* take(std::string_view name);
  const boost::json::object& object_;
  std::vector<std::string_view> known_{};
  std::vector<FieldError> mistakes_{};
};

// Appends `text` as a JSON string with quotes; invalid UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

// Commas are its business; nesting is the caller's:
//   JsonWriter w(out);  w.begin_object();  w.field("rows", 12);  w.key("grants");  w.begin_array();
//   w.end_array();  w.end_object();
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}
  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  void key(std::string_view name);
  void value(std::string_view text);
  void value(const char* text) { value(std::string_view{text}); }
  void value(const std::string& text) { value(std::string_view{text}); }
  void value(bool flag);
  void value(double number);  // NaN and infinities are null
  template <std::integral Number>
  void value(Number number) {
    integer(static_cast<std::int64_t>(number));
  }
  template <class T>
  void value(const std::optional<T>& maybe) {
    if (maybe)
      value(*maybe);
    else
      null();
  }
  void null();
  // JSON text as it is.
  void raw(std::string_view json);
  template <class T>
  void field(std::string_view name, const T& content) {
    key(name);
    value(content);
  }

 private:
  void open(char bracket);
  void close(char bracket);
  void integer(std::int64_t number);
  void separate();
  std::string& out_;
  bool comma_ = false;
};

}  // namespace base
