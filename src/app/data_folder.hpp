// The data folder (0700) and its lock: one process at a time. A second start is told who holds it.
#pragma once

#include <string>

#include "base/result.hpp"

namespace app {

class DataFolder {
 public:
  // Creates the folder and keys/ and workspaces/ below it when they are missing. Errors: `conflict`
  // when another process holds it (message names its pid), `internal` when the folder cannot be
  // used (read-only, full, not ours).
  [[nodiscard]] static base::Result<DataFolder> open(const std::string& path);
  DataFolder(DataFolder&& other) noexcept;
  DataFolder& operator=(DataFolder&&) = delete;
  ~DataFolder();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(std::string_view name) const {
    return path_ + "/" + std::string(name);
  }

 private:
  DataFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_;
};

}  // namespace app
