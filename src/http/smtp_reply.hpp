// What a mail server says (RFC 5321, 4.2): replies of one or several lines out of bytes as they
// come.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace http {

struct SmtpReply {
  int code = 0;      // of its last line; 0: some line is none of a reply
  std::string text;  // all of it, with line ends
  // As an answer to EHLO: a line of its own names the extension.
  [[nodiscard]] bool offers(std::string_view extension) const;
};

class SmtpReplies {
 public:
  void feed(std::string_view bytes) { buffer_ += bytes; }
  // The next whole reply; nullopt: more must come.
  [[nodiscard]] std::optional<SmtpReply> next();
  // How much has come that was not taken.
  [[nodiscard]] std::size_t waiting() const { return buffer_.size(); }

 private:
  std::string buffer_;
};

}  // namespace http
