// An uploaded file, read from the start as often as needed.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "worker/text_lines.hpp"

namespace worker {

class UploadFile {
 public:
  // `name` is one path component; symbolic links are refused.
  static base::Result<UploadFile> open(const std::string& folder, const std::string& name);
  UploadFile(UploadFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)), size_(other.size_) {}
  UploadFile& operator=(UploadFile&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~UploadFile();

  [[nodiscard]] std::int64_t size() const { return size_; }
  // The first bytes, at most `most`.
  [[nodiscard]] base::Result<std::string> head(std::size_t most) const;
  // From the first byte; the file outlives it.
  [[nodiscard]] ByteSource bytes() const;

 private:
  UploadFile(int fd, std::int64_t size) : fd_(fd), size_(size) {}
  int fd_ = -1;
  std::int64_t size_ = 0;
};

}  // namespace worker
