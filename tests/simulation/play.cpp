#include "play.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace simulation {

namespace {

// A stream ends this long after the time ran out, at the latest.
constexpr std::int64_t kCutWithin = 250 * kMs;

}  // namespace

Play::Play(const PlayOptions& options)
    : options_(options), dice_(options.seed), trace_(options.prints), auditor_(AuditRules{}) {
  whole_milliseconds_ = options.seed % 2 == 1;
  end_ = host_.monotonic + base::Micros{options.hours * kHour};
}

std::int64_t Play::micros(std::int64_t low, std::int64_t high) {
  const auto drawn = dice_.spread(low, high);
  return whole_milliseconds_ ? std::max(kMs, drawn / kMs * kMs) : drawn;
}

void Play::in(std::int64_t delay, Schedule::Work work) {
  schedule_.at(host_.monotonic + base::Micros{delay}, std::move(work));
}

PlayReport Play::run() {
  for (int i = 0; i < options_.accounts; ++i) {
    Customer customer;
    customer.account = base::AccountId::make(host_.wall, dice_.random());
    customer.id = customer.account.text();
    customers_.push_back(customer);
  }
  if (!options_.crashes && !options_.clock_steps)
    for (std::size_t i = 0; i + 1 < customers_.size(); i += 4) customers_[i].echo = i + 1;
  start_process();
  for (std::size_t i = 0; i < customers_.size(); ++i)
    if (i == 0 || customers_[i - 1].echo != i)
      in(micros(kSecond, 24 * kHour), [this, i] { plan_sitting(i); });
  plan_office();
  plan_failures();
  plan_reviews();
  in(options_.hours * kHour - 90 * kSecond, [this] { tell_what_is_held_back(); });
  while (!schedule_.empty() && schedule_.next_time() < end_) step();
  finish();
  report_.trace_hash = trace_.hash();
  report_.events = trace_.events();
  report_.entries = auditor_.entries();
  report_.checks = auditor_.checks();
  report_.billed_ms = auditor_.runs_billed_ms();
  report_.account_hours = options_.accounts * options_.hours;
  report_.disk_operations = disk_.operations();
  return report_;
}

void Play::step() {
  host_.advance_to(schedule_.next_time());
  const auto work = schedule_.take();
  work();
  pump();
}

// What the process does by itself after anything happened.
void Play::pump() {
  if (!is_up()) return;
  node_->run_ready();
  if (!disk_.has_power()) return on_death("power");
  if (node_->database().waits() && !disk_is_busy_) {
    disk_is_busy_ = true;
    in(dice_.chance(2) ? micros(kMs, 3 * kSecond) : micros(50, 20 * kMs), [this] { run_disk(); });
  }
  check_cuts();
}

// The process's timers are looked at within a tick after anything happened, a settlement interval
// later, and when the auditor's model says that a stream's time is up; never in between, which is
// how idle hours are skipped.
void Play::wake_in(std::int64_t delay) {
  const auto when = host_.monotonic + base::Micros{delay};
  if (next_wake_ > host_.monotonic && next_wake_ <= when) return;
  next_wake_ = when;
  schedule_.at(when, [this, life = life_] {
    if (life != life_ || !is_up()) return;
    node_->timers().fire_until(node_->now());
    node_->run_ready();
    expiry_wake_ = 0;  // this one may have come before it
    wake_at_expiry();
  });
}

void Play::run_disk() {
  disk_is_busy_ = false;
  if (!is_up()) return;
  const auto most = dice_.chance(30) ? dice_.draw(1, 3) : 100;
  node_->database().step(static_cast<std::size_t>(most));
  if (!disk_.has_power()) return on_death("power");
  auditor_.read_journal(node_->database().inspector(), utc());
  wake_at_expiry();
  if (dice_.chance(3))
    auditor_.compare_tables(node_->database().inspector(), dice_.pick(customers_).id);
  node_->run_ready();
  wake_in(micros(kMs, 50 * kMs));
}

