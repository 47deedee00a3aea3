#include "features/ledger/ledger_json.hpp"

#include <algorithm>

#include "features/ledger/explain.hpp"

namespace ledger {

namespace {

void append_run_members(base::JsonWriter& json, const StoredRun& run) {
  json.field("id", run.id.text());
  json.field("started_at", base::format_rfc3339(run.span.start));
  json.field("ended_at", run.ended ? std::optional{base::format_rfc3339(run.span.end)}
                                   : std::optional<std::string>{});
  json.field(
      "last_proof_at",
      base::format_rfc3339(run.last_proof == base::Instant{} ? run.span.end : run.last_proof));
  json.field("state", run.ended ? "closed" : "open");
  json.field("ended_because", run.ended ? std::optional{run_end_name(*run.ended)}
                                        : std::optional<std::string_view>{});
  json.field("active_ms", (run.billed + run.unbilled).count());
  json.field("billed_ms", run.billed.count());
  json.field("unbilled_ms", run.unbilled.count());
  json.field("unbilled_reason", unbilled_reason_name(run.unbilled_reason));
  json.field("overlap_ms", run.overlap.count());
  json.field("proofs", run.proofs);
  json.field("requests", run.requests);
  json.key("routes");
  json.begin_object();
  for (std::size_t i = 0; i < run.routes.size(); ++i)
    if (run.routes.at(i) > 0)
      json.field(route_class_name(static_cast<RouteClass>(i)), run.routes.at(i));
  json.end_object();
  json.field("opened_by", run.opened_by ? std::optional{route_class_name(*run.opened_by)}
                                        : std::optional<std::string_view>{});
  json.field("member", run.lane.empty() ? std::optional<std::string_view>{}
                                        : std::optional{lane_member(run.lane)});
  json.field("max_parallel", run.lane.find('/') == std::string::npos
                                 ? std::optional<std::int64_t>{}
                                 : std::optional<std::int64_t>{lane_limit(run.lane)});
  json.key("grants");
  json.begin_array();
  for (const auto& share : run.grants) {
    json.begin_object();
    json.field("id", share.grant.text());
    json.field("ms", share.amount.count());
    json.end_object();
  }
  json.end_array();
  json.field("tariff", run.tariff);
}

void append_tariff_members(base::JsonWriter& json, const Tariff& tariff) {
  json.field("version", tariff.version);
  json.field("idle_gap_ms", std::chrono::floor<base::Millis>(tariff.idle_gap).count());
  json.field("min_proof_ms", std::chrono::floor<base::Millis>(tariff.min_proof).count());
  json.field("concurrency", concurrency_name(tariff.concurrency));
  json.field("max_parallel", tariff.max_parallel);
}

}  // namespace

void append_run(base::JsonWriter& json, const StoredRun& run) {
  json.begin_object();
  append_run_members(json, run);
  json.end_object();
}

// Time in use, less what was not charged, is what the grants paid: the lines
// add up to billed_ms.
void append_run_detail(base::JsonWriter& json, const StoredRun& run, const Tariff& tariff) {
  json.begin_object();
  append_run_members(json, run);
  json.key("rule");
  json.begin_object();
  append_tariff_members(json, tariff);
  json.end_object();
  json.key("lines");
  json.begin_array();
  for (const auto& line : explain_run(details_of(run), run.billed, tariff)) {
    json.begin_object();
    json.field("text", line.text);
    json.field("ms", line.amount.count());
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

void append_tariff(base::JsonWriter& json, const TariffVersion& version) {
  json.begin_object();
  append_tariff_members(json, version.tariff);
  json.field("applies_from", base::format_rfc3339(version.applies_from));
  json.field("reason", version.reason);
  json.field("actor", version.actor);
  json.end_object();
}

void append_entry(base::JsonWriter& json, const Entry& entry) {
  json.begin_object();
  json.field("sequence", entry.sequence);
  json.field("at", base::format_rfc3339(entry.at));
  json.field("kind", entry_kind_name(entry.kind));
  json.field("grant_id",
             entry.grant ? std::optional{entry.grant->text()} : std::optional<std::string>{});
  json.field("run_id", entry.run ? std::optional{entry.run->text()} : std::optional<std::string>{});
  json.field("amount_ms", entry.signed_amount().count());
  json.field("available_after_ms", entry.available_after.count());
  json.field("key", entry.key);
  json.field("reason", entry.reason);
  json.field("actor", entry.actor);
  json.field("hash", hash_text(entry.hash));
  json.field("previous_hash", hash_text(entry.previous_hash));
  json.end_object();
}

void append_grant(base::JsonWriter& json, const StoredGrant& grant) {
  json.begin_object();
  json.field("id", grant.id.text());
  json.field("account_id", grant.account.text());
  json.field("kind", grant_kind_name(grant.kind));
  json.field("total_ms", grant.issued.count());
  json.field("remaining_ms", std::max<std::int64_t>(grant.available.count(), 0));
  json.field("held_ms", grant.held.count());
  json.field("used_ms", grant.consumed.count());
  json.field("expired_ms", grant.expired.count());
  json.field("revoked_ms", grant.revoked.count());
  json.field("debt_ms", std::max<std::int64_t>(-grant.available.count(), 0));
  json.field("expires_at", grant.expires_at ? std::optional{base::format_rfc3339(*grant.expires_at)}
                                            : std::optional<std::string>{});
  json.field("priority", grant.priority);
  json.field("reason", grant.reason);
  json.end_object();
}

}  // namespace ledger
