#include "features/workspace/symbol_search.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/json.hpp"

namespace workspace {
namespace {

constexpr std::array<std::string_view, 5> kFields{"symbol", "dataset", "rows", "from", "to"};

}  // namespace

std::string symbol_sql(const SymbolSearch& search, const std::vector<DatasetEntry>& known) {
  std::string tables;
  for (const auto& entry : known) {
    const bool wanted = search.dataset.empty() || search.dataset == entry.name;
    if (!wanted || !is_dataset_name(entry.name)) continue;
    if (!tables.empty()) tables += " UNION ALL ";
    tables += fmt::format(
        R"(SELECT symbol, '{0}' AS dataset, count(*) AS n, min(timestamp) AS a, max(timestamp) AS b )"
        R"(FROM "{0}" WHERE contains(lower(symbol), lower($1)) GROUP BY symbol)",
        entry.name);
  }
  if (tables.empty()) return {};
  return fmt::format("SELECT * FROM ({}) ORDER BY symbol, dataset LIMIT {} OFFSET {}", tables,
                     search.limit + 1, search.offset);
}

std::string symbol_parameters(const SymbolSearch& search) {
  std::string out = "[";
  base::append_json_string(out, search.text);
  return out + "]";
}

base::Result<std::string> symbol_page(std::string_view found, const SymbolSearch& search) {
  boost::json::array rows;
  if (!found.empty()) {
    RL_TRY(auto answer, base::parse_json_object(found));
    auto* data = answer.if_contains("data");
    if (data == nullptr || !data->is_array())
      return base::fail_internal("worker: symbols without data");
    rows = std::move(data->as_array());
  }
  const bool more = std::cmp_greater(rows.size(), search.limit);
  if (more) rows.resize(static_cast<std::size_t>(search.limit));
  boost::json::array symbols;
  for (const auto& row : rows) {
    if (!row.is_array() || row.as_array().size() != kFields.size())
      return base::fail_internal("worker: a symbol of another shape");
    boost::json::object symbol;
    for (std::size_t index = 0; index < kFields.size(); ++index)
      symbol[kFields[index]] = row.as_array()[index];
    symbols.push_back(std::move(symbol));
  }
  return fmt::format(R"({{"data":{},"next_cursor":{}}})", boost::json::serialize(symbols),
                     more ? fmt::format("\"{}\"", search.offset + search.limit) : "null");
}

}  // namespace workspace
