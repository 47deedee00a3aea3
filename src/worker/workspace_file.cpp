#include "worker/workspace_file.hpp"

#include <filesystem>
#include <utility>

namespace worker {
namespace {

using base::Result;
using duck::Access;
using duck::Connection;
using duck::Database;

constexpr std::chrono::milliseconds kLookAgain{20};

std::unexpected<base::Error> gave_up() {
  return base::fail(base::ErrorCode::invalid, "interrupted", "interrupted while waiting");
}

}  // namespace

WorkspaceFile::WorkspaceFile(std::string folder, EngineLimits limits)
    : folder_(std::move(folder)), limits_(limits) {}

Result<Connection> WorkspaceFile::open_instance(Access access) {
  // Settings that only the start can make; the rest follows in lock_engine.
  const duck::Settings settings{{"allow_unsigned_extensions", "false"},
                                {"threads", std::to_string(limits_.threads)},
                                {"memory_limit", std::to_string(limits_.memory_mb) + "MiB"},
                                {"temp_directory", folder_ + "/tmp"},
                                {"autoinstall_known_extensions", "false"},
                                {"autoload_known_extensions", "false"}};
  RL_TRY(auto database, Database::open(folder_ + "/data.duckdb", access, settings));
  RL_TRY(auto connection, Connection::open(database));
  RL_TRY_VOID(lock_engine(connection, folder_ + "/tmp", limits_));
  if (access == Access::read_only) database_ = std::move(database);
  return connection;
}

Result<void> WorkspaceFile::open() {
  std::error_code error;
  const std::filesystem::path temp = folder_ + "/tmp";
  std::filesystem::remove_all(temp, error);
  if (!std::filesystem::create_directories(temp, error) && error)
    return base::fail_internal("workspace: " + temp.string() + ": " + error.message());
  {
    RL_TRY(auto connection, open_instance(Access::read_write));
    // A schema of its own: users' tables are those of "main".
    RL_TRY_VOID(connection.run("CREATE SCHEMA IF NOT EXISTS redline"));
    RL_TRY_VOID(connection.run(
        "CREATE TABLE IF NOT EXISTS redline.catalogue(name VARCHAR, imported_us BIGINT, "
        "entry VARCHAR)"));
    RL_TRY_VOID(connection.run("CHECKPOINT"));
  }
  RL_TRY(auto reader, open_instance(Access::read_only));
  return {};
}

Result<WorkspaceFile::Lease> WorkspaceFile::read(const GiveUp& give_up) {
  std::unique_lock lock(mutex_);
  while (writing_ || writers_waiting_ > 0) {
    if (give_up()) return gave_up();
    changed_.wait_for(lock, kLookAgain);
  }
  if (!database_) {  // a writer could not hand back
    RL_TRY(auto reader, open_instance(Access::read_only));
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
  RL_TRY(lease.connection_, open_instance(Access::read_write));
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
  if (auto reader = open_instance(Access::read_only); !reader) database_.reset();
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