void Play::start_process() {
  if (is_up()) return;
  if (!disk_.has_power()) disk_.restore_power(dice_.random());
  if (options_.crashes && dice_.chance(10)) disk_.fail_power_at(dice_.draw(1, 30));
  ++life_;
  next_wake_ = {};
  expiry_wake_ = 0;
  disk_is_busy_ = false;
  std::vector<std::string> ids;
  for (const auto& customer : customers_) ids.push_back(customer.id);
  try {
    node_ = std::make_unique<Node>(host_, disk_, dice_.random(),
                                   NodeOptions{static_cast<int>(dice_.draw(8, 400)), ids});
  } catch (const sql::SqlError& broken) {
    if (disk_.has_power()) throw Breach(Invariant::durable, broken.what());
    trace_.note(host_.monotonic.count(), "start failed");
    in(micros(kSecond, 60 * kSecond), [this] { start_process(); });
    return;
  }
  trace_.note(host_.monotonic.count(), "started life {}", life_);
  life_began_ = host_.monotonic;
  life_began_utc_ = utc();
  auditor_.recovered(node_->database().inspector(), utc());
  auditor_.compare_all_tables(node_->database().inspector());
  wake_at_expiry();
  for (auto& customer : customers_) customer.billed_before_life = auditor_.used(customer.id);
  if (dice_.chance(20)) {
    const auto verified = node_->finish(node_->ledger().verify());
    if (!verified || !verified->ok)
      throw Breach(Invariant::replay,
                   verified ? verified->faults.front() : verified.error().detail);
  }
}

void Play::on_death(std::string_view why) {
  ++report_.crashes;
  trace_.note(host_.monotonic.count(), "died: {}", why);
  auditor_.died(utc());
  ++life_;
  disk_.fail_power();
  node_.reset();
  for (auto& customer : customers_) customer.streams.clear();
  in(micros(kSecond, 600 * kSecond), [this] { start_process(); });
}

// An orderly stop: everything is settled, every run closed.
void Play::stop_process() {
  const auto now = utc();
  const auto settled = node_->finish(node_->meter().settle_all(node_->now()));
  if (!disk_.has_power()) return on_death("power while stopping");
  auditor_.died(now);  // settle_all ends the streams
  auditor_.read_journal(node_->database().inspector(), now);
  if (settled) expect_all_settled(now, true);
  trace_.note(host_.monotonic.count(), "stopped, settled {}", settled.has_value());
  ++life_;
  for (auto& customer : customers_) customer.streams.clear();
  node_.reset();
  if (!disk_.has_power()) {
    ++report_.crashes;
  }
}

void Play::plan_failures() {
  in(dice_.draw(60, 30 * 60) * 60 * kSecond, [this] {
    if (is_up() && !closing_) {
      const auto what = dice_.draw(0, 9);
      if (what < 5 && options_.crashes) disk_.fail_power_at(dice_.draw(1, 60));
      if (what == 5 && options_.crashes) on_death("kill -9");
      if (what == 6)
        disk_.refuse_at(dice_.draw(1, 12),
                        dice_.chance(50) ? sql::DiskFault::full : sql::DiskFault::input_output);
      if (what == 7) {
        stop_process();
        in(micros(kSecond, 30 * kSecond), [this] { start_process(); });
      }
      if (what >= 8 && options_.clock_steps) {
        const auto sign = dice_.chance(50) ? 1 : -1;
        host_.wall += base::Micros{sign * kHour};
        trace_.note(host_.monotonic.count(), "the wall clock is set by {} h", sign);
      }
    }
    plan_failures();
  });
}

void Play::plan_reviews() {
  in(micros(kHour, 12 * kHour), [this] {
    if (is_up()) review();
    plan_reviews();
  });
}

void Play::review() {
  const auto now = utc();
  const auto settled = node_->finish(node_->meter().step(node_->now()));
  if (!disk_.has_power()) return;
  auditor_.read_journal(node_->database().inspector(), now);
  trace_.note(host_.monotonic.count(), "review {}", settled.has_value());
  if (settled) expect_all_settled(now, false);
  const auto lived = (host_.monotonic - life_began_).count() / kMs;
  for (const auto& customer : customers_) {
    // Faster than time? Where a step of the wall clock laid two lives over each other, the gaps
    // between older runs may be filled as well.
    const auto& stored = auditor_.stored(customer.id);
    const bool overlaid = std::ranges::any_of(stored, [&](const Stretch& run) {
      return run.start < life_began_utc_ && run.end > life_began_utc_ - 2 * kHour;
    });
    constexpr std::int64_t kEdges = 125'000;  // a gap and a proof on either side
    if (!overlaid && auditor_.used(customer.id) - customer.billed_before_life > lived + kEdges)
      throw Breach(Invariant::proven, customer.id + " is billed faster than time goes");
  }
}

