#include "worker/request.hpp"

#include <algorithm>

namespace worker {
namespace {

constexpr std::chrono::seconds kMercy{2};
constexpr std::chrono::milliseconds kLookAgain{20};

}  // namespace

void Request::set_deadline(Steady::time_point at) {
  deadline_.store(at.time_since_epoch().count());
}

Request::Guard::Guard(Request& request, duck::Connection& connection) : request_(request) {
  const std::lock_guard lock(request.mutex_);
  request.running_ = connection;
}

Request::Guard::~Guard() {
  const std::lock_guard lock(request_.mutex_);
  request_.running_.reset();
}

base::Result<void> Request::send_data(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t size = 0;
    {
      std::unique_lock lock(mutex_);
      while (credit_ == 0 && !stopped()) changed_.wait_for(lock, kLookAgain);
      if (stopped())
        return base::fail(base::ErrorCode::invalid, "interrupted", "stopped while sending");
      size = std::min({bytes.size(), static_cast<std::size_t>(credit_), wire::kDataBytes});
      credit_ -= size;
    }
    send(wire::FrameType::data, bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return {};
}

void Request::add_credit(std::uint32_t bytes) {
  const std::lock_guard lock(mutex_);
  credit_ += bytes;
  changed_.notify_all();
}

void Request::cancel() {
  cancelled_.store(true);
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

bool Request::enforce(Steady::time_point now) {
  if (!stopped()) return false;
  const std::lock_guard lock(mutex_);
  if (running_) running_->interrupt();
  // An import has no deadline and is never killed for being slow to stop.
  return now.time_since_epoch().count() - std::chrono::nanoseconds(kMercy).count() >
         deadline_.load();
}

base::Result<void> DataWriter::flush() {
  const auto sent = request_.send_data(buffer_);
  buffer_.clear();
  return sent;
}

}  // namespace worker
