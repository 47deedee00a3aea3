// Payments, grants by hand, holds, refunds, expiry: each with its retries and repetitions.
#include <algorithm>

#include "features/billing/signature.hpp"
#include "features/billing/test_event.hpp"
#include "play.hpp"

namespace simulation {

namespace {

constexpr int kTries = 40;

base::Result<ledger::Balance> apply(ledger::LedgerService& ledger, sql::OperatorTx& tx,
                                    const Command& command, base::Instant now) {
  const ledger::OperatorOrder order{command.key, "simulated", "system"};
  if (command.kind == CommandKind::revoke)
    return ledger.revoke_grant(tx, command.grant_key, base::Millis{command.amount}, order, now);
  if (command.kind == CommandKind::hold)
    return ledger.hold_grant(tx, command.grant_key, order, now);
  return ledger.release_grant(tx, command.grant_key, order, now);
}

ledger::NewGrant grant_of(const Command& command, base::AccountId account) {
  ledger::NewGrant grant;
  grant.account = account;
  grant.kind = ledger::GrantKind::manual;
  grant.amount = base::Millis{command.amount};
  grant.priority = command.priority;
  if (command.expires_at != kNeverExpires) grant.expires_at = base::from_micros(command.expires_at);
  grant.business_key = command.grant_key;
  grant.reason = "simulated";
  grant.actor = "system";
  return grant;
}

}  // namespace

void Play::plan_office() {
  for (std::size_t i = 0; i < customers_.size(); ++i) {
    Command command;
    command.account = customers_[i].id;
    command.grant_key = "first:" + command.account;
    command.key = command.grant_key;
    command.amount = is_echo(i) ? 1'000 * kHour / kMs : dice_.spread(5'000, 4 * kHour / kMs);
    customers_[i].grant_keys.push_back(command.grant_key);
    in(micros(kMs, kSecond), [this, command] { send(command, kTries); });
  }
  for (int i = 0; i < options_.accounts / 8 + 1; ++i)
    in(micros(kSecond, kHour), [this] { order_something(); });
  in(micros(kSecond, kHour), [this] { expire_grants(); });
  in(micros(kHour, 12 * kHour), [this] { give_vouchers(); });
}

