// What a file is by its bytes; names and types that came with it are not asked.
#include <algorithm>
#include <array>

#include "worker/price_layout.hpp"

namespace worker {
namespace {

using namespace std::string_view_literals;
using base::ErrorCode;

struct Magic {
  std::size_t at;
  std::string_view bytes;
  const char* what;
  const char* advice;
};

constexpr const char* kUnpack = "Unpack it and import the CSV file inside.";
constexpr const char* kSaveAsCsv = "Save or export it as CSV and import that.";

constexpr std::array kMagics{
    Magic{0, "\x1F\x8B"sv, "a gzip archive", kUnpack},
    Magic{0, "PK\x03\x04"sv, "a zip archive or an Excel workbook",
          "Unpack a zip, or save a workbook as CSV, and import the CSV file."},
    Magic{0, "\x28\xB5\x2F\xFD"sv, "a Zstandard archive", kUnpack},
    Magic{0,
          "\xFD"
          "7zXZ\0"sv,
          "an xz archive", kUnpack},
    Magic{0, "BZh"sv, "a bzip2 archive", kUnpack},
    Magic{0, "7z\xBC\xAF"sv, "a 7-Zip archive", kUnpack},
    Magic{0, "PAR1"sv, "a Parquet file", kSaveAsCsv},
    Magic{0, "ARROW1"sv, "an Arrow or Feather file", kSaveAsCsv},
    Magic{0, "FEA1"sv, "a Feather file", kSaveAsCsv},
    Magic{8, "DUCK"sv, "a DuckDB database", kSaveAsCsv},
    Magic{0, "SQLite format 3"sv, "a SQLite database", kSaveAsCsv},
    Magic{0, "\x89HDF"sv, "an HDF5 file", kSaveAsCsv},
    Magic{0, "\xD0\xCF\x11\xE0"sv, "an old Excel workbook", kSaveAsCsv},
    Magic{0, "%PDF"sv, "a PDF document", kSaveAsCsv},
    Magic{0, "\x93NUMPY"sv, "a NumPy array", kSaveAsCsv},
    Magic{0, "\xFF\xFE"sv, "text in UTF-16", "Save it as UTF-8 (in a spreadsheet: CSV UTF-8)."},
    Magic{0, "\xFE\xFF"sv, "text in UTF-16", "Save it as UTF-8 (in a spreadsheet: CSV UTF-8)."}};

bool is_pickle(std::string_view head) {
  return head.size() > 1 && head[0] == '\x80' && head[1] >= 2 && head[1] <= 5;
}

bool contains_folded(std::string_view text, std::string_view lower) {
  const auto found = std::ranges::search(text, lower, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
  });
  return !found.empty();
}

bool is_page(std::string_view start) {
  if (!start.starts_with('<')) return false;
  const std::string_view opening = start.substr(0, 1024);
  return contains_folded(opening, "<!doctype") || contains_folded(opening, "<html") ||
         contains_folded(opening, "<?xml") || contains_folded(opening, "<head") ||
         contains_folded(opening, "<body") || start.starts_with("<!--");
}

std::string_view without_blanks(std::string_view text) {
  const auto at = text.find_first_not_of(" \t\r\n");
  return at == std::string_view::npos ? std::string_view{} : text.substr(at);
}

}  // namespace

base::Result<void> refuse_by_bytes(std::string_view head) {
  if (without_blanks(head).empty())
    return base::fail(ErrorCode::invalid, "empty",
                      "The file is empty. Download it again, or pick another one.");
  for (const Magic& magic : kMagics)
    if (head.size() > magic.at && head.substr(magic.at).starts_with(magic.bytes))
      return base::fail(
          ErrorCode::invalid, "unsupported_format",
          std::string{"This is "} + magic.what + ", which cannot be imported yet. " + magic.advice);
  if (is_pickle(head))
    return base::fail(ErrorCode::invalid, "unsupported_format",
                      "This is a Python pickle. Pickles can run programs and are never opened; "
                      "save the table with to_csv() and import that.");
  const std::string_view start = without_blanks(head);
  if (is_page(start))
    return base::fail(ErrorCode::invalid, "not_price_data",
                      "This is a web page, not a table of prices. The site probably answered with "
                      "an error or a sign-in page; download the CSV file again.");
  if (head.find('\0') != std::string_view::npos)
    return base::fail(ErrorCode::invalid, "not_price_data",
                      "This is a binary file, not a table of prices. Export it as CSV first.");
  if (start.starts_with('{') || start.starts_with('['))
    return base::fail(ErrorCode::invalid, "unsupported_format",
                      "This is JSON, which cannot be imported yet. Convert it to CSV first.");
  return {};
}

std::unexpected<base::Error> ask(const std::vector<Question>& questions) {
  std::string json;
  base::JsonWriter writer(json);
  append_questions(writer, questions);
  auto failure = base::fail(ErrorCode::invalid, "ambiguous", questions.front().text);
  failure.error().members.push_back({"questions", std::move(json)});
  return failure;
}

}  // namespace worker
