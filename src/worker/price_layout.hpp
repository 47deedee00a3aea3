// From the first bytes of a file to how it is to be read, or to a refusal in plain words. Pure; the
// parser (bar_parser.hpp) does what the layout says and decides nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "worker/column_roles.hpp"
#include "worker/import_report.hpp"
#include "worker/text_lines.hpp"
#include "worker/time_text.hpp"

namespace worker {

inline constexpr std::size_t kHeadBytes = 256U << 10U;

struct DetectOptions {
  std::string filename{};
  std::string symbol{};      // when no column says it
  std::string timezone{};    // IANA name; of times without an offset
  std::string date_order{};  // dmy, mdy, ymd
  std::string decimal{};     // "." or ","
};

// How time stamps become the table's: exchange-local dates stay dates; everything else is UTC.
enum class TimeKind : std::uint8_t { local_date, utc_instant };

struct PriceLayout {
  std::string format;
  double confidence = 0;
  std::string reason;
  char delimiter = ',';
  char decimal = '.';
  LineEnd line_end = LineEnd::newline;
  std::uint64_t first_row = 1;  // line number of the first data row
  std::vector<ColumnPlan> columns{};
  DateShape date_shape = DateShape::ymd;
  TimeKind time_kind = TimeKind::local_date;
  std::string timezone{};  // of local times; "exchange-local" for dates, "UTC", IANA name
  bool timezone_assumed = false;
  std::string symbol{};          // of every row, when no column says it
  bool date_order_open = false;  // M/D or D/M: the head does not tell, the whole file must be seen
};

// `head`: the first bytes, at most kHeadBytes; `complete`: that is all of them. Errors are
// `invalid` with reason empty, not_price_data, unsupported_format, corrupt, or ambiguous (member
// `questions`).
base::Result<PriceLayout> detect_layout(std::string_view head, bool complete,
                                        const DetectOptions& options);

// Decides the order of day and month with what the whole file says, or asks.
base::Result<void> settle_date_order(PriceLayout& layout, const DateOrderEvidence& evidence);

// Not text at all, or a page saved by mistake.
base::Result<void> refuse_by_bytes(std::string_view head);

[[nodiscard]] std::unexpected<base::Error> ask(const std::vector<Question>& questions);

}  // namespace worker
