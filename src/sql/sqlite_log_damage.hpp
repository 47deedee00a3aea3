// Is SQLite's write-ahead log whole? SQLite itself stops reading at the first frame that does not
// add up and says nothing: right after a crash, when that was the frame being written, but the loss
// of commits when more follow it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sql {

struct LogDamage {
  std::int64_t at = 0;      // byte of the first frame that does not add up
  std::int64_t frames = 0;  // of the same log that come after it and are left out
};

// Of a log that nobody has open. nullopt: whole, absent, or only its last frame was not finished.
[[nodiscard]] std::optional<LogDamage> find_log_damage(const std::string& path);

}  // namespace sql
