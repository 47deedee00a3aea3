// The canonical `name=value` words of an entry's details: what the state tables
// need to be rebuilt, beyond the amounts. Part of the hashed bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "features/ledger/grant.hpp"
#include "features/ledger/run.hpp"
#include "features/ledger/tariff.hpp"

namespace ledger {

// grant_issued.
struct GrantDetails {
  GrantKind kind = GrantKind::manual;
  int priority = 50;
  std::optional<base::Instant> expires_at;
};
[[nodiscard]] std::string format_details(const GrantDetails& details);
[[nodiscard]] std::optional<GrantDetails> parse_grant_details(std::string_view text);

// run_recorded, and the first entry of a run in a settlement (further ones of
// the same settlement have no details). Counts and amounts are what this
// settlement added.
struct RunDetails {
  Interval span;  // of the run afterwards
  std::optional<RunEnd> ended;
  base::RunId part;  // the live run that was settled; empty: the one of the entry's run's id
  std::int64_t proofs = 0;
  std::int64_t requests = 0;
  base::Millis overlap{};
  base::Millis unbilled{};
  UnbilledReason unbilled_reason = UnbilledReason::none;  // of the run afterwards
  std::vector<base::RunId> absorbs;  // stored runs that became part of this one
  std::string lane{};
  RouteCounts routes{};
  std::optional<RouteClass> opened_by{};  // of the run afterwards
  base::Instant last_proof{};             // of the run afterwards
};
[[nodiscard]] std::string format_details(const RunDetails& details);
// Words that are not there are left at their defaults; older journals have words for those, too.
[[nodiscard]] std::optional<RunDetails> parse_run_details(std::string_view text);

// tariff_set; the entry's `tariff` is the version.
[[nodiscard]] std::string format_details(const TariffVersion& version);
[[nodiscard]] std::optional<TariffVersion> parse_tariff_details(std::string_view text);

}  // namespace ledger
