#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/config.hpp"
#include "base/json.hpp"

namespace app {
namespace {

std::string toml_text(std::string_view text) {
  std::string out;
  base::append_json_string(out, text);  // a JSON string is a TOML basic string
  return out;
}

std::string list_of(const std::vector<std::string>& items) {
  std::vector<std::string> parts;
  parts.reserve(items.size());
  for (const auto& item : items) parts.push_back(toml_text(item));
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

struct Print {
  bool secret;
  std::string operator()(const std::string* text) const {
    return toml_text(secret && !text->empty() ? "(set, hidden)" : *text);
  }
  std::string operator()(const std::int64_t* number) const { return std::to_string(*number); }
  std::string operator()(const bool* flag) const { return *flag ? "true" : "false"; }
  std::string operator()(const std::vector<std::string>* items) const {
    if (!secret) return list_of(*items);
    return list_of(std::vector<std::string>(items->size(), "(set, hidden)"));
  }
};

}  // namespace

std::string print_config(Config config) {
  std::string out;
  std::string_view section;
  for (const auto& setting : settings(config)) {
    if (setting.section != section)
      out += fmt::format("{}[{}]\n", section.empty() ? "" : "\n", setting.section);
    section = setting.section;
    out += fmt::format("# {}\n{} = {}\n", setting.comment, setting.key,
                       std::visit(Print{setting.secret}, setting.target));
  }
  for (const auto& route : config.gateway.routes)
    out += fmt::format(
        "\n[[gateway.routes]]\nprefix = {}\nupstream = {}\nstrip_prefix = {}\nmetered = {}\n"
        "sign_in = {}\ncredentials = {}\n",
        toml_text(route.prefix), toml_text(route.upstream), route.strip_prefix, route.metered,
        route.sign_in, route.credentials);
  for (const auto& plan : config.plans) {
    out += fmt::format(
        "\n[[plans]]\nid = {}\nname = {}\nrequests = {}\ntrial_hours = {}\nstorage_mb = "
        "{}\nmax_upload_mb = {}\n"
        "concurrent_queries = {}\nfor_buyers = {}\n",
        toml_text(plan.id), toml_text(plan.name), list_of(plan.requests), plan.trial_hours,
        plan.storage_mb, plan.max_upload_mb, plan.concurrent_queries, plan.for_buyers);
    if (!plan.concurrency.empty())
      out += fmt::format("concurrency = {}\n", toml_text(plan.concurrency));
    if (plan.max_parallel > 0) out += fmt::format("max_parallel = {}\n", plan.max_parallel);
  }
  for (const auto& pack : config.packs)
    out += fmt::format(
        "\n[[packs]]\nsku = {}\nhours = {}\nprice = {{ amount = {}, currency = {} }}\nexpires_days "
        "= {}\n",
        toml_text(pack.sku), pack.hours, pack.price.amount, toml_text(pack.price.currency),
        pack.expires_days);
  return out;
}

}  // namespace app
