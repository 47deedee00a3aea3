// The file behind Log: appends whole lines and rotates by size. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace base {

class LogFile {
 public:
  LogFile(std::string path, std::int64_t max_bytes, int keep);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  // `lines` ends with '\n'; at most about 64 KB a system call; a line is never split over two
  // files. Returns the number of lines that could not be written (disk full, folder missing); the
  // next call tries to open the file again.
  std::uint64_t append(std::string_view lines);

 private:
  bool open();
  bool write_all(std::string_view chunk);
  void write_behind();
  void rotate();
  void close();
  void complain(const char* what);

  std::string path_;
  std::int64_t max_bytes_;
  int keep_;
  int descriptor_ = -1;
  std::int64_t size_ = 0;
  std::int64_t behind_ = 0;  // the size at the last write_behind
  bool regular_ = true;      // pipes and terminals are never renamed
  bool complained_ = false;  // once on stderr until it works again
};

}  // namespace base
