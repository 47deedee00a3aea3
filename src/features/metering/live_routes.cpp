#include "features/metering/live_routes.hpp"

#include <utility>

#include "features/metering/live_account.hpp"

namespace metering {

namespace {

std::uint16_t& counter_of(LiveAccount& account, RareProofs& rare, ledger::RouteClass route) {
  switch (route) {
    case ledger::RouteClass::data:
      return account.data_proofs;
    case ledger::RouteClass::beat:
      return account.beats;
    case ledger::RouteClass::query:
      return rare.queries;
    case ledger::RouteClass::imports:
      return rare.imports;
    case ledger::RouteClass::stream:
      return rare.streams;
    case ledger::RouteClass::gateway:
      return rare.gateway;
  }
  std::unreachable();
}

}  // namespace

void RunRoutes::count(LiveAccount& account, ledger::RouteClass route, std::uint32_t proofs) const {
  auto& counter = counter_of(account, rare, route);
  const std::uint32_t sum = counter + proofs;
  counter = static_cast<std::uint16_t>(sum);
  if (sum == counter) return;
  carried[account.run].at(std::to_underlying(route)) += sum - counter;
  account.carried = true;
}

ledger::RouteCounts RunRoutes::counts(const LiveAccount& account) const {
  ledger::RouteCounts counts{account.data_proofs, rare.queries,  rare.imports,
                             rare.streams,        account.beats, rare.gateway};
  if (account.carried) ledger::add_routes(counts, carried.at(account.run));
  return counts;
}

void RunRoutes::clear(LiveAccount& account) const {
  if (account.carried) carried.erase(account.run);
  account.carried = false;
  account.data_proofs = 0;
  account.beats = 0;
  rare = {};
}

}  // namespace metering
