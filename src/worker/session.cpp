#include "worker/session.hpp"

#include <unistd.h>

#include <new>
#include <thread>

#include "duck/allocator.hpp"
#include "worker/catalogue.hpp"
#include "worker/error_text.hpp"
#include "worker/orders.hpp"

namespace worker {
namespace {

using base::ErrorCode;
using base::Result;
using wire::FrameType;

constexpr std::chrono::milliseconds kWatchEvery{20};
constexpr std::chrono::seconds kReadDeadline{30};  // rows and bars, which name none

bool is_request(FrameType type) {
  return type >= FrameType::import && type <= FrameType::catalogue;
}

}  // namespace

int Session::serve() {
  std::thread([this] { watch(); }).detach();
  for (int thread = 0; thread < wire::kMaxConcurrent; ++thread)
    std::thread([this] { work(); }).detach();
  wire::Frame frame;
  while (true) {
    const auto received = channel_.receive(frame);
    if (!received) return wire::kExitProtocol;
    if (!*received) return wire::kExitClean;
    if (is_request(frame.type)) {
      begin(std::move(frame));
    } else if (frame.type == FrameType::cancel) {
      if (const auto request = find(frame.request)) request->cancel();
    } else if (frame.type == FrameType::credit) {
      if (const auto request = find(frame.request))
        request->add_credit(wire::decode_credit(frame.payload));
    } else {
      return wire::kExitProtocol;
    }
  }
}

std::shared_ptr<Request> Session::find(std::uint32_t number) {
  const std::lock_guard lock(mutex_);
  const auto found = requests_.find(number);
  return found == requests_.end() ? nullptr : found->second;
}

void Session::begin(wire::Frame frame) {
  const auto number = frame.request;
  bool room = false;
  {
    const std::lock_guard lock(mutex_);
    room = requests_.size() < static_cast<std::size_t>(wire::kMaxConcurrent);
    if (room) {
      auto request = std::make_shared<Request>(channel_, frame.request);
      requests_[frame.request] = request;
      waiting_.push_back({std::move(request), std::move(frame)});
    }
  }
  if (!room) {
    channel_.send(FrameType::failed, number,
                  wire::encode_error({ErrorCode::rate_limited,
                                      "too_many_queries",
                                      "Too many queries are running in this workspace. Wait for "
                                      "one to finish.",
                                      {},
                                      {},
                                      {}}));
    return;
  }
  arrived_.notify_one();
}

void Session::work() {
  while (true) {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return !waiting_.empty(); });
    const Work next = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    run(next.request, next.frame);
  }
}

void Session::run(const std::shared_ptr<Request>& request, const wire::Frame& frame) {
  auto outcome = try_answer(*request, frame);
  duck::release_unused_memory();
  {
    const std::lock_guard lock(mutex_);
    requests_.erase(request->number());
  }
  if (outcome)
    request->send(FrameType::done, *outcome);
  else
    request->send(FrameType::failed,
                  wire::encode_error(present(*request, std::move(outcome.error()))));
}

Result<std::string> Session::try_answer(Request& request, const wire::Frame& frame) {
  try {
    return answer(request, frame);
  } catch (const std::bad_alloc&) {
    return base::fail(ErrorCode::invalid, "query_memory", "no memory left");
  } catch (const std::exception& broken) {
    return base::fail_internal(std::string{"worker: "} + broken.what());
  }
}

base::Error Session::present(const Request& request, base::Error error) const {
  const Ending ending = request.cancelled() ? Ending::cancelled
                        : request.expired() ? Ending::expired
                                            : Ending::by_itself;
  return present_error(std::move(error), ending, file_.folder());
}

Result<std::string> Session::answer(Request& request, const wire::Frame& frame) {
  if (frame.type == FrameType::import) {
    RL_TRY(const auto order, parse_import(frame.payload));
    return run_import(file_, request, order);
  }
  if (frame.type == FrameType::drop) {
    RL_TRY(const auto name, parse_drop(frame.payload));
    return drop(request, name);
  }
  if (frame.type == FrameType::catalogue) return catalogue();
  return answer_read(request, frame);
}

Result<std::string> Session::answer_read(Request& request, const wire::Frame& frame) {
  request.set_deadline(Steady::now() + kReadDeadline);
  std::optional<TimedQuery> query;
  if (frame.type == FrameType::query) {
    RL_TRY(query, parse_query(frame.payload));
    request.set_deadline(Steady::now() + std::chrono::milliseconds(query->timeout_ms));
  }
  RL_TRY(auto lease, file_.read([&] { return request.stopped(); }));
  auto& connection = lease.connection();
  const Request::Guard guard(request, connection);
  if (query) return run_query(connection, request, query->query);
  if (frame.type == FrameType::rows) {
    RL_TRY(const auto order, parse_rows(frame.payload));
    return run_rows(connection, request, order);
  }
  RL_TRY(const auto order, parse_bars(frame.payload));
  return run_bars(connection, request, order);
}

Result<std::string> Session::catalogue() {
  RL_TRY(auto lease, file_.read([] { return false; }));
  return catalogue_json(lease.connection());
}

Result<std::string> Session::drop(Request& request, const std::string& name) {
  RL_TRY(auto lease, file_.write([&] { return request.stopped(); }));
  auto& connection = lease.connection();
  RL_TRY(const auto dataset, find_dataset(connection, name));
  RL_TRY_VOID(connection.run("BEGIN"));
  RL_TRY_VOID(forget_dataset(connection, dataset));
  RL_TRY_VOID(connection.run("DROP TABLE " + duck::quote_name(dataset)));
  RL_TRY_VOID(connection.run("COMMIT"));
  return std::string{"{}"};
}

void Session::watch() {
  while (true) {
    std::this_thread::sleep_for(kWatchEvery);
    const std::lock_guard lock(mutex_);
    for (const auto& [number, request] : requests_) {
      if (!request->enforce(Steady::now())) continue;
      request->send(FrameType::failed,
                    wire::encode_error(
                        present(*request, {ErrorCode::invalid, "interrupted", {}, {}, {}, {}})));
      _exit(wire::kExitDeadline);
    }
  }
}

}  // namespace worker
