// Empties the outbox: to the mail server, or, without one, to files that a person can read.
#pragma once

#include <functional>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "features/notify/mail_outbox.hpp"
#include "http/smtp.hpp"

namespace notify {

struct MailerOptions {
  std::optional<http::SmtpServer> server;  // none: files in `folder`
  std::string from;
  std::string folder;  // "<id>.eml", 0600; the folder is made with 0700
};

// How a mail leaves; http::send_mail in production.
using SendMail = std::function<base::Task<base::Result<void>>(http::MailMessage message)>;

class Mailer {
 public:
  // Everything passed outlives it.
  Mailer(MailerOptions options, sql::Database& database, const base::Clock& clock, base::Log& log);
  Mailer(MailerOptions options, SendMail send, sql::Database& database, const base::Clock& clock,
         base::Log& log);

  // Sends what is due, one mail after the other. A mail that fails waits a minute, then twice as
  // long each time; after a day, or when the server refuses it for good, it is given up and
  // logged. Call it now and then, on one BackgroundLoop.
  base::Task<void> step();

 private:
  base::Task<base::Result<void>> settle(const QueuedMail& queued, const base::Result<void>& sent);
  MailerOptions options_;
  SendMail send_;
  sql::Database& database_;
  const base::Clock& clock_;
  base::Log& log_;
};

}  // namespace notify
