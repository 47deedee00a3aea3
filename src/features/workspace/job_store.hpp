// Table `jobs`. Progress is not stored: it is memory of the running server.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "features/workspace/job.hpp"
#include "sql/database.hpp"

namespace workspace {

void insert_job(sql::AccountTx& tx, const Job& job);
// Writes state, result, error and finished_at.
void update_job(sql::AccountTx& tx, const Job& job);
[[nodiscard]] std::optional<Job> find_job(sql::AccountTx& tx, base::JobId id);
// Newest first; `before` "" or the id of the last job of the page before.
[[nodiscard]] std::vector<Job> list_jobs(sql::AccountTx& tx, std::string_view before, int limit);
[[nodiscard]] std::int64_t count_unfinished(sql::AccountTx& tx);

// After a crash: all unfinished jobs become failed with `error` (JSON). Returns their number.
std::int64_t fail_unfinished(sql::OperatorTx& tx, std::string_view error, base::Instant now);

}  // namespace workspace
