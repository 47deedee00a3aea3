#include "base/log_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace base {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{64} * 1024;
// A busy log is on its way to the disk, and out of memory, each time it grew by this much.
constexpr std::int64_t kWriteBehindBytes = std::int64_t{1} << 20;

// The longest run of whole lines within `room`; at least one line.
std::string_view take_lines(std::string_view lines, std::size_t room) {
  if (lines.size() <= room) return lines;
  auto end = room == 0 ? std::string_view::npos : lines.rfind('\n', room - 1);
  if (end == std::string_view::npos) end = lines.find('\n', room);
  return end == std::string_view::npos ? lines : lines.substr(0, end + 1);
}

std::size_t first_line_size(std::string_view lines) {
  const auto end = lines.find('\n');
  return end == std::string_view::npos ? lines.size() : end + 1;
}

}  // namespace

LogFile::LogFile(std::string path, std::int64_t max_bytes, int keep)
    : path_(std::move(path)), max_bytes_(std::max<std::int64_t>(max_bytes, 1)), keep_(keep) {}

LogFile::~LogFile() { close(); }

std::uint64_t LogFile::append(std::string_view lines) {
  while (!lines.empty()) {
    if (descriptor_ < 0 && !open()) break;
    const auto first = static_cast<std::int64_t>(first_line_size(lines));
    if (regular_ && size_ > 0 && size_ + first > max_bytes_) {
      rotate();
      if (!open()) break;
    }
    // When rotation failed the file grows on: losing lines would be worse.
    const auto room = regular_ ? std::max(max_bytes_ - size_, first) : INT64_MAX;
    const auto chunk = take_lines(lines, std::min(kChunkBytes, static_cast<std::size_t>(room)));
    if (!write_all(chunk)) break;
    complained_ = false;
    size_ += static_cast<std::int64_t>(chunk.size());
    write_behind();
    lines.remove_prefix(chunk.size());
  }
  return static_cast<std::uint64_t>(std::ranges::count(lines, '\n'));
}

bool LogFile::open() {
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (descriptor_ < 0) {
    complain("cannot be opened");
    return false;
  }
  struct stat status{};
  if (fstat(descriptor_, &status) == 0) {
    regular_ = S_ISREG(status.st_mode);
    behind_ = size_ = regular_ ? status.st_size : 0;
  }
  return true;
}

bool LogFile::write_all(std::string_view chunk) {
  while (!chunk.empty()) {
    const auto written = ::write(descriptor_, chunk.data(), chunk.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      complain("cannot be written");
      close();
      return false;
    }
    chunk.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Nobody reads it again soon: the memory is better used for data files than for lines of the log,
// and the same few pages are warm for the next lines. This starts the writing of what is new and
// gives back what an earlier call started; it does not wait.
void LogFile::write_behind() {
  if (!regular_ || size_ - behind_ < kWriteBehindBytes) return;
  behind_ = size_;
  posix_fadvise(descriptor_, 0, size_, POSIX_FADV_DONTNEED);
}

void LogFile::rotate() {
  close();
  // An older file that is not there yet is normal. The last rename must work, or the file would
  // grow for ever: otherwise it is cut.
  for (int i = keep_; i > 1; --i)
    std::rename(fmt::format("{}.{}", path_, i - 1).c_str(), fmt::format("{}.{}", path_, i).c_str());
  const bool moved = keep_ > 0 && std::rename(path_.c_str(), (path_ + ".1").c_str()) == 0;
  if (!moved && ::truncate(path_.c_str(), 0) != 0) complain("cannot be rotated");
}

void LogFile::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  size_ = 0;
}

void LogFile::complain(const char* what) {
  if (complained_) return;
  complained_ = true;
  std::fputs(fmt::format("redline: the log {} {}: {}\n", path_, what, std::strerror(errno)).c_str(),
             stderr);
}

}  // namespace base
