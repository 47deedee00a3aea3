#include <array>
#include <utility>

#include <fmt/format.h>

#include "worker/workspace_file.hpp"

namespace worker {
namespace {

using base::Result;

constexpr std::array<std::pair<const char*, const char*>, 11> kFixed{
    {{"TimeZone", "UTC"},
     {"preserve_insertion_order", "false"},
     {"autoinstall_known_extensions", "false"},
     {"autoload_known_extensions", "false"},
     {"allow_community_extensions", "false"},
     {"allow_persistent_secrets", "false"},
     {"allow_unredacted_secrets", "false"},
     {"enable_external_file_cache", "false"},
     {"enable_progress_bar", "false"},
     {"enable_external_access", "false"},
     {"lock_configuration", "true"}}};

// One row of a VALUES list: the setting and what reading it back must give.
std::string wanted(std::string_view name, const std::string& value_sql) {
  return fmt::format("({}, {})", duck::quote_text(name), value_sql);
}

std::string wanted_bytes(std::string_view name, std::int64_t mb) {
  return wanted(name, fmt::format("format_bytes({})", mb * 1024 * 1024));
}

}  // namespace

Result<void> lock_engine(duck::Connection& connection, const std::string& temp_folder,
                         const EngineLimits& limits) {
  const std::string folder = duck::quote_text(temp_folder);
  std::string settings = fmt::format(
      "SET temp_directory={}; SET max_temp_directory_size='{}MiB'; SET memory_limit='{}MiB'; "
      "SET threads={};",
      folder, limits.temp_mb, limits.memory_mb, limits.threads);
  std::string expected = wanted("allow_unsigned_extensions", "'false'") + ", " +
                         wanted("temp_directory", folder) + ", " +
                         wanted("threads", fmt::format("'{}'", limits.threads)) + ", " +
                         wanted_bytes("max_temp_directory_size", limits.temp_mb) + ", " +
                         wanted_bytes("memory_limit", limits.memory_mb);
  for (const auto& [name, value] : kFixed) {
    settings += fmt::format(" SET {}='{}';", name, value);
    expected += ", " + wanted(name, duck::quote_text(value));
  }
  RL_TRY_VOID(connection.run(settings));
  RL_TRY(const auto wrong,
         connection.text(fmt::format("SELECT string_agg(w.name, ' ') FROM (VALUES {}) w(name, "
                                     "wanted) LEFT JOIN duckdb_settings() s ON s.name = w.name "
                                     "WHERE s.value IS DISTINCT FROM w.wanted",
                                     expected)));
  if (!wrong) return {};
  return base::fail_internal("duckdb settings that do not hold: " + *wrong);
}

}  // namespace worker
