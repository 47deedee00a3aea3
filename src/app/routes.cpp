#include <fmt/format.h>

#include "app/cli.hpp"
#include "app/commands.hpp"
#include "app/platform.hpp"
#include "base/json.hpp"

namespace app {
namespace {

std::string_view access_name(http::Access access) {
  switch (access) {
    case http::Access::open:
      return "open";
    case http::Access::signed_in:
      return "signed_in";
    case http::Access::operator_only:
      return "operator_only";
    case http::Access::signature:
      return "signature";
  }
  return "";
}

std::string_view cost_name(http::CostClass cost) {
  switch (cost) {
    case http::CostClass::free:
      return "free";
    case http::CostClass::light:
      return "light";
    case http::CostClass::work:
      return "work";
    case http::CostClass::guess:
      return "guess";
  }
  return "";
}

}  // namespace

int routes_command(const Common& common) {
  auto with_free_port = common;
  with_free_port.settings.emplace_back("server.listen", "127.0.0.1:0");
  auto config = configure(with_free_port);
  if (!config) return config.error();
  const auto platform = Platform::open(std::move(*config), common.data);
  if (!platform) return report_failure(platform.error());
  std::string out;
  base::JsonWriter json(out);
  json.begin_array();
  for (const auto& route : (*platform)->router().routes()) {
    if (!common.json)
      fmt::print("{:7} {:40} {:14} {:17} {:6} {}\n", http::method_name(route.method), route.pattern,
                 access_name(route.policy.access), http::scope_name(route.policy.scope),
                 cost_name(route.policy.cost), route.policy.metered ? "metered" : "");
    json.begin_object();
    json.field("method", http::method_name(route.method));
    json.field("pattern", route.pattern);
    json.field("access", access_name(route.policy.access));
    json.field("scope", http::scope_name(route.policy.scope));
    json.field("cost", cost_name(route.policy.cost));
    json.field("metered", route.policy.metered);
    json.end_object();
  }
  json.end_array();
  if (common.json) fmt::print("{}\n", out);
  return kDone;
}

}  // namespace app
