// Posts entries: journal row and grant buckets change together, in one
// transaction. The only code that writes an amount of a grant.
#pragma once

#include <optional>
#include <string>

#include "features/ledger/entry.hpp"
#include "features/ledger/ledger_memory.hpp"
#include "features/ledger/purse.hpp"
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
  bool is_listed = true;  // see EntryPlace
};

// Lives inside one write transaction.
class Poster {
 public:
  Poster(sql::OperatorTx& tx, base::Instant now);
  void post(Posting posting);
  // Writes a new grant with the entry that issues it. False, and nothing is written, when its
  // business key is taken.
  [[nodiscard]] bool issue(const StoredGrant& grant, Posting posting);
  [[nodiscard]] bool is_known(std::string_view key) { return find_posted(tx_, key).has_value(); }
  // The sequence the next entry will get: for keys of what can happen again.
  [[nodiscard]] std::int64_t next_sequence() const { return memory_.end->sequence + 1; }
  // As the postings so far leave it, with its purse at least; remembered, or read and remembered
  // from now on. Good until another account is asked for.
  [[nodiscard]] KnownAccount& account(base::AccountId account);
  [[nodiscard]] Purse& purse(base::AccountId account) { return this->account(account).purse; }
  [[nodiscard]] base::Instant now() const { return now_; }
  [[nodiscard]] sql::OperatorTx& tx() { return tx_; }

 private:
  void append(Posting posting);

  sql::OperatorTx& tx_;
  base::Instant now_;
  LedgerMemory& memory_;
  KnownAccount* latest_ = nullptr;  // that was asked for, in memory_
};

}  // namespace ledger
