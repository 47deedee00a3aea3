#include "features/notify/mailer.hpp"

#include <algorithm>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

namespace notify {
namespace {

constexpr base::Millis kTimeout{20'000};
constexpr std::chrono::minutes kFirstPause{1};
constexpr std::chrono::hours kGiveUp{24};
constexpr int kBatch = 20;

base::Task<base::Result<void>> write_file(std::string folder, http::MailMessage message) {
  std::error_code failure;
  if (std::filesystem::create_directories(folder, failure))
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failure);
  const auto path =
      folder + "/" + message.message_id.substr(0, message.message_id.find('@')) + ".eml";
  const auto text = http::render_mail(message);
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) co_return base::fail_internal("cannot make " + path);
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(file);
  if (!written) co_return base::fail_internal("cannot write " + path);
  co_return base::Result<void>{};
}

SendMail sender_of(const MailerOptions& options) {
  if (options.server)
    return [server = *options.server](http::MailMessage message) {
      return http::send_mail(server, std::move(message), kTimeout);
    };
  return [folder = options.folder](http::MailMessage message) {
    return write_file(folder, std::move(message));
  };
}

std::string domain_of(const std::string& from) {
  const auto at = from.rfind('@');
  if (at == std::string::npos) return "redline.invalid";
  auto domain = from.substr(at + 1);
  if (domain.ends_with('>')) domain.pop_back();
  return domain;
}

}  // namespace

Mailer::Mailer(MailerOptions options, sql::Database& database, const base::Clock& clock,
               base::Log& log)
    : options_(std::move(options)),
      send_(sender_of(options_)),
      database_(database),
      clock_(clock),
      log_(log) {}

Mailer::Mailer(MailerOptions options, SendMail send, sql::Database& database,
               const base::Clock& clock, base::Log& log)
    : options_(std::move(options)),
      send_(std::move(send)),
      database_(database),
      clock_(clock),
      log_(log) {}

base::Task<void> Mailer::step() {
  const auto now = clock_.now();
  const auto due = co_await database_.read_operator<std::vector<QueuedMail>>(
      [now](sql::OperatorTx& tx) -> base::Result<std::vector<QueuedMail>> {
        return due_mails(tx, now, kBatch);
      });
  if (!due) {
    log_.error("outbox_unreadable", {{"detail", due.error().detail}});
    co_return;
  }
  for (const auto& queued : *due) {
    const auto sent = co_await send_({.from = options_.from,
                                      .to = queued.mail.to,
                                      .subject = queued.mail.subject,
                                      .text = queued.mail.text,
                                      .message_id = queued.id + "@" + domain_of(options_.from),
                                      .at = queued.queued_at});
    const auto settled = co_await settle(queued, sent);
    if (!settled) log_.error("outbox_unwritable", {{"detail", settled.error().detail}});
  }
}

base::Task<base::Result<void>> Mailer::settle(const QueuedMail& queued,
                                              const base::Result<void>& sent) {
  const auto now = clock_.now();
  const bool hopeless =
      !sent && (sent.error().code == base::ErrorCode::invalid || now - queued.queued_at >= kGiveUp);
  if (!sent)
    log_.warning(hopeless ? "mail_given_up" : "mail_postponed",
                 {{"mail", queued.id}, {"detail", sent.error().detail}});
  const auto pause = kFirstPause * (1LL << std::min<std::int64_t>(queued.attempts, 10));
  const auto done =
      co_await database_.write_operator<bool>([&](sql::OperatorTx& tx) -> base::Result<bool> {
        if (sent || hopeless)
          remove_mail(tx, queued.id);
        else
          postpone_mail(tx, queued.id, now + pause);
        return true;
      });
  if (!done) co_return std::unexpected(done.error());
  co_return base::Result<void>{};
}

}  // namespace notify
