// People at the page: sittings with requests, double clicks, retries, beats, streams and sleep.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "play.hpp"

namespace simulation {

void Play::plan_sitting(std::size_t who) {
  begin_sitting(who);
  in(dice_.draw(6 * 60, 60 * 60) * 60 * kSecond, [this, who] { plan_sitting(who); });
}

// Deeds with pauses: most within the idle gap, some just beyond it, some hours (a closed lid).
void Play::begin_sitting(std::size_t who) {
  std::int64_t at = 0;
  const auto deeds = dice_.draw(2, 14);
  for (std::int64_t i = 0; i < deeds; ++i) {
    const auto what = dice_.draw(0, 99);
    auto deed = Deed::request;
    if (what >= 45) deed = Deed::beat;
    if (what >= 70) deed = Deed::stream;
    if (what >= 84) deed = Deed::double_click;
    if (what >= 90) deed = Deed::retry;
    if (what >= 95) deed = Deed::sign_out;
    in(at, [this, who, deed] { do_deed(who, deed); });
    const auto pause = dice_.draw(0, 9);
    if (pause < 6)
      at += micros(10 * kMs, 20 * kSecond);
    else if (pause < 8)
      at += 20 * kSecond;
    else if (pause < 9)
      // What a beat or a short request proves is a second long: the pause after it is idle_gap.
      at += 61 * kSecond + dice_.draw(-2, 2) * (whole_milliseconds_ ? kMs : 1);
    else
      at += micros(61 * kSecond, 5 * kHour);
  }
}

void Play::do_deed(std::size_t who, Deed deed) {
  if (!is_up()) return;
  const auto short_while = [this] { return micros(2 * kMs, 4 * kSecond); };
  switch (deed) {
    case Deed::request:
      for (auto parallel = dice_.draw(1, 3); parallel > 0; --parallel)
        request(who, short_while(), 1);
      break;
    case Deed::beat:
      return beat(who);
    case Deed::stream:
      return open_stream(who, micros(kSecond, 2 * kHour));
    case Deed::double_click:
      request(who, short_while(), 1);
      in(micros(40 * kMs, 200 * kMs), [this, who] { request(who, micros(2 * kMs, kSecond), 1); });
      break;
    case Deed::retry:
      // The same proof arrives more than once.
      return request(who, short_while(), static_cast<int>(dice_.draw(2, 4)));
    case Deed::sign_out:
      return leave(who);
  }
}

void Play::leave(std::size_t who) {
  if (dice_.chance(50)) request(who, micros(2 * kMs, 4 * kSecond), 1);
  in(micros(kMs, 3 * kSecond), [this, who] {
    sign_out(who);
    if (customers_[who].echo && dice_.chance(50)) sign_out(*customers_[who].echo);
    wake_in(micros(kMs, 50 * kMs));
    if (dice_.chance(40))
      in(micros(kMs, kSecond), [this, who] { request(who, micros(2 * kMs, kSecond), 1); });
  });
}

void Play::sign_out(std::size_t who) {
  if (!is_up()) return;
  const auto& customer = customers_[who];
  node_->meter().sign_out(customer.account, node_->now());
  trace_.note(host_.monotonic.count(), "{} signs out", who);
  auditor_.signed_out(customer.id, utc());
}

void Play::admitted(std::size_t who, Admitted go) {
  if (!is_up()) return;
  node_->begin(admit(*this, who, life_, std::move(go)));
}

base::Task<void> Play::admit(Play& play, std::size_t who, int life, Admitted go) {
  const auto account = play.customers_[who].account;
  auto admission = play.node_->meter().admit(account, play.node_->now());
  if (admission.verdict == metering::Verdict::unknown) {
    const auto loaded = co_await play.node_->meter().load(account);
    if (life != play.life_ || !loaded) co_return;
    admission = play.node_->meter().admit(account, play.node_->now());
  }
  play.check_admission(who, admission);
  if (admission.admitted())
    go();
  else
    ++play.report_.refusals;
}

void Play::check_admission(std::size_t who, const metering::Admission& admission) {
  const auto& id = customers_[who].id;
  const auto left = auditor_.remaining(id, utc());
  trace_.note(host_.monotonic.count(), "{} {} {}", who, metering::verdict_name(admission.verdict),
              left);
  // A millisecond a run may be on its way; a grant may have ended within the last seconds.
  constexpr std::int64_t kRounding = 5;
  const auto lately = auditor_.available(id, utc() - 5 * kSecond);
  if (admission.admitted() && left == 0 && lately == 0 &&
      auditor_.last_change(id) < utc() - 5 * kSecond && auditor_.available(id, utc()) == 0)
    throw Breach(Invariant::admission,
                 fmt::format("{} has no time and was let in at {} with {} ms", id,
                             host_.monotonic.count(), admission.remaining.count()));
  if (admission.verdict != metering::Verdict::admitted && left > kRounding)
    throw Breach(Invariant::admission,
                 fmt::format("{} has {} ms and was refused at {}: {}", id, left,
                             host_.monotonic.count(), metering::verdict_name(admission.verdict)));
}

void Play::request(std::size_t who, std::int64_t lasts, int copies) {
  admitted(who, [this, who, lasts, copies] {
    in(lasts, [this, who, arrived = utc(), copies, life = life_] {
      if (life == life_ && is_up()) end_request(who, arrived, copies);
    });
  });
}

void Play::end_request(std::size_t who, std::int64_t arrived, int copies) {
  for (int i = 0; i < copies; ++i) prove(who, {arrived, utc()});
  echo(who, {arrived, utc()});
  // Now and then the disk refuses just when this is settled.
  if (dice_.chance(1))
    disk_.refuse_at(dice_.draw(1, 8),
                    dice_.chance(50) ? sql::DiskFault::full : sql::DiskFault::input_output);
  wake_in(micros(kMs, 50 * kMs));
  in(micros(kSecond, 2 * kSecond), [this] { wake_in(0); });
}

void Play::prove(std::size_t who, Stretch proof) {
  const auto& customer = customers_[who];
  const bool taken = node_->meter().touch(
      customer.account, {base::from_micros(proof.start), base::from_micros(proof.end)},
      node_->now());
  if (!taken) throw Breach(Invariant::complete, "an honest proof was refused");
  trace_.note(host_.monotonic.count(), "{} proves [{}, {})", who, proof.start, proof.end);
  auditor_.proved(customer.id, proof, true);
}

// Somebody else did the same at the same time; that is heard of up to three hours later, in another
// order, and by every second twice. Before the end all of it is told.
void Play::echo(std::size_t who, Stretch proof) {
  const auto other = customers_[who].echo;
  if (!other) return;
  constexpr std::int64_t kLastMinutes = 120 * kSecond;
  const auto left = (end_ - host_.monotonic).count() - kLastMinutes;
  if (left <= 0) return prove(*other, proof);
  // Some wait for the next one, and are told right after it: then its run is the one in memory.
  auto& held = customers_[*other].held_back;
  if (!held && dice_.chance(40)) {
    held = proof;
    return;
  }
  const auto beside = std::exchange(held, std::nullopt);
  for (auto times = dice_.draw(1, 2); times > 0; --times) {
    const auto late = dice_.chance(50) ? micros(kMs, 3 * kHour) : dice_.draw(kMs, 3 * kHour);
    in(std::min(late, left), [this, other, proof, beside] {
      admitted(*other, [] {});  // who is in memory by then can be told out of order
      in(5 * kSecond, [this, other, proof, beside] { tell_late(*other, proof, beside); });
    });
  }
}

void Play::tell_late(std::size_t who, Stretch proof, std::optional<Stretch> beside) {
  if (!is_up()) return in(kSecond, [this, who, proof, beside] { tell_late(who, proof, beside); });
  prove(who, proof);
  if (beside) prove(who, *beside);
  wake_in(micros(kMs, 50 * kMs));
  in(micros(kSecond, 2 * kSecond), [this] { wake_in(0); });
}

void Play::tell_what_is_held_back() {
  for (std::size_t i = 0; i < customers_.size(); ++i)
    if (const auto held = std::exchange(customers_[i].held_back, std::nullopt))
      tell_late(i, *held, std::nullopt);
}

void Play::beat(std::size_t who) {
  admitted(who, [this, who] {
    const auto now = utc();
    if (!node_->meter().record_beat(customers_[who].account, node_->now()))
      throw Breach(Invariant::complete, "a beat was refused");
    trace_.note(host_.monotonic.count(), "{} beats", who);
    auditor_.proved(customers_[who].id, {now, now}, false);
    echo(who, {now, now});
    wake_in(micros(kMs, 50 * kMs));
    in(micros(kSecond, 2 * kSecond), [this] { wake_in(0); });
  });
}

void Play::open_stream(std::size_t who, std::int64_t lasts) {
  if (customers_[who].echo) return request(who, micros(kMs, kSecond), 1);
  admitted(who, [this, who, lasts] {
    auto& customer = customers_[who];
    const int number = next_stream_++;
    const auto life = life_;
    auto& stream = customer.streams[number];
    stream.id = node_->meter().open_stream(
        customer.account, node_->now(), node_->executor(),
        [this, who, number, life](metering::CutReason) {
          if (life != life_) return;
          ++report_.cuts;
          trace_.note(host_.monotonic.count(), "{} is cut", who);
          const auto found = customers_[who].streams.find(number);
          if (found == customers_[who].streams.end()) return;
          found->second.cut = true;
          in(micros(100, 5 * kMs), [this, who, number, life] { close_stream(who, number, life); });
        });
    trace_.note(host_.monotonic.count(), "{} opens stream {}", who, number);
    auditor_.stream_opened(customer.id, static_cast<std::uint64_t>(number), utc());
    in(lasts, [this, who, number, life] { close_stream(who, number, life); });
    for (auto looks = dice_.draw(0, 3); looks > 0; --looks)
      in(micros(kSecond, std::max(kSecond, lasts)), [this] { wake_in(0); });
  });
}

void Play::close_stream(std::size_t who, int number, int life) {
  if (life != life_ || !is_up()) return;
  auto& customer = customers_[who];
  const auto found = customer.streams.find(number);
  if (found == customer.streams.end()) return;
  node_->meter().close_stream(found->second.id, node_->now());
  customer.streams.erase(found);
  trace_.note(host_.monotonic.count(), "{} closes stream {}", who, number);
  auditor_.stream_closed(customer.id, static_cast<std::uint64_t>(number), utc());
  wake_in(micros(kMs, 50 * kMs));
  in(micros(kSecond, 2 * kSecond), [this] { wake_in(0); });
}

}  // namespace simulation
