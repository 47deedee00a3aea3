#include "http/loop_services.hpp"

#include <array>
#include <chrono>
#include <cstring>
#include <span>

#include <fmt/format.h>

namespace http {
namespace {

constexpr std::size_t kRequestIdSize = 22;  // characters
constexpr std::size_t kRequestIdBytes =
    16;  // of chance; the last two characters show four bits each

// RFC 9110 5.6.7: Sun, 06 Nov 1994 08:49:37 GMT
std::string http_date(base::Instant at) {
  static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(at - day)};
  return fmt::format(
      "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[std::chrono::weekday{day}.c_encoding()],
      static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
      static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
      clock.seconds().count());
}

}  // namespace

std::string_view LoopServices::date_line(base::Instant now) {
  const std::int64_t second = base::to_unix_seconds(now);
  if (second != date_second_) {
    date_second_ = second;
    date_line_ = "Date: " + http_date(now) + "\r\n";
  }
  return date_line_;
}

LoopPart* LoopServices::find_part(const void* of) const {
  for (const auto& [key, part] : parts_)
    if (key == of) return part.get();
  return nullptr;
}

LoopPart& LoopServices::add_part(const void* of, std::unique_ptr<LoopPart> part) {
  return *parts_.emplace_back(of, std::move(part)).second;
}

void LoopServices::end_parts() {
  for (const auto& [key, part] : parts_) part->end();
}

void LoopServices::append_request_id(std::string& out) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  if (random_used_ + kRequestIdBytes > random_bytes_.size()) {
    const std::lock_guard lock(shared.random_mutex);
    shared.random.fill(std::as_writable_bytes(std::span{random_bytes_}));
    random_used_ = 0;
  }
  std::array<std::uint64_t, kRequestIdBytes / 8> bits;
  std::memcpy(bits.data(), random_bytes_.data() + random_used_, kRequestIdBytes);
  random_used_ += kRequestIdBytes;
  std::array<char, kRequestIdSize> text;
  for (std::size_t i = 0; i < 10; ++i) {
    text[i] = kDigits[(bits[0] >> (6 * i)) & 63U];
    text[10 + i] = kDigits[(bits[1] >> (6 * i)) & 63U];
  }
  text[20] = kDigits[bits[0] >> 60U];
  text[21] = kDigits[bits[1] >> 60U];
  out.append(text.data(), text.size());
}

}  // namespace http
