// Prefixed ids that sort by time: 48 bits of milliseconds and 80 random bits, written as `acc_` +
// 26 characters of Crockford's base 32 (a ULID). In memory 16 bytes, trivially copyable, usable as
// a hash key.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "base/time.hpp"

namespace base {

struct IdBits {
  std::uint64_t high = 0;  // 48 bits of Unix milliseconds, 16 random
  std::uint64_t low = 0;   // 64 random
  auto operator<=>(const IdBits&) const = default;
};

[[nodiscard]] IdBits make_id_bits(Instant now, Random& random);
// The text of an id, without allocation.
struct IdText {
  static constexpr std::size_t kDigits = 26;
  std::array<char, 4 + kDigits> letters;
  [[nodiscard]] std::string_view view() const { return {letters.data(), letters.size()}; }
};
// Writes IdText::kDigits characters.
void write_id_digits(IdBits bits, char* digits);
[[nodiscard]] std::string format_id(std::string_view prefix, IdBits bits);
[[nodiscard]] std::optional<IdBits> parse_id(std::string_view prefix, std::string_view text);

template <class Kind>
class Id {
 public:
  Id() = default;
  explicit constexpr Id(IdBits bits) : bits_(bits) {}
  [[nodiscard]] static Id make(Instant now, Random& random) {
    return Id{make_id_bits(now, random)};
  }
  [[nodiscard]] static std::optional<Id> parse(std::string_view text) {
    const auto bits = parse_id(Kind::prefix, text);
    return bits ? std::optional<Id>{Id{*bits}} : std::nullopt;
  }
  [[nodiscard]] std::string text() const { return format_id(Kind::prefix, bits_); }
  [[nodiscard]] IdText short_text() const {
    static_assert(Kind::prefix.size() == 4);
    IdText text;
    Kind::prefix.copy(text.letters.data(), 4);
    write_id_digits(bits_, text.letters.data() + 4);
    return text;
  }
  [[nodiscard]] IdBits bits() const { return bits_; }
  [[nodiscard]] bool empty() const { return bits_ == IdBits{}; }
  auto operator<=>(const Id&) const = default;

 private:
  IdBits bits_{};
};

struct UserKind {
  static constexpr std::string_view prefix = "usr_";
};
struct AccountKind {
  static constexpr std::string_view prefix = "acc_";
};
struct RunKind {
  static constexpr std::string_view prefix = "run_";
};
struct GrantKind {
  static constexpr std::string_view prefix = "grt_";
};
struct OrderKind {
  static constexpr std::string_view prefix = "ord_";
};
struct SessionKind {
  static constexpr std::string_view prefix = "ses_";
};
struct JobKind {
  static constexpr std::string_view prefix = "job_";
};
struct DatasetKind {
  static constexpr std::string_view prefix = "dst_";
};
struct KeyKind {
  static constexpr std::string_view prefix = "key_";
};

using UserId = Id<UserKind>;
using AccountId = Id<AccountKind>;
using RunId = Id<RunKind>;
using GrantId = Id<GrantKind>;
using OrderId = Id<OrderKind>;
using SessionId = Id<SessionKind>;
using JobId = Id<JobKind>;
using DatasetId = Id<DatasetKind>;
using KeyId = Id<KeyKind>;

}  // namespace base

template <class Kind>
struct std::hash<base::Id<Kind>> {
  std::size_t operator()(const base::Id<Kind>& id) const noexcept {
    return static_cast<std::size_t>(id.bits().low ^ (id.bits().high * 0x9E3779B97F4A7C15ULL));
  }
};
