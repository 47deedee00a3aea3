// Which headers go on, in either direction. Pure; decided once per header name, without allocation.
//
// To the application: everything but what belongs to one connection (RFC 9110 7.6.1, and what
// Connection names), what only Redline may say (X-Redline-*, X-Forwarded-*, Forwarded, X-Real-IP,
// X-Original-*), Redline's own credentials, and names with other characters than letters, digits
// and
// '-': an application that maps '-' and '_' to the same variable would take X_Redline_User for
// X-Redline-User.
// To the client: everything but what belongs to one connection and what Redline answers itself.
#pragma once

#include <string>
#include <string_view>

#include "http/forward.hpp"

namespace gateway {

struct RuleOptions {
  std::string prefix;
  std::string authority;  // of the upstream, "127.0.0.1:5000"
  bool strip_prefix = true;
  bool credentials = false;
  bool own_cors = false;
  const std::vector<std::string>* plans = nullptr;
};

class HeaderRules final : public http::ForwardRules {
 public:
  explicit HeaderRules(RuleOptions options) : options_(std::move(options)) {}
  void append_request_head(std::string& out, const http::Exchange& exchange) const override;
  void append_answer_headers(std::string& out, const http::Exchange& exchange,
                             const http::UpstreamHead& head) const override;

 private:
  [[nodiscard]] bool passes_on(const http::HeaderView& field, std::string_view connection) const;
  [[nodiscard]] bool comes_back(const http::HeaderView& field, std::string_view connection) const;

  const RuleOptions options_;
};

// A Cookie header without Redline's session; may become empty.
[[nodiscard]] std::string without_session(std::string_view cookies);

}  // namespace gateway
