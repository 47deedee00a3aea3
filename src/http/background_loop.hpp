// An executor with a thread of its own for periodic work (settling, expiry, mail, key sets), so
// that the loops of the server only serve. Outbound connections can be made on it.
#pragma once

#include <memory>

#include "base/executor.hpp"

namespace http {

class BackgroundLoop final : public base::Executor {
 public:
  BackgroundLoop();
  ~BackgroundLoop() override;
  void post(std::move_only_function<void()> work) override;
  // Runs what is there, then ends the thread; later posts are kept and never run. Idempotent.
  void stop();

 private:
  class Io;
  std::unique_ptr<Io> io_;
};

}  // namespace http
