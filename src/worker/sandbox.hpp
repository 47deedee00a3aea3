// Confines the calling process for good. It may afterwards read and write below one folder, use
// its open socket and memory up to a cap, and start threads; nothing else: no other file, no
// network, no program, no other process. Fails closed: on any error the process must end.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace worker {

struct Confinement {
  std::string folder;             // absolute; must exist
  int socket = -1;                // kept open, with descriptor 2; all others are closed
  std::int64_t memory_mb = 0;     // beyond what the process has mapped when confined
  std::int64_t max_file_mb = 0;   // size of any one file
  bool without_landlock = false;  // go on when the kernel lacks Landlock
};

// Call on the only thread, before any user file is opened; shared libraries must be loaded.
base::Result<void> confine(const Confinement& confinement);

// The steps, in the order in which confine() takes them after limits and descriptors.
base::Result<void> restrict_files(const std::string& folder, bool without_landlock);
base::Result<void> restrict_system_calls();

}  // namespace worker
