#include "http/sse.hpp"

#include <deque>
#include <mutex>
#include <optional>

#include "http/problem.hpp"
#include "http/status.hpp"

namespace http {
namespace {

// Each event is a full state: a client that lags needs only the newest few.
constexpr std::size_t kMaxPending = 16;

}  // namespace

struct EventChannel::State {
  std::mutex mutex;
  std::deque<std::string> pending;  // in wire form
  std::optional<base::Completion<bool>::Sender> waiter;
  bool finished = false;
  bool client_gone = false;

  void push(std::string text) {
    const std::lock_guard lock(mutex);
    if (client_gone || finished) return;
    if (pending.size() == kMaxPending) pending.pop_front();
    pending.push_back(std::move(text));
    wake(true);
  }
  void end(bool gone) {
    const std::lock_guard lock(mutex);
    finished = true;
    client_gone = client_gone || gone;
    wake(true);
  }
  // Under the lock. `something`: there is more than a keep-alive to send.
  void wake(bool something) {
    if (!waiter) return;
    waiter->set(something);
    waiter.reset();
  }
};

namespace {

using StatePointer = std::shared_ptr<EventChannel::State>;

class EventSource final : public BodySource {
 public:
  EventSource(StatePointer state, base::Timers& timers, const base::Clock& clock,
              std::chrono::seconds keep_alive)
      : state_(std::move(state)), timers_(timers), clock_(clock), keep_alive_(keep_alive) {}
  ~EventSource() override { state_->end(true); }

  base::Task<std::optional<std::string_view>> next() override {
    base::Completion<bool> arrival;
    if (take(&arrival))
      co_return text_.empty() ? std::nullopt : std::optional{std::string_view{text_}};
    const base::TimerId timer =
        timers_.at(clock_.now() + keep_alive_, *base::current_executor(), [state = state_] {
          const std::lock_guard lock(state->mutex);
          state->wake(false);
        });
    const bool something = co_await arrival;
    timers_.cancel(timer);
    if (!something) co_return std::string_view{": keep-alive\n\n"};
    take(nullptr);
    co_return text_.empty() ? std::nullopt : std::optional{std::string_view{text_}};
  }
  void closed() override { state_->end(true); }
  void draining() override { state_->end(false); }

 private:
  // Moves what is pending to text_, which stays empty at the end of the stream; false: nothing yet,
  // and `arrival` is told of the next.
  bool take(const base::Completion<bool>* arrival) {
    const std::lock_guard lock(state_->mutex);
    text_.clear();
    for (const auto& event : state_->pending) text_ += event;
    state_->pending.clear();
    if (!text_.empty() || state_->finished) return true;
    if (arrival != nullptr) state_->waiter.emplace(arrival->sender());
    return false;
  }

  StatePointer state_;
  base::Timers& timers_;
  const base::Clock& clock_;
  std::chrono::seconds keep_alive_;
  std::string text_;
};

}  // namespace

EventChannel::EventChannel() : state(std::make_shared<State>()) {}
EventChannel::~EventChannel() = default;

void EventChannel::send(std::string_view event, std::string_view data, std::uint64_t id) {
  std::string text = "id: " + std::to_string(id) + "\nevent: ";
  text.append(event).append("\ndata: ").append(data).append("\n\n");
  state->push(std::move(text));
}

void EventChannel::finish() { state->end(false); }

bool EventChannel::client_gone() const {
  const std::lock_guard lock(state->mutex);
  return state->client_gone;
}

void answer_with_events(Exchange& exchange, const EventChannel& channel, base::Timers& timers,
                        const base::Clock& clock, std::chrono::seconds keep_alive) {
  Response& response = exchange.response;
  response.content_type = "text/event-stream";
  response.header("Cache-Control", "no-store");
  response.header("X-Accel-Buffering", "no");  // nginx in front passes events on at once
  response.stream = std::make_unique<EventSource>(channel.state, timers, clock, keep_alive);
  // The listener is the interrupt's own, so it may look at it.
  auto& interrupt = *exchange.interruptible();
  interrupt.listener = [state = channel.state, &interrupt,
                        id = std::string(exchange.request.request_id)] {
    if (interrupt.cut) {
      std::string text = "event: problem\ndata: ";
      append_problem(text, *interrupt.cut, status_of(interrupt.cut->code), id);
      state->push(text += "\n\n");
    }
    state->end(false);
  };
}

}  // namespace http
