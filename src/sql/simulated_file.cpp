#include "sql/simulated_file.hpp"

#include <algorithm>

namespace sql {

namespace {

constexpr std::size_t kSector = 512;

void place(SimulatedFile::Bytes& to, std::span<const std::byte> from, std::size_t at) {
  if (to.size() < at + from.size()) to.resize(at + from.size());
  std::ranges::copy(from, to.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace

bool SimulatedFile::read(std::span<std::byte> to, std::size_t at) const {
  const auto there = at < now_.size() ? std::min(to.size(), now_.size() - at) : 0;
  if (there > 0) std::copy_n(now_.begin() + static_cast<std::ptrdiff_t>(at), there, to.begin());
  std::fill(to.begin() + static_cast<std::ptrdiff_t>(there), to.end(), std::byte{});
  return there == to.size();
}

void SimulatedFile::write(std::span<const std::byte> from, std::size_t at) {
  place(now_, from, at);
  unsynced_.push_back({at, {from.begin(), from.end()}});
}

void SimulatedFile::truncate(std::size_t size) {
  now_.resize(size);
  unsynced_.push_back({size, {}, true});
}

void SimulatedFile::apply(Bytes& to, const Change& change) {
  if (change.is_cut)
    to.resize(change.at);
  else
    place(to, change.bytes, change.at);
}

void SimulatedFile::sync() {
  for (const auto& change : unsynced_) apply(sure_, change);
  unsynced_.clear();
}

void SimulatedFile::lose_unsynced(base::Random& random) {
  // Nothing, everything, everything up to a moment, or any of it.
  const auto manner = random.next_u64() % 4;
  const auto count = unsynced_.size();
  const auto upto = manner == 2 && count > 0 ? random.next_u64() % count : count;
  for (std::size_t i = 0; i < count && manner != 0; ++i) {
    const auto& change = unsynced_[i];
    if (manner != 3) {
      if (i < upto) apply(sure_, change);
      continue;
    }
    if (change.is_cut) {
      if (random.next_u64() % 2 == 0) apply(sure_, change);
      continue;
    }
    for (std::size_t from = 0; from < change.bytes.size(); from += kSector) {
      const auto piece =
          std::span{change.bytes}.subspan(from, std::min(kSector, change.bytes.size() - from));
      if (random.next_u64() % 4 != 0) place(sure_, piece, change.at + from);
    }
  }
  unsynced_.clear();
  now_ = sure_;
  index.clear();
  index_locks.fill(0);
  shared = 0;
  reserved = false;
  exclusive = false;
}

}  // namespace sql
