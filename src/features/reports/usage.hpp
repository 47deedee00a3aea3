// What a usage report asks and answers. Values.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "features/reports/activity.hpp"

namespace reports {

enum class GroupBy : std::uint8_t { day, hour, route, plan, key };

[[nodiscard]] constexpr bool is_period(GroupBy group) {
  return group == GroupBy::day || group == GroupBy::hour;
}

[[nodiscard]] constexpr std::string_view group_name(GroupBy group) {
  constexpr std::array<std::string_view, 5> kNames{"day", "hour", "route", "plan", "key"};
  return kNames[static_cast<std::size_t>(group)];
}

inline constexpr std::int64_t kMaxPeriods = 1'000;

struct UsageQuery {
  base::AccountId account;
  GroupBy group_by = GroupBy::day;
  base::Instant from;  // half-open
  base::Instant to;
  std::string timezone = "UTC";  // IANA name; where its days and hours begin
};

struct UsageRow {
  // The part of the day or hour inside the query; the whole query when not grouped by those.
  base::Instant from;
  base::Instant to;
  // The route, plan or key. Empty: a plan that is not known any more, requests without a key.
  std::string group;
  base::Millis active{};  // of closed runs; a run belongs to a period, and to no route, plan or key
  std::int64_t runs = 0;  // that began in it
  ActivityCounts activity;
};

struct UsageReport {
  std::vector<UsageRow> rows;  // in order; periods without use too
  base::Instant as_of;         // what happened until then is in it
};

}  // namespace reports
