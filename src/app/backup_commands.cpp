#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <vector>

#include <fmt/format.h>

#include "app/cli.hpp"
#include "app/ledger_commands.hpp"
#include "app/store.hpp"
#include "base/task.hpp"
#include "features/ledger/sha256.hpp"
#include "sql/backup.hpp"

namespace app {
namespace {

namespace files = std::filesystem;

// Written last: a folder without it is no finished backup.
constexpr std::string_view kManifest = "SHA256SUMS";

std::string sum_of(const files::path& path) {
  std::ifstream file(path, std::ios::binary);
  ledger::Sha256 sum;
  std::array<char, 65'536> piece{};
  while (file.read(piece.data(), piece.size()) || file.gcount() > 0)
    sum.add({piece.data(), static_cast<std::size_t>(file.gcount())});
  return ledger::hash_text(sum.value());
}

base::Result<void> copy_keys(const files::path& from, const files::path& to) {
  std::error_code error;
  files::create_directory(to, error);
  if (!error) files::permissions(to, files::perms::owner_all, error);
  for (auto at = files::directory_iterator(from, error);
       !error && at != files::directory_iterator(); at.increment(error))
    if (at->is_regular_file()) files::copy_file(at->path(), to / at->path().filename(), error);
  if (error)
    return base::fail(base::ErrorCode::internal, "backup_failed",
                      fmt::format("The keys in {} could not be copied to {}: {}.", from.string(),
                                  to.string(), error.message()));
  return {};
}

std::vector<std::string> files_of(const files::path& folder) {
  std::vector<std::string> names{"redline.db"};
  std::error_code error;
  for (const auto& key : files::directory_iterator(folder / "keys", error))
    names.push_back("keys/" + key.path().filename().string());
  std::ranges::sort(names);
  return names;
}

// As sha256sum writes and checks it.
base::Result<void> write_manifest(const files::path& folder) {
  std::ofstream manifest(folder / kManifest);
  for (const auto& name : files_of(folder))
    manifest << sum_of(folder / name) << "  " << name << '\n';
  manifest.close();
  if (manifest) return {};
  return base::fail(base::ErrorCode::internal, "backup_failed",
                    fmt::format("{} could not be written.", (folder / kManifest).string()));
}

base::Result<void> check_manifest(const files::path& folder) {
  std::ifstream manifest(folder / kManifest);
  const auto broken = [&](std::string_view why) {
    return base::fail(base::ErrorCode::invalid, "backup_broken",
                      fmt::format("{} is no whole backup: {}.", folder.string(), why));
  };
  if (!manifest) return broken(fmt::format("it has no {}", kManifest));
  std::string sum;
  std::string name;
  std::size_t count = 0;
  for (; manifest >> sum >> name; ++count)
    if (sum_of(folder / name) != sum) return broken(name + " is not as it was copied");
  if (count != files_of(folder).size()) return broken("it has more or fewer files than it lists");
  return {};
}

base::Result<void> make_backup(const files::path& data, const files::path& folder) {
  std::error_code error;
  if (!files::create_directory(folder, error))
    return base::fail(
        base::ErrorCode::conflict, "conflict",
        fmt::format("{} is there already, or cannot be made. Name a new folder.", folder.string()));
  files::permissions(folder, files::perms::owner_all, error);
  RL_TRY_VOID(sql::copy_database(data / "redline.db", folder / "redline.db"));
  files::permissions(folder / "redline.db", files::perms::owner_read | files::perms::owner_write,
                     error);
  RL_TRY_VOID(copy_keys(data / "keys", folder / "keys"));
  return write_manifest(folder);
}

// Under the data folder's lock.
base::Result<void> bring_back(const files::path& folder, const DataFolder& data) {
  const files::path target = data.path();
  if (files::exists(target / "redline.db"))
    return base::fail(base::ErrorCode::conflict, "conflict",
                      fmt::format("{} has a database already. Restore into an empty data folder.",
                                  target.string()));
  RL_TRY_VOID(check_manifest(folder));
  RL_TRY_VOID(copy_keys(folder / "keys", target / "keys"));
  return sql::copy_database(folder / "redline.db", target / "redline.db");
}

}  // namespace

int backup_command(const Common& common, const std::string& folder) {
  const files::path data = common.data;
  if (!files::exists(data / "redline.db")) {
    fmt::print(stderr, "redline: there is no database in {}\n", common.data);
    return kEnvironmentFailed;
  }
  if (const auto made = make_backup(data, folder); !made) return report_failure(made.error());
  if (common.json)
    fmt::print("{{\"ok\":true}}\n");
  else
    fmt::print(
        "The database and the keys are in {}. Workspaces are files of their own: copy "
        "workspaces/ too.\n",
        folder);
  return kDone;
}

int restore_command(const Common& common, const std::string& folder) {
  {
    const auto data = DataFolder::open(common.data);
    if (!data) return report_failure(data.error());
    if (const auto back = bring_back(folder, *data); !back) return report_failure(back.error());
  }
  return ledger_verify_command(common);
}

}  // namespace app
