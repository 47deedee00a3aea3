#include "features/ledger/burn.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace ledger {

namespace {

constexpr auto kNever = base::Instant::max();

// A use's milliseconds within a slice of time in which no grant begins or ends
// and no use does.
struct Portion {
  std::size_t use = 0;
  std::int64_t amount_ms = 0;
};
struct Slice {
  base::Instant end;
  std::vector<Portion> portions;  // in the order of the uses
};
using Slices = std::map<base::Instant, Slice>;  // by start

std::vector<base::Instant> cuts_of(std::span<const Use> uses,
                                   const std::vector<StoredGrant>& grants) {
  std::vector<base::Instant> cuts;
  for (const auto& grant : grants) {
    cuts.push_back(grant.issued_at);
    if (grant.expires_at) cuts.push_back(*grant.expires_at);
  }
  if (uses.size() > 1)
    for (const auto& use : uses)
      for (const auto& piece : use.pieces) {
        cuts.push_back(piece.start);
        cuts.push_back(piece.end);
      }
  std::ranges::sort(cuts);
  const auto [first, last] = std::ranges::unique(cuts);
  cuts.erase(first, last);
  return cuts;
}

// Sums are rounded, not slices, so that nothing is lost between them.
void cut_into_slices(std::size_t index, const Use& use, const std::vector<base::Instant>& cuts,
                     Slices& slices) {
  auto length = use.lead;
  std::int64_t given = 0;
  Portion* last = nullptr;
  const auto add = [&](base::Instant from, base::Instant to) {
    length += to - from;
    const auto upto = std::chrono::floor<base::Millis>(length).count();
    auto& found = slices[from];
    found.end = to;
    found.portions.push_back({index, upto - given});
    last = &found.portions.back();
    given = upto;
  };
  for (const auto& piece : use.pieces) {
    auto from = piece.start;
    for (auto cut = std::ranges::upper_bound(cuts, from); cut != cuts.end() && *cut < piece.end;
         ++cut) {
      add(from, *cut);
      from = *cut;
    }
    add(from, piece.end);
  }
  if (last != nullptr) last->amount_ms += use.total.count() - given;
}

bool valid_during(const StoredGrant& grant, base::Instant start, base::Instant end) {
  return grant.issued_at <= start && end <= grant.expires_at.value_or(kNever);
}

std::int64_t burnable_ms(const StoredGrant& grant) {
  return std::max<std::int64_t>(grant.available.count(), 0) + grant.expired.count();
}

void take(StoredGrant& grant, std::int64_t amount_ms) {
  const base::Millis from_available{
      std::min(amount_ms, std::max<std::int64_t>(grant.available.count(), 0))};
  grant.available -= from_available;
  grant.expired -= base::Millis{amount_ms} - from_available;
  grant.consumed += base::Millis{amount_ms};
}

void add_share(Burned& burned, base::GrantId grant, std::int64_t amount_ms) {
  if (amount_ms == 0) return;
  const auto found = std::ranges::find(burned.shares, grant, &GrantShare::grant);
  if (found == burned.shares.end())
    burned.shares.push_back({grant, base::Millis{amount_ms}});
  else
    found->amount += base::Millis{amount_ms};
}

void add_unbilled(Burned& burned, std::int64_t amount_ms, UnbilledReason reason) {
  if (amount_ms == 0) return;
  burned.unbilled += base::Millis{amount_ms};
  burned.reason = std::max(burned.reason, reason);
}

class Burner {
 public:
  Burner(std::span<const Use> uses, std::vector<StoredGrant>& grants)
      : uses_(uses), grants_(grants), answers_(uses.size()) {}
  void burn(base::Instant start, const Slice& slice) {
    auto portions = slice.portions;
    leave_out_too_many(portions);
    for (auto& portion : portions) {
      auto& answer = answers_[portion.use];
      const auto room = std::max(uses_[portion.use].most - answer.billed(), base::Millis{}).count();
      const auto capped = std::min(portion.amount_ms, room);
      add_unbilled(answer, portion.amount_ms - capped, UnbilledReason::hours_exhausted);
      portion.amount_ms = capped;
    }
    while (true) {
      std::erase_if(portions, [](const Portion& portion) { return portion.amount_ms <= 0; });
      if (portions.empty()) return;
      const auto rounds = std::ranges::min_element(portions, {}, &Portion::amount_ms)->amount_ms;
      spend(start, slice.end, portions, rounds);
      for (auto& portion : portions) portion.amount_ms -= rounds;
    }
  }
  [[nodiscard]] std::vector<Burned> take_answers() { return std::move(answers_); }

