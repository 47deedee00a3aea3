#include "sql/sqlite_dialect.hpp"

#include <cctype>

namespace sql {

namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string upper(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

// Copies what starts at `at` (a quoted text, a word, a comment or one character) to `out`; returns
// where the next begins.
std::size_t copy_token(std::string_view script, std::size_t at, std::string& out) {
  const char c = script[at];
  if (c == '\'' || c == '"') {
    auto end = script.find(c, at + 1);
    end = end == std::string_view::npos ? script.size() : end + 1;
    out += script.substr(at, end - at);
    return end;
  }
  if (script.substr(at, 2) == "--") {
    const auto end = script.find('\n', at);
    return end == std::string_view::npos ? script.size() : end;
  }
  if (!is_word(c)) {
    out += c;
    return at + 1;
  }
  auto end = at;
  while (end < script.size() && is_word(script[end])) ++end;
  const auto word = script.substr(at, end - at);
  const auto name = upper(word);
  if (name == "BIGINT")
    out += "INTEGER";
  else if (name == "BYTEA")
    out += "BLOB";
  else
    out += word;
  return end;
}

void finish_statement(std::string& out, std::size_t begin) {
  const auto first = out.find_first_not_of(" \t\r\n", begin);
  if (first == std::string::npos) return;
  const auto last = out.find_last_not_of(" \t\r\n");
  const bool table = upper(out.substr(first, 12)) == "CREATE TABLE";
  if (table && out[last] == ')') out += " STRICT";
}

}  // namespace

std::string to_sqlite_schema(std::string_view script) {
  std::string out;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < script.size();) {
    if (script[at] == ';') {
      finish_statement(out, begin);
      out += ';';
      begin = out.size();
      ++at;
    } else {
      at = copy_token(script, at, out);
    }
  }
  finish_statement(out, begin);
  return out;
}

}  // namespace sql
