// Bulk load into one table. Rows go into a chunk in memory and from there into DuckDB. Part of the
// connection's transaction. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "duck/connection.hpp"

namespace duck {

class Appender {
 public:
  // The table's columns are all `varchar`, `timestamp` or `double_precision`, as given here.
  static base::Result<Appender> open(const Connection& connection, const std::string& table,
                                     const std::vector<TypeId>& columns);

  // Cells of the row being filled; each column exactly once.
  void set_text(std::size_t column, std::string_view text);
  void set_i64(std::size_t column, std::int64_t value) {
    reinterpret_cast<std::int64_t*>(data_[column])[row_] = value;
  }
  void set_f64(std::size_t column, double value) {
    reinterpret_cast<double*>(data_[column])[row_] = value;
  }
  void set_null(std::size_t column);
  base::Result<void> end_row() {
    ++row_;
    return row_ < capacity_ ? base::Result<void>{} : flush();
  }
  // Hands everything over; the appender is of no more use.
  base::Result<void> close();

 private:
  base::Result<void> flush();
  void refresh();

  std::shared_ptr<void> connection_{};
  std::shared_ptr<void> handle_{};
  std::shared_ptr<void> chunk_{};
  std::vector<void*> data_{};
  std::size_t row_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace duck
