#include "http/loop_services.hpp"

#include <array>
#include <chrono>
#include <span>

#include <fmt/format.h>

namespace http {
namespace {

constexpr std::size_t kRequestIdSize = 22;  // characters; the last two show four bits each
constexpr std::uint64_t kWeylStep = 0x9E3779B97F4A7C15ULL;

// splitmix64's finalizer (Steele, Lea, Flood 2014): a bijection, so that no half comes twice.
std::uint64_t mix(std::uint64_t bits) {
  bits = (bits ^ (bits >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  bits = (bits ^ (bits >> 27U)) * 0x94D049BB133111EBULL;
  return bits ^ (bits >> 31U);
}

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

LoopServices::LoopServices(ServerShared& its_shared, base::Executor& its_executor)
    : shared(its_shared), executor(its_executor) {
  const std::lock_guard lock(shared.random_mutex);
  shared.random.fill(std::as_writable_bytes(std::span{request_number_}));
}

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
  std::array<std::uint64_t, 2> bits{};
  for (std::size_t half = 0; half < 2; ++half) {
    request_number_[half] += kWeylStep;
    bits[half] = mix(request_number_[half]);
  }
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
