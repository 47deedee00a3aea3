// Walks the parse tree without recursion: its depth is the user's choice.
#include <algorithm>
#include <array>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>

#include "worker/statement_gate.hpp"

namespace worker {
namespace {

using base::ErrorCode;
using base::Result;
namespace json = boost::json;

constexpr std::size_t kMaxDepth = 4000;

constexpr std::array<std::string_view, 4> kTableFunctions{"range", "generate_series", "unnest",
                                                          "json_each"};
constexpr std::array<std::string_view, 7> kSources{
    "BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EMPTY", "EXPRESSION_LIST", "SHOW_REF"};
// Scalars that tell about the server rather than about data.
constexpr std::array<std::string_view, 3> kPrivateScalars{"current_setting", "write_log", "getenv"};

std::unexpected<base::Error> not_allowed(const std::string& what) {
  return base::fail(ErrorCode::forbidden, "statement_not_allowed",
                    what + " A query may be one SELECT over the tables of your workspace.");
}

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

std::string_view text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string_view{value->as_string()}
                                                : std::string_view{};
}

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char left, char right) {
    const auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return fold(left) == fold(right);
  });
}

class Judge {
 public:
  explicit Judge(std::vector<std::string> readable) : readable_(std::move(readable)) {}

  // Names of common table expressions may be read anywhere in the statement.
  void learn(const json::object& object) {
    const auto* map = object.if_contains("cte_map");
    const auto* entries =
        map != nullptr && map->is_object() ? map->as_object().if_contains("map") : nullptr;
    if (entries == nullptr || !entries->is_array()) return;
    for (const auto& entry : entries->as_array())
      if (entry.is_object()) readable_.emplace_back(text_of(entry.as_object(), "key"));
  }

  [[nodiscard]] Result<void> judge(const json::object& object) const {
    const std::string_view type = text_of(object, "type");
    const bool source = object.contains("sample") && object.contains("alias");
    if (source && !contains(kSources, type))
      return not_allowed("This kind of source cannot be read.");
    if (type == "BASE_TABLE") return judge_table(object);
    if (type == "TABLE_FUNCTION") return judge_function(object);
    if (type == "SHOW_REF") return judge_show(object);
    if (type == "FUNCTION" && contains(kPrivateScalars, text_of(object, "function_name")))
      return not_allowed("The function " + std::string(text_of(object, "function_name")) +
                         " cannot be used.");
    return {};
  }

 private:
  [[nodiscard]] Result<void> judge_table(const json::object& object) const {
    const std::string_view schema = text_of(object, "schema_name");
    const std::string_view name = text_of(object, "table_name");
    const bool own =
        text_of(object, "catalog_name").empty() && (schema.empty() || same_name(schema, "main"));
    if (own &&
        std::ranges::any_of(readable_, [&](const auto& known) { return same_name(known, name); }))
      return {};
    if (!own || name.find_first_of("/\\:") != std::string_view::npos)
      return not_allowed("Only tables of the workspace can be read.");
    return base::fail(ErrorCode::invalid, "sql_error",
                      "There is no table \"" + std::string(name) +
                          "\" in your workspace. SHOW TABLES lists those there are.");
  }

  static Result<void> judge_function(const json::object& object) {
    const auto* function = object.if_contains("function");
    const std::string name{function != nullptr && function->is_object()
                               ? text_of(function->as_object(), "function_name")
                               : std::string_view{}};
    const bool plain = function != nullptr && function->is_object() &&
                       text_of(function->as_object(), "catalog").empty();
    if (plain && contains(kTableFunctions, name)) return {};
    return not_allowed("The table function " + name + " cannot be used.");
  }

  // DESCRIBE and SUMMARIZE of a query are judged by that query; of the rest only SHOW TABLES.
  static Result<void> judge_show(const json::object& object) {
    const auto* query = object.if_contains("query");
    if (query != nullptr && query->is_object()) return {};
    const std::string_view name = text_of(object, "table_name");
    if (name == "\"tables\"" || name == "tables") return {};
    return not_allowed("This cannot be shown.");
  }

  std::vector<std::string> readable_;
};

template <class Visit>
Result<void> for_each_object(const json::value& root, Visit visit) {
  std::vector<const json::value*> waiting{&root};
  while (!waiting.empty()) {
    const json::value* value = waiting.back();
    waiting.pop_back();
    if (value->is_array())
      for (const auto& element : value->as_array()) waiting.push_back(&element);
    if (!value->is_object()) continue;
    RL_TRY_VOID(visit(value->as_object()));
    for (const auto& [name, member] : value->as_object()) waiting.push_back(&member);
  }
  return {};
}

Result<void> refuse_unparsed(const json::object& object) {
  if (text_of(object, "error_type") == "not implemented")
    return not_allowed("Only SELECT, DESCRIBE, SUMMARIZE and EXPLAIN can run here.");
  auto failure =
      base::fail(ErrorCode::invalid, "sql_error",
                 "The SQL cannot be read: " + std::string(text_of(object, "error_message")));
  const std::string_view position = text_of(object, "position");
  if (!position.empty() &&
      std::ranges::all_of(position, [](char c) { return c >= '0' && c <= '9'; }))
    failure.error().members.push_back({"position", std::string(position)});
  return failure;
}

}  // namespace

Result<void> judge_parse_tree(const std::string& text, const std::vector<std::string>& tables) {
  json::monotonic_resource memory;
  json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::system::error_code error;
  const json::value root = json::parse(text, error, &memory, options);
  if (error || !root.is_object())
    return base::fail(ErrorCode::invalid, "sql_error", "The SQL is nested too deeply.");
  const auto& object = root.as_object();
  const auto* failed = object.if_contains("error");
  if (failed == nullptr || !failed->is_bool() || failed->as_bool()) return refuse_unparsed(object);
  const auto* statements = object.if_contains("statements");
  if (statements == nullptr || !statements->is_array() || statements->as_array().size() != 1)
    return not_allowed("Exactly one statement can run at a time.");
  Judge judge(tables);
  RL_TRY_VOID(for_each_object(root, [&](const json::object& node) -> Result<void> {
    judge.learn(node);
    return {};
  }));
  return for_each_object(root, [&](const json::object& node) { return judge.judge(node); });
}

}  // namespace worker
