// Uploaded files: workspaces/<account>/uploads/<random>. The name is ours; nothing of a user's text
// ever becomes part of a path. A file is whole and on disk, or not there.
#pragma once

#include <optional>
#include <string>

#include "base/random.hpp"
#include "features/workspace/disk_lane.hpp"
#include "features/workspace/workspace_options.hpp"
#include "http/exchange.hpp"

namespace workspace {

class UploadStore {
 public:
  // `folder` is that of all workspaces. Everything outlives the store.
  UploadStore(std::string folder, base::Random& random, DiskLane& disk)
      : folder_(std::move(folder)), random_(random), disk_(disk) {}

  // Makes the folder of all workspaces; `internal` when it cannot.
  [[nodiscard]] base::Result<void> prepare() const;
  // Writes the body and returns the file's name. Errors leave nothing: too_large (this file),
  // quota_exceeded (all of the workspace), what the reader says, internal.
  base::Task<base::Result<std::string>> receive(base::AccountId account, PlanLimits limits,
                                                std::optional<std::int64_t> announced,
                                                http::BodyReader& body);
  base::Task<void> remove(base::AccountId account, std::string name);
  // Removes every upload of every workspace: at start-up no job is left that could want one.
  void remove_all() const;
  // Database and uploads of the account, in bytes.
  [[nodiscard]] std::int64_t used_bytes(base::AccountId account) const;

 private:
  struct Open;
  base::Task<base::Result<void>> write_body(Open& file, PlanLimits limits, http::BodyReader& body);
  [[nodiscard]] std::string workspace_of(base::AccountId account) const;

  std::string folder_;
  base::Random& random_;
  DiskLane& disk_;
};

}  // namespace workspace
