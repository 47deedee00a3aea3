// Every live account in memory, in shards by account id; a short lock per shard. Knows no clock, no
// ledger and no thread: the service feeds it. Instants are the server's own.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "features/ledger/interval_union.hpp"
#include "features/ledger/run.hpp"
#include "features/metering/balance_view.hpp"
#include "features/metering/live_account.hpp"
#include "features/metering/metering_service.hpp"

namespace metering {

class LiveRecords;

struct LiveMeterOptions {
  ledger::Tariff tariff;
  base::Millis presence{25'000};
  base::Millis keep_idle{600'000};
};

// What a tick asks its caller to do, outside of every lock.
struct Due {
  struct Cut {
    base::Executor* executor;
    std::move_only_function<void(CutReason)> on_cut;
    CutReason reason;
  };
  struct Event {
    std::vector<http::EventChannel> channels;
    BalanceView view;
    std::uint64_t id;
    std::optional<ledger::LowBalance> warning{};  // the event is this, not the view
  };
  std::vector<Cut> cuts;
  std::vector<Event> events;
  std::vector<base::AccountId> reload;  // a grant expired: ask the ledger again
};

struct LiveTotals {
  std::int64_t accounts = 0;
  std::int64_t streams = 0;
  base::Millis unsettled{};
};

class LiveMeter {
 public:
  explicit LiveMeter(const LiveMeterOptions& options);
  ~LiveMeter();

  // The account will be admitted or touched soon: asks for its memory. Nothing else changes.
  void expect(base::AccountId account) const;
  [[nodiscard]] Admission admit(base::AccountId account, base::Instant now,
                                const Member& member = {}) const;

  // Balances. Between begin_load() and the balance the account is `unknown`; a balance with a
  // smaller version than the known one is older and ignored, as is one of an account not in memory.
  void begin_load(base::AccountId account, base::Instant now);
  // `warning`: what the movement that led to it crossed, for the pages that are open.
  void put_balance(const ledger::Balance& balance,
                   const std::optional<ledger::LowBalance>& warning = std::nullopt);
  void mark_never_had_time(base::AccountId account);

  bool touch(base::AccountId account, const Proof& proof, base::Instant now,
             const Member& member = {});
  void sign_out(base::AccountId account, base::Instant now, const Member& member = {});
  [[nodiscard]] StreamId open_stream(base::AccountId account, base::Instant start,
                                     base::Executor& executor,
                                     std::move_only_function<void(CutReason)> on_cut,
                                     const Member& member = {},
                                     ledger::RouteClass route = ledger::RouteClass::stream);
  void progress(const StreamId& stream, base::Instant now);
  void close_stream(const StreamId& stream, base::Instant end);

  [[nodiscard]] std::optional<BalanceView> view(base::AccountId account, base::Instant now) const;
  // The first event comes with the next tick().
  bool watch(base::AccountId account, http::EventChannel channel);
  void tick(base::Instant now, Due& due);

  // Appends everything that the ledger does not have yet and counts it as pending until settled().
  void collect(base::Instant now, std::vector<QueuedRun>& batch);
  // False: more time came back than was on its way, a bug that must not keep other answers away.
  // The balance counts nevertheless.
  [[nodiscard]] bool settled(const QueuedRun& sent, const ledger::SettledRun& answer);
  // Shut-down: ends every stream and run at `now`; the next collect() takes them.
  void close_all(base::Instant now);

  [[nodiscard]] LiveTotals totals(base::Instant now) const;
  // Memory of the tables, for the bound of 160 bytes an account.
  [[nodiscard]] std::size_t table_bytes() const;

 private:
  struct Shard;
  [[nodiscard]] Shard& shard_of(base::AccountId account) const;

  LiveMeterOptions options_;
  std::unique_ptr<LiveRecords> records_;
  std::unique_ptr<Shard[]> shards_;
};

}  // namespace metering
