// What happened, as a hash (and as text when asked for): two runs of one seed must agree.
#pragma once

#include <cstdint>
#include <string_view>

#include <fmt/format.h>

namespace simulation {

class Trace {
 public:
  explicit Trace(bool prints) : prints_(prints) {}
  template <class... Values>
  void note(std::int64_t at_micros, fmt::format_string<Values...> text, Values&&... values) {
    line_.clear();
    fmt::format_to(std::back_inserter(line_), "{} ", at_micros);
    fmt::format_to(std::back_inserter(line_), text, std::forward<Values>(values)...);
    for (const char c : line_) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    ++events_;
    if (prints_) fmt::print("{}\n", line_);
  }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }
  [[nodiscard]] std::int64_t events() const { return events_; }

 private:
  bool prints_;
  std::string line_;
  std::uint64_t hash_ = 0xcbf29ce484222325ULL;
  std::int64_t events_ = 0;
};

}  // namespace simulation
