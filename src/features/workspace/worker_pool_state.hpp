// The inside of WorkerPool: everything the I/O thread owns. Only worker_pool*.cpp include this.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "features/workspace/worker_link.hpp"
#include "features/workspace/worker_pool.hpp"

namespace workspace {

// One account's place: its worker, if any, and the calls that wait for it to be ready.
struct Slot {
  std::unique_ptr<WorkerLink> link;
  std::vector<std::shared_ptr<CallState>> backlog;
  bool wanted = false;  // waits for room
};

struct WorkerPool::State {
  State(WorkerPool& pool, PoolOptions given, const base::Clock& its_clock, base::Log& its_log,
        ReadyHook hook);
  ~State();

  // Any thread.
  void post(std::move_only_function<void()> work);

  // I/O thread.
  void run();
  void run_posted();
  void on_event(std::uint64_t key);
  void submit(std::shared_ptr<CallState> call);
  void want(base::AccountId account, Slot& slot);
  // Starts wanted workers while there is room, and makes room by ending idle ones.
  void start_wanted();
  void start(base::AccountId account, Slot& slot);
  void read(WorkerLink& link);
  void settle();  // deadlines, idle workers, queued bytes; after every turn
  void kill(WorkerLink& link, const base::Error& why);
  void reap(WorkerLink& link);
  void drop_slot_if_empty(base::AccountId account);
  void watch(int fd, std::uint64_t key, std::uint32_t events, int operation) const;
  void set_writing(WorkerLink& link, bool wants);
  void fail_backlog(Slot& slot, const base::Error& why);
  void close_all();
  [[nodiscard]] int wait_ms() const;
  [[nodiscard]] WorkerLink* find(std::uint64_t serial) const;

  WorkerPool& owner;
  PoolOptions options;
  const base::Clock& clock;
  base::Log& log;
  ReadyHook on_ready;

  FileHandle epoll;
  FileHandle alarm;  // eventfd: something was posted
  std::mutex posted_mutex;
  std::vector<std::move_only_function<void()>> posted;

  std::unordered_map<base::AccountId, Slot> slots;
  std::unordered_map<std::uint64_t, WorkerLink*> links;  // by serial; owned by slots
  std::deque<base::AccountId> queue;                     // wanted slots, oldest first
  std::uint64_t last_serial = 0;
  bool closing = false;

  std::atomic<bool> quit = false;
  std::atomic<int> workers = 0;
  std::atomic<int> calls = 0;
  std::atomic<std::uint64_t> started_total = 0;
  std::atomic<std::uint64_t> died_total = 0;
  std::atomic<std::uint64_t> killed_total = 0;
  std::thread thread;  // last: starts when the rest is there
};

}  // namespace workspace
