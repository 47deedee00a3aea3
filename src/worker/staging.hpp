// The table in which an import gathers its bars, inside one transaction, until they become (part
// of) a dataset. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "duck/appender.hpp"
#include "duck/connection.hpp"
#include "worker/bar_parser.hpp"
#include "worker/import_report.hpp"

namespace worker {

enum class ImportPolicy : std::uint8_t { replace, append, merge };

class Staging {
 public:
  // Creates the table; the transaction is the caller's.
  static base::Result<Staging> create(duck::Connection& connection, const PriceLayout& layout);

  base::Result<void> add(const Bar& bar, std::uint64_t line);
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  // Ends adding, puts the rows in order, collapses or refuses duplicates, and makes them the
  // dataset (or a part of it). The report learns what became of which row.
  base::Result<void> become(const std::string& dataset, ImportPolicy policy, bool exists,
                            ImportReport& report);

 private:
  base::Result<void> finish_adding();
  base::Result<void> sort_rows(ImportReport& report);
  base::Result<void> refuse_conflicts(ImportReport& report);
  base::Result<void> join_existing(const std::string& dataset, ImportPolicy policy,
                                   ImportReport& report);
  [[nodiscard]] std::uint64_t line_of(std::uint64_t row) const;
  void remember_line(std::uint64_t line);

  struct LineStep {
    std::uint64_t row;
    std::uint64_t line;
  };

  duck::Connection connection_;
  std::optional<duck::Appender> appender_{};
  std::string columns_;  // quoted, with commas between
  std::size_t extra_numbers_ = 0;
  std::string last_symbol_;
  std::int64_t last_micros_ = 0;
  bool in_order_ = true;  // strictly, so without duplicates
  std::uint64_t rows_ = 0;
  // Where lines and rows part: as short as the list of refused lines, not of rows.
  std::vector<LineStep> steps_{};
};

}  // namespace worker
