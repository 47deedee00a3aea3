#include "features/workspace/catalogue_store.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/json.hpp"

namespace workspace {
namespace {

constexpr std::array<std::string_view, 8> kSummaryFields{
    "name", "rows", "symbol_count", "from", "to", "interval", "size_bytes", "created_at"};

base::Result<DatasetEntry> entry_of(const boost::json::object& dataset) {
  const auto* name = dataset.if_contains("name");
  if (name == nullptr || !name->is_string() || !is_dataset_name(name->as_string()))
    return base::fail_internal("worker: a dataset without a good name");
  boost::json::object summary;
  for (const auto field : kSummaryFields) {
    const auto* value = dataset.if_contains(field);
    summary[field] = value != nullptr ? *value : boost::json::value{};
  }
  return DatasetEntry{.name = std::string{name->as_string()},
                      .summary = boost::json::serialize(summary),
                      .detail = boost::json::serialize(dataset)};
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

bool is_dataset_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || !is_letter(name.front())) return false;
  return std::ranges::all_of(name, [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
  });
}

base::Result<DatasetEntry> parse_dataset(std::string_view json) {
  RL_TRY(const auto object, base::parse_json_object(json));
  return entry_of(object);
}

base::Result<std::vector<DatasetEntry>> parse_catalogue(std::string_view json) {
  RL_TRY(const auto object, base::parse_json_object(json));
  const auto* datasets = object.if_contains("datasets");
  if (datasets == nullptr || !datasets->is_array())
    return base::fail_internal("worker: a catalogue without datasets");
  std::vector<DatasetEntry> entries;
  for (const auto& dataset : datasets->as_array()) {
    if (!dataset.is_object()) return base::fail_internal("worker: a dataset that is no object");
    RL_TRY(auto entry, entry_of(dataset.as_object()));
    entries.push_back(std::move(entry));
  }
  return entries;
}

void upsert_dataset(sql::AccountTx& tx, const DatasetEntry& entry, base::Instant now) {
  auto upsert = tx.prepare(
      "INSERT INTO datasets (account_id, name, summary, detail, updated_at) "
      "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account_id, name) DO UPDATE SET "
      "summary = excluded.summary, detail = excluded.detail, updated_at = excluded.updated_at");
  upsert.bind(2, entry.name).bind(3, entry.summary).bind(4, entry.detail);
  upsert.bind(5, base::to_micros(now)).run();
}

bool remove_dataset(sql::AccountTx& tx, std::string_view name) {
  auto remove = tx.prepare("DELETE FROM datasets WHERE account_id = $1 AND name = $2");
  return remove.bind(2, name).run() > 0;
}

void replace_catalogue(sql::AccountTx& tx, const std::vector<DatasetEntry>& entries,
                       base::Instant now) {
  tx.prepare("DELETE FROM datasets WHERE account_id = $1").run();
  for (const auto& entry : entries) upsert_dataset(tx, entry, now);
}

std::optional<DatasetEntry> find_dataset(sql::AccountTx& tx, std::string_view name) {
  auto select =
      tx.prepare("SELECT summary, detail FROM datasets WHERE account_id = $1 AND name = $2");
  select.bind(2, name);
  if (!select.step()) return std::nullopt;
  return DatasetEntry{.name = std::string{name},
                      .summary = std::string{select.text(0)},
                      .detail = std::string{select.text(1)}};
}

std::vector<DatasetEntry> list_datasets(sql::AccountTx& tx, std::string_view after, int limit) {
  auto select = tx.prepare(
      "SELECT name, summary FROM datasets WHERE account_id = $1 AND name > $2 "
      "ORDER BY name LIMIT $3");
  select.bind(2, after).bind(3, std::int64_t{limit});
  std::vector<DatasetEntry> entries;
  while (select.step())
    entries.push_back({.name = std::string{select.text(0)},
                       .summary = std::string{select.text(1)},
                       .detail = {}});
  return entries;
}

}  // namespace workspace
