// The connections of one loop to one upstream: unused ones are kept and reused, the latest first.
// One thread.
#pragma once

#include <memory>
#include <vector>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/clock.hpp"
#include "http/loop_services.hpp"
#include "http/socket_poll.hpp"
#include "http/upstream.hpp"
#include "http/upstream_connection.hpp"

namespace http {

class UpstreamPool final : public LoopPart {
 public:
  UpstreamPool(const Upstream& upstream, boost::asio::io_context& io, SocketPoll& poll,
               const base::Clock& clock);
  ~UpstreamPool() override;

  // An unused connection, or null.
  [[nodiscard]] UpstreamConnection* take();
  // A new one; co_await its arrival(connect_timeout) until it is no longer connecting().
  [[nodiscard]] UpstreamConnection& open();
  // Everything was sent and received in order.
  void give_back(UpstreamConnection& connection);
  // The loop ends: nothing is kept from now on.
  void end() override;

  // For connections.
  [[nodiscard]] base::Instant now() const { return clock_.now(); }
  void enter(UpstreamConnection& connection);
  void leave(UpstreamConnection& connection);
  void forget_idle(UpstreamConnection& connection);

 private:
  using LoopExecutor = boost::asio::io_context::executor_type;
  class Dial;

  void sweep();
  void schedule_sweep();

  const UpstreamOptions& options_;
  boost::asio::io_context& io_;
  SocketPoll& poll_;
  const base::Clock& clock_;
  boost::asio::basic_waitable_timer<
      std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, LoopExecutor>
      sweep_timer_;
  base::Millis sweep_every_;
  bool sweeping_ = false;
  bool ended_ = false;
  std::vector<UpstreamConnection*> all_;
  std::vector<UpstreamConnection*> idle_;
};

}  // namespace http
