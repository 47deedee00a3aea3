// An executor whose thread runs an io_context: where outbound connections can be made.
#pragma once

#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>

#include "base/executor.hpp"

namespace http {

class IoExecutor : public base::Executor {
 public:
  [[nodiscard]] virtual boost::asio::io_context& io() = 0;
  // For outbound TLS: 1.2 and later, the system's authorities (OpenSSL's SSL_CERT_FILE and
  // SSL_CERT_DIR count), the peer must prove its name. Made at the first use; on the executor's
  // thread only.
  [[nodiscard]] boost::asio::ssl::context& client_tls();

 private:
  std::unique_ptr<boost::asio::ssl::context> client_tls_;
};

}  // namespace http
