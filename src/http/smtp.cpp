#include "http/smtp.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "http/outbound_stream.hpp"
#include "http/smtp_reply.hpp"

namespace http {
namespace {

constexpr std::size_t kMaxReply = 8'192;

std::string base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    plain += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return plain;
}

std::string header_value(std::string_view text) {
  std::string value;
  bool plain = true;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) continue;
    if (static_cast<unsigned char>(c) >= 0x80) plain = false;
    value += c;
  }
  return plain ? value : "=?utf-8?B?" + base64(value) + "?=";
}

// The address inside "Name <address>", or the text itself.
std::string_view bare_address(std::string_view text) {
  const auto open = text.rfind('<');
  if (open == std::string_view::npos || !text.ends_with('>')) return text;
  return text.substr(open + 1, text.size() - open - 2);
}

std::string quoted_printable(std::string_view text) {
  std::string out;
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      out += "\r\n";
      column = 0;
      continue;
    }
    const bool at_end = i + 1 == text.size() || text[i + 1] == '\n';
    const bool plain = (c > ' ' && c <= '~' && c != '=') || (c == ' ' && !at_end);
    if (column + (plain ? 1 : 3) > 75) {
      out += "=\r\n";
      column = 0;
    }
    if (plain && !(c == '.' && column == 0)) {
      out += c;
      column += 1;
    } else {
      out += fmt::format("={:02X}", static_cast<unsigned char>(c));
      column += 3;
    }
  }
  return out;
}

// RFC 5322: "Sun, 22 Nov 2026 10:00:00 +0000"
std::string mail_date(base::Instant at) {
  constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(at - day)};
  return fmt::format("{}, {} {} {} {:02}:{:02}:{:02} +0000",
                     kDays[std::chrono::weekday{day}.c_encoding()], unsigned{date.day()},
                     kMonths[unsigned{date.month()} - 1], int{date.year()}, time.hours().count(),
                     time.minutes().count(), time.seconds().count());
}

// One connection's dialogue: lines out, replies in.
class Dialogue {
 public:
  Dialogue(IoExecutor& executor, base::Millis timeout) : stream_(executor, timeout) {}
  OutboundStream& stream() { return stream_; }

  base::Task<base::Result<void>> say(std::string line, int expected) {
    RL_CO_TRY_VOID(co_await stream_.write(line));
    auto heard = co_await hear(expected);
    co_return heard;
  }
  // Reads one reply, of one or several lines.
  base::Task<base::Result<void>> hear(int expected) {
    for (;;) {
      if (auto reply = replies_.next()) {
        reply_ = std::move(*reply);
        co_return judge(expected);
      }
      if (replies_.waiting() > kMaxReply) co_return base::fail_internal("smtp: an endless reply");
      std::array<char, 1'024> piece{};
      const auto got = co_await stream_.read(piece);
      if (!got) co_return std::unexpected(got.error());
      if (*got == 0) co_return base::fail_internal("smtp: the server hung up");
      replies_.feed({piece.data(), *got});
    }
  }
  [[nodiscard]] bool offers(std::string_view extension) const { return reply_.offers(extension); }
  // After STARTTLS nothing that came in the clear counts.
  [[nodiscard]] bool has_leftovers() const { return replies_.waiting() > 0; }

 private:
  [[nodiscard]] base::Result<void> judge(int expected) const {
    const int code = reply_.code;
    if (code == expected) return {};
    // 535 and the like are about us, not about the mail.
    const bool hopeless = code == 550 || code == 551 || code == 552 || code == 553 || code == 554;
    return base::fail(hopeless ? base::ErrorCode::invalid : base::ErrorCode::internal,
                      "mail_refused", "The mail server did not take the mail.",
                      fmt::format("smtp: {}", reply_.text.substr(0, 200)));
  }

  OutboundStream stream_;
  SmtpReplies replies_;
  SmtpReply reply_;
};

