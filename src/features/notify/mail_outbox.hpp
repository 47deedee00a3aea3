// Mails are written with the transaction that causes them and sent afterwards: none is lost, and
// none is sent for what was rolled back. A mail that was sent is deleted, because its text may hold
// a one-time token.
#pragma once

#include <string>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "sql/database.hpp"

namespace notify {

struct Mail {
  std::string to;  // an address that was checked
  std::string subject;
  std::string text;
};

struct QueuedMail {
  std::string id;
  Mail mail;
  base::Instant queued_at;
  std::int64_t attempts = 0;
};

void queue_mail(sql::OperatorTx& tx, const Mail& mail, base::Random& random, base::Instant now);
// Oldest first.
[[nodiscard]] std::vector<QueuedMail> due_mails(sql::OperatorTx& tx, base::Instant now, int limit);
void remove_mail(sql::OperatorTx& tx, const std::string& id);
void postpone_mail(sql::OperatorTx& tx, const std::string& id, base::Instant until);
[[nodiscard]] std::int64_t count_mails(sql::OperatorTx& tx);

}  // namespace notify
