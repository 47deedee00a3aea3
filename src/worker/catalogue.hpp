// The workspace's list of datasets, kept in its database beside them. An entry is the JSON that the
// interface shows for the dataset.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "duck/connection.hpp"

namespace worker {

// ^[A-Za-z][A-Za-z0-9_.-]{0,63}$, not starting with redline_. Names differ by more than case.
[[nodiscard]] bool is_dataset_name(std::string_view name);

// Newest import first.
base::Result<std::vector<std::string>> dataset_names(duck::Connection& connection);
// {"datasets": [...]}
base::Result<std::string> catalogue_json(duck::Connection& connection);
// As it is spelt in the catalogue; `not_found` otherwise.
base::Result<std::string> find_dataset(duck::Connection& connection, const std::string& name);
base::Result<std::string> load_entry(duck::Connection& connection, const std::string& name);

struct ImportRecord {
  std::string dataset;
  std::string import_id;
  std::string filename;
  std::string report;  // JSON
  std::int64_t bytes = 0;
  std::int64_t now_micros = 0;
  bool keep_history = false;  // false: the dataset was replaced
};
// Describes the table as it now is, writes the entry and returns it. In the caller's transaction.
base::Result<std::string> record_import(duck::Connection& connection, const ImportRecord& record);
base::Result<void> forget_dataset(duck::Connection& connection, const std::string& name);

// "5m", "1h", "1d", "1w", "1mo"; "" when it follows no pattern.
[[nodiscard]] std::string interval_name(std::int64_t micros);

}  // namespace worker
