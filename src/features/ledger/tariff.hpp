// The versioned rule that turns proofs into time, and the versions there have
// been. A version applies to runs that open at or after its instant; a run
// keeps the tariff it was opened with.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace ledger {

// How use by several members of one account at the same time counts.
enum class Concurrency : std::uint8_t {
  all_as_one,  // "union": a second is billed once, however many use it
  per_user,    // each member's own union, summed
  max_n,       // as per_user, but at most Tariff::max_parallel members at a time
};
[[nodiscard]] std::string_view concurrency_name(Concurrency concurrency);
[[nodiscard]] std::optional<Concurrency> parse_concurrency(std::string_view name);

struct Tariff {
  int version = 1;
  base::Micros idle_gap{60'000'000};
  base::Micros min_proof{1'000'000};
  Concurrency concurrency = Concurrency::all_as_one;
  int max_parallel = 1;  // for max_n
  bool operator==(const Tariff&) const = default;
};

struct TariffVersion {
  Tariff tariff{};
  base::Instant applies_from{};
  base::Instant set_at{};
  std::string reason{};
  std::string actor{};
};

// All versions. Immutable once made; at() is a scan of a few entries, newest
// first.
class TariffBook {
 public:
  // `first` applies from the beginning of time.
  explicit TariffBook(const Tariff& first) : versions_{{first, {}, {}, {}, {}}} {}
  // Not empty; in order of version.
  explicit TariffBook(std::vector<TariffVersion> versions);
  // What a run that opens at `at` gets: of the versions that apply by then the
  // one with the latest instant, and of those the newest; before all of them
  // the first.
  [[nodiscard]] const Tariff& at(base::Instant at) const;
  // The first version when there is no such one (a journal older than the table
  // of versions).
  [[nodiscard]] const Tariff& version(int number) const;
  [[nodiscard]] base::Micros widest_gap() const;
  [[nodiscard]] std::span<const TariffVersion> versions() const { return versions_; }

 private:
  std::vector<TariffVersion> versions_;
};

}  // namespace ledger
