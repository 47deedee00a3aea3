#include "features/workspace/import_jobs.hpp"

#include <algorithm>
#include <atomic>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <exception>

#include "base/json.hpp"
#include "features/workspace/catalogue_store.hpp"
#include "features/workspace/job_store.hpp"
#include "features/workspace/job_text.hpp"

namespace workspace {
namespace {

constexpr base::Micros kLongestImport = std::chrono::hours{1};
constexpr base::Micros kImportGrace = std::chrono::seconds{10};  // a rollback takes its time

// Set by whoever comes first: the job's end or the timer.
class Bell {
 public:
  explicit Bell(const base::Completion<bool>& waiter) : sender_(waiter.sender()) {}
  void ring() {
    if (!rung_.exchange(true)) sender_.set(true);
  }

 private:
  base::Completion<bool>::Sender sender_;
  std::atomic<bool> rung_ = false;
};

}  // namespace

struct ImportJobs::Live {
  Job job;
  WorkerCall* call = nullptr;  // while the worker has it
  bool cancel_asked = false;
  std::uint64_t events = 0;
  std::vector<http::EventChannel> watchers;
  std::vector<std::shared_ptr<Bell>> bells;
};

ImportJobs::~ImportJobs() { wait_for_all(); }

base::Task<base::Result<void>> ImportJobs::submit(base::AccountId account, Job job) {
  auto insert = [job](sql::AccountTx& tx) -> base::Result<void> {
    if (count_unfinished(tx) >= kMaxUnfinishedJobs)
      return base::fail(base::ErrorCode::rate_limited, "too_many_queries",
                        "16 imports are waiting already. Let some of them finish first.");
    insert_job(tx, job);
    return {};
  };
  auto stored = co_await parts_.database.write<void>(account, std::move(insert));
  if (!stored) co_return stored;
  auto live = std::make_shared<Live>();
  live->job = std::move(job);
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    auto& line = lines_[account];
    first = line.jobs.empty();
    line.jobs.push_back(std::move(live));
  }
  if (first) parts_.pool.post([this, account] { base::start(drive(account)); });
  co_return base::Result<void>{};
}

base::Task<void> ImportJobs::drive(base::AccountId account) {
  for (;;) {
    std::shared_ptr<Live> live;
    {
      const std::lock_guard lock(mutex_);
      live = lines_[account].jobs.front();
    }
    try {
      co_await run(account, live);
    } catch (const std::exception& broken) {
      parts_.log.error("import_job_broke", {{"job", live->job.id.text()}, {"what", broken.what()}});
    }
    const std::lock_guard lock(mutex_);
    auto& line = lines_[account];
    for (auto& channel : live->watchers) channel.finish();
    for (auto& bell : live->bells) bell->ring();
    line.jobs.pop_front();
    if (!line.jobs.empty()) continue;
    lines_.erase(account);
    ended_.notify_all();
    co_return;
  }
}

base::Task<void> ImportJobs::run(base::AccountId account, std::shared_ptr<Live> live) {
  bool cancelled = false;
  const auto started = change(*live, [&cancelled](Live& now) {
    cancelled = now.cancel_asked;
    if (!cancelled) now.job.state = JobState::running;
  });
  base::Result<std::string> outcome;
  if (cancelled) {
    outcome = std::unexpected(cancelled_import());
  } else {
    auto stored = co_await store(account, started, {});
    outcome = stored ? co_await import(account, live)
                     : base::Result<std::string>{std::unexpect, std::move(stored.error())};
  }
  // Nobody hears of the end before it is stored: who hears it finds the dataset in the list.
  auto ended = started;
  const auto dataset = settle_job(ended, outcome, asked_to_cancel(*live), parts_.clock.now());
  co_await parts_.uploads.remove(account, ended.upload);
  auto stored = co_await store(account, ended, dataset);
  if (!stored)
    parts_.log.error("job_not_stored",
                     {{"job", ended.id.text()}, {"detail", stored.error().detail}});
  if (!outcome)
    parts_.log.info("import_ended", {{"job", ended.id.text()},
                                     {"reason", outcome.error().reason},
                                     {"detail", outcome.error().detail}});
  change(*live, [&ended](Live& now) {
    ended.progress = now.job.progress;
    now.job = ended;
  });
}

