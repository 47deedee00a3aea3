#include "http/forward.hpp"

#include "http/forwarding.hpp"
#include "http/loop.hpp"
#include "http/text.hpp"

namespace http {

bool asks_for_websocket(const Request& request) {
  const auto upgrade = request.header("upgrade");
  // One with a body stays an ordinary request: the body would be taken for the first frames.
  const bool has_body =
      request.header("transfer-encoding") || request.header("content-length").value_or("0") != "0";
  return request.method == Method::get && !has_body && upgrade &&
         equals_ignoring_case(*upgrade, "websocket") &&
         list_has(request.header("connection").value_or(""), "upgrade") &&
         request.header("sec-websocket-key");
}

base::Task<ForwardEnd> forward(Exchange& exchange, Upstream& upstream, const ForwardRules& rules,
                               const base::Clock& clock) {
  auto& loop = static_cast<Loop&>(*exchange.loop);
  auto* pool = static_cast<UpstreamPool*>(loop.services().find_part(&upstream));
  if (pool == nullptr)
    pool = &static_cast<UpstreamPool&>(loop.services().add_part(
        &upstream, std::make_unique<UpstreamPool>(upstream, loop.io(), loop.poll(), clock)));
  return Forwarding::run(std::make_shared<Forwarding>(exchange, upstream, rules, *pool));
}

}  // namespace http
