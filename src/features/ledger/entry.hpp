// One line of the journal: an amount of time moved from one bucket to another.
// docs/ledger-journal.md has the canonical bytes behind the hash.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace ledger {

enum class EntryKind : std::uint8_t {
  grant_issued,
  run_charged,
  run_recorded,  // a run grew, was joined or ended without a debit
  grant_expired,
  grant_held,
  grant_released,
  grant_revoked,
  grant_restored,
  adjusted,
  debt_recorded,
  debt_repaid,
  run_reassigned,  // earlier use came in later: what a run burned is given back,
                   // to be burned anew
  tariff_set,      // a version of the tariff; moves nothing, belongs to no account
                   // (the empty id)
};
[[nodiscard]] std::string_view entry_kind_name(EntryKind kind);
[[nodiscard]] std::optional<EntryKind> parse_entry_kind(std::string_view name);

// `issued` is the source of all time; `none` is both sides of an entry that
// moves nothing.
enum class Bucket : std::uint8_t { none, issued, available, held, consumed, expired, revoked };
[[nodiscard]] std::string_view bucket_name(Bucket bucket);
[[nodiscard]] std::optional<Bucket> parse_bucket(std::string_view name);

using Hash = std::array<std::byte, 32>;
[[nodiscard]] std::string hash_text(const Hash& hash);  // 64 hexadecimal digits

// No number of a journal goes beyond these, above or below zero, so that sums of many are numbers,
// too: 3,170 years in milliseconds, and an instant in microseconds.
inline constexpr std::int64_t kMaxNumber = 100'000'000'000'000;
inline constexpr std::int64_t kMaxInstant = 300'000'000'000'000'000;

struct Entry {
  std::int64_t sequence = 0;  // 1, 2, 3 … without gaps, over all accounts
  base::Instant at;
  EntryKind kind = EntryKind::grant_issued;
  base::AccountId account;
  std::optional<base::GrantId> grant;
  std::optional<base::RunId> run;
  base::Millis amount{};  // >= 0; moved from `from` to `to`
  Bucket from = Bucket::none;
  Bucket to = Bucket::none;
  base::Millis available_after{};  // of the account, over all its grants, after
                                   // this entry
  std::string key;                 // business key, unique for ever
  int tariff = 0;                  // 0 where no tariff applies
  std::string reason;
  std::string actor;
  std::string details;  // canonical `name=value` words, per kind
  Hash previous_hash{};
  Hash hash{};
  // Effect on the spendable time of the account: +amount, -amount or 0.
  [[nodiscard]] base::Millis signed_amount() const;
  // Whether a journal can hold its numbers.
  [[nodiscard]] bool is_possible() const;
};

}  // namespace ledger
