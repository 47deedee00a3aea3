#include "http/io_executor.hpp"

namespace http {

boost::asio::ssl::context& IoExecutor::client_tls() {
  namespace ssl = boost::asio::ssl;
  if (!client_tls_) {
    client_tls_ = std::make_unique<ssl::context>(ssl::context::tls_client);
    client_tls_->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                             ssl::context::no_sslv3 | ssl::context::no_tlsv1 |
                             ssl::context::no_tlsv1_1);
    client_tls_->set_default_verify_paths();
    client_tls_->set_verify_mode(ssl::verify_peer);
  }
  return *client_tls_;
}

}  // namespace http
