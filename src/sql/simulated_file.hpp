// One file of a SimulatedDisk: what is read, what is sure, and the writes in between.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "base/random.hpp"

namespace sql {

class SimulatedFile {
 public:
  using Bytes = std::vector<std::byte>;
  static constexpr std::size_t kIndexPage = 32'768;

  // Fills what lies beyond the end with zeros; false when that was needed.
  bool read(std::span<std::byte> to, std::size_t at) const;
  void write(std::span<const std::byte> from, std::size_t at);
  void truncate(std::size_t size);
  void sync();
  // The power was gone: what was sure stays, and what `random` lets through.
  void lose_unsynced(base::Random& random);
  [[nodiscard]] std::size_t size() const { return now_.size(); }
  [[nodiscard]] const Bytes& bytes() const { return now_; }

  // Locks of the handles that have it open (SQLite's levels).
  int shared = 0;
  bool reserved = false;
  bool exclusive = false;
  // The write-ahead log's index: pages and locks (readers, or -1 for the writer).
  std::deque<std::array<std::byte, kIndexPage>> index;
  std::array<int, 8> index_locks{};

 private:
  struct Change {
    std::size_t at;
    Bytes bytes;
    bool is_cut = false;  // the file ends at `at`
  };
  static void apply(Bytes& to, const Change& change);

  Bytes now_;
  Bytes sure_;
  std::vector<Change> unsynced_;
};

}  // namespace sql
