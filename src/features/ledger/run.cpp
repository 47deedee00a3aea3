#include "features/ledger/run.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/decimal.hpp"
#include "base/text_pieces.hpp"
#include "features/ledger/entry.hpp"
#include "features/ledger/names.hpp"

namespace ledger {

namespace {

constexpr std::array<std::string_view, 5> kEnds{"idle", "exhausted", "signed_out", "shutdown",
                                                "expired"};
constexpr std::array<std::string_view, 4> kReasons{"none", "hours_exhausted", "no_grant",
                                                   "max_parallel"};
constexpr std::array<std::string_view, kRouteClasses> kRoutes{"data",   "query", "imports",
                                                              "stream", "beat",  "gateway"};

}  // namespace

std::string_view run_end_name(RunEnd end) { return kEnds.at(std::to_underlying(end)); }

std::optional<RunEnd> parse_run_end(std::string_view name) {
  return parse_name<RunEnd>(kEnds, name);
}

std::string_view unbilled_reason_name(UnbilledReason reason) {
  return kReasons.at(std::to_underlying(reason));
}

std::optional<UnbilledReason> parse_unbilled_reason(std::string_view name) {
  return parse_name<UnbilledReason>(kReasons, name);
}

std::string_view route_class_name(RouteClass route) {
  return kRoutes.at(std::to_underlying(route));
}

std::optional<RouteClass> parse_route_class(std::string_view name) {
  return parse_name<RouteClass>(kRoutes, name);
}

std::string format_routes(const RouteCounts& counts) {
  std::string text;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts.at(i) == 0) continue;
    base::append_pieces(text, text.empty() ? "" : ",", kRoutes.at(i), ":",
                        base::DecimalText{counts.at(i)});
  }
  return text;
}

std::optional<RouteCounts> parse_routes(std::string_view text) {
  RouteCounts counts{};
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    const auto route = parse_route_class(word.substr(0, word.find(':')));
    if (!route || word.find(':') == std::string_view::npos) return std::nullopt;
    const auto digits = word.substr(word.find(':') + 1);
    auto& count = counts.at(std::to_underlying(*route));
    const auto* end = digits.data() + digits.size();
    const auto parsed = std::from_chars(digits.data(), end, count);
    if (parsed.ec != std::errc{} || parsed.ptr != end || count < 0 || count > kMaxNumber)
      return std::nullopt;
  }
  return counts;
}

std::string lane_name(base::UserId member, std::int32_t at_most) {
  return at_most == 0 ? member.text() : fmt::format("{}/{}", member.text(), at_most);
}

std::string_view lane_member(std::string_view lane) { return lane.substr(0, lane.find('/')); }

std::int32_t lane_limit(std::string_view lane) {
  std::int32_t limit = 0;
  const auto slash = lane.find('/');
  if (slash != std::string_view::npos)
    std::from_chars(lane.data() + slash + 1, lane.data() + lane.size(), limit);
  return limit;
}

void add_share(std::vector<GrantShare>& shares, base::GrantId grant, base::Millis amount) {
  const auto found = std::ranges::find(shares, grant, &GrantShare::grant);
  if (found == shares.end())
    shares.push_back({grant, amount});
  else
    found->amount += amount;
}

void add_routes(RouteCounts& sum, const RouteCounts& more) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum.at(i) += more.at(i);
}

}  // namespace ledger
