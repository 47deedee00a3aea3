// What an import tells its user: shape of the report in the interface's contract. A value.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "worker/column_roles.hpp"

namespace worker {

inline constexpr std::size_t kMaxExamples = 20;
inline constexpr std::size_t kMaxExampleBytes = 200;

struct Example {
  std::uint64_t line = 0;
  std::string text;
};

// Counted by reason, with the first examples.
struct Tally {
  std::uint64_t count = 0;
  std::vector<Example> examples{};
  void add(std::uint64_t line, std::string_view text);
};

struct Warning {
  std::string message;
  std::uint64_t count = 0;
};

struct Question {
  std::string id;
  std::string text;
  std::vector<std::string> choices;
};

struct ImportReport {
  std::string format;
  double confidence = 0;
  std::string reason;
  std::string timezone;
  std::string timestamp_unit;
  char delimiter = ',';
  char decimal = '.';
  std::uint64_t rows_read = 0;
  std::uint64_t rows_kept = 0;
  std::map<std::string, Tally> rejected{};
  std::uint64_t duplicates_exact = 0;
  std::uint64_t duplicates_conflicting = 0;
  bool sorted = true;  // the file was in order already
  std::map<std::string, Warning> warnings{};
  std::vector<ColumnPlan> columns{};
  std::int64_t elapsed_ms = 0;

  void reject(const std::string& why, std::uint64_t line, std::string_view text);
  void warn(const std::string& code, std::string_view message, std::uint64_t count = 1);
  [[nodiscard]] std::uint64_t rows_rejected() const;
};

void append_report(base::JsonWriter& writer, const ImportReport& report);
void append_questions(base::JsonWriter& writer, const std::vector<Question>& questions);

}  // namespace worker
