#include "purse.hpp"

#include <algorithm>
#include <tuple>

namespace simulation {

namespace {

bool pays_before(const PurseGrant& a, const PurseGrant& b) {
  return std::tie(a.priority, a.expires_at, a.issued_at, a.id) <
         std::tie(b.priority, b.expires_at, b.issued_at, b.id);
}

bool older(const PurseGrant& a, const PurseGrant& b) {
  return std::tie(a.issued_at, a.id) < std::tie(b.issued_at, b.id);
}

// The instant in which the millisecond number `ms` of the pieces, laid end to end, is complete; the
// last one's for what rounding adds beyond their end.
std::int64_t instant_of(const Stretches& pieces, std::int64_t ms, std::int64_t& room) {
  std::int64_t micro = (ms + 1) * 1'000 - 1;
  for (const auto& piece : pieces) {
    const auto length = piece.end - piece.start;
    if (micro < length) {
      room = length - micro;
      return piece.start + micro;
    }
    micro -= length;
  }
  room = 1;
  return pieces.back().end - 1;
}

}  // namespace

PurseGrant* Purse::find(const std::string& id) {
  const auto found = std::ranges::find(grants, id, &PurseGrant::id);
  return found == grants.end() ? nullptr : &*found;
}

PurseGrant* Purse::find_key(const std::string& key) {
  const auto found = std::ranges::find(grants, key, &PurseGrant::key);
  return found == grants.end() ? nullptr : &*found;
}

void Purse::apply(const Move& move) {
  auto& in = find(move.grant)->in;
  in[move.from] += move.from == "issued" ? move.amount : -move.amount;
  in[move.to] += move.amount;
}

std::int64_t Purse::debt() const {
  std::int64_t sum = 0;
  for (const auto& grant : grants) sum += std::max<std::int64_t>(0, -grant.available());
  return sum;
}

std::int64_t Purse::available_at(std::int64_t instant) const {
  if (debt() > 0) return 0;
  std::int64_t sum = 0;
  for (const auto& grant : grants)
    if (grant.expires_at > instant) sum += grant.available();
  return sum;
}

std::int64_t Purse::total(const std::string& bucket) const {
  std::int64_t sum = 0;
  for (const auto& grant : grants) sum += grant.in.at(bucket);
  return sum;
}

std::vector<Move> Purse::followed_by_repayment(std::vector<Move> moves, std::int64_t now) const {
  auto after = *this;
  for (const auto& move : moves) after.apply(move);
  std::vector<PurseGrant*> owing;
  std::vector<PurseGrant*> paying;
  for (auto& grant : after.grants) {
    if (grant.available() < 0) owing.push_back(&grant);
    if (grant.available() > 0 && grant.expires_at > now) paying.push_back(&grant);
  }
  std::ranges::sort(owing, [](auto* a, auto* b) { return older(*a, *b); });
  std::ranges::sort(paying, [](auto* a, auto* b) { return pays_before(*a, *b); });
  for (auto* owes : owing)
    for (auto* pays : paying) {
      const auto amount = std::min(-owes->available(), pays->available());
      if (amount <= 0) continue;
      moves.push_back({"debt_repaid", owes->id, amount, "consumed", "available"});
      moves.push_back({"debt_repaid", pays->id, amount, "available", "consumed"});
      after.apply(moves[moves.size() - 2]);
      after.apply(moves.back());
    }
  return moves;
}

std::vector<Move> Purse::of_issue(const std::string& id, std::int64_t now) const {
  (void)id;
  return followed_by_repayment({}, now);
}

std::vector<Move> Purse::of_revoke(const std::string& id, std::int64_t amount,
                                   std::int64_t now) const {
  const auto& grant = *std::ranges::find(grants, id, &PurseGrant::id);
  const auto most = grant.in.at("issued") - grant.in.at("revoked");
  auto left = amount == 0 ? most : std::min(amount, most);
  std::vector<Move> moves;
  for (const auto* bucket : {"available", "held", "expired"}) {
    const auto taken = std::min(left, std::max<std::int64_t>(0, grant.in.at(bucket)));
    if (taken > 0) moves.push_back({"grant_revoked", id, taken, bucket, "revoked"});
    left -= taken;
  }
  if (left > 0) moves.push_back({"debt_recorded", id, left, "available", "revoked"});
  return followed_by_repayment(std::move(moves), now);
}

std::vector<Move> Purse::of_hold(const std::string& id) const {
  const auto available = std::ranges::find(grants, id, &PurseGrant::id)->available();
  if (available <= 0) return {};
  return {{"grant_held", id, available, "available", "held"}};
}

std::vector<Move> Purse::of_release(const std::string& id, std::int64_t now) const {
  const auto held = std::ranges::find(grants, id, &PurseGrant::id)->in.at("held");
  if (held <= 0) return {};
  return followed_by_repayment({{"grant_released", id, held, "held", "available"}}, now);
}

std::vector<Move> Purse::of_adjust(const std::string& id, std::int64_t amount,
                                   std::int64_t now) const {
  if (amount > 0)
    return followed_by_repayment({{"adjusted", id, amount, "issued", "available"}}, now);
  return {{"adjusted", id, -amount, "available", "revoked"}};
}

Purse::Split Purse::of_use(const Stretches& pieces, std::int64_t total_ms, bool slowly) const {
  auto payers = grants;
  std::ranges::sort(payers, pays_before);
  Split split;
  for (std::int64_t ms = 0; ms < total_ms;) {
    std::int64_t room = 0;  // microseconds to the end of this piece
    const auto instant = instant_of(pieces, ms, room);
    const auto payer = std::ranges::find_if(payers, [&](const PurseGrant& grant) {
      return grant.valid_at(instant) && grant.burnable() > 0;
    });
    // As many milliseconds as surely meet the same payer.
    std::int64_t step = 1;
    if (!slowly) {
      step = std::max<std::int64_t>(1, std::min(total_ms - ms, room / 1'000));
      for (const auto& grant : payers)
        for (const auto change : {grant.issued_at, grant.expires_at})
          if (change > instant)
            step = std::max<std::int64_t>(1, std::min(step, (change - instant) / 1'000));
    }
    if (payer == payers.end()) {
      split.unpaid += step;
    } else {
      step = std::min(step, payer->burnable());
      const auto first = std::min(step, std::max<std::int64_t>(0, payer->available()));
      payer->in["available"] -= first;
      payer->in["expired"] -= step - first;
      split.paid[payer->id] += step;
    }
    ms += step;
  }
  return split;
}

}  // namespace simulation
