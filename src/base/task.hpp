// Task<T>: a lazy coroutine, awaited exactly once; its owner keeps it alive until it is done.
//   Task<Result<Run>> load(...);   auto run = co_await load(...);
// Rules of the house: await into named locals; no capturing coroutine lambdas; no lock across an
// await; parameters are values or references to what the awaiting caller owns. Only clang 19 is
// supported (docs/adr/0002).
#pragma once

#include <atomic>
#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "base/check.hpp"
#include "base/executor.hpp"

namespace base {

template <class T>
class Task;

namespace detail {

struct FinalAwaiter {
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) const noexcept {
    auto next = done.promise().continuation;
    return next ? next : std::noop_coroutine();
  }
  void await_resume() const noexcept {}
};

struct PromiseBase {
  std::coroutine_handle<> continuation;
  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
  [[nodiscard]] FinalAwaiter final_suspend() const noexcept { return {}; }
};

template <class T>
struct Promise : PromiseBase {
  std::variant<std::monostate, T, std::exception_ptr> outcome;
  Task<T> get_return_object();
  template <class U>
  void return_value(U&& value) {
    outcome.template emplace<1>(std::forward<U>(value));
  }
  void unhandled_exception() { outcome.template emplace<2>(std::current_exception()); }
  T take() {
    if (outcome.index() == 2) std::rethrow_exception(std::get<2>(outcome));
    return std::move(std::get<1>(outcome));
  }
};

template <>
struct Promise<void> : PromiseBase {
  std::exception_ptr failure;
  Task<void> get_return_object();
  void return_void() {}
  void unhandled_exception() { failure = std::current_exception(); }
  void take() const {
    if (failure) std::rethrow_exception(failure);
  }
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) noexcept {
    handle_.promise().continuation = waiting;
    return handle_;
  }
  T await_resume() { return handle_.promise().take(); }

 private:
  std::coroutine_handle<promise_type> handle_;
};

template <class T>
Task<T> detail::Promise<T>::get_return_object() {
  return Task<T>{std::coroutine_handle<Promise>::from_promise(*this)};
}
inline Task<void> detail::Promise<void>::get_return_object() {
  return Task<void>{std::coroutine_handle<Promise>::from_promise(*this)};
}

// Fire and forget: runs until it ends; frees itself. An exception that leaves it terminates the
// program, so the task's body catches.
struct Detached {
  struct promise_type {
    Detached get_return_object() const noexcept { return {}; }
    [[nodiscard]] std::suspend_never initial_suspend() const noexcept { return {}; }
    [[nodiscard]] std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
};
inline Detached start(Task<void> task) { co_await std::move(task); }

// One value handed from any thread to one waiting coroutine, which resumes on the executor it
// waited on.
//   Completion<int> done;  lane.post([sender = done.sender()]() mutable { sender.set(7); });  int n
//   = co_await done;
// The sender may outlive the waiter. A Completion is awaited at most once, on a thread with a
// current executor.
template <class T>
class Completion {
  enum Stage { empty, waiting, ready };
  struct State {
    std::atomic<int> stage = empty;
    std::optional<T> value;
    std::coroutine_handle<> waiter;
    Executor* executor = nullptr;
  };

 public:
  class Sender {
   public:
    explicit Sender(std::shared_ptr<State> state) : state_(std::move(state)) {}
    // Once.
    void set(T value) {
      state_->value.emplace(std::move(value));
      if (state_->stage.exchange(ready) == waiting)
        post_gathered(*state_->executor, [state = state_] { state->waiter.resume(); });
    }

   private:
    std::shared_ptr<State> state_;
  };

  Completion() : state_(std::make_shared<State>()) {}
  [[nodiscard]] Sender sender() const { return Sender{state_}; }

  [[nodiscard]] bool await_ready() const noexcept { return state_->stage.load() == ready; }
  bool await_suspend(std::coroutine_handle<> waiter) {
    state_->waiter = waiter;
    state_->executor = current_executor();
    RL_CHECK(state_->executor != nullptr, "a Completion is awaited on an executor's thread");
    int expected = empty;
    return state_->stage.compare_exchange_strong(expected, waiting);
  }
  T await_resume() { return std::move(*state_->value); }

 private:
  std::shared_ptr<State> state_;
};

// Runs a task to its end on the calling thread: tests and the command line.
template <class T>
T block_on(Task<T> task) {
  ManualExecutor executor;
  bool done = false;
  std::optional<std::variant<T, std::exception_ptr>> outcome;
  struct Body {
    static Task<void> run(Task<T> inner, std::optional<std::variant<T, std::exception_ptr>>& out,
                          bool& finished) {
      try {
        out.emplace(co_await std::move(inner));
      } catch (...) {
        out.emplace(std::current_exception());
      }
      finished = true;
    }
  };
  {
    const ExecutorScope scope(executor);
    start(Body::run(std::move(task), outcome, done));
  }
  while (!done) executor.run_one();
  if (outcome->index() == 1) std::rethrow_exception(std::get<1>(*outcome));
  return std::move(std::get<0>(*outcome));
}

}  // namespace base
