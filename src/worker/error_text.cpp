#include "worker/error_text.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace worker {
namespace {

using base::Error;
using base::ErrorCode;

void remove_all(std::string& text, std::string_view what) {
  if (what.empty()) return;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at))
    text.erase(at, what.size());
}

// "LINE 2: SELECT nope\n               ^": the offset of the caret in the statement is not known
// when DuckDB shortened the line, nor for other lines than the first.
std::optional<std::size_t> caret_position(std::string_view text) {
  constexpr std::string_view kFirstLine = "\nLINE 1: ";
  const std::size_t line = text.find(kFirstLine);
  if (line == std::string_view::npos) return std::nullopt;
  const std::string_view shown = text.substr(line + kFirstLine.size());
  const std::size_t end = shown.find('\n');
  if (shown.starts_with("...") || end == std::string_view::npos) return std::nullopt;
  const std::string_view pointer = shown.substr(end + 1);
  const std::size_t caret = pointer.find('^');
  if (caret == std::string_view::npos || caret + 1 < kFirstLine.size()) return std::nullopt;
  if (pointer.find_first_not_of(' ') != caret) return std::nullopt;
  return caret - (kFirstLine.size() - 1);
}

// DuckDB's picture of the line is for terminals; the position says the same.
std::string without_picture(std::string_view text) {
  return std::string(text.substr(0, text.find("\n\nLINE ")));
}

Error stopped(Ending ending) {
  if (ending == Ending::cancelled)
    return {ErrorCode::invalid, "cancelled", "It was cancelled; nothing was changed.", {}, {}, {}};
  return {ErrorCode::invalid,
          "query_timeout",
          "The query took longer than allowed and was stopped. Ask for less at a time, or give it "
          "more time.",
          {},
          {},
          {}};
}

}  // namespace

Error present_error(Error error, Ending ending, const std::string& folder) {
  // What was interrupted may also say so in other words, depending on where it was.
  const bool fell = error.reason == "sql_error" || error.reason == "internal_error";
  if (error.reason == "interrupted" || (ending != Ending::by_itself && fell))
    return stopped(ending);
  if (error.reason == "query_memory")
    return {ErrorCode::invalid,
            "query_memory",
            "This needs more memory than a workspace has. Ask for less at a time, for example one "
            "symbol or a shorter range.",
            std::move(error.message),
            {},
            {}};
  if (error.reason != "sql_error") return error;
  if (error.message.find("file system operations are disabled") != std::string::npos)
    return {ErrorCode::forbidden,
            "statement_not_allowed",
            "SQL cannot read or write files. Import a file to query it.",
            std::move(error.message),
            {},
            {}};
  const bool positioned = std::ranges::any_of(
      error.members, [](const auto& member) { return member.name == "position"; });
  if (const auto position = caret_position(error.message); position && !positioned)
    error.members.push_back({"position", std::to_string(*position)});
  error.message = without_picture(error.message);
  remove_all(error.message, folder);
  return error;
}

}  // namespace worker
