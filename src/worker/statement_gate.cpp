#include "worker/statement_gate.hpp"

#include <algorithm>
#include "base/ascii.hpp"

namespace worker {
namespace {

using base::upper;

using base::Result;

bool is_space(char letter) {
  return letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r' || letter == '\f';
}

bool is_word(char letter) {
  const char folded = upper(letter);
  return (folded >= 'A' && folded <= 'Z') || (letter >= '0' && letter <= '9') || letter == '_';
}

// Blanks and comments off the front.
void skip_blanks(std::string_view& text) {
  while (!text.empty()) {
    if (is_space(text.front())) {
      text.remove_prefix(1);
    } else if (text.starts_with("--")) {
      text.remove_prefix(std::min(text.find('\n'), text.size()));
    } else if (text.starts_with("/*")) {
      const std::size_t end = text.find("*/", 2);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
    } else {
      return;
    }
  }
}

bool take_word(std::string_view& text, std::string_view word) {
  if (text.size() < word.size()) return false;
  for (std::size_t index = 0; index < word.size(); ++index)
    if (upper(text[index]) != word[index]) return false;
  if (text.size() > word.size() && is_word(text[word.size()])) return false;
  text.remove_prefix(word.size());
  skip_blanks(text);
  return true;
}

}  // namespace

std::string explained_statement(const std::string& sql) {
  std::string_view rest = sql;
  skip_blanks(rest);
  if (!take_word(rest, "EXPLAIN")) return sql;
  take_word(rest, "ANALYZE");
  return std::string(rest);
}

Result<void> check_statement(duck::Connection& connection, const std::string& sql,
                             const std::vector<std::string>& tables) {
  if (sql.find('\0') != std::string::npos)
    return base::fail(base::ErrorCode::invalid, "sql_error", "The statement holds a NUL byte.");
  RL_TRY(const auto tree,
         connection.text("SELECT json_serialize_sql($1::VARCHAR)", {explained_statement(sql)}));
  return judge_parse_tree(tree.value_or("{}"), tables);
}

}  // namespace worker
