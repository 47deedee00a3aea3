// Lines of a price file to bars, as a layout says. Pure; one thread. A row is kept as it is or
// refused with a reason: nothing is filled in, nothing is guessed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "worker/import_report.hpp"
#include "worker/price_layout.hpp"
#include "worker/zone_rules.hpp"

namespace worker {

// NaN stands for a value that is not there (missing, or an infinity of the source).
struct Bar {
  std::string_view symbol;
  std::int64_t micros = 0;  // UTC; of a day: midnight of the exchange's date
  double open = 0, high = 0, low = 0, close = 0;
  double volume = 0, open_interest = 0, adj_close = 0;
  std::vector<double> numbers{};          // extra columns in order
  std::vector<std::string_view> texts{};  // extra text columns in order
};

class BarParser {
 public:
  // `report` gets what is refused and warned about; both outlive the parser.
  BarParser(const PriceLayout& layout, const ZoneRules& zone, ImportReport& report);
  // True: `bar` is filled; its views live until the next call or the line's end.
  bool parse(const Line& line, Bar& bar);

 private:
  bool reject(const char* why, const Line& line);
  bool fill(std::size_t column, std::string_view field, Bar& bar, const char*& why);
  bool number(std::string_view field, bool is_price, double& value);
  bool take_time(std::string_view date, std::string_view time, Bar& bar) const;
  void check_prices(const Bar& bar);
  const PriceLayout& layout_;
  const ZoneRules& zone_;
  ImportReport& report_;
  FieldSplitter splitter_;
  std::vector<std::string_view> fields_;
  std::size_t date_ = 0;
  std::size_t time_ = 0;
};

}  // namespace worker
