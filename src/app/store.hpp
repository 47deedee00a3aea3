// What every command that touches the data folder needs: the folder with its lock, the log, the
// database (migrated) and the ledger. serve builds the rest on top.
#pragma once

#include <memory>

#include "app/config.hpp"
#include "app/data_folder.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "features/ledger/ledger_service.hpp"
#include "sql/database.hpp"

namespace app {

struct Store {
  Config config;
  std::unique_ptr<DataFolder> folder;  // null when another process holds it
  base::SystemClock clock;
  base::SystemRandom random;
  std::unique_ptr<base::Log> log;
  std::unique_ptr<sql::Database> database;
  std::unique_ptr<ledger::LedgerService> ledger;
};

enum class StoreUse : std::uint8_t {
  alone,   // holds the data folder: another process that does makes this fail
  beside,  // only reads: works beside a process that holds the folder, then without lock and log
};

// Errors are for the terminal: message says what is wrong and what to do.
[[nodiscard]] base::Result<std::unique_ptr<Store>> open_store(Config config,
                                                              const std::string& data,
                                                              StoreUse use = StoreUse::alone);

}  // namespace app
