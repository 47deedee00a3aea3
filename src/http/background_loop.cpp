#include "http/background_loop.hpp"

#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "http/io_executor.hpp"

namespace http {

class BackgroundLoop::Io final : public IoExecutor {
 public:
  Io()
      : alive_(boost::asio::make_work_guard(io_)), thread_([this] {
          const base::ExecutorScope scope(*this);
          io_.run();
        }) {}
  ~Io() override { stop(); }
  Io(const Io&) = delete;
  Io& operator=(const Io&) = delete;

  void post(std::move_only_function<void()> work) override {
    boost::asio::post(io_, std::move(work));
  }
  // What is posted first in, first out comes before the stop; a connection under way is left.
  void stop() {
    if (!thread_.joinable()) return;
    boost::asio::post(io_, [this] { io_.stop(); });
    thread_.join();
  }
  boost::asio::io_context& io() override { return io_; }

 private:
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> alive_;
  std::thread thread_;
};

BackgroundLoop::BackgroundLoop() : io_(std::make_unique<Io>()) {}
BackgroundLoop::~BackgroundLoop() { stop(); }
void BackgroundLoop::post(std::move_only_function<void()> work) { io_->post(std::move(work)); }
void BackgroundLoop::stop() { io_->stop(); }

}  // namespace http
