// Runs: what the meter reports and what the ledger stores.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "features/ledger/balance.hpp"
#include "features/ledger/interval_union.hpp"
#include "features/ledger/low_balance.hpp"
#include "features/ledger/tariff.hpp"

namespace ledger {

enum class RunEnd : std::uint8_t { idle, exhausted, signed_out, shutdown, expired };
[[nodiscard]] std::string_view run_end_name(RunEnd end);
[[nodiscard]] std::optional<RunEnd> parse_run_end(std::string_view name);

// Why time of a run was not charged. `no_grant`: no grant was valid when it was
// used. `max_parallel`: as many members as are billed at a time were in use.
enum class UnbilledReason : std::uint8_t { none, hours_exhausted, no_grant, max_parallel };
[[nodiscard]] std::string_view unbilled_reason_name(UnbilledReason reason);
[[nodiscard]] std::optional<UnbilledReason> parse_unbilled_reason(std::string_view name);

// What kind of work a proof came from.
enum class RouteClass : std::uint8_t { data, query, imports, stream, beat, gateway };
inline constexpr std::size_t kRouteClasses = 6;
[[nodiscard]] std::string_view route_class_name(RouteClass route);
[[nodiscard]] std::optional<RouteClass> parse_route_class(std::string_view name);
// Proofs per RouteClass, indexed by its value.
using RouteCounts = std::array<std::int64_t, kRouteClasses>;
// "data:3,beat:2" in the order of RouteClass without zeros; "" when all are
// zero.
[[nodiscard]] std::string format_routes(const RouteCounts& counts);
[[nodiscard]] std::optional<RouteCounts> parse_routes(std::string_view text);
void add_routes(RouteCounts& sum, const RouteCounts& more);

// Members of one account who are billed side by side have a lane each: the
// member's id, and for max_n behind a slash how many are billed at a time.
[[nodiscard]] std::string lane_name(base::UserId member, std::int32_t at_most);
[[nodiscard]] std::string_view lane_member(std::string_view lane);
// 0: as many as there are.
[[nodiscard]] std::int32_t lane_limit(std::string_view lane);

// The meter's view of one live run, complete from its start: counts are totals
// of this live run, not differences, so that a snapshot may be sent again, late
// or out of order.
struct RunSnapshot {
  base::AccountId account;
  base::RunId run;  // chosen by the meter when the run opened; stable while it lives
  Interval span;    // closed union of its proofs so far; not empty
  std::int64_t proofs = 0;
  std::int64_t requests = 0;
  base::Millis overlap{};         // proved more than once (other tab, parallel
                                  // request): never billed
  std::optional<RunEnd> ended{};  // nullopt: still open
  RouteCounts routes{};           // what the proofs came from; sums to `proofs` where it is known
  // What the first proof came from; nullopt: not known.
  std::optional<RouteClass> opened_by{};
  base::Instant last_proof{};  // start of the latest proof; the epoch: not known
  // Runs of one account are disjoint within a lane. "" for
  // Concurrency::all_as_one, else as lane_name() gives it.
  std::string lane{};
};

// The ledger's answer to one snapshot.
struct SettledRun {
  base::AccountId account;
  base::RunId run;          // the stored run: another id when it was joined to an earlier one
  base::Millis billed{};    // charged by this settlement (0 when it was known)
  base::Millis unbilled{};  // used but not covered by any grant, by this settlement
  Balance balance;
  std::optional<LowBalance> warning{};  // this settlement crossed a level of kWarningLevels
};

struct GrantShare {
  base::GrantId grant;
  base::Millis amount{};
  bool operator==(const GrantShare&) const = default;
};
// Adds `amount` (also below zero) to the share of the grant.
void add_share(std::vector<GrantShare>& shares, base::GrantId grant, base::Millis amount);

struct StoredRun {
  base::RunId id;
  base::AccountId account;
  Interval span;
  std::optional<RunEnd> ended;  // nullopt: open
  base::Millis billed{};
  base::Millis unbilled{};
  UnbilledReason unbilled_reason = UnbilledReason::none;
  base::Millis overlap{};
  std::int64_t proofs = 0;
  std::int64_t requests = 0;
  int tariff = 1;  // version it was opened with
  std::string lane{};
  RouteCounts routes{};
  std::optional<RouteClass> opened_by{};
  base::Instant last_proof{};        // the epoch: not known
  std::vector<GrantShare> grants{};  // what it burned, sums to `billed`; by grant
  std::int64_t entry = 0;            // of the journal, that stored it first; 0: not stored yet
  std::int64_t last_entry = 0;       // of the journal, about it
};

}  // namespace ledger
