// Posts entries: journal row, grant buckets and account sums change together,
// in one transaction. The only code that writes an amount of a grant or a
// balance.
#pragma once

#include <string>

#include "features/ledger/balance.hpp"
#include "features/ledger/entry.hpp"
#include "features/ledger/journal.hpp"
#include "features/ledger/stored_grant.hpp"
#include "sql/database.hpp"

namespace ledger {

// What the caller says; the poster adds sequence, instant, running balance and
// hashes.
struct Posting {
  EntryKind kind = EntryKind::adjusted;
  base::AccountId account;
  std::optional<base::GrantId> grant{};
  std::optional<base::RunId> run{};
  base::Millis amount{};
  Bucket from = Bucket::none;
  Bucket to = Bucket::none;
  std::string key;
  int tariff = 0;
  std::string reason;
  std::string actor;
  std::string details{};
};

// Lives inside one write transaction.
class Poster {
 public:
  Poster(sql::OperatorTx& tx, base::Instant now) : tx_(tx), now_(now), end_(load_chain_end(tx)) {}
  void post(Posting posting);
  // Writes a new grant with the entry that issues it. False, and nothing is written, when its
  // business key is taken.
  [[nodiscard]] bool issue(const StoredGrant& grant, Posting posting);
  [[nodiscard]] bool is_known(std::string_view key) { return find_posted(tx_, key).has_value(); }
  // The sequence the next entry will get: for keys of what can happen again.
  [[nodiscard]] std::int64_t next_sequence() const { return end_.sequence + 1; }
  // Of the account of the last posting.
  [[nodiscard]] const AccountSums& sums() const { return sums_; }
  [[nodiscard]] base::Instant now() const { return now_; }
  [[nodiscard]] sql::OperatorTx& tx() { return tx_; }

 private:
  void append(Posting posting, std::int64_t debt);

  sql::OperatorTx& tx_;
  base::Instant now_;
  ChainEnd end_;
  AccountSums sums_;
};

}  // namespace ledger
