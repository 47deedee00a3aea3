#include "app/config_file.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <toml++/toml.h>

namespace app {
namespace {

bool holds(const toml::node& node, const std::string*) { return node.is_string(); }
bool holds(const toml::node& node, const std::int64_t*) { return node.is_integer(); }
bool holds(const toml::node& node, const bool*) { return node.is_boolean(); }
bool holds(const toml::node& node, const std::vector<std::string>*) { return node.is_array(); }

class Reader {
 public:
  Reader(const std::string& path, std::vector<std::string>& mistakes)
      : path_(path), mistakes_(mistakes) {}

  void mistake(const toml::node& node, std::string_view what) {
    mistakes_.push_back(fmt::format("{}:{}: {}", path_, node.source().begin.line, what));
  }

  // The node as assign() wants it: one line of text.
  std::optional<std::string> as_text(const toml::node& node) {
    if (auto text = node.value_exact<std::string>()) return text;
    if (const auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
    if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
    return std::nullopt;
  }

  // Each as it is, a comma in it too. False when one is no text.
  static bool take_items(const toml::array& array, std::vector<std::string>& target) {
    target.clear();
    for (const auto& item : array) {
      const auto text = item.value_exact<std::string>();
      if (!text) return false;
      target.push_back(*text);
    }
    return true;
  }

  void read_setting(const Setting& setting, const toml::node& node) {
    auto* const* list = std::get_if<std::vector<std::string>*>(&setting.target);
    if (list != nullptr && node.is_array() && take_items(*node.as_array(), **list)) return;
    const auto text = as_text(node);
    if (!text || !std::visit([&node](auto* target) { return holds(node, target); }, setting.target))
      return mistake(node, fmt::format("{}.{} has the wrong type", setting.section, setting.key));
    if (const auto wrong = assign(setting, *text); !wrong.empty())
      mistake(node, fmt::format("{}.{}: {}", setting.section, setting.key,
                                setting.secret ? "not usable" : wrong));
  }

  void read_section(std::string_view section, const toml::table& table,
                    const std::vector<Setting>& all) {
    for (const auto& [key, node] : table) {
      if (section == "gateway" && key.str() == "routes") continue;  // read_list()
      const auto found = std::ranges::find_if(all, [&, name = key.str()](const Setting& s) {
        return s.section == section && s.key == name;
      });
      if (found == all.end())
        mistake(node, fmt::format("{}.{} is no setting", section, key.str()));
      else
        read_setting(*found, node);
    }
  }

  void text(const toml::table& table, std::string_view key, std::string& target) {
    take(table, key);
    if (const auto* node = table.get(key)) {
      if (const auto value = node->value_exact<std::string>())
        target = *value;
      else
        mistake(*node, fmt::format("{} is a text", key));
    }
  }
  void number(const toml::table& table, std::string_view key, std::int64_t& target) {
    take(table, key);
    if (const auto* node = table.get(key)) {
      const auto value = node->value_exact<std::int64_t>();
      if (value && *value >= 0)
        target = *value;
      else
        mistake(*node, fmt::format("{} is a whole number, 0 or more", key));
    }
  }
  void flag(const toml::table& table, std::string_view key, bool& target) {
    take(table, key);
    if (const auto* node = table.get(key)) {
      if (const auto value = node->value_exact<bool>())
        target = *value;
      else
        mistake(*node, fmt::format("{} is true or false", key));
    }
  }
  void list(const toml::table& table, std::string_view key, std::vector<std::string>& target) {
    take(table, key);
    if (const auto* node = table.get(key)) {
      const Setting setting{"", key, "", &target};
      read_setting(setting, *node);
    }
  }
  void price(const toml::table& table, base::Money& target) {
    take(table, "price");
    const auto* node = table.get("price");
    const auto* money = node == nullptr ? nullptr : node->as_table();
    if (money == nullptr) return mistake(table, "price is {amount = 2500, currency = \"usd\"}");
    const auto outer = std::exchange(known_, {});
    number(*money, "amount", target.amount);
    text(*money, "currency", target.currency);
    finish(*money);
    known_ = outer;
  }
  void finish(const toml::table& table) {
    for (const auto& [key, node] : table)
      if (!known_.contains(std::string(key.str())))
        mistake(node, fmt::format("{} is no setting", key.str()));
    known_.clear();
  }

 private:
  void take(const toml::table&, std::string_view key) { known_.emplace(key); }
  const std::string& path_;
  std::vector<std::string>& mistakes_;
  std::set<std::string> known_{};
};

PlanConfig read_plan(Reader& reader, const toml::table& table) {
  PlanConfig plan;
  reader.text(table, "id", plan.id);
  reader.text(table, "name", plan.name);
  reader.list(table, "requests", plan.requests);
  reader.number(table, "trial_hours", plan.trial_hours);
  reader.number(table, "storage_mb", plan.storage_mb);
  reader.number(table, "max_upload_mb", plan.max_upload_mb);
  reader.number(table, "concurrent_queries", plan.concurrent_queries);
  reader.flag(table, "for_buyers", plan.for_buyers);
  reader.text(table, "concurrency", plan.concurrency);
  reader.number(table, "max_parallel", plan.max_parallel);
  reader.finish(table);
  if (plan.id.empty()) reader.mistake(table, "a plan needs an id");
  return plan;
}

PackConfig read_pack(Reader& reader, const toml::table& table) {
  PackConfig pack;
  reader.text(table, "sku", pack.sku);
  reader.number(table, "hours", pack.hours);
  reader.price(table, pack.price);
  reader.number(table, "expires_days", pack.expires_days);
  reader.finish(table);
  if (pack.sku.empty()) reader.mistake(table, "a pack needs a sku");
  return pack;
}

GatewayRouteConfig read_gateway_route(Reader& reader, const toml::table& table) {
  GatewayRouteConfig route;
  reader.text(table, "prefix", route.prefix);
  reader.text(table, "upstream", route.upstream);
  reader.flag(table, "strip_prefix", route.strip_prefix);
  reader.flag(table, "metered", route.metered);
  reader.flag(table, "sign_in", route.sign_in);
  reader.flag(table, "credentials", route.credentials);
  reader.finish(table);
  return route;
}

template <class Item, class Read>
void read_list(Reader& reader, const toml::node& node, std::vector<Item>& target, Read read) {
  const auto* array = node.as_array();
  if (array == nullptr)
    return reader.mistake(node,
                          "this is a list of tables: [[plans]], [[packs]], [[gateway.routes]]");
  target.clear();
  for (const auto& item : *array) {
    if (const auto* table = item.as_table())
      target.push_back(read(reader, *table));
    else
      reader.mistake(item, "this is a list of tables: [[plans]], [[packs]], [[gateway.routes]]");
  }
}

void read_tables(const toml::table& parsed, const std::string& name, Config& config,
                 const std::vector<Setting>& all, std::vector<std::string>& mistakes) {
  Reader reader(name, mistakes);
  for (const auto& [key, node] : parsed) {
    const bool known = std::ranges::any_of(
        all, [section = key.str()](const Setting& s) { return s.section == section; });
    if (key.str() == "plans")
      read_list(reader, node, config.plans, read_plan);
    else if (key.str() == "packs")
      read_list(reader, node, config.packs, read_pack);
    else if (known && node.is_table())
      reader.read_section(key.str(), *node.as_table(), all);
    else
      reader.mistake(node, fmt::format("{} is no section", key.str()));
  }
  if (const auto routes = parsed["gateway"]["routes"])
    read_list(reader, *routes.node(), config.gateway.routes, read_gateway_route);
}

template <class Parse>
void read_parsed(Parse parse, const std::string& name, Config& config,
                 const std::vector<Setting>& all, std::vector<std::string>& mistakes) {
  try {
    read_tables(parse(), name, config, all, mistakes);
  } catch (const toml::parse_error& error) {
    mistakes.push_back(
        fmt::format("{}:{}: {}", name, error.source().begin.line, error.description()));
  }
}

}  // namespace

void read_config_file(const std::string& path, Config& config, const std::vector<Setting>& all,
                      std::vector<std::string>& mistakes) {
  read_parsed([&] { return toml::parse_file(path); }, path, config, all, mistakes);
}

void read_config_text(const std::string& name, std::string_view text, Config& config,
                      const std::vector<Setting>& all, std::vector<std::string>& mistakes) {
  read_parsed([&] { return toml::parse(text, name); }, name, config, all, mistakes);
}

}  // namespace app