void Play::expect_all_settled(std::int64_t now, bool exact) {
  for (const auto& customer : customers_) {
    auditor_.expect_complete(customer.id, now, exact);
    auditor_.expect_goodbyes(node_->database().inspector(), customer.id);
  }
}

// Streams of an account that has had nothing left for a while must have been asked to end.
void Play::check_cuts() {
  std::int64_t soonest = INT64_MAX;
  const auto now = utc();
  for (auto& customer : customers_) {
    const bool open =
        std::ranges::any_of(customer.streams, [](const auto& s) { return !s.second.cut; });
    const auto left = open ? auditor_.remaining(customer.id, now) : 1;
    if (left > 0) customer.empty_since = INT64_MAX;
    if (!open) continue;
    if (left == 0) customer.empty_since = std::min(customer.empty_since, now);
    if (left == 0 && now - customer.empty_since > kCutWithin)
      throw Breach(Invariant::cut,
                   fmt::format("{} has an open stream and has had no time for {} us at {}",
                               customer.id, now - customer.empty_since, host_.monotonic.count()));
    soonest = std::min(soonest, left * kMs);
  }
  if (soonest != INT64_MAX) wake_in(soonest + dice_.draw(1, 50) * kMs);
}

// A tick comes within 50 ms of the instant at which a grant ends, also when nobody is there. A wake
// just after that instant may find that the last tick is not 50 ms ago; then another follows.
void Play::wake_at_expiry() {
  constexpr auto kTick = 50 * kMs;
  const auto now = utc();
  const auto next = auditor_.next_expiry(now - kTick);
  if (next == kNeverExpires || next == expiry_wake_) return;
  expiry_wake_ = next;
  wake_in(next > now ? next - now + dice_.draw(0, 50) * kMs : next + kTick - now);
}

void Play::finish() {
  closing_ = true;
  disk_.refuse_at(0, sql::DiskFault::full);
  for (int tries = 0; !is_up(); ++tries) {
    if (tries > 50) throw Breach(Invariant::durable, "the server does not start any more");
    host_.advance_to(host_.monotonic + base::Micros{kSecond});
    disk_.fail_power_at(0);
    start_process();
  }
  disk_.fail_power_at(0);
  host_.advance_to(host_.monotonic + base::Micros{2 * kSecond});
  if (const auto expired = node_->finish(node_->ledger().expire_due(node_->now())); !expired)
    throw Breach(Invariant::durable, "nothing expires: " + expired.error().detail);
  if (!disk_.has_power()) throw std::logic_error("the power failed although nobody wished it");
  auditor_.read_journal(node_->database().inspector(), utc());
  auto& node = *node_;
  const auto now = utc();
  const auto settled = node.finish(node.meter().settle_all(node.now()));
  if (!settled) throw Breach(Invariant::complete, settled.error().detail);
  auditor_.died(now);
  auditor_.read_journal(node.database().inspector(), now);
  expect_all_settled(now, true);
  auditor_.compare_all_tables(node.database().inspector());
  compare_echoes();
  const auto verified = node.finish(node.ledger().verify());
  if (!verified || !verified->ok)
    throw Breach(Invariant::replay, verified ? verified->faults.front() : verified.error().detail);
  trace_.note(host_.monotonic.count(), "end {}", auditor_.runs_billed_ms());
  node_.reset();
}

void Play::compare_echoes() {
  for (const auto& customer : customers_) {
    if (!customer.echo) continue;
    const auto& other = customers_[*customer.echo];
    if (auditor_.stored(customer.id) != auditor_.stored(other.id))
      throw Breach(Invariant::order, "the same use in another order gives other runs");
  }
}

}  // namespace simulation
