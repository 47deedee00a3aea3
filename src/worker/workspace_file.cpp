#include "worker/workspace_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>

namespace worker {
namespace {

using base::Result;
using duck::Access;
using duck::Connection;
using duck::Database;

constexpr std::chrono::milliseconds kLookAgain{20};
// What the worker of a server that was killed may take until it is gone.
constexpr int kLooksForLock = 500;

std::unexpected<base::Error> gave_up() {
  return base::fail(base::ErrorCode::invalid, "interrupted", "interrupted while waiting");
}

Result<void> failed(const std::string& path) {
  return base::fail_internal("workspace: " + path + ": " + std::strerror(errno));
}

Result<void> sync_folder(const std::string& folder) {
  const int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return failed(folder);
  const int synced = fsync(handle);
  close(handle);
  return synced == 0 ? Result<void>{} : failed(folder);
}

}  // namespace

WorkspaceFile::WorkspaceFile(std::string folder, EngineLimits limits)
    : folder_(std::move(folder)), path_(folder_ + "/data.duckdb"), limits_(limits) {}

Result<Connection> WorkspaceFile::open_instance(const std::string& path, Access access) {
  // Settings that only the start can make; the rest follows in lock_engine.
  const duck::Settings settings{{"allow_unsigned_extensions", "false"},
                                {"threads", std::to_string(limits_.threads)},
                                {"memory_limit", std::to_string(limits_.memory_mb) + "MiB"},
                                {"temp_directory", folder_ + "/tmp"},
                                {"autoinstall_known_extensions", "false"},
                                {"autoload_known_extensions", "false"}};
  auto opened = Database::open(path, access, settings);
  for (int look = 0; look < kLooksForLock && !opened && opened.error().reason == "file_locked";
       ++look) {
    std::this_thread::sleep_for(kLookAgain);
    opened = Database::open(path, access, settings);
  }
  RL_TRY(auto database, std::move(opened));
  RL_TRY(auto connection, Connection::open(database));
  RL_TRY_VOID(lock_engine(connection, folder_ + "/tmp", limits_));
  if (access == Access::read_only) database_ = std::move(database);
  return connection;
}

// DuckDB cannot open a file whose making was cut short, so an unfinished one has another name.
Result<void> WorkspaceFile::make() {
  const std::string unfinished = folder_ + "/unfinished.duckdb";
  for (const auto& left : {unfinished, unfinished + ".wal"})
    if (::unlink(left.c_str()) != 0 && errno != ENOENT) return failed(left);
  {
    RL_TRY(auto connection, open_instance(unfinished, Access::read_write));
    // A schema of its own: users' tables are those of "main".
    RL_TRY_VOID(connection.run("CREATE SCHEMA redline"));
    RL_TRY_VOID(connection.run(
        "CREATE TABLE redline.catalogue(name VARCHAR, imported_us BIGINT, entry VARCHAR)"));
    RL_TRY_VOID(connection.run("CHECKPOINT"));
  }
  if (std::rename(unfinished.c_str(), path_.c_str()) != 0) return failed(path_);
  return sync_folder(folder_);
}

Result<void> WorkspaceFile::open() {
  std::error_code error;
  const std::filesystem::path temp = folder_ + "/tmp";
  std::filesystem::remove_all(temp, error);
  if (!std::filesystem::create_directories(temp, error) && error)
    return base::fail_internal("workspace: " + temp.string() + ": " + error.message());
  if (!std::filesystem::exists(path_, error)) RL_TRY_VOID(make());
  {  // whoever writes replays what a crash left; who only reads cannot
    RL_TRY(auto connection, open_instance(path_, Access::read_write));
    RL_TRY_VOID(connection.run("CHECKPOINT"));
  }
  RL_TRY(auto reader, open_instance(path_, Access::read_only));
  return {};
}

Result<WorkspaceFile::Lease> WorkspaceFile::read(const GiveUp& give_up) {
  std::unique_lock lock(mutex_);
  while (writing_ || writers_waiting_ > 0) {
    if (give_up()) return gave_up();
    changed_.wait_for(lock, kLookAgain);
  }
  if (!database_) {  // a writer could not hand back
    RL_TRY(auto reader, open_instance(path_, Access::read_only));
  }
  Lease lease(*this, false);
  ++readers_;
  auto connection = Connection::open(*database_);
  lock.unlock();
  if (!connection) return std::unexpected(connection.error());  // the lease counts down
  lease.connection_ = std::move(*connection);
  return lease;
}

Result<WorkspaceFile::Lease> WorkspaceFile::write(const GiveUp& give_up) {
  std::unique_lock lock(mutex_);
  ++writers_waiting_;
  while (writing_ || readers_ > 0) {
    if (give_up()) {
      --writers_waiting_;
      changed_.notify_all();
      return gave_up();
    }
    changed_.wait_for(lock, kLookAgain);
  }
  --writers_waiting_;
  writing_ = true;
  database_.reset();
  lock.unlock();
  Lease lease(*this, true);
  RL_TRY(lease.connection_, open_instance(path_, Access::read_write));
  return lease;
}

void WorkspaceFile::leave_reader() {
  const std::lock_guard lock(mutex_);
  --readers_;
  changed_.notify_all();
}

void WorkspaceFile::leave_writer() {
  const std::lock_guard lock(mutex_);
  // When this fails the next reader tries again and tells its user.
  if (auto reader = open_instance(path_, Access::read_only); !reader) database_.reset();
  writing_ = false;
  changed_.notify_all();
}

WorkspaceFile::Lease::Lease(Lease&& other) noexcept
    : file_(std::exchange(other.file_, nullptr)),
      writer_(other.writer_),
      connection_(std::move(other.connection_)) {
  other.connection_.reset();
}

WorkspaceFile::Lease::~Lease() {
  if (file_ == nullptr) return;
  connection_.reset();
  if (writer_)
    file_->leave_writer();
  else
    file_->leave_reader();
}

}  // namespace worker
