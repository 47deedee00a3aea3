#include "features/ledger/entry.hpp"

#include <utility>

#include "features/ledger/names.hpp"

namespace ledger {

namespace {

constexpr std::array<std::string_view, 13> kKinds{
    "grant_issued",   "run_charged",    "run_recorded",   "grant_expired", "grant_held",
    "grant_released", "grant_revoked",  "grant_restored", "adjusted",      "debt_recorded",
    "debt_repaid",    "run_reassigned", "tariff_set"};
constexpr std::array<std::string_view, 7> kBuckets{"none",     "issued",  "available", "held",
                                                   "consumed", "expired", "revoked"};

}  // namespace

std::string_view entry_kind_name(EntryKind kind) { return kKinds.at(std::to_underlying(kind)); }

std::optional<EntryKind> parse_entry_kind(std::string_view name) {
  return parse_name<EntryKind>(kKinds, name);
}

std::string_view bucket_name(Bucket bucket) { return kBuckets.at(std::to_underlying(bucket)); }

std::optional<Bucket> parse_bucket(std::string_view name) {
  return parse_name<Bucket>(kBuckets, name);
}

std::string hash_text(const Hash& hash) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const auto byte : hash) {
    const auto value = std::to_integer<unsigned>(byte);
    text += kDigits[value >> 4];
    text += kDigits[value & 15];
  }
  return text;
}

bool Entry::is_possible() const {
  const auto within = [](std::int64_t number, std::int64_t most) {
    return -most <= number && number <= most;
  };
  return sequence >= 0 && within(sequence, kMaxNumber) &&
         within(base::to_micros(at), kMaxInstant) && amount.count() >= 0 &&
         within(amount.count(), kMaxNumber) && within(available_after.count(), kMaxNumber);
}

base::Millis Entry::signed_amount() const {
  if (to == Bucket::available) return amount;
  return from == Bucket::available ? -amount : base::Millis{};
}

}  // namespace ledger
