// The journal as a file: a header, a line of JSON an entry, a trailer with the
// chain's end and the SHA-256 of everything before it (docs/ledger-journal.md).
// Every line has exactly one spelling, so that no byte of a file can change
// unnoticed.
#pragma once

#include <functional>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "features/ledger/chain.hpp"
#include "features/ledger/entry.hpp"
#include "features/ledger/sha256.hpp"

namespace ledger {

// Lines end with '\n'.
class ExportWriter {
 public:
  using Sink = std::function<void(std::string_view)>;
  // Writes the header.
  ExportWriter(base::Instant now, Sink sink);
  void add(const Entry& entry);
  void finish();
  [[nodiscard]] std::int64_t entries() const { return entries_; }

 private:
  void write(std::string_view line);
  Sink sink_;
  Sha256 digest_;
  std::int64_t entries_ = 0;
  Hash last_{};
};

struct ExportReport {
  std::vector<std::string> faults;  // name the line; at most 100; empty: every byte is as it was
  std::int64_t entries = 0;
  ChainEnd end;
};

// `on_entry` gets the entries in order, as long as no fault was found.
[[nodiscard]] ExportReport read_export(std::istream& in,
                                       const std::function<void(const Entry&)>& on_entry);

}  // namespace ledger
