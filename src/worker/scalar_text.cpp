#include "worker/scalar_text.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "worker/time_text.hpp"

namespace worker {
namespace {

using duck::ColumnView;
using duck::TypeId;
// NOLINTNEXTLINE: 128 bits are DuckDB's physical form
__extension__ using Wide = __int128;
__extension__ using UnsignedWide = unsigned __int128;

struct Interval {
  std::int32_t months;
  std::int32_t days;
  std::int64_t micros;
};

std::int64_t floor_div(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

void append_date(std::string& out, std::int64_t days) {
  // Hinnant, civil_from_days.
  const std::int64_t shifted = days + 719'468;
  const std::int64_t era = floor_div(shifted, 146'097);
  const std::int64_t of_era = shifted - era * 146'097;
  const std::int64_t year_of_era =
      (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_part = (5 * of_year + 2) / 153;
  const std::int64_t day = of_year - (153 * month_part + 2) / 5 + 1;
  const std::int64_t month = month_part < 10 ? month_part + 3 : month_part - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}", year, month, day);
}

void append_time(std::string& out, std::int64_t micros) {
  const std::int64_t seconds = micros / kMicrosPerSecond;
  const std::int64_t fraction = micros % kMicrosPerSecond;
  fmt::format_to(std::back_inserter(out), "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60,
                 seconds % 60);
  if (fraction % 1000 != 0)
    fmt::format_to(std::back_inserter(out), ".{:06}", fraction);
  else
    fmt::format_to(std::back_inserter(out), ".{:03}", fraction / 1000);
}

void append_instant(std::string& out, std::int64_t micros) {
  if (micros == INT64_MAX || micros == -INT64_MAX) {
    out += micros > 0 ? "infinity" : "-infinity";
    return;
  }
  const std::int64_t days = floor_div(micros, kMicrosPerDay);
  append_date(out, days);
  out.push_back('T');
  append_time(out, micros - days * kMicrosPerDay);
  out.push_back('Z');
}

std::string digits_of(UnsignedWide value) {
  std::string digits;
  do {
    digits.push_back(static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value > 0);
  std::ranges::reverse(digits);
  return digits;
}

void append_decimal(std::string& out, Wide value, unsigned scale) {
  if (value < 0) out.push_back('-');
  std::string digits =
      digits_of(value < 0 ? -static_cast<UnsignedWide>(value) : static_cast<UnsignedWide>(value));
  if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
  out.append(digits, 0, digits.size() - scale);
  if (scale == 0) return;
  out.push_back('.');
  out.append(digits, digits.size() - scale);
}

Wide decimal_value(const ColumnView& column, std::size_t row) {
  if (column.type->storage == TypeId::smallint) return column.at<std::int16_t>(row);
  if (column.type->storage == TypeId::integer) return column.at<std::int32_t>(row);
  if (column.type->storage == TypeId::bigint) return column.at<std::int64_t>(row);
  return column.at<Wide>(row);
}

void append_enum(std::string& out, const ColumnView& column, std::size_t row) {
  std::uint64_t index = 0;
  if (column.type->storage == TypeId::utinyint) index = column.at<std::uint8_t>(row);
  if (column.type->storage == TypeId::usmallint) index = column.at<std::uint16_t>(row);
  if (column.type->storage == TypeId::uinteger) index = column.at<std::uint32_t>(row);
  if (index < column.type->names.size()) out += column.type->names[index];
}

void append_uuid(std::string& out, Wide raw) {
  // DuckDB flips the top bit so that UUIDs sort as signed numbers.
  const auto bits = static_cast<UnsignedWide>(raw) ^ (static_cast<UnsignedWide>(1) << 127U);
  const auto high = static_cast<std::uint64_t>(bits >> 64U);
  const auto low = static_cast<std::uint64_t>(bits);
  fmt::format_to(std::back_inserter(out), "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32U,
                 (high >> 16U) & 0xFFFFU, high & 0xFFFFU, low >> 48U, low & 0xFFFF'FFFF'FFFFULL);
}

void append_interval(std::string& out, const Interval& interval) {
  fmt::format_to(std::back_inserter(out), "P{}M{}DT{}S", interval.months, interval.days,
                 static_cast<double>(interval.micros) / 1e6);
}

void append_moment(std::string& out, const ColumnView& column, std::size_t row) {
  const auto raw = column.at<std::int64_t>(row);
  if (column.type->id == TypeId::timestamp_s) return append_instant(out, raw * kMicrosPerSecond);
  if (column.type->id == TypeId::timestamp_ms) return append_instant(out, raw * 1000);
  if (column.type->id == TypeId::timestamp_ns) return append_instant(out, floor_div(raw, 1000));
  append_instant(out, raw);
}

}  // namespace

std::optional<std::int64_t> small_integer(const ColumnView& column, std::size_t row) {
  const TypeId id = column.type->id;
  if (id == TypeId::bigint) return column.at<std::int64_t>(row);
  if (id == TypeId::integer) return column.at<std::int32_t>(row);
  if (id == TypeId::smallint) return column.at<std::int16_t>(row);
  if (id == TypeId::tinyint) return column.at<std::int8_t>(row);
  if (id == TypeId::uinteger) return column.at<std::uint32_t>(row);
  if (id == TypeId::usmallint) return column.at<std::uint16_t>(row);
  if (id == TypeId::utinyint) return column.at<std::uint8_t>(row);
  return std::nullopt;
}

void append_scalar(std::string& out, const ColumnView& column, std::size_t row) {
  const TypeId id = column.type->id;
  if (id == TypeId::timestamp || id == TypeId::timestamp_tz || id == TypeId::timestamp_s ||
      id == TypeId::timestamp_ms || id == TypeId::timestamp_ns)
    return append_moment(out, column, row);
  if (id == TypeId::date) return append_date(out, column.at<std::int32_t>(row));
  if (id == TypeId::time) return append_time(out, column.at<std::int64_t>(row));
  if (id == TypeId::decimal)
    return append_decimal(out, decimal_value(column, row), column.type->scale);
  if (id == TypeId::hugeint) return append_decimal(out, column.at<Wide>(row), 0);
  if (id == TypeId::uhugeint) {
    out += digits_of(column.at<UnsignedWide>(row));
    return;
  }
  if (id == TypeId::ubigint) {
    fmt::format_to(std::back_inserter(out), "{}", column.at<std::uint64_t>(row));
    return;
  }
  if (id == TypeId::enumeration) return append_enum(out, column, row);
  if (id == TypeId::uuid) return append_uuid(out, column.at<Wide>(row));
  if (id == TypeId::interval) return append_interval(out, column.at<Interval>(row));
  if (id == TypeId::blob) {
    for (const char byte : column.text(row))
      fmt::format_to(std::back_inserter(out), "{:02x}", static_cast<unsigned char>(byte));
    return;
  }
  out += "<" + duck::type_name(*column.type) + ">";
}

}  // namespace worker