base::Task<base::Result<void>> greet(Dialogue& dialogue, const SmtpServer& server) {
  RL_CO_TRY_VOID(co_await dialogue.stream().connect({.host = server.host, .port = server.port}));
  if (server.tls) RL_CO_TRY_VOID(co_await dialogue.stream().start_tls(server.host));
  RL_CO_TRY_VOID(co_await dialogue.hear(220));
  RL_CO_TRY_VOID(co_await dialogue.say("EHLO redline\r\n", 250));
  if (server.tls) co_return base::Result<void>{};
  if (!dialogue.offers("STARTTLS")) {
    if (is_loopback_host(server.host)) co_return base::Result<void>{};
    co_return base::fail_internal("smtp: the server offers no TLS");
  }
  RL_CO_TRY_VOID(co_await dialogue.say("STARTTLS\r\n", 220));
  if (dialogue.has_leftovers())
    co_return base::fail_internal("smtp: the server spoke before TLS was up");
  RL_CO_TRY_VOID(co_await dialogue.stream().start_tls(server.host));
  auto again = co_await dialogue.say("EHLO redline\r\n", 250);
  co_return again;
}

}  // namespace

std::optional<SmtpServer> parse_smtp_url(std::string_view url) {
  SmtpServer server;
  server.tls = url.starts_with("smtps://");
  if (!server.tls && !url.starts_with("smtp://")) return std::nullopt;
  url.remove_prefix(server.tls ? 8 : 7);
  if (const auto at = url.rfind('@'); at != std::string_view::npos) {
    const auto colon = std::min(url.find(':'), at);
    auto user = percent_decoded(url.substr(0, colon));
    auto password =
        percent_decoded(url.substr(std::min(colon + 1, at), at - std::min(colon + 1, at)));
    if (!user || user->empty() || !password) return std::nullopt;
    server.user = std::move(*user);
    server.password = std::move(*password);
    url.remove_prefix(at + 1);
  }
  if (url.ends_with('/')) url.remove_suffix(1);
  server.port = server.tls ? 465 : 587;
  if (const auto colon = url.rfind(':'); colon != std::string_view::npos) {
    const char* const end = url.data() + url.size();
    const auto parsed = std::from_chars(url.data() + colon + 1, end, server.port);
    if (parsed.ec != std::errc{} || parsed.ptr != end || server.port == 0) return std::nullopt;
    url = url.substr(0, colon);
  }
  const bool fine = !url.empty() && std::ranges::all_of(url, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-';
  });
  if (!fine) return std::nullopt;
  server.host = url;
  return server;
}

std::string render_mail(const MailMessage& message) {
  return fmt::format(
      "From: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{}>\r\nMIME-Version: 1.0\r\n"
      "Auto-Submitted: auto-generated\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n",
      header_value(message.from), header_value(message.to), header_value(message.subject),
      mail_date(message.at), header_value(message.message_id), quoted_printable(message.text));
}

base::Task<base::Result<void>> send_mail(SmtpServer server, MailMessage message,
                                         base::Millis timeout) {
  RL_CO_TRY(auto* const executor, current_io_executor());
  Dialogue dialogue(*executor, timeout);
  RL_CO_TRY_VOID(co_await greet(dialogue, server));
  if (!server.user.empty()) {
    const auto secret = base64(std::string(1, '\0') + server.user + '\0' + server.password);
    RL_CO_TRY_VOID(co_await dialogue.say("AUTH PLAIN " + secret + "\r\n", 235));
  }
  const auto from = header_value(bare_address(message.from));
  const auto to = header_value(message.to);
  RL_CO_TRY_VOID(co_await dialogue.say("MAIL FROM:<" + from + ">\r\n", 250));
  RL_CO_TRY_VOID(co_await dialogue.say("RCPT TO:<" + to + ">\r\n", 250));
  RL_CO_TRY_VOID(co_await dialogue.say("DATA\r\n", 354));
  // No line begins with a dot: quoted_printable sees to it, and no header does.
  RL_CO_TRY_VOID(co_await dialogue.say(render_mail(message) + ".\r\n", 250));
  // It is taken; whether the goodbye arrives does not matter.
  static_cast<void>(co_await dialogue.stream().write("QUIT\r\n"));
  co_return base::Result<void>{};
}

}  // namespace http
