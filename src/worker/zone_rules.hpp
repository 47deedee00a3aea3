// Wall-clock time of one zone to UTC. Pure; the rules come from DuckDB's ICU (zone_source.hpp).
#pragma once

#include <cstdint>
#include <vector>

namespace worker {

struct ZoneChange {
  std::int64_t utc_micros = 0;     // from this instant on
  std::int64_t offset_micros = 0;  // local - UTC
};

class ZoneRules {
 public:
  // UTC.
  ZoneRules() = default;
  // In order of time; the first holds for everything before it too.
  explicit ZoneRules(std::vector<ZoneChange> changes) : changes_(std::move(changes)) {}
  // The hour that occurs twice is read as the later one; the one that does not occur moves on.
  [[nodiscard]] std::int64_t to_utc(std::int64_t local_micros) const;

 private:
  [[nodiscard]] std::int64_t offset_at(std::int64_t utc_micros) const;
  std::vector<ZoneChange> changes_;
  mutable std::size_t last_ = 0;  // rows come in order: the same rule mostly holds again
};

}  // namespace worker
