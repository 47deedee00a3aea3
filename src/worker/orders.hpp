// Frames' payloads to orders. Pure. Errors are `invalid` with the fields that are wrong.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "worker/importer.hpp"
#include "worker/queries.hpp"

namespace worker {

struct OpenOrder {
  std::string folder;
  std::int64_t memory_mb = 0;
  std::int64_t threads = 1;
  std::int64_t temp_mb = 0;
  std::int64_t max_file_mb = 0;
  bool insecure = false;
};

struct TimedQuery {
  QueryOrder query;
  std::int64_t timeout_ms = 0;
};

base::Result<OpenOrder> parse_open(std::string_view payload);
base::Result<ImportOrder> parse_import(std::string_view payload);
base::Result<RowsOrder> parse_rows(std::string_view payload);
base::Result<BarsOrder> parse_bars(std::string_view payload);
base::Result<TimedQuery> parse_query(std::string_view payload);
base::Result<std::string> parse_drop(std::string_view payload);

}  // namespace worker
