#include "features/ledger/replay.hpp"

#include <charconv>

#include <fmt/format.h>

#include "features/ledger/account_links.hpp"
#include "features/ledger/export.hpp"
#include "features/ledger/fold.hpp"
#include "features/ledger/table_text.hpp"
#include "features/ledger/verify_tables.hpp"

namespace ledger {

namespace {

std::string insert_of(const TableShape& shape) {
  std::string parameters;
  for (std::size_t i = 1; i <= shape.types.size(); ++i)
    parameters += fmt::format("{}${}", i == 1 ? "" : ", ", i);
  return fmt::format("INSERT INTO {} ({}) VALUES ({})", shape.name, shape.columns, parameters);
}

std::int64_t integer_in(std::string_view digits) {
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

void insert_row(sql::Statement& insert, const TableShape& shape, std::string_view row) {
  for (std::size_t i = 0; i < shape.types.size(); ++i) {
    const auto column = row.substr(0, row.find(kBetweenColumns));
    row.remove_prefix(std::min(row.size(), column.size() + 1));
    const auto parameter = static_cast<int>(i) + 1;
    if (column == kNullColumn)
      insert.bind(parameter, std::nullopt);
    else if (shape.types[i] == 'i')
      insert.bind(parameter, integer_in(column));
    else
      insert.bind(parameter, column);
  }
  insert.run();
}

void write_tables(sql::OperatorTx& tx, const Fold& fold) {
  for (const auto& shape : table_shapes()) {
    auto insert = tx.prepare(insert_of(shape));
    (fold.*
     shape.each)([&](std::string_view, std::string_view row) { insert_row(insert, shape, row); });
  }
}

}  // namespace

base::Result<VerifyReport> replay_export(sql::OperatorTx& tx, std::istream& in) {
  if (load_chain_end(tx).sequence != 0)
    return base::fail(base::ErrorCode::conflict, "conflict",
                      "This store has a journal already. Replay into an empty data folder.");
  Fold fold;
  AccountLinks links;
  std::string fault;
  const auto report = read_export(in, [&](const Entry& entry) {
    if (!fault.empty()) return;
    if (const auto applied = fold.apply(entry); !applied)
      fault = applied.error().detail;
    else
      insert_entry(tx, entry, links.follow(entry));
  });
  auto faults = report.faults;
  if (!fault.empty()) faults.push_back(fault);
  if (!faults.empty()) {
    std::string text = "The export is not what was written:";
    for (const auto& one : faults) text += "\n  " + one;
    return base::fail(base::ErrorCode::invalid, "export_broken", std::move(text));
  }
  write_tables(tx, fold);
  return verify_tables(tx);
}

}  // namespace ledger
