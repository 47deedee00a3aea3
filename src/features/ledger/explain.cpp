#include "features/ledger/explain.hpp"

#include <fmt/format.h>

namespace ledger {

namespace {

std::string_view end_sentence(const std::optional<RunEnd>& ended) {
  if (!ended) return "it is still open";
  switch (*ended) {
    case RunEnd::idle:
      return "it ended because nothing more came";
    case RunEnd::exhausted:
      return "it ended because no time was left";
    case RunEnd::signed_out:
      return "it ended with signing out";
    case RunEnd::shutdown:
      return "it ended with the server";
    case RunEnd::expired:
      return "it ended because the time expired";
  }
  return "";
}

// Nothing where it is not known what opened the run.
std::string opening_words(const RunDetails& details) {
  if (!details.opened_by) return {};
  return fmt::format("opened by {}, ", route_class_name(*details.opened_by));
}

std::string proofs_sentence(const RunDetails& details) {
  const auto routes = format_routes(details.routes);
  auto text = fmt::format("{} proof{}", details.proofs, details.proofs == 1 ? "" : "s");
  if (!routes.empty()) text += fmt::format(" ({})", routes);
  text += fmt::format(", the first at {}", base::format_rfc3339(details.span.start));
  if (details.last_proof != base::Instant{})
    text += fmt::format(", the last at {}", base::format_rfc3339(details.last_proof));
  return text;
}

std::string unbilled_words(UnbilledReason reason) {
  switch (reason) {
    case UnbilledReason::none:
    case UnbilledReason::hours_exhausted:
      return "Not charged: no time was left";
    case UnbilledReason::no_grant:
      return "Not charged: no grant was valid at that time";
    case UnbilledReason::max_parallel:
      return "Not charged: as many members as are billed at a time were in use already, or no time "
             "was left";
  }
  return "";
}

}  // namespace

std::vector<ExplainedLine> explain_run(const RunDetails& details, base::Millis billed,
                                       const Tariff& tariff) {
  std::vector<ExplainedLine> lines;
  const auto active = billed + details.unbilled;
  lines.push_back(
      {fmt::format("In use from {} to {}, with pauses of at most {} (tariff version {}): {}; {}{}",
                   base::format_rfc3339(details.span.start), base::format_rfc3339(details.span.end),
                   format_amount(std::chrono::floor<base::Millis>(tariff.idle_gap)), tariff.version,
                   proofs_sentence(details), opening_words(details), end_sentence(details.ended)),
       active});
  if (details.overlap.count() > 0)
    lines.push_back({fmt::format("Proved more than once, by another tab, device or parallel "
                                 "request: {} more, which count once",
                                 format_amount(details.overlap)),
                     {}});
  if (details.unbilled.count() > 0)
    lines.push_back({unbilled_words(details.unbilled_reason), -details.unbilled});
  return lines;
}

RunDetails details_of(const StoredRun& run) {
  RunDetails details;
  details.span = run.span;
  details.ended = run.ended;
  details.proofs = run.proofs;
  details.requests = run.requests;
  details.overlap = run.overlap;
  details.unbilled = run.unbilled;
  details.unbilled_reason = run.unbilled_reason;
  details.lane = run.lane;
  details.routes = run.routes;
  details.opened_by = run.opened_by;
  details.last_proof = run.last_proof;
  return details;
}

std::string explain_move(const Entry& entry) {
  auto text = std::string{entry_kind_name(entry.kind)};
  if (entry.kind == EntryKind::grant_issued)
    if (const auto details = parse_grant_details(entry.details)) {
      text += fmt::format(" ({}", grant_kind_name(details->kind));
      if (details->expires_at)
        text += fmt::format(", until {}", base::format_rfc3339(*details->expires_at));
      text += ')';
    }
  return fmt::format("{}: {}", text, entry.reason);
}

std::string format_amount(base::Millis amount) {
  const auto ms = amount.count() < 0 ? -amount.count() : amount.count();
  return fmt::format("{}{}:{:02}:{:02}.{:03}", amount.count() < 0 ? "-" : "", ms / 3'600'000,
                     ms / 60'000 % 60, ms / 1'000 % 60, ms % 1'000);
}

}  // namespace ledger
