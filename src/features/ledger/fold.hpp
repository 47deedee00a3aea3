// The state of the ledger rebuilt from its journal, entry by entry, in memory.
// Shares no code with what writes the tables, so that comparing the two means
// something.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "features/ledger/details.hpp"
#include "features/ledger/entry.hpp"
#include "features/ledger/run.hpp"
#include "features/ledger/run_store.hpp"
#include "features/ledger/stored_grant.hpp"

namespace ledger {

struct AccountRun {
  base::AccountId account;
  base::RunId run;
  auto operator<=>(const AccountRun&) const = default;
};
struct AccountRunHash {
  std::size_t operator()(const AccountRun& key) const noexcept {
    return std::hash<base::RunId>{}(key.run) ^ (std::hash<base::AccountId>{}(key.account) << 1U);
  }
};

// Primary key and canonical row of a table's line.
using RowSink = std::function<void(std::string_view key, std::string_view row)>;

class Fold {
 public:
  // Applies the next entry; its place in the chain and its hash are Chain's
  // business. `invalid` with a sentence in `detail` when it cannot follow from
  // what is there; the fold is not usable afterwards.
  [[nodiscard]] base::Result<void> apply(const Entry& entry);

  // Rows as verify reads them from the tables, by primary key, columns in the
  // order of table_shapes().
  void each_grant(const RowSink& sink) const;
  void each_run(const RowSink& sink) const;
  void each_part(const RowSink& sink) const;
  void each_charge(const RowSink& sink) const;
  void each_tariff(const RowSink& sink) const;
  // Sums over all grants.
  [[nodiscard]] StoredGrant totals() const;

  [[nodiscard]] const std::unordered_map<base::GrantId, StoredGrant>& grants() const {
    return grants_;
  }
  [[nodiscard]] const std::unordered_map<AccountRun, StoredRun, AccountRunHash>& runs() const {
    return runs_;
  }
  [[nodiscard]] const std::unordered_map<AccountRun, RunPart, AccountRunHash>& parts() const {
    return parts_;
  }
  [[nodiscard]] const std::vector<TariffVersion>& tariffs() const { return tariffs_; }
  [[nodiscard]] std::size_t accounts() const { return available_.size(); }

 private:
  base::Result<void> apply_tariff(const Entry& entry);
  base::Result<void> apply_issue(const Entry& entry);
  base::Result<void> apply_move(const Entry& entry);
  base::Result<void> apply_run(const Entry& entry);
  base::Result<void> apply_run_details(const Entry& entry, const RunDetails& details);
  base::Result<void> absorb(const Entry& entry, base::RunId from, StoredRun& into);
  void charge(StoredRun& run, base::GrantId grant, base::Millis amount);

  std::unordered_map<base::GrantId, StoredGrant> grants_;
  std::unordered_map<AccountRun, StoredRun, AccountRunHash> runs_;
  std::unordered_map<AccountRun, RunPart, AccountRunHash> parts_;
  std::unordered_map<base::AccountId, base::Millis> available_;  // per account
  std::vector<TariffVersion> tariffs_;
};

}  // namespace ledger
