// Users' market data, as the server sees it. The server never opens a user's file with DuckDB and
// never runs a user's SQL: each active account has a worker process of its own (worker_pool.hpp),
// and this class admits, keeps the catalogue and the jobs, and forwards bytes.
//
// Threads: every method is thread-safe; coroutines are awaited on HTTP loops (or any executor).
// Lifetime: made before the server, destroyed after it and before the database. Errors are
// base::Error with the reasons of the HTTP interface; other accounts' things are `not_found`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/timers.hpp"
#include "features/workspace/answer_stream.hpp"
#include "features/workspace/catalogue_store.hpp"
#include "features/workspace/job.hpp"
#include "features/workspace/symbol_search.hpp"
#include "features/workspace/workspace_options.hpp"
#include "http/exchange.hpp"
#include "http/sse.hpp"
#include "sql/database.hpp"

namespace workspace {

struct ImportRequest {
  std::string dataset;
  std::string filename;
  std::string options;                         // JSON object: symbol, policy, timezone, …
  std::optional<std::int64_t> content_length;  // as announced; checked before a byte is read
};

struct JobPage {
  std::vector<Job> jobs;
  std::string next_cursor;  // "": the last page
};

// An answer that a worker is writing: forward `stream` as it is.
struct Answer {
  std::string id;                 // of the query, for interrupt(); "" for others
  std::string_view content_type;  // a literal
  std::unique_ptr<AnswerStream> stream;
};

struct Health {
  bool ok = true;
  int workers = 0;
  int calls = 0;
  std::uint64_t started_total = 0;
  std::uint64_t died_total = 0;    // ended although nobody asked them to
  std::uint64_t killed_total = 0;  // SIGKILL by us: deadline, broken protocol
  std::string last_error;
};

class WorkspaceService {
 public:
  WorkspaceService(WorkspaceOptions options, sql::Database& database, const base::Clock& clock,
                   base::Random& random, base::Timers& timers, base::Log& log);
  ~WorkspaceService();
  WorkspaceService(const WorkspaceService&) = delete;
  WorkspaceService& operator=(const WorkspaceService&) = delete;

  // Once, before serving: jobs that a crash left unfinished become `failed`, their uploads go.
  base::Task<base::Result<void>> recover();
  // Ends every call and job, kills the workers, waits for the last of them and for what uploads
  // write. Idempotent.
  void stop();

  // Starts the account's worker if it has none (after sign-in), so that the first query is fast.
  void warm(base::AccountId account);
  // Ends what the account runs on metered routes: a pending answer fails with `why`, a stream is
  // cut. For the meter's exhaustion signal. Returns at once.
  void cut(base::AccountId account, base::Error why);

  // Streams the body into the account's uploads and queues the import; the job is durable when it
  // returns. Errors: too_large, quota_exceeded, invalid_request, too_many_queries (16 unfinished
  // jobs), and what the body's reader says; nothing remains of a refused upload.
  base::Task<base::Result<Job>> import(Owner owner, ImportRequest request, http::BodyReader& body);
  // The job when it is final, or as it is after `at_most`.
  base::Task<base::Result<Job>> wait_for_job(base::AccountId account, base::JobId id,
                                             base::Millis at_most);
  base::Task<base::Result<Job>> load_job(base::AccountId account, base::JobId id);
  base::Task<base::Result<JobPage>> list_jobs(base::AccountId account, std::string cursor,
                                              int limit);
  // Queued: cancelled at once. Running: the worker is told; nothing of the import remains. Final
  // ones are `conflict`.
  base::Task<base::Result<Job>> cancel_job(base::AccountId account, base::JobId id);
  // Events named "job" with the job's JSON; ends after the final state.
  base::Task<base::Result<http::EventChannel>> watch_job(base::AccountId account, base::JobId id);

  // From the catalogue in the store: needs no worker. By name, at most `limit` after `after`.
  base::Task<base::Result<std::vector<DatasetEntry>>> list_datasets(base::AccountId account,
                                                                    std::string after = {},
                                                                    int limit = 200);
  base::Task<base::Result<DatasetEntry>> load_dataset(base::AccountId account, std::string name);
  base::Task<base::Result<void>> drop_dataset(base::AccountId account, std::string name);

  // Rows or bars. `arguments` is the JSON object of wire/frame.hpp, made by the API from checked
  // parameters.
  base::Task<base::Result<Answer>> read(Owner owner, wire::FrameType what, std::string arguments);
  // {"data":[{"symbol","dataset","rows","from","to"}],"next_cursor"}: symbols that contain `text`,
  // without case, of one dataset or all.
  base::Task<base::Result<std::string>> symbols(Owner owner, SymbolSearch search);
  struct Query {
    std::string id;  // chosen by the client, or "" for one of ours; unique among running ones
    std::string sql;
    std::string parameters = "[]";  // JSON array
    std::string format = "json";
    std::int64_t max_rows = 0;  // 0: the configured bound
    std::int64_t timeout_ms = 0;
  };
  base::Task<base::Result<Answer>> query(Owner owner, Query query);
  // `not_found` unless the account runs a query of that id.
  base::Result<void> interrupt(base::AccountId account, std::string_view id);

  [[nodiscard]] Health health() const;
  [[nodiscard]] const WorkspaceOptions& options() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace workspace
