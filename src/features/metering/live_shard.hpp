// One shard of the live meter: its records, timers, streams and readers, all under `lock`.
// Methods that end in _locked are called with it held.
#pragma once

#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/seq_lock.hpp"
#include "features/metering/live_meter.hpp"
#include "features/metering/live_table.hpp"
#include "features/metering/live_team.hpp"
#include "features/metering/timer_wheel.hpp"

namespace metering {

inline constexpr unsigned kShardBits = 6;
inline constexpr std::size_t kShards = std::size_t{1} << kShardBits;

struct LiveMeter::Shard {
  struct Stream {
    std::uint64_t serial;
    base::Instant start;
    Member member;
    ledger::RouteClass route;
    base::Executor* executor;
    std::move_only_function<void(CutReason)> on_cut;  // empty once posted
  };
  struct Watch {
    std::vector<http::EventChannel> channels;
    BalanceView last;
    std::uint64_t next_event = 1;
    bool fresh = false;                           // a reader waits for its first event
    std::optional<ledger::LowBalance> warning{};  // to tell at the next tick
  };
  struct Encumbrance {
    base::Millis held{};
    base::Millis debt{};
    base::Millis after_expiry{};  // what the account's next expiry leaves
  };

  mutable base::SeqLock lock;
  LiveTable table;
  TimerWheel wheel;
  LiveTable::Slot dirty = LiveTable::kNoSlot;  // head of the accounts to settle
  std::vector<LiveTable::Slot> changed;        // watched accounts to look at
  std::vector<QueuedRun> queue;                // runs that ended, late proofs
  std::unordered_map<base::AccountId, std::vector<Stream>> streams;
  std::unordered_map<base::AccountId, Watch> watches;
  std::unordered_map<base::AccountId, Encumbrance> encumbrances;  // few accounts have any
  std::unordered_map<base::AccountId, LiveTeam> teams;
  CarriedProofs carried;
  std::uint64_t next_serial = 1;
  std::uint64_t next_late = 1;

  // Ignored when the known balance is newer.
  void put_balance_locked(LiveAccount& account, const ledger::Balance& balance,
                          const LiveMeterOptions& options);
  // At the next tick, to who watches.
  void tell_locked(LiveAccount& account, const std::optional<ledger::LowBalance>& warning);
  void mark_dirty_locked(LiveAccount& account);
  void mark_changed_locked(LiveAccount& account);
  // The record that holds the member's run: the account's own, unless members are side by side.
  [[nodiscard]] LiveAccount& run_of_locked(LiveAccount& account, const Member& member);
  [[nodiscard]] RunRoutes routes_locked(LiveAccount& account, const Member& member);
  void add_proof_locked(LiveAccount& account, const Member& member, const ledger::Interval& span,
                        const ProofCount& count, const LiveMeterOptions& options,
                        base::Instant now);
  // Queues the member's run as ended.
  void tell_end_locked(LiveAccount& account, const Member& member, base::Instant now,
                       ledger::RunEnd reason);
  // The same, unless it was told before; then the run leaves the memory.
  void end_run_locked(LiveAccount& account, const Member& member, base::Instant now,
                      ledger::RunEnd reason);
  // The run stays in memory until nothing can join it any more.
  void sign_out_locked(LiveAccount& account, const Member& member, base::Instant now);
  // Shut-down: its streams end with it.
  void close_run_locked(LiveAccount& account, const Member& member, base::Instant now,
                        const LiveMeterOptions& options);
  // Ends runs without a stream whose last proof is idle_gap ago.
  void end_idle_runs_locked(LiveAccount& account, base::Instant now, base::Micros idle_gap);
  [[nodiscard]] QueuedRun hand_over_locked(LiveAccount& account, const Member& member,
                                           base::Instant now, base::Micros open_length);
  // Appends what is new of every run of the account.
  void collect_locked(LiveAccount& account, base::Instant now, const LiveMeterOptions& options,
                      std::vector<QueuedRun>& batch);
  [[nodiscard]] base::Micros open_length_locked(base::AccountId account, const Member& member,
                                                base::Instant now, base::Micros min_proof) const;
  // Of members who are billed side by side.
  [[nodiscard]] base::Millis beside_locked(const LiveAccount& account, base::Instant now) const;
  [[nodiscard]] base::Millis remaining_locked(const LiveAccount& account, base::Instant now) const {
    return account.remaining(now, beside_locked(account, now));
  }
  [[nodiscard]] Admission admission_locked(const LiveAccount& account, const Member& member,
                                           base::Instant now,
                                           const LiveMeterOptions& options) const;
  [[nodiscard]] std::int64_t streams_locked(const LiveAccount& account) const;
  [[nodiscard]] LiveTeam::Pace pace_locked(const LiveAccount& account, base::Instant now) const;
  [[nodiscard]] BalanceView view_locked(const LiveAccount& account, base::Instant now) const;
  // Moves the account's timer to the next instant at which something must happen by itself.
  void schedule_locked(const LiveAccount& account, base::Instant now,
                       const LiveMeterOptions& options);
  // A grant ends now: what is left is known without asking the ledger, which may be slow.
  void expire_locked(LiveAccount& account, base::Instant now);
  void on_due_locked(LiveAccount& account, base::Instant now, const LiveMeterOptions& options,
                     Due& due);
  // When the next run without a stream is over.
  [[nodiscard]] base::Instant next_end_locked(const LiveAccount& account,
                                              base::Micros idle_gap) const;
  void cut_streams_locked(LiveAccount& account, Due& due);
  void emit_locked(LiveAccount& account, base::Instant now, Due& due);
};

}  // namespace metering
