#include "features/ledger/known_account.hpp"

#include <algorithm>
#include <tuple>

#include "features/ledger/run_store.hpp"

namespace ledger {

namespace {

// Some 600 bytes each.
constexpr std::size_t kMostRemembered = 131'072;

}  // namespace

KnownAccount& know_account(Poster& poster, sql::AccountTx& tx, base::Instant from) {
  auto& accounts = poster.memory().accounts;
  const auto found = accounts.find(tx.account());
  if (found != accounts.end() && found->second.from <= from) return found->second;
  KnownAccount fresh{
      .purse = poster.purse(tx.account()), .from = from, .runs = list_runs_ending_from(tx, from)};
  if (found == accounts.end() && accounts.size() >= kMostRemembered)
    accounts.erase(accounts.begin());
  return accounts.insert_or_assign(tx.account(), std::move(fresh)).first->second;
}

void replace_runs(KnownAccount& known, const std::vector<StoredRun>& joined, const StoredRun& run) {
  std::erase_if(known.runs, [&](const StoredRun& one) {
    return std::ranges::find(joined, one.id, &StoredRun::id) != joined.end();
  });
  const auto place = std::ranges::find_if(known.runs, [&](const StoredRun& one) {
    return std::tuple{one.span.end, one.id} > std::tuple{run.span.end, run.id};
  });
  known.runs.insert(place, run);
}

}  // namespace ledger
