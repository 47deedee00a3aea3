// Known layouts by their exact header; anything else with the right columns is generic.
#include <algorithm>
#include <array>

#include "worker/price_layout.hpp"
#include "worker/table_shape.hpp"

namespace worker {

void name_layout(PriceLayout& layout, const TableShape& shape);

namespace {

struct KnownLayout {
  std::string_view format;
  std::string_view header;  // normalised names with '|' between; a prefix when it ends with '|'
  std::string_view reason;
};

constexpr std::array kKnown{
    KnownLayout{"stooq_ascii", "ticker|per|date|time|open|high|low|close|vol|openint",
                "header of a Stooq ASCII file"},
    KnownLayout{"stooq_converted", "ticker|date|time|open|high|low|close|vol",
                "header of a Stooq file without period"},
    KnownLayout{"canonical", "ticker|timestamp|open|high|low|close|vol|openint",
                "canonical header"},
    KnownLayout{"canonical", "ticker|timestamp|open|high|low|close|vol|openint|format",
                "canonical header"},
    KnownLayout{"yahoo_web", "date|open|high|low|close|adjclose|volume",
                "header of Yahoo Finance's download"},
    KnownLayout{"yfinance", "date|open|high|low|close|adjclose|volume|dividends|stocksplits|",
                "header of the yfinance library"},
    KnownLayout{"yfinance", "datetime|open|high|low|close|adjclose|volume|dividends|stocksplits|",
                "header of the yfinance library"},
    KnownLayout{"yfinance", "date|open|high|low|close|volume|dividends|stocksplits|",
                "header of the yfinance library"},
    KnownLayout{"yfinance", "datetime|open|high|low|close|volume|dividends|stocksplits|",
                "header of the yfinance library"},
    KnownLayout{"stooq_web", "data|otwarcie|najwyzszy|najnizszy|zamkniecie|",
                "Polish header of Stooq's download"},
    KnownLayout{"stooq_kaggle", "date|open|high|low|close|volume|openint",
                "header of the Kaggle collection of Stooq files"}};

std::string joined_header(const TableShape& shape) {
  std::string joined;
  for (const auto& name : shape.header) joined += normalised_name(name) + "|";
  return joined;
}

bool matches(std::string_view joined, std::string_view known) {
  if (known.ends_with('|')) return joined.starts_with(known);
  return joined.size() == known.size() + 1 && joined.starts_with(known);
}

}  // namespace

void name_layout(PriceLayout& layout, const TableShape& shape) {
  layout.format = "generic_ohlcv";
  layout.confidence = shape.has_header ? 0.8 : 0.6;
  layout.reason = shape.has_header ? "columns recognised by their names"
                                   : "no header; columns recognised by what they hold";
  if (!shape.has_header) {
    layout.format = "headerless";
    return;
  }
  const std::string joined = joined_header(shape);
  const auto* known = std::ranges::find_if(
      kKnown, [&](const KnownLayout& candidate) { return matches(joined, candidate.header); });
  if (known == kKnown.end()) return;
  layout.format = known->format;
  layout.confidence = 0.99;
  layout.reason = known->reason;
}

}  // namespace worker
