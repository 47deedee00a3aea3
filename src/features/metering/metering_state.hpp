// What the methods of MeteringService share, and what outlives it while work is under way.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <vector>

#include "features/metering/live_meter.hpp"
#include "features/metering/metering_service.hpp"
#include "features/metering/settler.hpp"

namespace metering {

struct MeteringService::State : std::enable_shared_from_this<State> {
  State(ledger::LedgerService& ledger_service, const base::Clock& time, base::Log& lines,
        MeteringOptions settings);

  // The periodic side. Each timer holds the state weakly and sets the next one.
  void arm_tick();
  void on_tick();
  void begin_step(base::Instant now);
  static base::Task<void> run_step(std::shared_ptr<State> self, base::Instant now);
  static base::Task<void> reload(std::shared_ptr<State> self, base::AccountId account);
  void step_ended();

  void deliver(Due& due, base::Instant now);

  ledger::LedgerService& ledger;
  const base::Clock& clock;
  base::Log& log;
  const MeteringOptions options;
  LiveMeter meter;
  Settler settler;
  // A tick and its events are one: events of an account leave in the order of their ids.
  std::mutex tick_mutex;

  std::mutex loop_mutex;  // guards what follows
  base::Timers* timers = nullptr;
  base::Executor* executor = nullptr;
  std::optional<base::TimerId> timer;
  base::Instant next_step;
  bool running = false;
  bool stepping = false;
  std::vector<base::Completion<bool>::Sender> waiting_for_step;
};

}  // namespace metering
