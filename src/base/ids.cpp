#include "base/ids.hpp"

namespace base {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

constexpr std::array<std::int8_t, 256> make_values() {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  return values;
}
constexpr auto kValues = make_values();

}  // namespace

IdBits make_id_bits(Instant now, Random& random) {
  const auto milliseconds = static_cast<std::uint64_t>(to_unix_ms(now));
  std::array<std::uint64_t, 2> chance{};  // asked for at once: each asking is a system call
  random.fill(std::as_writable_bytes(std::span{chance}));
  return {.high = (milliseconds << 16U) | (chance[0] & 0xFFFFU), .low = chance[1]};
}

namespace {

// The low 60 bits as twelve digits.
void write_twelve(std::uint64_t bits, char* digits) {
  for (std::size_t i = 0; i < 12; ++i) digits[i] = kAlphabet[(bits >> (55 - 5 * i)) & 31U];
}

}  // namespace

void write_id_digits(IdBits bits, char* digits) {
  digits[0] = kAlphabet[bits.high >> 61U];
  digits[1] = kAlphabet[(bits.high >> 56U) & 31U];
  write_twelve((bits.high << 4U) | (bits.low >> 60U), digits + 2);
  write_twelve(bits.low, digits + 14);
}

std::string format_id(std::string_view prefix, IdBits bits) {
  std::string text(prefix.size() + IdText::kDigits, '0');
  prefix.copy(text.data(), prefix.size());
  write_id_digits(bits, text.data() + prefix.size());
  return text;
}

std::optional<IdBits> parse_id(std::string_view prefix, std::string_view text) {
  if (text.size() != prefix.size() + IdText::kDigits || !text.starts_with(prefix))
    return std::nullopt;
  text.remove_prefix(prefix.size());
  if (kValues[static_cast<unsigned char>(text.front())] > 7)
    return std::nullopt;  // 26 digits hold 130 bits
  IdBits bits;
  for (const char digit : text) {
    const auto value = kValues[static_cast<unsigned char>(digit)];
    if (value < 0) return std::nullopt;
    bits.high = (bits.high << 5U) | (bits.low >> 59U);
    bits.low = (bits.low << 5U) | static_cast<std::uint64_t>(value);
  }
  return bits;
}

}  // namespace base
