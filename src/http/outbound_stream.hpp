// One outbound connection, plain or TLS, with a single deadline over its whole life: after it every
// pending and later step fails. Used by the coroutine that made it, on its executor only. Closed by
// the destructor.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "http/io_executor.hpp"

namespace http {

struct OutboundTarget {
  std::string host;  // a name or an address, without brackets
  std::uint16_t port = 0;
};

// "localhost", 127.x.x.x or ::1: what plain text may be sent to.
[[nodiscard]] bool is_loopback_host(std::string_view host);

class OutboundStream {
 public:
  OutboundStream(IoExecutor& executor, base::Millis timeout);
  ~OutboundStream();
  OutboundStream(const OutboundStream&) = delete;
  OutboundStream& operator=(const OutboundStream&) = delete;

  // Errors: `internal`, detail says which step failed and why.
  base::Task<base::Result<void>> connect(OutboundTarget target);
  // From here on TLS; the peer's certificate must be for `host`.
  base::Task<base::Result<void>> start_tls(std::string host);
  // `text` outlives the call.
  base::Task<base::Result<void>> write(std::string_view text);
  // 0: the peer ended the connection in order. `into` outlives the call.
  base::Task<base::Result<std::size_t>> read(std::span<char> into);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// The executor of the running coroutine; `internal` when it cannot make connections.
[[nodiscard]] base::Result<IoExecutor*> current_io_executor();

}  // namespace http
