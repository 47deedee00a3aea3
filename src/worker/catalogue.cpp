#include "worker/catalogue.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/json.hpp"
#include "base/time.hpp"
#include "worker/time_text.hpp"

namespace worker {
namespace {

using base::Result;
using duck::Connection;
namespace json = boost::json;

constexpr std::size_t kListedSymbols = 100;
constexpr std::size_t kKeptImports = 20;

bool is_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}

std::string rfc3339(std::int64_t micros) { return base::format_rfc3339(base::from_micros(micros)); }

Result<std::vector<std::string>> texts(Connection& connection, const std::string& sql,
                                       const std::vector<duck::Value>& parameters = {}) {
  RL_TRY(auto rows, connection.query(sql, parameters));
  std::vector<std::string> out;
  duck::Chunk chunk;
  while (true) {
    RL_TRY(const bool some, rows.next(chunk));
    if (!some) return out;
    for (std::size_t row = 0; row < chunk.size(); ++row)
      out.emplace_back(chunk.column(0).valid(row) ? chunk.column(0).text(row) : "");
  }
}

struct TableFacts {
  std::int64_t rows = 0;
  std::int64_t symbol_count = 0;
  std::vector<std::string> symbols;
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::string interval;
};

Result<std::int64_t> number(Connection& connection, const std::string& sql) {
  RL_TRY(const auto value, connection.integer(sql));
  return value.value_or(0);
}

Result<TableFacts> measure(Connection& connection, const std::string& table) {
  TableFacts facts;
  RL_TRY(facts.rows, number(connection, "SELECT count(*) FROM " + table));
  RL_TRY(facts.symbol_count, number(connection, "SELECT count(DISTINCT symbol) FROM " + table));
  RL_TRY(facts.from, number(connection, "SELECT epoch_us(min(timestamp))::BIGINT FROM " + table));
  RL_TRY(facts.to, number(connection, "SELECT epoch_us(max(timestamp))::BIGINT FROM " + table));
  RL_TRY(facts.symbols,
         texts(connection, fmt::format("SELECT DISTINCT symbol FROM {} ORDER BY 1 LIMIT {}", table,
                                       kListedSymbols)));
  // The gap that occurs most often in the first symbol's first thousand bars.
  RL_TRY(const auto gap,
         connection.integer(
             fmt::format("SELECT mode(gap)::BIGINT FROM (SELECT epoch_us(timestamp) - "
                         "lag(epoch_us(timestamp)) OVER (ORDER BY timestamp) AS gap FROM "
                         "(SELECT timestamp FROM {} WHERE symbol = $1 ORDER BY timestamp LIMIT "
                         "1000))",
                         table),
             {facts.symbols.empty() ? std::string{} : facts.symbols.front()}));
  facts.interval = interval_name(gap.value_or(0));
  return facts;
}

json::object describe(const ImportRecord& record, const TableFacts& facts) {
  json::object entry;
  entry["name"] = record.dataset;
  entry["rows"] = facts.rows;
  json::array symbols;
  for (const auto& symbol : facts.symbols) symbols.emplace_back(symbol);
  entry["symbols"] = std::move(symbols);
  entry["symbol_count"] = facts.symbol_count;
  entry["from"] = rfc3339(facts.from);
  entry["to"] = rfc3339(facts.to);
  entry["interval"] = facts.interval.empty() ? json::value(nullptr) : json::value(facts.interval);
  entry["size_bytes"] = record.bytes;
  entry["created_at"] = rfc3339(record.now_micros);
  json::array imports;
  json::object import;
  import["id"] = record.import_id;
  import["filename"] = record.filename;
  import["report"] = json::parse(record.report);
  imports.push_back(std::move(import));
  entry["imports"] = std::move(imports);
  return entry;
}

// The history of a dataset that grew: its birth, its earlier imports, all bytes.
void add_history(json::object& entry, const std::string& previous) {
  boost::system::error_code error;
  const json::value old = json::parse(previous, error);
  if (error || !old.is_object()) return;
  const auto& before = old.as_object();
  if (const auto* created = before.if_contains("created_at")) entry["created_at"] = *created;
  if (const auto* size = before.if_contains("size_bytes"); size != nullptr && size->is_int64())
    entry["size_bytes"] = entry["size_bytes"].as_int64() + size->as_int64();
  const auto* imports = before.if_contains("imports");
  if (imports == nullptr || !imports->is_array()) return;
  json::array all = imports->as_array();
  all.push_back(entry["imports"].as_array().front());
  while (all.size() > kKeptImports) all.erase(all.begin());
  entry["imports"] = std::move(all);
}

}  // namespace

