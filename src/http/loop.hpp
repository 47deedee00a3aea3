// One thread's worth of server: an io_context of its own, a listening socket (SO_REUSEPORT), its
// connections, and an Executor for coroutines.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "http/connection.hpp"
#include "http/io_executor.hpp"
#include "http/socket_poll.hpp"
#include "http/tls_transport.hpp"

namespace http {

class Loop final : public IoExecutor, private SocketPoll::Batch {
 public:
  // `tls` may be null: plain HTTP.
  Loop(ServerShared& shared, boost::asio::ssl::context* tls);
  ~Loop() override;

  // Throws boost::system::system_error. Returns the port.
  std::uint16_t listen(const boost::asio::ip::tcp::endpoint& endpoint);
  // Until stop() and the end of the last connection.
  void run();
  // Thread-safe.
  void stop();
  void post(std::move_only_function<void()> work) override;
  void post_all(std::vector<std::move_only_function<void()>> works) override;

  // Handlers that were still running when the drain ended: the loop must not be destroyed then.
  [[nodiscard]] bool has_leftovers() const { return services_.connections > 0; }
  [[nodiscard]] const LoopServices& services() const { return services_; }
  [[nodiscard]] LoopServices& services() { return services_; }
  [[nodiscard]] boost::asio::io_context& io() override { return io_; }
  [[nodiscard]] SocketPoll& poll() { return poll_; }

 private:
  using LoopExecutor = boost::asio::io_context::executor_type;
  using Timer = boost::asio::basic_waitable_timer<
      std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, LoopExecutor>;

  void batch_begins() override;
  void batch_ends() override;
  void accept();
  void welcome(LoopSocket socket, const boost::asio::ip::tcp::endpoint& peer);
  void turn_away(LoopSocket socket);
  void schedule_sweep();
  void sweep();
  void begin_drain();
  void end_if_drained();
  [[nodiscard]] base::Micros timeout_of(Wait kind) const;

  ServerShared& shared_;
  boost::asio::ssl::context* tls_;
  boost::asio::io_context io_;
  SocketPoll poll_;
  boost::asio::executor_work_guard<LoopExecutor> alive_;
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, LoopExecutor> acceptor_;
  Timer sweep_timer_;
  Timer accept_pause_;
  LoopServices services_;
  base::Instant drain_until_{};
};

}  // namespace http
