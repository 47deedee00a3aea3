// Import jobs: one at a time per account, in order of arrival, each driven by a coroutine on the
// pool's thread. State changes are stored; progress is memory. Thread-safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/timers.hpp"
#include "features/workspace/job.hpp"
#include "features/workspace/upload_store.hpp"
#include "features/workspace/worker_pool.hpp"
#include "http/sse.hpp"
#include "sql/database.hpp"

namespace workspace {

inline constexpr int kMaxUnfinishedJobs = 16;  // of one account

class ImportJobs {
 public:
  // Everything outlives the jobs.
  struct Parts {
    WorkerPool& pool;
    sql::Database& database;
    UploadStore& uploads;
    const base::Clock& clock;
    base::Timers& timers;
    base::Log& log;
  };
  explicit ImportJobs(Parts parts) : parts_(parts) {}
  ~ImportJobs();

  // Stores the job as queued and starts it as soon as its turn comes. `too_many_queries` when the
  // account has kMaxUnfinishedJobs; then nothing is stored.
  base::Task<base::Result<void>> submit(base::AccountId account, Job job);
  // As it is now, progress included; nullopt when it is not under way here.
  [[nodiscard]] std::optional<Job> find_live(base::AccountId account, base::JobId id);
  // Asks a job under way to stop; nullopt as above.
  std::optional<Job> cancel(base::AccountId account, base::JobId id);
  // Sends the job to `channel` now and at each change; false when it is not under way.
  bool watch(base::AccountId account, base::JobId id, const http::EventChannel& channel);
  // Returns when the job ended or `at_most` passed.
  base::Task<void> wait(base::AccountId account, base::JobId id, base::Millis at_most);
  // Returns when no job is under way any more. The pool has been stopped before.
  void wait_for_all();

 private:
  struct Live;
  struct Line {
    std::deque<std::shared_ptr<Live>> jobs;  // the first one runs
  };

  base::Task<void> drive(base::AccountId account);
  base::Task<void> run(base::AccountId account, std::shared_ptr<Live> live);
  base::Task<base::Result<std::string>> import(base::AccountId account, std::shared_ptr<Live> live);
  base::Task<base::Result<void>> store(base::AccountId account, Job job, std::string dataset);
  std::shared_ptr<Live> locate(base::AccountId account, base::JobId id);  // under the lock
  bool asked_to_cancel(const Live& live);
  template <class Change>
  Job change(Live& live, Change apply);
  static void publish(Live& live);  // under the lock

  Parts parts_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::unordered_map<base::AccountId, Line> lines_;
};

}  // namespace workspace
