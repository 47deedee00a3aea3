#include "features/ledger/grant.hpp"

#include <utility>

#include "features/ledger/names.hpp"
#include "features/ledger/operator_order.hpp"
#include "features/ledger/stored_grant.hpp"

namespace ledger {

namespace {

constexpr std::array<std::string_view, 5> kKinds{"purchase", "subscription", "trial", "promotional",
                                                 "manual"};
constexpr std::array<std::string_view, 5> kStates{"active", "used_up", "expired", "held",
                                                  "revoked"};
constexpr std::array<std::string_view, 5> kChanges{"adjust", "hold", "release", "revoke",
                                                   "restore"};

}  // namespace

std::string_view grant_kind_name(GrantKind kind) { return kKinds.at(std::to_underlying(kind)); }

std::optional<GrantKind> parse_grant_kind(std::string_view name) {
  return parse_name<GrantKind>(kKinds, name);
}

std::string_view grant_change_name(GrantChange change) {
  return kChanges.at(std::to_underlying(change));
}

std::optional<GrantChange> parse_grant_change(std::string_view name) {
  return parse_name<GrantChange>(kChanges, name);
}

std::string_view grant_state_name(GrantState state) {
  return kStates.at(std::to_underlying(state));
}

GrantState StoredGrant::state(base::Instant now) const {
  if (held.count() > 0) return GrantState::held;
  if (available.count() < 0 || (issued == revoked && issued.count() > 0))
    return GrantState::revoked;
  if (expires_at && *expires_at <= now) return GrantState::expired;
  return available.count() > 0 ? GrantState::active : GrantState::used_up;
}

void add_amounts(StoredGrant& sum, const StoredGrant& more) {
  sum.issued += more.issued;
  sum.available += more.available;
  sum.held += more.held;
  sum.consumed += more.consumed;
  sum.expired += more.expired;
  sum.revoked += more.revoked;
}

}  // namespace ledger
