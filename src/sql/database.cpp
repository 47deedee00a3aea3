#include "sql/database.hpp"

namespace sql {

Statement AccountTx::prepare(std::string_view text) {
  auto statement = connection_.prepare(text);
  // Breaks with RL_CHECK when `text` has no $1: such a statement could reach other accounts.
  statement.bind(1, text_.view());
  return statement;
}

}  // namespace sql
