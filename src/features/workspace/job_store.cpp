#include "features/workspace/job_store.hpp"

namespace workspace {
namespace {

Job read_job(const sql::Statement& row) {
  Job job;
  job.id = base::JobId::parse(row.text(0)).value_or(base::JobId{});
  job.state = parse_job_state(row.text(1));
  job.dataset = row.text(2);
  job.filename = row.text(3);
  job.upload = row.text(4);
  job.options = row.text(5);
  job.result = row.text(6);
  job.error = row.text(7);
  job.created_at = base::from_micros(row.integer(8));
  if (!row.is_null(9)) job.finished_at = base::from_micros(row.integer(9));
  return job;
}

}  // namespace

void insert_job(sql::AccountTx& tx, const Job& job) {
  auto insert = tx.prepare(
      "INSERT INTO jobs (account_id, id, kind, state, dataset, filename, upload, options, result, "
      "error, created_at) VALUES ($1, $2, 'import', $3, $4, $5, $6, $7, '', '', $8)");
  insert.bind(2, job.id.text()).bind(3, job_state_name(job.state)).bind(4, job.dataset);
  insert.bind(5, job.filename).bind(6, job.upload).bind(7, job.options);
  insert.bind(8, base::to_micros(job.created_at)).run();
}

void update_job(sql::AccountTx& tx, const Job& job) {
  auto update = tx.prepare(
      "UPDATE jobs SET state = $3, result = $4, error = $5, finished_at = $6 "
      "WHERE account_id = $1 AND id = $2");
  update.bind(2, job.id.text()).bind(3, job_state_name(job.state)).bind(4, job.result);
  update.bind(5, job.error);
  if (job.finished_at)
    update.bind(6, base::to_micros(*job.finished_at));
  else
    update.bind(6, std::nullopt);
  update.run();
}

std::optional<Job> find_job(sql::AccountTx& tx, base::JobId id) {
  auto select = tx.prepare(
      "SELECT id, state, dataset, filename, upload, options, result, error, created_at, "
      "finished_at FROM jobs WHERE account_id = $1 AND id = $2");
  select.bind(2, id.text());
  return select.step() ? std::optional<Job>{read_job(select)} : std::nullopt;
}

std::vector<Job> list_jobs(sql::AccountTx& tx, std::string_view before, int limit) {
  auto select = tx.prepare(
      "SELECT id, state, dataset, filename, upload, options, result, error, created_at, "
      "finished_at FROM jobs WHERE account_id = $1 AND ($2 = '' OR id < $2) "
      "ORDER BY id DESC LIMIT $3");
  select.bind(2, before).bind(3, std::int64_t{limit});
  std::vector<Job> jobs;
  while (select.step()) jobs.push_back(read_job(select));
  return jobs;
}

std::int64_t count_unfinished(sql::AccountTx& tx) {
  auto select = tx.prepare(
      "SELECT count(*) FROM jobs WHERE account_id = $1 AND state IN ('queued', 'running')");
  return select.step() ? select.integer(0) : 0;
}

std::int64_t fail_unfinished(sql::OperatorTx& tx, std::string_view error, base::Instant now) {
  auto update = tx.prepare(
      "UPDATE jobs SET state = 'failed', error = $1, finished_at = $2 "
      "WHERE state IN ('queued', 'running')");
  return update.bind(1, error).bind(2, base::to_micros(now)).run();
}

}  // namespace workspace
