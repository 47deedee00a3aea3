#include "http/socket_poll.hpp"

#include <cerrno>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

namespace http {
namespace {

int make_set() {
  const int set = epoll_create1(EPOLL_CLOEXEC);
  if (set < 0)
    throw boost::system::system_error(errno, boost::system::system_category(), "epoll_create1");
  return set;
}

constexpr int kRounds = 16;
constexpr int kStayMs = 1;
// Of no client, an end of the stay: a slot with this number is never made.
constexpr SocketPoll::Ticket kWake = ~SocketPoll::Ticket{0};

}  // namespace

SocketPoll::SocketPoll(boost::asio::io_context& io, Batch& batch)
    : io_(io), batch_(batch), set_(io, make_set()), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  // Never read: every write is an edge of its own.
  if (wake_ < 0 || !give_way_to(wake_))
    throw boost::system::system_error(errno, boost::system::system_category(), "eventfd");
}

SocketPoll::~SocketPoll() { ::close(wake_); }

bool SocketPoll::give_way_to(int descriptor, std::uint32_t events) {
  epoll_event event{};
  event.events = events | EPOLLET;
  event.data.u64 = kWake;
  return epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void SocketPoll::start() { wait(); }

void SocketPoll::close() {
  boost::system::error_code ignored;
  set_.close(ignored);
}

SocketPoll::Ticket SocketPoll::add(Client& client) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const auto slot = free_.back();
  free_.pop_back();
  slots_[slot].client = &client;
  return (Ticket{slots_[slot].generation} << 32U) | slot;
}

bool SocketPoll::watch(Ticket ticket, int socket) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = ticket;
  return epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, socket, &event) == 0;
}

void SocketPoll::forget(int socket) {
  epoll_ctl(set_.native_handle(), EPOLL_CTL_DEL, socket, nullptr);
}

void SocketPoll::remove(Ticket ticket) {
  const auto slot = static_cast<std::uint32_t>(ticket);
  slots_[slot].client = nullptr;
  ++slots_[slot].generation;
  free_.push_back(slot);
}

void SocketPoll::defer(Ticket ticket) {
  deferred_.push_back(ticket);
  if (std::exchange(posted_, true)) return;
  boost::asio::post(io_, [this] { run_deferred(); });
}

void SocketPoll::wait() {
  set_.async_wait(Descriptor::wait_read, [this](boost::system::error_code error) {
    if (!error) take_events();
  });
}

void SocketPoll::take_events() {
  rounds_ = 0;
  fetch(0);
  run_events();
}

void SocketPoll::fetch(int timeout_ms) {
  const int count = epoll_wait(set_.native_handle(), events_.data(),
                               static_cast<int>(events_.size()), timeout_ms);
  next_ = 0;
  count_ = count > 0 ? static_cast<std::size_t>(count) : 0;
}

// Waits for further events here, unless it is Asio's turn. Whoever posts work either is seen here
// or sees that the thread stays, and wakes it.
bool SocketPoll::stay() {
  if (posted_ || ++rounds_ >= kRounds) return false;
  staying_ = true;
  if (work_ == 0) fetch(kStayMs);
  staying_ = false;
  return next_ < count_;
}

void SocketPoll::work_comes() {
  work_.fetch_add(1);
  if (!staying_) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

// A client that throws ends this call; the rest of the events, which will not come again, are told
// by the next.
void SocketPoll::run_events() {
  struct Continue {
    SocketPoll& poll;
    ~Continue() {
      if (poll.next_ == poll.count_)
        poll.wait();
      else
        boost::asio::post(poll.io_, [&its = poll] { its.run_events(); });
    }
  };
  const Continue after{*this};
  do {
    if (count_ - next_ > 1)
      run_batch();
    else
      tell_next();
  } while (stay());
}

void SocketPoll::run_batch() {
  struct Ends {
    Batch& batch;
    ~Ends() { batch.batch_ends(); }
  };
  batch_.batch_begins();
  const Ends ends{batch_};
  while (next_ < count_) tell_next();
}

void SocketPoll::tell_next() {
  if (next_ == count_) return;
  const auto event = events_[next_++];
  if (event.data.u64 == kWake)
    rounds_ = kRounds;
  else
    tell(event.data.u64, event.events);
}

void SocketPoll::run_deferred() {
  posted_ = false;
  due_.swap(deferred_);
  struct Rest {
    SocketPoll& poll;
    std::size_t next = 0;
    ~Rest() {
      for (; next < poll.due_.size(); ++next) poll.defer(poll.due_[next]);
      poll.due_.clear();
    }
  };
  Rest rest{*this};
  while (rest.next < due_.size()) tell(due_[rest.next++], 0);
}

void SocketPoll::tell(Ticket ticket, std::uint32_t events) {
  const Slot slot = slots_[static_cast<std::uint32_t>(ticket)];
  if (slot.client != nullptr && slot.generation == ticket >> 32U) slot.client->on_ready(events);
}

}  // namespace http