 private:
  void leave_out_too_many(std::vector<Portion>& portions) {
    std::int32_t charged = 0;
    for (auto& portion : portions) {
      const auto limit = uses_[portion.use].at_most;
      if (limit == 0 || charged++ < limit) continue;
      add_unbilled(answers_[portion.use], portion.amount_ms, UnbilledReason::max_parallel);
      portion.amount_ms = 0;
    }
  }
  // Every portion spends `rounds` milliseconds, taking turns: unit u is portion
  // u % count's.
  void spend(base::Instant start, base::Instant end, const std::vector<Portion>& portions,
             std::int64_t rounds) {
    const auto count = static_cast<std::int64_t>(portions.size());
    const auto units = rounds * count;
    std::int64_t spent = 0;
    bool any_valid = false;
    const auto share = [&](std::size_t i, std::int64_t upto) {
      const auto before = [&](std::int64_t unit) {
        return (unit + count - 1 - static_cast<std::int64_t>(i)) / count;
      };
      return before(upto) - before(spent);
    };
    for (auto& grant : grants_) {
      if (!valid_during(grant, start, end)) continue;
      any_valid = true;
      const auto taken = std::min(units - spent, burnable_ms(grant));
      if (taken <= 0) continue;
      take(grant, taken);
      for (std::size_t i = 0; i < portions.size(); ++i)
        add_share(answers_[portions[i].use], grant.id, share(i, spent + taken));
      spent += taken;
    }
    const auto reason = any_valid ? UnbilledReason::hours_exhausted : UnbilledReason::no_grant;
    for (std::size_t i = 0; i < portions.size(); ++i)
      add_unbilled(answers_[portions[i].use], share(i, units), reason);
  }

  std::span<const Use> uses_;
  std::vector<StoredGrant>& grants_;
  std::vector<Burned> answers_;
};

// Nearly always: a second of use, and the first grant with time is valid all along and has enough.
// nullptr: it is not so simple. `grants` in burn order.
StoredGrant* find_sole_payer(const Use& use, std::vector<StoredGrant>& grants) {
  const auto first =
      std::ranges::find_if(grants, [](const StoredGrant& grant) { return burnable_ms(grant) > 0; });
  if (first == grants.end() || use.total.count() <= 0 || use.total > use.most) return nullptr;
  const bool pays = burnable_ms(*first) >= use.total.count() &&
                    valid_during(*first, use.pieces.front().start, use.pieces.back().end);
  return pays ? &*first : nullptr;
}

}  // namespace

base::Millis Burned::billed() const {
  base::Millis sum{};
  for (const auto& share : shares) sum += share.amount;
  return sum;
}

bool burns_before(const StoredGrant& a, const StoredGrant& b) {
  const auto rank = [](const StoredGrant& grant) {
    return std::tuple{grant.priority, grant.expires_at.value_or(kNever), grant.issued_at, grant.id};
  };
  return rank(a) < rank(b);
}

std::vector<Burned> burn(std::span<const Use> uses, std::vector<StoredGrant>& grants) {
  std::ranges::sort(grants, burns_before);
  if (uses.size() == 1)
    if (auto* payer = find_sole_payer(uses.front(), grants)) {
      take(*payer, uses.front().total.count());
      return {Burned{.shares = {{payer->id, uses.front().total}}}};
    }
  const auto cuts = cuts_of(uses, grants);
  Slices slices;
  for (std::size_t i = 0; i < uses.size(); ++i) cut_into_slices(i, uses[i], cuts, slices);
  Burner burner(uses, grants);
  for (const auto& [start, one] : slices) burner.burn(start, one);
  return burner.take_answers();
}

}  // namespace ledger
