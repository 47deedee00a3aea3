// What an account used and got in a month: grants and runs with reasons,
// totals, and the ends of the stretch of the journal that they come from. Made
// from nothing but journal entries, so that whoever has an export can make it
// again and compare.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "features/ledger/details.hpp"
#include "features/ledger/entry.hpp"

namespace ledger {

struct Month {
  std::string name;  // "2026-11"
  base::Instant from;
  base::Instant to;
};
[[nodiscard]] std::optional<Month> parse_month(std::string_view text);

// A run as far as this month's entries tell; absorbed runs are part of what
// absorbed them.
struct ReceiptRun {
  base::RunId id;
  RunDetails details;         // counts and unbilled are sums over the month
  base::Instant recorded_at;  // first entry
  std::map<base::GrantId, base::Millis> grants;
  int tariff = 0;
  [[nodiscard]] base::Millis billed() const;
};

struct Receipt {
  base::AccountId account;
  Month month;
  base::Millis opening{};  // available before the first entry and after the last
  base::Millis closing{};
  base::Millis unexpired{};      // charged for use before an expiry that was counted
                                 // as expired
  std::vector<Entry> moves;      // everything but use
  std::vector<ReceiptRun> runs;  // in the order in which they were recorded
  std::int64_t entries = 0;      // of this account in the month
  Hash entries_hash{};           // h = SHA-256(h ‖ entry hash), from zeros
  std::int64_t first_sequence = 0;
  Hash previous_hash{};  // of the chain before the first entry
  std::int64_t last_sequence = 0;
  Hash last_hash{};
  [[nodiscard]] base::Millis charged() const;
  // What the moves did to the available time.
  [[nodiscard]] base::Millis moved() const;
  // opening + moved + unexpired - charged = closing: every millisecond has its
  // line.
  [[nodiscard]] bool adds_up() const;
};

// Takes the journal in order; skips other accounts. The receipt holds the
// entries from the first to the last that were made in the month.
class ReceiptBuilder {
 public:
  ReceiptBuilder(base::AccountId account, Month month);
  void add(const Entry& entry);
  [[nodiscard]] Receipt finish();

 private:
  void take(const Entry& entry);
  ReceiptRun& run_of(const Entry& entry);
  Receipt receipt_;
  std::vector<Entry> later_;  // after the month, unless the month goes on (a
                              // clock that stepped)
};

}  // namespace ledger
