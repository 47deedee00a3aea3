// Tables as canonical text, one line a row: what verify compares and hashes,
// one row at a time.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "features/ledger/fold.hpp"
#include "sql/database.hpp"

namespace ledger {

// Between columns: a byte that no id, number or name contains; and what stands
// for NULL.
inline constexpr char kBetweenColumns = '\x1f';
inline constexpr std::string_view kNullColumn = "\x01";

struct TableShape {
  std::string_view name;
  std::string_view columns;  // of the SELECT, the primary key first
  std::string_view types;    // per column 't'ext or 'i'nteger
  int key_columns = 1;
  void (Fold::*each)(const RowSink&) const = nullptr;
};

// In the order in which the state hash takes them.
[[nodiscard]] const std::array<TableShape, 5>& table_shapes();
// The rows as they are in the database, by primary key, one at a time.
class StoredRows {
 public:
  StoredRows(sql::OperatorTx& tx, const TableShape& shape);
  // False at the end.
  bool next();
  [[nodiscard]] const std::string& key() const { return key_; }
  [[nodiscard]] const std::string& row() const { return row_; }

 private:
  const TableShape& shape_;
  sql::Statement rows_;
  std::string key_;
  std::string row_;
};

}  // namespace ledger
