// Hands one mail to a mail server (RFC 5321). TLS from the start (smtps) or by STARTTLS, with the
// server's name proved; plain text and passwords in the clear go to loopback only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/task.hpp"
#include "base/time.hpp"

namespace http {

struct SmtpServer {
  std::string host;
  std::uint16_t port = 25;
  bool tls = false;    // from the first byte
  std::string user{};  // empty: no AUTH
  std::string password{};
};
// "smtp://[user:password@]host[:port]" (587, STARTTLS) or "smtps://…" (465); user and password
// percent-encoded.
[[nodiscard]] std::optional<SmtpServer> parse_smtp_url(std::string_view url);

struct MailMessage {
  std::string from;  // name@example.com or "Name <name@example.com>"
  std::string to;    // an address that was checked
  std::string subject;
  std::string text;        // UTF-8, lines end with \n
  std::string message_id;  // without angle brackets
  base::Instant at;
};

// The message as it is sent and as an outbox keeps it: headers, blank line, quoted-printable body.
// Control characters in header values are left out, so that no value adds a header.
[[nodiscard]] std::string render_mail(const MailMessage& message);

// On an HTTP loop or a BackgroundLoop. Errors: `invalid` when the server refuses this mail for
// good (5xx to an address or the content), `internal` for everything that may pass.
base::Task<base::Result<void>> send_mail(SmtpServer server, MailMessage message,
                                         base::Millis timeout);

}  // namespace http
