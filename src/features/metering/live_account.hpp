// One account in the live meter: its current run and what is left, as plain values and rules over
// them. No clock, no lock, no I/O: the shard that owns the record holds its lock.
//
// How live time reaches the ledger: a snapshot of the run is handed over; its time moves from
// "live" (run length - handed) to `pending`, and with the ledger's answer from pending into the
// smaller balance. So what is left never jumps on the way.
#pragma once

#include <cstdint>
#include <optional>

#include "base/ids.hpp"
#include "base/relaxed.hpp"
#include "base/time.hpp"
#include "features/ledger/interval_union.hpp"
#include "features/ledger/run.hpp"
#include "features/metering/admission.hpp"
#include "features/metering/live_routes.hpp"
#include "features/metering/member.hpp"

namespace metering {

inline constexpr base::Instant kNever = base::Instant::max();

// Why an account without time has none.
enum class Lack : std::uint8_t { used_up, held, never_granted };

struct alignas(128) LiveAccount {
  static constexpr std::uint32_t kNoSlot = (1U << 24U) - 1;
  static constexpr std::uint32_t kLongPause = 0xffff'ffff;
  static constexpr std::uint32_t kJoined = 0;

  // What admit() reads, without the lock: the first cache line and the run's id.
  base::Relaxed<base::AccountId> id;
  base::Relaxed<base::Instant> run_start;  // without a run: where the last one ended
  base::Relaxed<base::Instant> run_end;  // without a run: when the account was last used or loaded
  base::Relaxed<base::Millis> balance;   // as the ledger last said
  base::Relaxed<base::Millis> pending;   // in snapshots on their way to the ledger
  // Of the current run: already in pending or in balance. A closed pause before it counts against
  // this.
  base::Relaxed<base::Millis> handed;
  base::Relaxed<std::uint32_t> open_streams;
  base::Relaxed<bool> has_run;
  base::Relaxed<bool> loaded;  // false: the balance is still being read
  base::Relaxed<Lack> lack;    // `held` also while some time is left
  base::Relaxed<bool> team;    // members have runs of their own in the shard's `teams`
  base::Relaxed<base::RunId> run;
  base::Micros evidence{};             // lengths of all proofs of the run plus the gaps they closed
  base::Instant next_expiry = kNever;  // of a grant with time left
  std::int64_t version : 45 = -1;      // of the balance
  ledger::RouteClass opened_by : 3 = ledger::RouteClass::data;  // class of the first proof
  std::uint16_t data_proofs = 0;      // the other classes are counted in RareProofs
  std::uint64_t last_proof : 48 = 0;  // start of the latest proof, microseconds after run_start
  std::uint16_t beats = 0;
  std::uint64_t presence_ms : 40 = 0;  // until when the last beat holds, after run_start
  std::uint64_t next : 24 = 0;         // link of the dirty list or the free list
  // The pause before the run, in microseconds; kLongPause: longer, or not known; kJoined: closed,
  // and in `handed`.
  std::uint32_t pause_before = kLongPause;
  std::uint32_t slot : 24 = kNoSlot;
  bool in_use : 1 = false;   // the slot is taken
  bool dirty : 1 = false;    // in the shard's list of accounts to settle
  bool watched : 1 = false;  // somebody reads its balance stream
  bool changed : 1 = false;  // in the shard's list of watched accounts to look at
  bool expired : 1 = false;  // what was left ended with a grant, not by use
  // Signed out of: the ledger was told that the run ended. A proof that joins it opens it again.
  bool over : 1 = false;
  bool carried : 1 = false;  // some of its proofs are counted in the shard's `carried`

  // Current run with open streams counted up to now.
  [[nodiscard]] ledger::Interval span(base::Instant now) const;
  // Never negative. `beside`: what members of a team used and was not handed to the ledger.
  [[nodiscard]] base::Millis remaining(base::Instant now, base::Millis beside = {}) const;
  // Time of the current run that was not handed to the ledger.
  [[nodiscard]] base::Millis live(base::Instant now) const;
  // Time passes for it now, if some is left.
  [[nodiscard]] bool uses_time(base::Instant now) const;
  // Until when the last beat of the run says that the page is in use; the epoch without a run.
  [[nodiscard]] base::Instant presence_until() const;
  void set_presence(base::Instant until);
  [[nodiscard]] Admission admission(base::Instant now, base::Micros idle_gap,
                                    base::Millis beside = {}) const;
  // The current run, when a proof that begins now goes on with it.
  [[nodiscard]] std::optional<base::RunId> run_at(base::Instant now, base::Micros idle_gap) const;
  // The run leaves the memory; where it ended stays known.
  void drop_run(const RunRoutes& routes);
};
static_assert(sizeof(LiveAccount) == 128);

// A snapshot on its way, and the time it stands for in `pending`.
struct QueuedRun {
  ledger::RunSnapshot snapshot;
  base::Millis pending{};
};

// What one proof adds besides its span. A stream is counted when it opens; its length when it
// closes.
struct ProofCount {
  std::uint32_t proofs = 1;
  ledger::RouteClass route = ledger::RouteClass::data;
  base::Micros length{};
};

enum class Joined : std::uint8_t {
  current,  // the current run grew (or holds it already)
  later,    // begins more than idle_gap after the current run: that one is over
  earlier,  // ended more than idle_gap before the current run began: a run of its own
};

// Grows the current run, or begins one when there is none; changes nothing unless the answer is
// `current`.
Joined add_span(LiveAccount& account, const RunRoutes& routes, const ledger::Interval& span,
                const ProofCount& count, base::Micros idle_gap);
// The ledger has a run that ended at `last_end`: use within idle_gap of it goes on with that run,
// pause included.
void go_on_from(LiveAccount& account, base::Instant last_end, base::Micros idle_gap);
// Named by account and first proof: the same proof seen again after a crash gives the same run.
// `late`: tells apart runs of one late proof each that have the same span; 0 for any other run.
[[nodiscard]] base::RunId run_id_of(base::AccountId account, const ledger::Interval& span,
                                    std::uint64_t late = 0);
// In place of the account's id for a member's runs: two members may begin at the same instant.
[[nodiscard]] base::AccountId run_seed(base::AccountId account, const Member& member);
// Snapshot of the current run; its live time moves to pending. `open_length`: what open streams
// prove so far.
[[nodiscard]] QueuedRun hand_over(LiveAccount& account, const RunRoutes& routes, base::Instant now,
                                  base::Micros open_length);
// A run that consists of one late proof; another number for each.
[[nodiscard]] QueuedRun single_run(base::AccountId account, const Member& member,
                                   const ledger::Interval& span, const ProofCount& count,
                                   std::uint64_t number);
// Joins two snapshots of the same run, in any order; the later one decides whether it has ended. A
// run that was signed out of opens again only by a proof, so its counts say which that is.
void absorb(QueuedRun& one, const QueuedRun& other);

}  // namespace metering
