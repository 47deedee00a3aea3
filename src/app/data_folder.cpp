#include "app/data_folder.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace app {
namespace {

std::unexpected<base::Error> unusable(const std::string& path, std::string_view what) {
  return base::fail(base::ErrorCode::internal, "data_folder_unusable",
                    fmt::format("The data folder {} cannot be used: {}.", path, what));
}

std::string read_holder(int lock) {
  std::array<char, 32> text{};
  const auto size = pread(lock, text.data(), text.size() - 1, 0);
  std::string holder(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  while (holder.ends_with('\n')) holder.pop_back();
  return holder.empty() ? "another process" : "process " + holder;
}

}  // namespace

base::Result<DataFolder> DataFolder::open(const std::string& path) {
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error).lexically_normal().string();
  for (const auto* below : {"", "/keys", "/workspaces"}) {
    const auto folder = absolute + below;
    std::filesystem::create_directories(folder, error);
    if (error) return unusable(folder, error.message());
    if (chmod(folder.c_str(), 0700) != 0) return unusable(folder, std::strerror(errno));
  }
  const auto name = absolute + "/redline.lock";
  const int lock = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return unusable(name, std::strerror(errno));
  DataFolder folder(absolute, lock);
  if (flock(lock, LOCK_EX | LOCK_NB) != 0)
    return base::fail(
        base::ErrorCode::conflict, "data_folder_in_use",
        fmt::format(
            "The data folder {} is in use by {}. Stop it first, or choose another folder with "
            "--data.",
            absolute, read_holder(lock)));
  const auto pid = fmt::format("{}\n", getpid());
  if (ftruncate(lock, 0) != 0 ||
      pwrite(lock, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
    return unusable(name, std::strerror(errno));
  return folder;
}

DataFolder::DataFolder(DataFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

DataFolder::~DataFolder() {
  if (lock_ >= 0) close(lock_);
}

}  // namespace app
