#include "worker/upload_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace worker {
namespace {

base::Result<std::size_t> read_at(int fd, std::span<char> buffer, std::int64_t offset) {
  while (true) {
    const ssize_t size = pread(fd, buffer.data(), buffer.size(), offset);
    if (size >= 0) return static_cast<std::size_t>(size);
    if (errno != EINTR)
      return base::fail_internal(std::string{"upload: read: "} + std::strerror(errno));
  }
}

}  // namespace

base::Result<UploadFile> UploadFile::open(const std::string& folder, const std::string& name) {
  const bool plain = !name.empty() && name != "." && name != ".." &&
                     name.find('/') == std::string::npos && name.find('\0') == std::string::npos;
  const std::string path = folder + "/uploads/" + name;
  const int fd = plain ? ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
  struct stat status{};
  if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    if (fd >= 0) close(fd);
    return base::fail(base::ErrorCode::not_found, "not_found",
                      "The uploaded file is not there any more. Upload it again.", path);
  }
  return UploadFile(fd, status.st_size);
}

UploadFile::~UploadFile() {
  if (fd_ >= 0) close(fd_);
}

base::Result<std::string> UploadFile::head(std::size_t most) const {
  std::string bytes(most, '\0');
  std::size_t filled = 0;
  while (filled < most) {
    RL_TRY(const std::size_t size,
           read_at(fd_, std::span<char>(bytes).subspan(filled), static_cast<std::int64_t>(filled)));
    if (size == 0) break;
    filled += size;
  }
  bytes.resize(filled);
  return bytes;
}

ByteSource UploadFile::bytes() const {
  return [fd = fd_,
          offset = std::int64_t{0}](std::span<char> buffer) mutable -> base::Result<std::size_t> {
    RL_TRY(const std::size_t size, read_at(fd, buffer, offset));
    offset += static_cast<std::int64_t>(size);
    return size;
  };
}

}  // namespace worker
