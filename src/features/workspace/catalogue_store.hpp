// Table `datasets`: what each workspace's file holds, as its worker last said. A cache, so that the
// list needs no worker; `ready` and `done` frames refresh it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/database.hpp"

namespace workspace {

// One dataset of the catalogue, as JSON objects made from the worker's.
struct DatasetEntry {
  std::string name;
  std::string summary;  // for lists
  std::string detail;   // with `symbols` and `imports`; "" in lists
};

// `^[A-Za-z][A-Za-z0-9_.-]{0,63}$`: no slash, no leading dot.
[[nodiscard]] bool is_dataset_name(std::string_view name);

// From a worker's Dataset object, or from an object that holds `datasets`. `internal` when it is
// not one: a worker's word is checked.
[[nodiscard]] base::Result<DatasetEntry> parse_dataset(std::string_view json);
[[nodiscard]] base::Result<std::vector<DatasetEntry>> parse_catalogue(std::string_view json);

void upsert_dataset(sql::AccountTx& tx, const DatasetEntry& entry, base::Instant now);
// False when there was none.
bool remove_dataset(sql::AccountTx& tx, std::string_view name);
void replace_catalogue(sql::AccountTx& tx, const std::vector<DatasetEntry>& entries,
                       base::Instant now);
[[nodiscard]] std::optional<DatasetEntry> find_dataset(sql::AccountTx& tx, std::string_view name);
// By name, those after `after`.
[[nodiscard]] std::vector<DatasetEntry> list_datasets(sql::AccountTx& tx, std::string_view after,
                                                      int limit);

}  // namespace workspace
