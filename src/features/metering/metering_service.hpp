// The live meter: who may use time, proofs of use, and their way into the ledger. Everything but
// load(), step() and settle_all() answers from memory and may be called from any thread; short
// locks inside, never across an await.
//
// The pipeline of a metered request:
//   auto admission = metering.admit(account, request.arrived);
//   if (admission.verdict == Verdict::unknown) { co_await metering.load(account); ask again }
//   if (!admission.admitted()) return std::unexpected(admission_error(admission.verdict));
//   … handler …
//   metering.touch(account, {arrived, finished, route}, finished);
// A long answer: open_stream() when it starts, close_stream() when it ended, no touch besides.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/clock.hpp"
#include "base/executor.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "base/time.hpp"
#include "base/timers.hpp"
#include "features/ledger/run.hpp"
#include "features/metering/admission.hpp"
#include "features/metering/balance_view.hpp"
#include "features/metering/member.hpp"
#include "http/sse.hpp"

namespace ledger {
class LedgerService;
}

namespace metering {

// Evidence of use, half-open [start, end), as the server itself observed it.
struct Proof {
  base::Instant start;
  base::Instant end;
  ledger::RouteClass route = ledger::RouteClass::data;
};

// Names an open stream; worthless after close_stream().
struct StreamId {
  base::AccountId account;
  std::uint64_t serial = 0;
};

// idle_gap and min_proof are the ledger's tariff.
struct MeteringOptions {
  base::Millis settle_interval{1'000};
  base::Millis tick_interval{50};
  // How long after a beat the page's countdown goes on; beats come every 20 s.
  base::Millis presence{25'000};
  // An account without use leaves the memory after this.
  base::Millis keep_idle{600'000};
};

struct MeteringHealth {
  std::int64_t accounts_live = 0;
  std::int64_t streams_open = 0;
  std::int64_t settlement_lag_ms = 0;  // age of the oldest use that is not in the ledger
  std::int64_t unsettled_ms = 0;       // billed time that is not in the ledger
  std::int64_t failed_settlements = 0;
};

class MeteringService {
 public:
  // Everything passed by reference outlives the service.
  MeteringService(ledger::LedgerService& ledger, const base::Clock& clock, base::Log& log,
                  MeteringOptions options = {});
  ~MeteringService();
  MeteringService(const MeteringService&) = delete;
  MeteringService& operator=(const MeteringService&) = delete;

  // The account will be admitted soon: asks for its memory, so that what comes before overlaps with
  // the wait. Changes nothing.
  void expect(base::AccountId account) const;
  // `member` here and below: who it is, where members are billed side by side.
  [[nodiscard]] Admission admit(base::AccountId account, base::Instant now,
                                const Member& member = {}) const;
  // Brings the account's balance into memory. Errors are the store's; nothing is cached then.
  base::Task<base::Result<void>> load(base::AccountId account);

  // Any order, duplicates and overlaps are right. False when refused: it ends before it starts, or
  // more than 2 s after `now` (the server's own present). An account that is not in memory keeps
  // its proof too. No allocation, no clock.
  bool touch(base::AccountId account, const Proof& proof, base::Instant now,
             const Member& member = {});
  // A visible page said it is in use: proves [now, now + min_proof); idle_gap joins beats to a run.
  bool record_beat(base::AccountId account, base::Instant now, const Member& member = {});

  // Somebody of the account signed out: their run is over at the end of its last proof, unless a
  // stream of it is open. What is proved within idle_gap of it goes on with it all the same.
  void sign_out(base::AccountId account, base::Instant now, const Member& member = {});

  // A stream proves every instant from `start` until it is closed. `on_cut` is posted to `executor`
  // at most once, within 250 ms after the time ran out (or the account was held); the handler then
  // sends its last event and closes. A cut may already be on its way when close_stream() returns,
  // so `on_cut` owns what it touches. `executor` outlives the stream. The account was admitted.
  [[nodiscard]] StreamId open_stream(base::AccountId account, base::Instant start,
                                     base::Executor& executor,
                                     std::move_only_function<void(CutReason)> on_cut,
                                     const Member& member = {},
                                     ledger::RouteClass route = ledger::RouteClass::stream);
  // Optional: the stream is alive at `now`. Keeps what is proven fresh between settlements.
  void progress(const StreamId& stream, base::Instant now);
  // A second close of the same stream does nothing.
  void close_stream(const StreamId& stream, base::Instant end);

  // nullopt when the account is not in memory.
  [[nodiscard]] std::optional<BalanceView> view(base::AccountId account, base::Instant now) const;
  // Sends a `balance` event now and at each change that the page cannot foresee, until the client
  // is gone. False when the account is not in memory (load() first).
  bool subscribe(base::AccountId account, const http::EventChannel& channel, base::Instant now);

  // Ends streams whose time ran out, sends balance events, closes idle runs in memory, forgets idle
  // accounts. Every 50 ms; cheap when nothing is due.
  void tick(base::Instant now);
  // Hands everything unsettled to the ledger; every second and whenever asked. A failure keeps the
  // live state, is counted, and the next step tries again.
  base::Task<base::Result<void>> step(base::Instant now);
  // Shut-down, after the server drained: closes every stream and run, then settles. An error means
  // that use was left unbilled; it says how much in detail.
  base::Task<base::Result<void>> settle_all(base::Instant now);

  // Runs tick() and step() at their intervals on `executor` until stop(). `timers` and `executor`
  // outlive the service.
  void start(base::Timers& timers, base::Executor& executor);
  void stop();

  [[nodiscard]] MeteringHealth health(base::Instant now) const;
  [[nodiscard]] const MeteringOptions& options() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace metering
