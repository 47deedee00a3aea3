// GET /v1/symbols: one read-only statement over the account's dataset tables, run by its worker
// like a query. Pure functions; the answer is at most 201 short rows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "features/workspace/catalogue_store.hpp"

namespace workspace {

struct SymbolSearch {
  std::string text;     // contained in the symbol, without case; "" finds all
  std::string dataset;  // "" searches all
  std::int64_t limit = 50;
  std::int64_t offset = 0;
};

// "" when there is nothing to search in.
[[nodiscard]] std::string symbol_sql(const SymbolSearch& search,
                                     const std::vector<DatasetEntry>& known);
[[nodiscard]] std::string symbol_parameters(const SymbolSearch& search);
// The page from the worker's JSON answer; `found` "" is an empty one.
[[nodiscard]] base::Result<std::string> symbol_page(std::string_view found,
                                                    const SymbolSearch& search);

}  // namespace workspace
