#include "features/workspace/upload_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "features/workspace/file_handle.hpp"

namespace workspace {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;

constexpr std::size_t kWriteBytes = 256U << 10U;
constexpr std::int64_t kMegabyte = 1LL << 20U;

std::unexpected<base::Error> too_large(std::int64_t limit) {
  return base::fail(ErrorCode::too_large, "too_large",
                    fmt::format("This file is larger than the {} MB your plan allows for one "
                                "upload. Split it, or change the plan.",
                                limit / kMegabyte));
}

std::unexpected<base::Error> quota_exceeded(std::int64_t limit) {
  return base::fail(ErrorCode::too_large, "quota_exceeded",
                    fmt::format("Your workspace would hold more than the {} MB of your plan. "
                                "Delete datasets you no longer need, or change the plan.",
                                limit / kMegabyte));
}

std::unexpected<base::Error> disk_failure(std::string_view what) {
  return base::fail_internal(fmt::format("upload, {}: {}", what, std::strerror(errno)));
}

std::int64_t size_or_zero(const fs::path& file) {
  std::error_code missing;
  const auto size = fs::file_size(file, missing);
  return missing ? 0 : static_cast<std::int64_t>(size);
}

base::Result<void> write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto wrote = ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return disk_failure("write");
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

base::Result<void> sync_all(int fd, const std::string& folder) {
  if (::fsync(fd) != 0) return disk_failure("fsync");
  const FileHandle directory{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!directory || ::fsync(directory.get()) != 0) return disk_failure("fsync of the folder");
  return {};
}

}  // namespace

struct UploadStore::Open {
  base::AccountId account;
  std::string folder;
  std::string name;
  FileHandle handle;
};

std::string UploadStore::workspace_of(base::AccountId account) const {
  return folder_ + "/" + account.text();
}

base::Result<void> UploadStore::prepare() const {
  if (::mkdir(folder_.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return disk_failure("workspaces folder");
}

std::int64_t UploadStore::used_bytes(base::AccountId account) const {
  const auto workspace = workspace_of(account);
  auto used =
      size_or_zero(workspace + "/data.duckdb") + size_or_zero(workspace + "/data.duckdb.wal");
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(workspace + "/uploads", missing))
    used += size_or_zero(entry.path());
  return used;
}

base::Task<base::Result<std::string>> UploadStore::receive(base::AccountId account,
                                                           PlanLimits limits,
                                                           std::optional<std::int64_t> announced,
                                                           http::BodyReader& body) {
  if (announced && *announced > limits.max_upload_bytes)
    co_return too_large(limits.max_upload_bytes);
  std::array<std::byte, 16> bits{};
  random_.fill(bits);
  Open file{
      .account = account, .folder = workspace_of(account) + "/uploads", .name = "u", .handle = {}};
  for (const auto bit : bits) file.name += fmt::format("{:02x}", std::to_integer<int>(bit));
  auto open = [this, &file, limits, announced]() -> base::Result<void> {
    if (used_bytes(file.account) + announced.value_or(0) > limits.storage_bytes)
      return quota_exceeded(limits.storage_bytes);
    ::mkdir(workspace_of(file.account).c_str(), 0700);
    ::mkdir(file.folder.c_str(), 0700);
    constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    file.handle = FileHandle{::open((file.folder + "/" + file.name).c_str(), kFlags, 0600)};
    return file.handle ? base::Result<void>{} : disk_failure("open");
  };
  auto opened = co_await disk_.run<base::Result<void>>(std::move(open));
  if (!opened) co_return std::unexpected(std::move(opened.error()));
  auto written = co_await write_body(file, limits, body);
  file.handle.close();
  if (written) co_return file.name;
  co_await remove(account, file.name);
  co_return std::unexpected(std::move(written.error()));
}

base::Task<base::Result<void>> UploadStore::write_body(Open& file, PlanLimits limits,
                                                       http::BodyReader& body) {
  std::string buffer;
  std::int64_t total = 0;
  for (bool end = false; !end;) {
    auto piece = co_await body.read();
    if (!piece) co_return std::unexpected(std::move(piece.error()));
    end = piece->empty();
    total += static_cast<std::int64_t>(piece->size());
    if (total > limits.max_upload_bytes) co_return too_large(limits.max_upload_bytes);
    buffer.append(*piece);
    if (buffer.size() < kWriteBytes && !end) continue;
    // Measured while writing too: uploads of the same account may run side by side.
    auto write = [this, &file, &buffer, limits, end]() -> base::Result<void> {
      RL_TRY_VOID(write_all(file.handle.get(), buffer));
      if (used_bytes(file.account) > limits.storage_bytes)
        return quota_exceeded(limits.storage_bytes);
      return end ? sync_all(file.handle.get(), file.folder) : base::Result<void>{};
    };
    auto written = co_await disk_.run<base::Result<void>>(std::move(write));
    if (!written) co_return written;
    buffer.clear();
  }
  co_return base::Result<void>{};
}

base::Task<void> UploadStore::remove(base::AccountId account, std::string name) {
  auto unlink = [path = workspace_of(account) + "/uploads/" + name] {
    return ::unlink(path.c_str()) == 0;
  };
  co_await disk_.run<bool>(std::move(unlink));
}

void UploadStore::remove_all() const {
  std::error_code ignored;  // a folder that is not there holds no uploads
  for (const auto& workspace : fs::directory_iterator(folder_, ignored))
    for (const auto& upload : fs::directory_iterator(workspace.path() / "uploads", ignored))
      fs::remove(upload.path(), ignored);
}

}  // namespace workspace