// Two grants that end one soon after the other, for somebody who has nothing else: let in before
// the first ends, turned away after the second, with no settlement in between to tell the meter.
void Play::give_vouchers() {
  in(micros(kHour, 12 * kHour), [this] { give_vouchers(); });
  if (!is_up()) return;
  const auto who =
      static_cast<std::size_t>(dice_.draw(0, static_cast<std::int64_t>(customers_.size()) - 1));
  auto& customer = customers_[who];
  if (is_echo(who) || auditor_.available(customer.id, utc()) > 0) return;
  const auto first = dice_.draw(10, 60) * kSecond;
  const auto second = first + dice_.draw(2, 40) * kSecond;
  for (const auto ends : {first, second}) {
    Command command;
    command.account = customer.id;
    command.key = "order:" + std::to_string(next_key_++);
    command.grant_key = "voucher:" + command.key;
    command.amount = dice_.spread(100'000, kHour / kMs);
    command.expires_at = utc() + ends;
    customer.grant_keys.push_back(command.grant_key);
    send(command, kTries);
  }
  in(first - 4 * kSecond, [this, who] { request(who, micros(2 * kMs, kSecond), 1); });
  in(second + dice_.draw(6, 90) * kSecond, [this, who] { request(who, kSecond, 1); });
}

void Play::order_something() {
  in(micros(20 * 60 * kSecond, 9 * kHour), [this] { order_something(); });
  if (!is_up()) return;
  const auto who =
      static_cast<std::size_t>(dice_.draw(0, static_cast<std::int64_t>(customers_.size()) - 1));
  auto& customer = customers_[who];
  const auto what = dice_.draw(0, 9);
  if (what == 0) return buy(who);
  Command command;
  command.account = customer.id;
  command.key = "order:" + std::to_string(next_key_++);
  if (what < 4) {
    command.grant_key = "hand:" + command.key;
    command.amount = dice_.spread(1'000, 3 * kHour / kMs);
    command.priority = static_cast<int>(dice_.draw(49, 51));
    if (dice_.chance(60)) command.expires_at = utc() + micros(10 * kSecond, 30 * kHour);
    customer.grant_keys.push_back(command.grant_key);
  } else {
    if (is_echo(who)) return;
    command.grant_key = dice_.pick(customer.grant_keys);
    command.kind = CommandKind::hold;
    if (what == 5 || what == 6) command.kind = CommandKind::release;
    if (what == 7 || what == 8) command.kind = CommandKind::revoke;
    if (what == 9) command.kind = CommandKind::adjust;
    if (what == 9) command.amount = dice_.spread(1'000, kHour / kMs) * (dice_.chance(50) ? 1 : -1);
    if (what >= 7 && what < 9 && dice_.chance(60))
      command.amount = dice_.spread(1'000, kHour / kMs);
  }
  for (auto copies = dice_.chance(30) ? 2 : 1; copies > 0; --copies) send(command, kTries);
}

void Play::send(Command command, int tries) {
  if (tries == 0) throw Breach(Invariant::durable, "never gets through: " + command.key);
  if (!is_up()) {
    in(micros(kSecond, 60 * kSecond), [this, command, tries] { send(command, tries); });
    return;
  }
  auditor_.sent(command);
  node_->begin(carry_out(*this, std::move(command), tries, life_));
}

// Whoever waits for the store within one event hears of it before the auditor has looked.
void Play::check_acknowledged(const Command& command) {
  auditor_.read_journal(node_->database().inspector(), utc());
  auditor_.acknowledged(command);
}

base::Task<void> Play::carry_out(Play& play, Command command, int tries, int life) {
  auto& node = *play.node_;
  bool done = false;
  bool refused = false;
  if (command.kind == CommandKind::issue) {
    const auto account = base::AccountId::parse(command.account).value();
    const auto issued = co_await node.ledger().issue(grant_of(command, account));
    done = issued.has_value();
    refused = !done && issued.error().code == base::ErrorCode::invalid;
  } else if (command.kind == CommandKind::adjust) {
    // By grant id, which who sends it has looked up.
    const auto& grants = play.auditor_.purse(command.account).grants;
    const auto grant = std::ranges::find(grants, command.grant_key, &PurseGrant::key);
    if (grant == grants.end()) co_return;
    const auto adjusted = co_await node.ledger().adjust(base::GrantId::parse(grant->id).value(),
                                                        base::Millis{command.amount},
                                                        {command.key, "simulated", "system"});
    done = adjusted.has_value();
    refused = !done && adjusted.error().code == base::ErrorCode::conflict;
  } else {
    const auto now = node.now();
    const auto moved = co_await node.database().write_operator<ledger::Balance>(
        [&node, &command, now](sql::OperatorTx& tx) {
          return apply(node.ledger(), tx, command, now);
        });
    done = moved.has_value();
    refused = !done && moved.error().code == base::ErrorCode::not_found;
  }
  if (life != play.life_) {
    play.in(play.micros(kSecond, 900 * kSecond),
            [&play, command, tries] { play.send(command, tries - 1); });
    co_return;
  }
  play.trace_.note(play.host_.monotonic.count(), "{} {}: {}", command.key, command.account, done);
  if (done) play.check_acknowledged(command);
  if (!done && !refused)
    play.in(play.micros(kSecond, 60 * kSecond),
            [&play, command, tries] { play.send(command, tries - 1); });
  play.wake_in(play.micros(kMs, 50 * kMs));
}

void Play::buy(std::size_t who) { node_->begin(buy_hours(*this, who, life_)); }

base::Task<void> Play::buy_hours(Play& play, std::size_t who, int life) {
  const bool expires = play.dice_.chance(40);
  const auto order = co_await play.node_->till().start_checkout(
      {.account = play.customers_[who].account, .sku = expires ? "hours-2" : "hours-1"});
  if (life != play.life_) co_return;
  play.trace_.note(play.host_.monotonic.count(), "{} orders hours: {}", who,
                   order ? order->id.text() : order.error().detail);
  if (!order) co_return;
  Command issue;
  issue.account = order->account.text();
  issue.grant_key = "checkout:" + *order->session;
  issue.key = order->id.text();
  issue.amount = order->hours * kHour / kMs;
  if (expires) issue.expires_after = 48 * kHour;
  play.auditor_.sent(issue);
  play.customers_[who].grant_keys.push_back(issue.grant_key);
  // The provider tells it once or more, until each was acknowledged.
  const auto events = play.dice_.draw(1, 3);
  for (std::int64_t i = 0; i < events; ++i) {
    const auto id = "evt_" + order->id.text() + (play.dice_.chance(50) ? "" : std::to_string(i));
    auto body = billing::make_test_event(*order, billing::TestOutcome::paid, id, play.node_->now());
    play.in(play.micros(kMs, 10 * kSecond),
            [&play, body, issue] { play.deliver(body, issue, kTries); });
  }
}

void Play::deliver(std::string body, Command issue, int tries) {
  if (tries == 0) throw Breach(Invariant::orders, "a payment never gets through: " + issue.key);
  if (!is_up()) {
    in(micros(kSecond, 60 * kSecond), [this, body, issue, tries] { deliver(body, issue, tries); });
    return;
  }
  node_->begin(deliver_event(*this, std::move(body), std::move(issue), tries, life_));
}

base::Task<void> Play::deliver_event(Play& play, std::string body, Command issue, int tries,
                                     int life) {
  const auto signature =
      billing::sign(body, kWebhookSecret, base::to_unix_seconds(play.node_->now()));
  const auto received = co_await play.node_->till().receive_event(signature, body);
  if (received && life == play.life_) {
    ++play.report_.payments;
    play.trace_.note(play.host_.monotonic.count(), "paid {}", issue.key);
    play.check_acknowledged(issue);
    play.wake_in(play.micros(kMs, 50 * kMs));
    co_return;
  }
  if (life == play.life_)
    play.trace_.note(play.host_.monotonic.count(), "not paid {}: {} {}", issue.key,
                     received.error().reason, received.error().detail);
  play.in(play.micros(kSecond, 60 * kSecond),
          [&play, body, issue, tries] { play.deliver(body, issue, tries - 1); });
}

// A little late, so that the last settlement of use before the expiry still finds the grant.
void Play::expire_grants() {
  in(micros(5 * kSecond, 8 * kHour), [this] { expire_grants(); });
  if (is_up()) node_->begin(expire(*this, life_));
}

base::Task<void> Play::expire(Play& play, int life) {
  const auto until = play.node_->now() - std::chrono::seconds{5};
  const auto expired = co_await play.node_->ledger().expire_due(until);
  if (life == play.life_ && expired)
    play.trace_.note(play.host_.monotonic.count(), "{} grants expired", *expired);
}

}  // namespace simulation
