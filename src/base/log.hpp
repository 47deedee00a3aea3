// JSON-lines logging: {"at","level","event",...fields}. A line is formatted into a per-thread
// buffer and handed to one background writer, which appends to the file and rotates it; the caller
// pays well under a microsecond and never waits for the disk. Lines beyond a bounded backlog are
// dropped and counted (`log_dropped`), never blocked on.
//   log.info("payment_received", {{"account", account.text()}, {"amount", 2500}});
// Field values are escaped; secrets never get here: log ids, not tokens.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.hpp"

namespace base {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

struct LogField {
  std::string_view name;
  std::variant<std::int64_t, std::string_view, bool> value;
  LogField(std::string_view field, std::string_view text) : name(field), value(text) {}
  LogField(std::string_view field, const std::string& text)
      : name(field), value(std::string_view{text}) {}
  LogField(std::string_view field, const char* text) : name(field), value(std::string_view{text}) {}
  LogField(std::string_view field, bool flag) : name(field), value(flag) {}
  template <std::integral Number>
  LogField(std::string_view field, Number number)
      : name(field), value(static_cast<std::int64_t>(number)) {}
};

struct LogOptions {
  std::string path;  // empty: lines are discarded
  LogLevel level = LogLevel::info;
  std::int64_t max_bytes = 100LL * 1024 * 1024;
  int keep = 10;  // rotated files path.1 … path.keep
};

// Thread-safe. Its destructor writes what is left.
class Log {
 public:
  Log(LogOptions options, const Clock& clock);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);
  // The same for an event whose instant the caller has read from the same clock already.
  void write_at(Instant at, LogLevel level, std::string_view event,
                std::span<const LogField> fields);
  void debug(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::debug, event, fields);
  }
  void info(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::info, event, fields);
  }
  void warning(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::warning, event, fields);
  }
  void error(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::error, event, fields);
  }
  // Returns when everything written so far is in the file.
  void flush();
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace base
