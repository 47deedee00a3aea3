#include "features/gateway/identity_headers.hpp"

namespace gateway {

void append_identity_headers(std::string& out, const http::Caller& caller,
                             std::span<const std::string> plans) {
  if (!caller.signed_in()) return;
  out.append("X-Redline-User: ").append(caller.user.text());
  out.append("\r\nX-Redline-Account: ").append(caller.account.text()).append("\r\n");
  if (caller.plan < plans.size())
    out.append("X-Redline-Plan: ").append(plans[caller.plan]).append("\r\n");
}

}  // namespace gateway
