// Forward-only schema migrations: SQL files in order of name, each applied in one transaction and
// recorded with the SHA-256 of its bytes.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/embedded.hpp"
#include "base/task.hpp"
#include "sql/database.hpp"

namespace sql {

struct MigrationReport {
  std::vector<std::string> applied;  // by this call
  std::size_t known = 0;             // applied before
};

// The files of /migrations, as they were when the program was built.
[[nodiscard]] std::span<const base::EmbeddedFile> embedded_migrations();

// Refuses (`conflict`) a database that holds a migration this program does not know
// ("database_newer"), an applied file whose bytes changed ("migration_changed"), and a new file
// that sorts before an applied one ("migration_order"). What was applied before a refusal or an
// error stays. Blocking callers: base::block_on(migrate(database)).
base::Task<base::Result<MigrationReport>> migrate(Database& database);
// `files` outlive the task.
base::Task<base::Result<MigrationReport>> migrate(Database& database,
                                                  std::span<const base::EmbeddedFile> files);

}  // namespace sql
