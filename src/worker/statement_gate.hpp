// Which SQL of a user may run: one SELECT (or EXPLAIN of one) over the workspace's own tables. The
// statement is judged by its parse tree, by what is allowed, not by what is known to be bad.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "duck/connection.hpp"

namespace worker {

// Errors: sql_error (with member `position`) when it does not parse; statement_not_allowed.
// `tables`: the names a statement may read besides its own common table expressions.
base::Result<void> check_statement(duck::Connection& connection, const std::string& sql,
                                   const std::vector<std::string>& tables);

// The statement after EXPLAIN [ANALYZE] and comments; `sql` itself when it is no EXPLAIN. Pure.
[[nodiscard]] std::string explained_statement(const std::string& sql);

// Judges the JSON that DuckDB's json_serialize_sql gives. Pure.
base::Result<void> judge_parse_tree(const std::string& json,
                                    const std::vector<std::string>& tables);

}  // namespace worker
