// One seed: a machine, a disk that fails, a server process that dies and comes back, customers and
// an office, and the auditor. Everything on one thread, in the order of one schedule.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "auditor.hpp"
#include "dice.hpp"
#include "host.hpp"
#include "node.hpp"
#include "trace.hpp"
#include "units.hpp"

namespace simulation {

struct PlayOptions {
  std::uint64_t seed = 1;
  int accounts = 32;
  std::int64_t hours = 170;
  bool crashes = true;
  bool clock_steps = true;
  bool prints = false;
};

struct PlayReport {
  std::uint64_t trace_hash = 0;
  std::int64_t events = 0;
  std::int64_t entries = 0;
  std::int64_t checks = 0;
  std::int64_t crashes = 0;
  std::int64_t refusals = 0;
  std::int64_t cuts = 0;
  std::int64_t payments = 0;
  std::int64_t billed_ms = 0;
  std::int64_t account_hours = 0;
  std::int64_t disk_operations = 0;
};

class Play {
 public:
  explicit Play(const PlayOptions& options);
  // Throws Breach.
  PlayReport run();

 private:
  struct Stream {
    metering::StreamId id;
    bool cut = false;
  };
  struct Customer {
    base::AccountId account;
    std::string id;
    std::map<int, Stream> streams{};
    std::int64_t billed_before_life = 0;
    std::int64_t empty_since = INT64_MAX;  // with streams open
    std::vector<std::string> grant_keys{};
    std::optional<std::size_t> echo{};   // customer that gets the same use, late and repeated
    std::optional<Stretch> held_back{};  // of that use, told together with a later one
  };
  // What one sitting at the page is made of; offsets from its beginning.
  enum class Deed { request, beat, stream, double_click, retry, sign_out };

  // play.cpp: time, the process, the disk
  [[nodiscard]] bool is_up() const { return node_ != nullptr; }
  [[nodiscard]] std::int64_t utc() const { return base::to_micros(node_->now()); }
  [[nodiscard]] std::int64_t micros(std::int64_t low, std::int64_t high);
  void in(std::int64_t delay, Schedule::Work work);
  void step();
  void pump();
  void wake_in(std::int64_t delay);
  void run_disk();
  void start_process();
  void stop_process();
  void on_death(std::string_view why);
  void plan_failures();
  void check_cuts();
  void wake_at_expiry();
  // Now and then: settles everything at once and looks whether it is all there.
  void plan_reviews();
  void review();
  // Right after a settlement.
  void expect_all_settled(std::int64_t now, bool exact);
  void finish();
  void compare_echoes();

  // customers.cpp
  void begin_sitting(std::size_t who);
  void plan_sitting(std::size_t who);
  void do_deed(std::size_t who, Deed deed);
  void request(std::size_t who, std::int64_t lasts, int copies);
  void end_request(std::size_t who, std::int64_t arrived, int copies);
  void beat(std::size_t who);
  // Mostly while something is under way, or just before somebody comes back.
  void leave(std::size_t who);
  void sign_out(std::size_t who);
  void open_stream(std::size_t who, std::int64_t lasts);
  void close_stream(std::size_t who, int number, int life);
  void echo(std::size_t who, Stretch proof);
  void tell_late(std::size_t who, Stretch proof, std::optional<Stretch> beside);
  void tell_what_is_held_back();
  void prove(std::size_t who, Stretch proof);
  // Reads the balance first when needed; false: not admitted.
  using Admitted = std::function<void()>;
  void admitted(std::size_t who, Admitted go);
  static base::Task<void> admit(Play& play, std::size_t who, int life, Admitted go);
  void check_admission(std::size_t who, const metering::Admission& admission);

  // office.cpp
  void plan_office();
  void order_something();
  void give_vouchers();
  void check_acknowledged(const Command& command);
  // One of a pair with the same use.
  [[nodiscard]] bool is_echo(std::size_t who) const {
    return customers_[who].echo || (who > 0 && customers_[who - 1].echo);
  }
  void send(Command command, int tries);
  static base::Task<void> carry_out(Play& play, Command command, int tries, int life);
  void buy(std::size_t who);
  static base::Task<void> buy_hours(Play& play, std::size_t who, int life);
  void deliver(std::string body, Command issue, int tries);
  static base::Task<void> deliver_event(Play& play, std::string body, Command issue, int tries,
                                        int life);
  void expire_grants();
  static base::Task<void> expire(Play& play, int life);

  PlayOptions options_;
  Dice dice_;
  Trace trace_;
  HostTime host_;
  Schedule schedule_;
  sql::SimulatedDisk disk_;
  Auditor auditor_;
  std::unique_ptr<Node> node_;
  std::vector<Customer> customers_;
  PlayReport report_;
  base::Micros end_{};
  base::Micros next_wake_{};
  std::int64_t expiry_wake_ = 0;
  base::Micros life_began_{};
  std::int64_t life_began_utc_ = 0;
  int life_ = 0;
  int next_stream_ = 1;
  int next_key_ = 1;
  bool disk_is_busy_ = false;
  bool whole_milliseconds_ = false;
  bool closing_ = false;
};

}  // namespace simulation
