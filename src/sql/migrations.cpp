#include "sql/migrations.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>
#include <openssl/evp.h>

namespace sql {

namespace {

std::string sha256_text(std::string_view bytes) {
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    throw SqlError("SHA-256 is not available");
  std::string text;
  for (const auto byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

using Applied = std::map<std::string, std::string, std::less<>>;  // file name -> checksum

base::Result<Applied> load_applied(OperatorTx& tx) {
  tx.execute_schema(
      "CREATE TABLE IF NOT EXISTS schema_migrations (name TEXT PRIMARY KEY, "
      "checksum TEXT NOT NULL)");
  Applied applied;
  auto rows = tx.prepare("SELECT name, checksum FROM schema_migrations");
  while (rows.step()) applied.emplace(rows.text(0), rows.text(1));
  return applied;
}

base::Result<void> check_applied(const Applied& applied,
                                 std::span<const base::EmbeddedFile> files) {
  for (const auto& [name, checksum] : applied) {
    const auto file = std::ranges::find(files, name, &base::EmbeddedFile::path);
    if (file == files.end())
      return base::fail(base::ErrorCode::conflict, "database_newer",
                        "This database was written by a newer version of the program. "
                        "Start that version, or restore a backup.",
                        "unknown migration " + name);
    if (sha256_text(file->bytes) != checksum)
      return base::fail(base::ErrorCode::conflict, "migration_changed",
                        "This database was set up by a different build of the program. "
                        "Start that build, or restore a backup.",
                        "the bytes of migration " + name + " changed after it was applied");
  }
  for (const auto& file : files)
    if (!applied.empty() && !applied.contains(file.path) && file.path < applied.rbegin()->first)
      return base::fail(base::ErrorCode::conflict, "migration_order",
                        "This database cannot be brought up to date by this program.",
                        fmt::format("migration {} sorts before {}, which is applied already",
                                    file.path, applied.rbegin()->first));
  return {};
}

base::Result<bool> apply(OperatorTx& tx, const base::EmbeddedFile& file) {
  tx.execute_schema(file.bytes);
  tx.prepare("INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)")
      .bind(1, file.path)
      .bind(2, sha256_text(file.bytes))
      .run();
  return true;
}

std::vector<base::EmbeddedFile> sorted_scripts(std::span<const base::EmbeddedFile> files) {
  std::vector<base::EmbeddedFile> scripts;
  for (const auto& file : files)
    if (file.path.ends_with(".sql")) scripts.push_back(file);
  std::ranges::sort(scripts, {}, &base::EmbeddedFile::path);
  return scripts;
}

}  // namespace

base::Task<base::Result<MigrationReport>> migrate(Database& database) {
  return migrate(database, embedded_migrations());
}

base::Task<base::Result<MigrationReport>> migrate(Database& database,
                                                  std::span<const base::EmbeddedFile> files) {
  const auto scripts = sorted_scripts(files);
  auto applied = co_await database.write_operator<Applied>(load_applied);
  if (!applied) co_return std::unexpected(applied.error());
  RL_CO_TRY_VOID(check_applied(*applied, scripts));
  MigrationReport report{{}, applied->size()};
  for (const auto& script : scripts) {
    if (applied->contains(script.path)) continue;
    auto done = co_await database.write_operator<bool>(
        [&script](OperatorTx& tx) { return apply(tx, script); });
    if (!done) co_return std::unexpected(done.error());
    report.applied.emplace_back(script.path);
  }
  co_return report;
}

}  // namespace sql
