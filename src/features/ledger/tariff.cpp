#include "features/ledger/tariff.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.hpp"
#include "features/ledger/names.hpp"

namespace ledger {

namespace {

constexpr std::array<std::string_view, 3> kConcurrencies{"union", "per_user", "max_n"};

}  // namespace

std::string_view concurrency_name(Concurrency concurrency) {
  return kConcurrencies.at(std::to_underlying(concurrency));
}

std::optional<Concurrency> parse_concurrency(std::string_view name) {
  return parse_name<Concurrency>(kConcurrencies, name);
}

TariffBook::TariffBook(std::vector<TariffVersion> versions) : versions_(std::move(versions)) {
  RL_CHECK(!versions_.empty(), "there is always a tariff");
}

const Tariff& TariffBook::at(base::Instant at) const {
  const TariffVersion* best = nullptr;
  for (const auto& one : versions_)
    if (one.applies_from <= at && (best == nullptr || one.applies_from >= best->applies_from))
      best = &one;
  return best == nullptr ? versions_.front().tariff : best->tariff;
}

const Tariff& TariffBook::version(int number) const {
  const auto found = std::ranges::find(versions_, number,
                                       [](const TariffVersion& one) { return one.tariff.version; });
  return found == versions_.end() ? versions_.front().tariff : found->tariff;
}

base::Micros TariffBook::widest_gap() const {
  base::Micros widest{};
  for (const auto& one : versions_) widest = std::max(widest, one.tariff.idle_gap);
  return widest;
}

}  // namespace ledger
