#include "features/workspace/workspace_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/json/object.hpp>

#include "base/json.hpp"
#include "features/workspace/import_jobs.hpp"
#include "features/workspace/job_store.hpp"
#include "features/workspace/job_text.hpp"
#include "features/workspace/running_queries.hpp"
#include "features/workspace/worker_errors.hpp"

namespace workspace {
namespace {

using base::ErrorCode;
using wire::FrameType;

constexpr int kMostReads = 6;  // rows, bars and symbols of one account at a time
// The worker stops a query itself at its deadline and says so; ours comes just after.
constexpr base::Millis kDeadlineMargin{300};
constexpr base::Micros kStopGrace = std::chrono::seconds{2};

std::unexpected<base::Error> not_found(std::string what) {
  return base::fail(ErrorCode::not_found, "not_found", std::move(what));
}

PoolOptions pool_options(const WorkspaceOptions& options) {
  PoolOptions pool;
  pool.binary = options.binary;
  pool.folder = options.data_folder + "/workspaces";
  pool.memory_mb = options.memory_mb;
  pool.threads = options.threads;
  pool.temp_mb = options.temp_mb;
  pool.max_active = static_cast<std::size_t>(std::max(options.max_active, 1));
  pool.idle_stop = std::chrono::seconds{options.idle_stop_seconds};
  return pool;
}

// A literal: the worker's words never become a header.
constexpr std::string_view kJson = "application/json";

std::string_view content_type_of(const std::string& head) {
  const auto said = base::parse_json_object(head);
  const auto* type = said ? said->if_contains("content_type") : nullptr;
  const bool csv =
      type != nullptr && type->is_string() && type->as_string().starts_with("text/csv");
  return csv ? "text/csv; charset=utf-8" : kJson;
}

std::string query_payload(const WorkspaceService::Query& query) {
  std::string out;
  base::JsonWriter writer(out);
  writer.begin_object();
  writer.field("sql", query.sql);
  writer.key("parameters");
  writer.raw(query.parameters);
  writer.field("format", query.format);
  writer.field("max_rows", query.max_rows);
  writer.field("timeout_ms", query.timeout_ms);
  writer.end_object();
  return out;
}

}  // namespace

struct WorkspaceService::State {
  State(WorkspaceOptions given, sql::Database& its_database, const base::Clock& its_clock,
        base::Random& its_random, base::Timers& its_timers, base::Log& its_log)
      : options(std::move(given)),
        database(its_database),
        clock(its_clock),
        random(its_random),
        log(its_log),
        uploads(options.data_folder + "/workspaces", random, disk),
        pool(pool_options(options), clock, log,
             [this](base::AccountId account, std::string payload) {
               ++reconciling;
               base::start(reconcile(account, std::move(payload)));
             }),
        jobs({.pool = pool,
              .database = database,
              .uploads = uploads,
              .clock = clock,
              .timers = its_timers,
              .log = log}) {}

  [[nodiscard]] PlanLimits limits_of(const Owner& owner) const {
    if (options.plans.empty()) return {};
    return owner.plan < options.plans.size() ? options.plans[owner.plan] : options.plans.front();
  }

  // A worker started: what its file holds is the truth, our rows are the cache.
  base::Task<void> reconcile(base::AccountId account, std::string payload) {
    auto entries = parse_catalogue(payload);
    base::Result<void> stored = base::fail_internal("worker: unreadable catalogue");
    if (entries) {
      auto write = [found = std::move(*entries),
                    now = clock.now()](sql::AccountTx& tx) -> base::Result<void> {
        replace_catalogue(tx, found, now);
        return {};
      };
      stored = co_await database.write<void>(account, std::move(write));
    }
    if (!stored)
      log.error("catalogue_not_stored",
                {{"account", account.text()}, {"detail", stored.error().detail}});
    --reconciling;
    reconciling.notify_all();
  }

  base::Task<base::Result<Answer>> open_answer(WorkerCall call, std::shared_ptr<void> permit);

