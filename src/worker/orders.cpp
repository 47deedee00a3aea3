#include "worker/orders.hpp"

#include "base/json.hpp"
#include "base/time.hpp"
#include "worker/catalogue.hpp"
#include "worker/symbol_name.hpp"

namespace worker {
namespace {

using base::ObjectReader;
using base::Result;

constexpr std::int64_t kMaxLimit = 100'000;
constexpr std::int64_t kMaxQueryRows = 1'000'000;

std::string dataset_of(ObjectReader& reader) {
  std::string name = reader.text("dataset", 1, 64);
  if (!name.empty() && !is_dataset_name(name))
    reader.reject("dataset",
                  "must start with a letter and hold only letters, digits, '_', '.' and '-'");
  return name;
}

BodyFormat format_of(ObjectReader& reader) {
  const auto format = reader.optional_text("format", 1, 16).value_or("json");
  if (format != "json" && format != "csv") reader.reject("format", "must be json or csv");
  return format == "csv" ? BodyFormat::csv : BodyFormat::json;
}

std::optional<std::int64_t> instant_of(ObjectReader& reader, std::string_view name) {
  const auto text = reader.optional_text(name, 1, 40);
  if (!text) return std::nullopt;
  const auto at = base::parse_rfc3339(*text);
  if (!at) {
    reader.reject(name, "must be a date or an RFC 3339 instant");
    return std::nullopt;
  }
  return base::to_micros(*at);
}

TimeRange range_of(ObjectReader& reader) {
  TimeRange range;
  range.from_micros = instant_of(reader, "from");
  range.to_micros = instant_of(reader, "to");
  return range;
}

std::uint64_t count_of(ObjectReader& reader, std::string_view name, std::int64_t most,
                       std::int64_t fallback) {
  return static_cast<std::uint64_t>(reader.integer_or(name, 0, most, fallback));
}

std::string choice_of(ObjectReader& reader, std::string_view name,
                      std::initializer_list<std::string_view> choices) {
  std::string text = reader.optional_text(name, 0, 32).value_or("");
  if (text.empty()) return text;
  for (const auto choice : choices)
    if (text == choice) return text;
  reader.reject(name, "is not one of the choices");
  return "";
}

std::string symbol_of(ObjectReader& reader, bool required) {
  const auto text =
      required ? reader.text("symbol", 1, 64) : reader.optional_text("symbol", 0, 64).value_or("");
  if (!text.empty() && !is_symbol(text)) reader.reject("symbol", "is not a symbol");
  return text;
}

std::vector<duck::Value> parameters_of(ObjectReader& reader) {
  std::vector<duck::Value> values;
  const auto* given = reader.value("parameters");
  if (given == nullptr || given->is_null()) return values;
  if (!given->is_array()) {
    reader.reject("parameters", "must be an array");
    return values;
  }
  for (const auto& value : given->as_array()) {
    if (value.is_null())
      values.emplace_back(std::monostate{});
    else if (value.is_bool())
      values.emplace_back(value.as_bool());
    else if (value.is_int64())
      values.emplace_back(value.as_int64());
    else if (value.is_number())
      values.emplace_back(value.to_number<double>());
    else if (value.is_string())
      values.emplace_back(std::string(value.as_string()));
    else
      reader.reject("parameters", "must hold only texts, numbers, booleans and nulls");
  }
  return values;
}

}  // namespace

Result<OpenOrder> parse_open(std::string_view payload) {
  RL_TRY(const auto object, base::parse_json_object(payload));
  ObjectReader reader(object);
  OpenOrder order;
  order.folder = reader.text("folder", 1, 4096);
  order.memory_mb = reader.integer("memory_mb", 64, 1 << 20);
  order.threads = reader.integer_or("threads", 1, 256, 1);
  order.temp_mb = reader.integer_or("temp_mb", 0, 1 << 24, 1024);
  order.max_file_mb = reader.integer_or("max_file_mb", 1, 1 << 24, 16'384);
  order.insecure = reader.flag_or("insecure", false);
  RL_TRY_VOID(reader.finish());
  return order;
}

Result<ImportOrder> parse_import(std::string_view payload) {
  RL_TRY(const auto object, base::parse_json_object(payload));
  ObjectReader reader(object);
  ImportOrder order;
  order.upload = reader.text("upload", 1, 255);
  order.options.filename = reader.text("filename", 0, 1024);
  order.dataset = dataset_of(reader);
  order.import_id = reader.optional_text("import_id", 0, 64).value_or("");
  order.options.symbol = symbol_of(reader, false);
  const std::string policy = choice_of(reader, "policy", {"replace", "append", "merge"});
  if (policy == "append") order.policy = ImportPolicy::append;
  if (policy == "merge") order.policy = ImportPolicy::merge;
  order.options.timezone = reader.optional_text("timezone", 0, 64).value_or("");
  order.options.date_order = choice_of(reader, "date_order", {"dmy", "mdy", "ymd"});
  order.options.decimal = choice_of(reader, "decimal", {".", ","});
  order.dry_run = reader.flag_or("dry_run", false);
  order.now_micros = reader.integer_or("now_us", 0, INT64_MAX, 0);
  RL_TRY_VOID(reader.finish());
  return order;
}

Result<RowsOrder> parse_rows(std::string_view payload) {
  RL_TRY(const auto object, base::parse_json_object(payload));
  ObjectReader reader(object);
  RowsOrder order;
  order.dataset = dataset_of(reader);
  order.symbol = reader.optional_text("symbol", 1, 64);
  order.range = range_of(reader);
  order.newest_first = choice_of(reader, "order", {"asc", "desc"}) == "desc";
  order.limit = count_of(reader, "limit", kMaxLimit, 50);
  order.offset = count_of(reader, "offset", INT64_MAX / 4, 0);
  order.format = format_of(reader);
  RL_TRY_VOID(reader.finish());
  return order;
}

Result<BarsOrder> parse_bars(std::string_view payload) {
  RL_TRY(const auto object, base::parse_json_object(payload));
  ObjectReader reader(object);
  BarsOrder order;
  order.symbol = symbol_of(reader, true);
  order.dataset = reader.optional_text("dataset", 1, 64);
  const auto interval = reader.optional_text("interval", 1, 8).value_or("1d");
  order.range = range_of(reader);
  order.limit = count_of(reader, "limit", kMaxLimit, kMaxLimit);
  order.format = format_of(reader);
  RL_TRY_VOID(reader.finish());
  RL_TRY(order.interval, parse_interval(interval));
  return order;
}

Result<TimedQuery> parse_query(std::string_view payload) {
  RL_TRY(const auto object, base::parse_json_object(payload));
  ObjectReader reader(object);
  TimedQuery order;
  order.query.sql = reader.text("sql", 1, 1 << 20);
  order.query.parameters = parameters_of(reader);
  order.query.format = format_of(reader);
  order.query.max_rows = count_of(reader, "max_rows", kMaxQueryRows, 10'000);
  order.timeout_ms = reader.integer_or("timeout_ms", 1, 3'600'000, 30'000);
  RL_TRY_VOID(reader.finish());
  return order;
}

Result<std::string> parse_drop(std::string_view payload) {
  RL_TRY(const auto object, base::parse_json_object(payload));
  ObjectReader reader(object);
  std::string name = dataset_of(reader);
  RL_TRY_VOID(reader.finish());
  return name;
}

}  // namespace worker
