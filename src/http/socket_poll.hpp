// Readiness of a loop's plain TCP sockets: one epoll set of our own, which Asio watches as a whole.
// Asio's own reads ask the kernel once in vain before they wait; here a socket is read only when
// it is known to have something (docs/adr/0010). While requests keep coming the thread waits in
// this set itself and saves the way through Asio, which gets its turn after a few rounds, at most
// some milliseconds later, and at once when work is posted, a client knocks or an upstream opens.
// Everything happens on the loop's thread, but for work_comes().
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include <sys/epoll.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

namespace http {

class SocketPoll {
 public:
  // Told of its socket's edges (EPOLLIN, EPOLLOUT, …) and, with 0, that a defer() is due. Never
  // from inside a call to the poll.
  class Client {
   public:
    virtual void on_ready(std::uint32_t events) = 0;

   protected:
    ~Client() = default;
  };
  // Told when several events are about to be told one after the other, and when they have been.
  class Batch {
   public:
    virtual void batch_begins() = 0;
    virtual void batch_ends() = 0;

   protected:
    ~Batch() = default;
  };
  using Ticket = std::uint64_t;

  // Throws boost::system::system_error.
  SocketPoll(boost::asio::io_context& io, Batch& batch);
  ~SocketPoll();
  SocketPoll(const SocketPoll&) = delete;
  SocketPoll& operator=(const SocketPoll&) = delete;

  void start();
  // No more events; the loop may end.
  void close();

  // From now on `client` hears of `socket` until remove(). False when the kernel refuses.
  [[nodiscard]] bool watch(Ticket ticket, int socket);
  // Asio has its turn whenever `descriptor`, one of its own, becomes readable, or what `events`
  // says (EPOLLOUT: connected). False as above.
  [[nodiscard]] bool give_way_to(int descriptor, std::uint32_t events = EPOLLIN);
  [[nodiscard]] Ticket add(Client& client);
  void forget(int socket);
  void remove(Ticket ticket);
  // on_ready(0) soon.
  void defer(Ticket ticket);
  // Of work posted to the loop: before it is posted (thread-safe), and when it begins.
  void work_comes();
  void work_begins() { work_.fetch_sub(1); }

 private:
  struct Slot {
    Client* client = nullptr;
    std::uint32_t generation = 0;
  };
  using Descriptor =
      boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;

  void wait();
  void take_events();
  void fetch(int timeout_ms);
  [[nodiscard]] bool stay();
  void run_events();
  void run_batch();
  void tell_next();
  void run_deferred();
  void tell(Ticket ticket, std::uint32_t events);

  boost::asio::io_context& io_;
  Batch& batch_;
  Descriptor set_;
  int wake_ = -1;  // an eventfd in the set
  std::atomic<std::int64_t> work_ = 0;
  std::atomic<bool> staying_ = false;
  int rounds_ = 0;  // since Asio's last turn
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::array<epoll_event, 256> events_;  // [next_, count_) are still to be told
  std::size_t next_ = 0;
  std::size_t count_ = 0;
  std::vector<Ticket> deferred_;
  std::vector<Ticket> due_;
  bool posted_ = false;
};

}  // namespace http
