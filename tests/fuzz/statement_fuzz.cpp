// A user's SQL before DuckDB sees it, and the parse tree that judges it (first line SQL, then
// JSON): no crash, and a tree that reads a table that is not ours is never let through.
#include <string>
#include <vector>

#include "fuzz.hpp"
#include "worker/statement_gate.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto [sql, tree] = fuzz::split_first_line(fuzz::text_of(bytes, size));
  const std::string text(sql);
  const auto inner = worker::explained_statement(text);
  fuzz::require(inner.size() <= text.size() && text.ends_with(inner));
  static const std::vector<std::string> tables{"acme"};
  const auto judged = worker::judge_parse_tree(std::string(tree), tables);
  fuzz::require(judged || !judged.error().reason.empty());
  return 0;
}
