#include "app/low_balance_mail.hpp"

#include <vector>

#include <fmt/format.h>

#include "features/notify/mail_outbox.hpp"

namespace app {

namespace {

std::string left_text(base::Millis level) {
  if (level == base::Millis{0}) return "no time is left";
  return level >= base::Millis{3'600'000}
             ? "one hour is left"
             : fmt::format("{} minutes are left", level.count() / 60'000);
}

std::vector<std::string> payers(sql::OperatorTx& tx, base::AccountId account) {
  auto rows = tx.prepare(
      "SELECT u.email FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.account_id = $1"
      " AND m.role IN ('owner', 'billing') AND u.email_verified = 1 AND u.email <> ''"
      " AND u.deleted_at IS NULL ORDER BY u.email");
  rows.bind(1, account.text());
  std::vector<std::string> addresses;
  while (rows.step()) addresses.emplace_back(rows.text(0));
  return addresses;
}

}  // namespace

void mail_low_balance(sql::OperatorTx& tx, const ledger::LowBalance& warning,
                      const std::string& url, base::Random& random, base::Instant now) {
  const auto left = left_text(warning.level);
  for (auto& address : payers(tx, warning.account))
    notify::queue_mail(tx,
                       {.to = std::move(address),
                        .subject = fmt::format("Redline: {}", left),
                        .text = fmt::format("In your account {}.\n\nBuy more here: {}/\n\nYou hear "
                                            "of this once, and again only after more time was "
                                            "added. The switches beside your hours turn it off.\n",
                                            left, url)},
                       random, now);
}

}  // namespace app
