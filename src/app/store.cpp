#include "app/store.hpp"

#include <fmt/format.h>

#include "base/task.hpp"
#include "sql/migrations.hpp"

namespace app {
namespace {

base::LogOptions log_options(const LogConfig& config, const DataFolder& folder) {
  base::LogOptions options;
  options.path = config.file.starts_with('/') ? config.file : folder.file(config.file);
  options.level = config.level == "debug"     ? base::LogLevel::debug
                  : config.level == "warning" ? base::LogLevel::warning
                  : config.level == "error"   ? base::LogLevel::error
                                              : base::LogLevel::info;
  options.max_bytes = config.max_mb * 1'048'576;
  options.keep = static_cast<int>(config.keep);
  return options;
}

std::unexpected<base::Error> store_failed(const base::Error& error) {
  return base::fail(base::ErrorCode::internal, "store_unusable",
                    fmt::format("The database cannot be used: {}",
                                error.detail.empty() ? error.message : error.detail));
}

std::unique_ptr<ledger::LedgerService> make_ledger(Store& store) {
  const ledger::Tariff tariff{.idle_gap = base::Millis{store.config.metering.idle_gap_ms},
                              .min_proof = base::Millis{store.config.metering.min_proof_ms}};
  return std::make_unique<ledger::LedgerService>(*store.database, store.clock, store.random,
                                                 *store.log, tariff);
}

// The database of a folder that another process holds; that process has migrated it.
base::Result<std::unique_ptr<Store>> open_beside(std::unique_ptr<Store> store,
                                                 const std::string& data) {
  store->log = std::make_unique<base::Log>(base::LogOptions{}, store->clock);
  auto database = sql::Database::open({.path = data + "/redline.db"});
  if (!database) return store_failed(database.error());
  store->database = std::move(*database);
  store->ledger = make_ledger(*store);
  return store;
}

}  // namespace

base::Result<std::unique_ptr<Store>> open_store(Config config, const std::string& data,
                                                StoreUse use) {
  auto store = std::make_unique<Store>();
  store->config = std::move(config);
  auto opened = DataFolder::open(data);
  if (!opened && opened.error().reason == "data_folder_in_use" && use == StoreUse::beside)
    return open_beside(std::move(store), data);
  RL_TRY(auto folder, std::move(opened));
  store->folder = std::make_unique<DataFolder>(std::move(folder));
  store->log =
      std::make_unique<base::Log>(log_options(store->config.log, *store->folder), store->clock);

  auto database = sql::Database::open(
      {.path = store->folder->file("redline.db"), .log = store->log.get(), .alone = true});
  if (!database) return store_failed(database.error());
  store->database = std::move(*database);
  if (const auto damage = store->database->health().damage; !damage.empty())
    fmt::print(stderr, "redline: {}\n", damage);
  if (const auto migrated = base::block_on(sql::migrate(*store->database)); !migrated)
    return store_failed(migrated.error());

  store->ledger = make_ledger(*store);
  return store;
}

}  // namespace app
