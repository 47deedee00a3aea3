// JSON bodies: what is read is one object within the bounds, and what is written of any text is
// JSON that reads back the same. Also problem members and the error frame that carries them.
#include <algorithm>
#include <string>

#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include "base/json.hpp"
#include "fuzz.hpp"

namespace {

using fuzz::require;

// Any bytes as a string: always readable; the same text when it was UTF-8 already.
void check_string(std::string_view text) {
  std::string json = R"({"a":)";
  base::append_json_string(json, text);
  json += '}';
  const auto back = base::parse_json_object(json);
  require(back.has_value());
  const auto& read = back->at("a").as_string();
  std::string again = R"({"a":)";
  base::append_json_string(again, {read.data(), read.size()});
  require(again + '}' == json);
}

void check_reader(const boost::json::object& object) {
  base::ObjectReader reader(object);
  const auto email = reader.text("email", 3, 254);
  require(email.empty() || (email.size() >= 3 && email.size() <= 254));
  const auto hours = reader.integer_or("hours", 1, 1000, 5);
  require(hours >= 0 && hours <= 1000);
  (void)reader.flag_or("flag", false);
  (void)reader.optional_text("note", 0, 10);
  const auto known = std::ranges::count_if(object, [](const auto& member) {
    return member.key() == "email" || member.key() == "hours" || member.key() == "flag" ||
           member.key() == "note";
  });
  const auto finished = reader.finish();
  if (finished) require(static_cast<std::size_t>(known) == object.size() && !email.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto input = fuzz::text_of(bytes, size);
  check_string(input);
  const auto object = base::parse_json_object(input);
  if (!object) {
    require(!object.error().reason.empty() && !object.error().message.empty());
    return 0;
  }
  check_reader(*object);
  for (const auto& member : *object) check_string({member.key().data(), member.key().size()});
  return 0;
}