bool is_dataset_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || !is_letter(name.front())) return false;
  std::string lower(name.substr(0, 8));
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return lower != "redline_" && std::ranges::all_of(name, [](char letter) {
           return is_letter(letter) || (letter >= '0' && letter <= '9') || letter == '_' ||
                  letter == '.' || letter == '-';
         });
}

Result<std::vector<std::string>> dataset_names(Connection& connection) {
  return texts(connection, "SELECT name FROM redline.catalogue ORDER BY imported_us DESC, name");
}

Result<std::string> catalogue_json(Connection& connection) {
  RL_TRY(const auto entries,
         texts(connection, "SELECT entry FROM redline.catalogue ORDER BY name"));
  std::string out = R"({"datasets":[)";
  for (const auto& entry : entries) {
    if (out.back() != '[') out.push_back(',');
    out += entry;
  }
  return out + "]}";
}

Result<std::string> find_dataset(Connection& connection, const std::string& name) {
  RL_TRY(
      const auto found,
      connection.text("SELECT name FROM redline.catalogue WHERE lower(name) = lower($1)", {name}));
  if (found) return *found;
  return base::fail(base::ErrorCode::not_found, "not_found",
                    "There is no dataset called \"" + name.substr(0, 64) + "\".");
}

Result<std::string> load_entry(Connection& connection, const std::string& name) {
  RL_TRY(
      const auto found,
      connection.text("SELECT entry FROM redline.catalogue WHERE lower(name) = lower($1)", {name}));
  return found.value_or("");
}

Result<std::string> record_import(Connection& connection, const ImportRecord& record) {
  RL_TRY(const auto facts, measure(connection, duck::quote_name(record.dataset)));
  json::object entry = describe(record, facts);
  if (record.keep_history) {
    RL_TRY(const auto previous, load_entry(connection, record.dataset));
    add_history(entry, previous);
  }
  RL_TRY_VOID(forget_dataset(connection, record.dataset));
  std::string text = json::serialize(entry);
  RL_TRY(auto inserted, connection.query("INSERT INTO redline.catalogue VALUES ($1, $2, $3)",
                                         {record.dataset, record.now_micros, text}));
  duck::Chunk chunk;
  RL_TRY(const bool counted, inserted.next(chunk));
  static_cast<void>(counted);
  return text;
}

Result<void> forget_dataset(Connection& connection, const std::string& name) {
  RL_TRY(auto rows,
         connection.query("DELETE FROM redline.catalogue WHERE lower(name) = lower($1)", {name}));
  duck::Chunk chunk;
  RL_TRY(const bool counted, rows.next(chunk));
  static_cast<void>(counted);
  return {};
}

std::string interval_name(std::int64_t micros) {
  const std::int64_t minutes = micros / (60 * kMicrosPerSecond);
  if (micros <= 0) return "";
  if (minutes == 0) return fmt::format("{}s", micros / kMicrosPerSecond);
  constexpr std::int64_t kDay = 24 * 60;
  if (minutes >= 28 * kDay && minutes <= 31 * kDay) return "1mo";
  if (minutes % (7 * kDay) == 0) return fmt::format("{}w", minutes / (7 * kDay));
  if (minutes % kDay == 0) return fmt::format("{}d", minutes / kDay);
  if (minutes % 60 == 0) return fmt::format("{}h", minutes / 60);
  return fmt::format("{}m", minutes);
}

}  // namespace worker
