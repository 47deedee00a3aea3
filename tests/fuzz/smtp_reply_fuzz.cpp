// What a mail server says: the same replies however the bytes arrive, nothing of them lost, and a
// code that is one. The first byte says how large the pieces are.
#include <string>
#include <vector>

#include "fuzz.hpp"
#include "http/smtp_reply.hpp"

namespace {

using fuzz::require;

struct Heard {
  std::vector<http::SmtpReply> replies;
  std::size_t waiting = 0;
};

Heard hear(std::string_view bytes, std::size_t step) {
  Heard heard;
  http::SmtpReplies replies;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    replies.feed(bytes.substr(at, step));
    while (auto reply = replies.next()) heard.replies.push_back(std::move(*reply));
  }
  heard.waiting = replies.waiting();
  return heard;
}

void check(const http::SmtpReply& reply) {
  require(reply.code >= 0 && reply.code <= 999 && reply.text.ends_with("\r\n"));
  if (reply.code != 0) {
    const auto last = reply.text.rfind("\r\n", reply.text.size() - 3);
    const auto begin = last == std::string::npos ? 0 : last + 2;
    require(std::stoi(reply.text.substr(begin, 3)) == reply.code);
  }
  if (reply.offers("STARTTLS")) require(reply.text.find("\r\n") + 2 < reply.text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = fuzz::text_of(data + 1, size - 1);
  const auto whole = hear(bytes, size);
  const auto pieces = hear(bytes, 1U + data[0] % 13U);
  std::string again;
  require(whole.replies.size() == pieces.replies.size() && whole.waiting == pieces.waiting);
  for (std::size_t i = 0; i < whole.replies.size(); ++i) {
    check(whole.replies[i]);
    require(whole.replies[i].text == pieces.replies[i].text);
    require(whole.replies[i].code == pieces.replies[i].code);
    again += whole.replies[i].text;
  }
  require(bytes.starts_with(again) && bytes.size() == again.size() + whole.waiting);
  return 0;
}
