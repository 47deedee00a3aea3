// One import, from an uploaded file to a dataset: detect, parse, sort, commit. Everything that
// changes the workspace is one DuckDB transaction, so that whatever happens the dataset is wholly
// there or wholly as it was.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "worker/price_layout.hpp"
#include "worker/request.hpp"
#include "worker/staging.hpp"
#include "worker/workspace_file.hpp"

namespace worker {

struct ImportOrder {
  std::string upload;  // name of a file in uploads/
  std::string dataset;
  std::string import_id;
  ImportPolicy policy = ImportPolicy::replace;
  DetectOptions options{};
  bool dry_run = false;
  std::int64_t now_micros = 0;
};

// The payload of `done`.
base::Result<std::string> run_import(WorkspaceFile& file, Request& request,
                                     const ImportOrder& order);

}  // namespace worker