bool ImportJobs::asked_to_cancel(const Live& live) {
  const std::lock_guard lock(mutex_);
  return live.cancel_asked;
}

base::Task<base::Result<std::string>> ImportJobs::import(base::AccountId account,
                                                         std::shared_ptr<Live> live) {
  auto call = parts_.pool.call(account, wire::FrameType::import,
                               import_payload(live->job, parts_.clock.now()),
                               {.timeout = kLongestImport, .cancel_grace = kImportGrace});
  const auto publish_call = [this, &live](WorkerCall* its) {
    const std::lock_guard lock(mutex_);
    live->call = its;
    return live->cancel_asked;
  };
  if (publish_call(&call)) call.request_cancel();
  base::Result<std::string> outcome = base::fail_internal("import without an end");
  for (bool ended = false; !ended;) {
    auto frame = co_await call.next();
    if (!frame) {
      outcome = std::unexpected(std::move(frame.error()));
      ended = true;
    } else if (frame->type == wire::FrameType::done) {
      outcome = std::move(frame->payload);
      ended = true;
    } else if (frame->type == wire::FrameType::progress) {
      change(*live, [&frame](Live& now) { now.job.progress = parse_progress(frame->payload); });
    }
  }
  publish_call(nullptr);
  co_return outcome;
}

// The job's state and what it did to the catalogue, in one transaction.
base::Task<base::Result<void>> ImportJobs::store(base::AccountId account, Job job,
                                                 std::string dataset) {
  auto write = [job = std::move(job), dataset = std::move(dataset),
                now = parts_.clock.now()](sql::AccountTx& tx) -> base::Result<void> {
    update_job(tx, job);
    if (dataset.empty()) return {};
    RL_TRY(const auto entry, parse_dataset(dataset));
    upsert_dataset(tx, entry, now);
    return {};
  };
  auto stored = co_await parts_.database.write<void>(account, std::move(write));
  co_return stored;
}

std::shared_ptr<ImportJobs::Live> ImportJobs::locate(base::AccountId account, base::JobId id) {
  const auto line = lines_.find(account);
  if (line == lines_.end()) return nullptr;
  const auto found = std::ranges::find_if(line->second.jobs,
                                          [id](const auto& live) { return live->job.id == id; });
  return found == line->second.jobs.end() ? nullptr : *found;
}

template <class Change>
Job ImportJobs::change(Live& live, Change apply) {
  const std::lock_guard lock(mutex_);
  apply(live);
  publish(live);
  return live.job;
}

void ImportJobs::publish(Live& live) {
  if (live.watchers.empty()) return;
  std::erase_if(live.watchers, [](const auto& channel) { return channel.client_gone(); });
  std::string json;
  append_job_json(json, live.job);
  ++live.events;
  for (auto& channel : live.watchers) channel.send("job", json, live.events);
}

std::optional<Job> ImportJobs::find_live(base::AccountId account, base::JobId id) {
  const std::lock_guard lock(mutex_);
  const auto live = locate(account, id);
  return live ? std::optional<Job>{live->job} : std::nullopt;
}

std::optional<Job> ImportJobs::cancel(base::AccountId account, base::JobId id) {
  const std::lock_guard lock(mutex_);
  const auto live = locate(account, id);
  if (!live) return std::nullopt;
  live->cancel_asked = true;
  if (live->call != nullptr) live->call->request_cancel();
  return live->job;
}

bool ImportJobs::watch(base::AccountId account, base::JobId id, const http::EventChannel& channel) {
  const std::lock_guard lock(mutex_);
  const auto live = locate(account, id);
  if (!live) return false;
  live->watchers.push_back(channel);
  publish(*live);
  return true;
}

base::Task<void> ImportJobs::wait(base::AccountId account, base::JobId id, base::Millis at_most) {
  base::Completion<bool> ended;
  auto bell = std::make_shared<Bell>(ended);
  {
    const std::lock_guard lock(mutex_);
    const auto live = locate(account, id);
    if (!live) co_return;
    live->bells.push_back(bell);
  }
  const auto timer =
      parts_.timers.at(parts_.clock.now() + at_most, parts_.pool, [bell] { bell->ring(); });
  co_await ended;
  parts_.timers.cancel(timer);
}

void ImportJobs::wait_for_all() {
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] { return lines_.empty(); });
}

}  // namespace workspace
