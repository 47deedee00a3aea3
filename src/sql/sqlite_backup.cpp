#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include "sql/backup.hpp"

namespace sql {

namespace {

// An open database; closed with this.
class Handle {
 public:
  Handle(const std::string& path, int flags) {
    code_ = sqlite3_open_v2(path.c_str(), &database_, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    if (code_ == SQLITE_OK) sqlite3_busy_timeout(database_, 5'000);
  }
  ~Handle() { sqlite3_close(database_); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  [[nodiscard]] bool open() const { return code_ == SQLITE_OK; }
  [[nodiscard]] sqlite3* get() const { return database_; }
  [[nodiscard]] std::string error() const { return sqlite3_errmsg(database_); }

 private:
  sqlite3* database_ = nullptr;
  int code_ = SQLITE_OK;
};

std::unexpected<base::Error> failed(const std::string& path, const std::string& why) {
  return base::fail(base::ErrorCode::internal, "backup_failed",
                    "The database could not be copied to " + path + ": " + why + ".");
}

base::Result<void> copy(const std::string& from, const std::string& to) {
  const Handle source(from, SQLITE_OPEN_READWRITE);
  if (!source.open()) return failed(to, source.error());
  const Handle target(to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  if (!target.open()) return failed(to, target.error());
  auto* const backup = sqlite3_backup_init(target.get(), "main", source.get(), "main");
  if (backup == nullptr) return failed(to, target.error());
  // In one step: one snapshot, and in WAL mode nobody waits for it.
  sqlite3_backup_step(backup, -1);
  if (sqlite3_backup_finish(backup) != SQLITE_OK) return failed(to, target.error());
  // The copy says it is in WAL mode; as a single file it is easier to carry. Opening it for work
  // turns WAL on again.
  if (sqlite3_exec(target.get(), "PRAGMA journal_mode=DELETE", nullptr, nullptr, nullptr) !=
      SQLITE_OK)
    return failed(to, target.error());
  return {};
}

bool reach_disk(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool done = ::fsync(file) == 0;
  ::close(file);
  return done;
}

}  // namespace

base::Result<void> copy_database(const std::string& from, const std::string& to) {
  if (std::filesystem::exists(to))
    return base::fail(base::ErrorCode::conflict, "conflict",
                      "There is a file " + to + " already. Choose another name.");
  // Under another name until it is whole: who is killed half-way leaves nothing under this one.
  const auto part = to + ".partial";
  std::error_code ignored_when_absent;
  for (const auto* suffix : {"", "-journal", "-wal", "-shm"})
    std::filesystem::remove(part + suffix, ignored_when_absent);
  auto copied = copy(from, part);
  if (copied && !reach_disk(part)) copied = failed(to, "it did not reach the disk");
  if (copied && (::rename(part.c_str(), to.c_str()) != 0 ||
                 !reach_disk(std::filesystem::absolute(to).parent_path())))
    copied = failed(to, "it could not be given its name");
  if (!copied) std::filesystem::remove(part, ignored_when_absent);
  return copied;
}

}  // namespace sql
