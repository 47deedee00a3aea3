// Bytes to layout to bars, as an import does it: must never crash, hang, or invent a row. All of
// the importer's own parsing runs here, in this process: bytes that are no text, layout, order of
// day and month from the whole file, lines, fields, numbers, times with a zone that has changes,
// report. Not here: DuckDB, which gets the finished columns through its appender. The last byte
// chooses what the user said beside the file (a seed's last byte is its newline).
#include <cmath>
#include <string>

#include "fuzz.hpp"
#include "worker/bar_parser.hpp"

namespace {

using fuzz::require;

worker::DetectOptions options_of(std::uint8_t choice) {
  worker::DetectOptions options{.filename = "fuzz-AAPL.csv"};
  if ((choice & 1U) != 0) options.symbol = "ACME";
  if ((choice & 2U) != 0) options.timezone = "America/New_York";
  if ((choice & 4U) != 0) options.date_order = (choice & 8U) != 0 ? "dmy" : "mdy";
  if ((choice & 16U) != 0) options.decimal = ",";
  return options;
}

// Two changes of a year, as New York has them.
const worker::ZoneRules& zone() {
  constexpr std::int64_t kHour = 3'600'000'000;
  static const worker::ZoneRules rules(std::vector<worker::ZoneChange>{
      {.utc_micros = 0, .offset_micros = -5 * kHour},
      {.utc_micros = 1'710'054'000'000'000, .offset_micros = -4 * kHour},
      {.utc_micros = 1'730'613'600'000'000, .offset_micros = -5 * kHour}});
  return rules;
}

worker::LineReader lines(std::string_view bytes, const worker::PriceLayout& layout) {
  return worker::LineReader(worker::bytes_of_text(bytes), layout.line_end);
}

bool settle_order(worker::PriceLayout& layout, std::string_view bytes) {
  worker::DateOrderEvidence evidence;
  worker::FieldSplitter splitter(layout.delimiter);
  std::vector<std::string_view> fields;
  worker::Line line;
  auto reader = lines(bytes, layout);
  while (*reader.next(line)) {
    if (line.number < layout.first_row || line.too_long) continue;
    if (splitter.split(line.text, fields) == worker::SplitOutcome::ok)
      for (const auto field : fields) evidence.add(field);
  }
  return worker::settle_date_order(layout, evidence).has_value();
}

void parse_rows(const worker::PriceLayout& layout, std::string_view bytes) {
  worker::ImportReport report;
  worker::BarParser parser(layout, zone(), report);
  auto reader = lines(bytes, layout);
  worker::Line line;
  worker::Bar bar;
  std::uint64_t kept = 0;
  while (*reader.next(line)) {
    if (line.number < layout.first_row || !parser.parse(line, bar)) continue;
    ++kept;
    require(!std::isnan(bar.close) && !std::isinf(bar.close) && !bar.symbol.empty());
  }
  require(report.rows_read == kept + report.rows_rejected());
  std::string json;
  base::JsonWriter writer(json);
  worker::append_report(writer, report);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = fuzz::text_of(data, size - 1);
  const auto head = bytes.substr(0, worker::kHeadBytes);
  auto layout =
      worker::detect_layout(head, head.size() == bytes.size(), options_of(data[size - 1]));
  if (!layout) {
    require(!layout.error().reason.empty() && !layout.error().message.empty());
    return 0;
  }
  if (layout->date_order_open && !settle_order(*layout, bytes)) return 0;
  parse_rows(*layout, bytes);
  return 0;
}
