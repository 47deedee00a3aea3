// For tests: a ledger, a history file beside it, and what the file holds.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "duck/connection.hpp"
#include "features/ledger/ledger_fixture.hpp"
#include "features/reports/history_follower.hpp"

namespace reports {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "redline_history_XXXXXX";
    RL_CHECK(::mkdtemp(pattern.data()) != nullptr, "a temporary folder can be made");
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Every run of a file that nobody has open, in one text.
inline std::string runs_of_file(const std::string& path) {
  auto database = duck::Database::open(path, duck::Access::read_only).value();
  auto connection = duck::Connection::open(database).value();
  return connection
      .text(
          "SELECT string_agg(concat_ws('|', account, id, start_at, end_at, ended_because, "
          "billed_ms, unbilled_ms, overlap_ms, proofs, requests, tariff), chr(10) "
          "ORDER BY account, id) FROM runs")
      .value()
      .value_or("");
}

inline std::int64_t count_lines(const std::string& text) {
  return text.empty() ? 0 : 1 + std::ranges::count(text, '\n');
}

// Settles [start, end) and closes it.
inline void settle_closed(ledger::LedgerFixture& ledger, base::AccountId account,
                          std::int64_t start_ms, std::int64_t end_ms) {
  auto snapshot = ledger.snapshot(account, start_ms, end_ms);
  snapshot.ended = ledger::RunEnd::idle;
  (void)ledger.settle(snapshot);
}

}  // namespace reports