  WorkspaceOptions options;
  sql::Database& database;
  const base::Clock& clock;
  base::Random& random;
  base::Log& log;
  std::atomic<int> reconciling = 0;
  std::atomic<std::uint64_t> reads = 0;
  RunningQueries queries;
  RunningQueries running_reads;
  DiskLane disk;
  UploadStore uploads;
  WorkerPool pool;
  ImportJobs jobs;
};

WorkspaceService::WorkspaceService(WorkspaceOptions options, sql::Database& database,
                                   const base::Clock& clock, base::Random& random,
                                   base::Timers& timers, base::Log& log)
    : state_(std::make_unique<State>(std::move(options), database, clock, random, timers, log)) {
  const auto prepared = state_->uploads.prepare();
  if (!prepared) log.error("workspaces_folder", {{"detail", prepared.error().detail}});
}

WorkspaceService::~WorkspaceService() { stop(); }

base::Task<base::Result<void>> WorkspaceService::recover() {
  auto fail_jobs = [error = error_json(interrupted_import()),
                    now = state_->clock.now()](sql::OperatorTx& tx) -> base::Result<std::int64_t> {
    return fail_unfinished(tx, error, now);
  };
  auto failed = co_await state_->database.write_operator<std::int64_t>(std::move(fail_jobs));
  if (!failed) co_return std::unexpected(std::move(failed.error()));
  if (*failed > 0) state_->log.warning("imports_interrupted", {{"count", *failed}});
  auto remove = [store = &state_->uploads] {
    store->remove_all();
    return true;
  };
  co_await state_->disk.run<bool>(std::move(remove));
  co_return base::Result<void>{};
}

void WorkspaceService::stop() {
  state_->pool.stop();
  state_->jobs.wait_for_all();
  for (int left = state_->reconciling; left > 0; left = state_->reconciling)
    state_->reconciling.wait(left);
  state_->disk.stop();
}

void WorkspaceService::warm(base::AccountId account) { state_->pool.warm(account); }

void WorkspaceService::cut(base::AccountId account, base::Error why) {
  state_->pool.cut(account, std::move(why));
}

base::Task<base::Result<Job>> WorkspaceService::import(Owner owner, ImportRequest request,
                                                       http::BodyReader& body) {
  if (!is_dataset_name(request.dataset))
    co_return base::fail(ErrorCode::invalid, "invalid_request",
                         "A dataset's name starts with a letter and has at most 64 letters, "
                         "digits, '_', '.' or '-'.");
  auto upload = co_await state_->uploads.receive(owner.account, state_->limits_of(owner),
                                                 request.content_length, body);
  if (!upload) co_return std::unexpected(std::move(upload.error()));
  const auto now = state_->clock.now();
  Job job;
  job.id = base::JobId::make(now, state_->random);
  job.dataset = std::move(request.dataset);
  job.filename = std::move(request.filename);
  job.upload = *upload;
  job.options = request.options.empty() ? "{}" : std::move(request.options);
  job.created_at = now;
  auto submitted = co_await state_->jobs.submit(owner.account, job);
  if (submitted) co_return job;
  co_await state_->uploads.remove(owner.account, *upload);
  co_return std::unexpected(std::move(submitted.error()));
}

base::Task<base::Result<Job>> WorkspaceService::wait_for_job(base::AccountId account,
                                                             base::JobId id, base::Millis at_most) {
  co_await state_->jobs.wait(account, id, at_most);
  auto job = co_await load_job(account, id);
  co_return job;
}

base::Task<base::Result<Job>> WorkspaceService::load_job(base::AccountId account, base::JobId id) {
  if (auto live = state_->jobs.find_live(account, id)) co_return *std::move(live);
  auto find = [id](sql::AccountTx& tx) -> base::Result<Job> {
    auto job = find_job(tx, id);
    if (!job) return not_found("There is no such job.");
    return *std::move(job);
  };
  auto job = co_await state_->database.read<Job>(account, std::move(find));
  co_return job;
}

base::Task<base::Result<JobPage>> WorkspaceService::list_jobs(base::AccountId account,
                                                              std::string cursor, int limit) {
  auto list = [cursor = std::move(cursor), limit](sql::AccountTx& tx) -> base::Result<JobPage> {
    JobPage page{.jobs = workspace::list_jobs(tx, cursor, limit + 1), .next_cursor = {}};
    if (std::cmp_less_equal(page.jobs.size(), limit)) return page;
    page.jobs.pop_back();
    page.next_cursor = page.jobs.back().id.text();
    return page;
  };
  auto page = co_await state_->database.read<JobPage>(account, std::move(list));
  if (!page) co_return page;
  for (auto& job : page->jobs)
    if (auto live = is_final(job.state) ? std::nullopt : state_->jobs.find_live(account, job.id))
      job = *std::move(live);
  co_return page;
}

base::Task<base::Result<Job>> WorkspaceService::cancel_job(base::AccountId account,
                                                           base::JobId id) {
  if (auto live = state_->jobs.cancel(account, id)) co_return *std::move(live);
  auto job = co_await load_job(account, id);
  if (!job) co_return job;
  co_return base::fail(ErrorCode::conflict, "conflict", "This job has already ended.");
}

base::Task<base::Result<http::EventChannel>> WorkspaceService::watch_job(base::AccountId account,
                                                                         base::JobId id) {
  http::EventChannel channel;
  if (state_->jobs.watch(account, id, channel)) co_return channel;
  const auto job = co_await load_job(account, id);
  if (!job) co_return std::unexpected(job.error());
  std::string json;
  append_job_json(json, *job);
  channel.send("job", json, 1);
  channel.finish();
  co_return channel;
}

base::Task<base::Result<std::vector<DatasetEntry>>> WorkspaceService::list_datasets(
    base::AccountId account, std::string after, int limit) {
  auto list = [after = std::move(after),
               limit](sql::AccountTx& tx) -> base::Result<std::vector<DatasetEntry>> {
    return workspace::list_datasets(tx, after, limit);
  };
  auto entries =
      co_await state_->database.read<std::vector<DatasetEntry>>(account, std::move(list));
  co_return entries;
}

base::Task<base::Result<DatasetEntry>> WorkspaceService::load_dataset(base::AccountId account,
                                                                      std::string name) {
  auto find = [name = std::move(name)](sql::AccountTx& tx) -> base::Result<DatasetEntry> {
    auto entry = find_dataset(tx, name);
    if (!entry) return not_found("There is no dataset of this name.");
    return *std::move(entry);
  };
  auto entry = co_await state_->database.read<DatasetEntry>(account, std::move(find));
  co_return entry;
}

base::Task<base::Result<void>> WorkspaceService::drop_dataset(base::AccountId account,
                                                              std::string name) {
  const auto known = co_await load_dataset(account, name);
  if (!known) co_return std::unexpected(known.error());
  std::string payload;
  base::JsonWriter writer(payload);
  writer.begin_object();
  writer.field("dataset", name);
  writer.end_object();
  auto call = state_->pool.call(account, FrameType::drop, std::move(payload),
                                {.timeout = std::chrono::seconds{60}, .cancel_grace = kStopGrace});
  for (bool ended = false; !ended;) {
    const auto frame = co_await call.next();
    const bool gone_already = !frame && frame.error().code == ErrorCode::not_found;
    if (!frame && !gone_already) co_return std::unexpected(frame.error());
    ended = gone_already || frame->type == FrameType::done;
  }
  auto remove = [name = std::move(name)](sql::AccountTx& tx) -> base::Result<void> {
    remove_dataset(tx, name);
    return {};
  };
  auto removed = co_await state_->database.write<void>(account, std::move(remove));
  co_return removed;
}

// Waits until the worker's first word of the answer itself, so that a refusal is still a problem
// document and not a cut stream.
base::Task<base::Result<Answer>> WorkspaceService::State::open_answer(
    WorkerCall call, std::shared_ptr<void> permit) {
  std::string_view content_type = kJson;
  for (;;) {
    auto frame = co_await call.next();
    if (!frame) co_return std::unexpected(std::move(frame.error()));
    if (frame->type == FrameType::head) content_type = content_type_of(frame->payload);
    if (frame->type != FrameType::data && frame->type != FrameType::done) continue;
    auto stream =
        std::make_unique<AnswerStream>(std::move(call), std::move(*frame), std::move(permit),
                                       content_type == kJson ? AnswerStream::Unfinished::unreadable
                                                             : AnswerStream::Unfinished::readable);
    co_return Answer{.id = {}, .content_type = content_type, .stream = std::move(stream)};
  }
}

base::Task<base::Result<Answer>> WorkspaceService::read(Owner owner, FrameType what,
                                                        std::string arguments) {
  auto permit =
      state_->running_reads.enter(owner.account, std::to_string(++state_->reads), kMostReads);
  if (!permit) co_return std::unexpected(std::move(permit.error()));
  auto call = state_->pool.call(owner.account, what, std::move(arguments),
                                {.timeout = base::Millis{state_->options.query_timeout_ms},
                                 .cancel_grace = kStopGrace,
                                 .cuttable = true});
  auto answer = co_await state_->open_answer(std::move(call), std::move(*permit));
  co_return answer;
}

base::Task<base::Result<std::string>> WorkspaceService::symbols(Owner owner, SymbolSearch search) {
  const auto known = co_await list_datasets(owner.account);
  if (!known) co_return std::unexpected(known.error());
  Query statement;
  statement.sql = symbol_sql(search, *known);
  if (statement.sql.empty()) co_return symbol_page({}, search);
  statement.parameters = symbol_parameters(search);
  statement.max_rows = search.limit + 1;
  statement.timeout_ms = state_->options.query_timeout_ms;
  auto answer = co_await read(owner, FrameType::query, query_payload(statement));
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  std::string found;
  for (auto piece = co_await answer->stream->next(); piece; piece = co_await answer->stream->next())
    found += *piece;
  if (answer->stream->failure()) co_return std::unexpected(*answer->stream->failure());
  co_return symbol_page(found, search);
}

base::Task<base::Result<Answer>> WorkspaceService::query(Owner owner, Query query) {
  const auto& options = state_->options;
  if (query.id.empty())
    query.id = base::format_id("qry_", base::make_id_bits(state_->clock.now(), state_->random));
  auto bounded = [](std::int64_t asked, std::int64_t most) {
    return asked > 0 ? std::min(asked, most) : most;
  };
  query.max_rows = bounded(query.max_rows, options.max_rows);
  query.timeout_ms = bounded(query.timeout_ms, options.query_timeout_ms);
  auto permit =
      state_->queries.enter(owner.account, query.id, state_->limits_of(owner).concurrent_queries);
  if (!permit) co_return std::unexpected(std::move(permit.error()));
  auto call = state_->pool.call(owner.account, FrameType::query, query_payload(query),
                                {.timeout = base::Millis{query.timeout_ms} + kDeadlineMargin,
                                 .cancel_grace = kStopGrace,
                                 .cuttable = true});
  state_->queries.attach(owner.account, query.id, call.state());
  auto answer = co_await state_->open_answer(std::move(call), std::move(*permit));
  if (answer) answer->id = std::move(query.id);
  co_return answer;
}

base::Result<void> WorkspaceService::interrupt(base::AccountId account, std::string_view id) {
  const auto call = state_->queries.find(account, id);
  if (!call) return not_found("No query of this id is running.");
  state_->pool.cancel(call, interrupted_query());
  return {};
}

Health WorkspaceService::health() const {
  const auto stats = state_->pool.stats();
  return Health{.ok = true,
                .workers = stats.workers,
                .calls = stats.calls,
                .started_total = stats.started_total,
                .died_total = stats.died_total,
                .killed_total = stats.killed_total,
                .last_error = {}};
}

const WorkspaceOptions& WorkspaceService::options() const { return state_->options; }

}  // namespace workspace
