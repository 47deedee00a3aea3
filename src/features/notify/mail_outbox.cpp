#include "features/notify/mail_outbox.hpp"

#include "base/ids.hpp"

namespace notify {

void queue_mail(sql::OperatorTx& tx, const Mail& mail, base::Random& random, base::Instant now) {
  const auto id = base::format_id("mai_", base::make_id_bits(now, random));
  auto insert = tx.prepare(
      "INSERT INTO mails (id, recipient, subject, body, queued_at, due_at, attempts)"
      " VALUES ($1, $2, $3, $4, $5, $5, 0)");
  insert.bind(1, id).bind(2, mail.to).bind(3, mail.subject).bind(4, mail.text);
  insert.bind(5, base::to_micros(now)).run();
}

std::vector<QueuedMail> due_mails(sql::OperatorTx& tx, base::Instant now, int limit) {
  auto select = tx.prepare(
      "SELECT id, recipient, subject, body, queued_at, attempts FROM mails WHERE due_at <= $1"
      " ORDER BY due_at, id LIMIT $2");
  select.bind(1, base::to_micros(now)).bind(2, std::int64_t{limit});
  std::vector<QueuedMail> mails;
  while (select.step())
    mails.push_back({.id = std::string(select.text(0)),
                     .mail = {.to = std::string(select.text(1)),
                              .subject = std::string(select.text(2)),
                              .text = std::string(select.text(3))},
                     .queued_at = base::from_micros(select.integer(4)),
                     .attempts = select.integer(5)});
  return mails;
}

void remove_mail(sql::OperatorTx& tx, const std::string& id) {
  tx.prepare("DELETE FROM mails WHERE id = $1").bind(1, id).run();
}

void postpone_mail(sql::OperatorTx& tx, const std::string& id, base::Instant until) {
  tx.prepare("UPDATE mails SET attempts = attempts + 1, due_at = $2 WHERE id = $1")
      .bind(1, id)
      .bind(2, base::to_micros(until))
      .run();
}

std::int64_t count_mails(sql::OperatorTx& tx) {
  auto select = tx.prepare("SELECT count(*) FROM mails");
  return select.step() ? select.integer(0) : 0;
}

}  // namespace notify
