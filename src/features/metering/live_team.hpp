// The live runs of a team whose members are billed side by side: a record each, kept beside the
// account's own, which holds the balance. Values and rules; the shard's lock is held.
//
// Each member's time counts, except while more members are in use than are billed at a time. That
// excess is a matter of all spans together: of those in memory, and of those the ledger has.
#pragma once

#include <map>
#include <vector>

#include "features/metering/live_account.hpp"
#include "features/metering/member.hpp"

namespace metering {

struct LiveTeam {
  struct Lane {
    LiveAccount run;               // `balance` and `pending` are the account's business
    RareProofs rare{};             // of `run`
    ledger::Interval at_ledger{};  // what was handed over of the run; empty: nothing
  };
  std::map<Member, Lane> lanes;
  std::vector<ledger::Interval> ended;  // runs that others may overlap still
  std::int32_t at_most = 0;

  Lane& lane_of(base::AccountId account, const Member& member);
  // Time that was not handed to the ledger.
  [[nodiscard]] base::Millis live(base::Instant now) const;
  // A snapshot of the member's run, with what it adds to the account's pending time.
  [[nodiscard]] QueuedRun hand_over_lane(base::AccountId account, const Member& member,
                                         const RunRoutes& routes, base::Instant now,
                                         base::Micros open_length);
  // The run is over and was handed over.
  void end_lane(Lane& lane, const RunRoutes& routes);
  // Lanes that neither run nor stream leave.
  void tidy();
  [[nodiscard]] std::int64_t streams() const;
  // Members whose time passes now, as far as they are billed; `streaming` of them need no proof to
  // go on.
  struct Pace {
    std::int32_t rate = 0;
    std::int32_t streaming = 0;
    base::Instant as_of{};  // mean end of what the `rate` members proved
  };
  [[nodiscard]] Pace pace(base::Instant now) const;
  // When somebody who is in use now stops unless something comes.
  [[nodiscard]] base::Instant next_stop(base::Instant now) const;

 private:
  [[nodiscard]] base::Micros excess(const std::vector<ledger::Interval>& spans) const;
};

}  // namespace metering
