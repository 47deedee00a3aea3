#include "worker/sandbox.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include <linux/close_range.h>

#include "base/sanitizers.hpp"

namespace worker {
namespace {

using base::Result;

constexpr rlim_t kMebibyte = 1024 * 1024;
constexpr rlim_t kCpuSeconds = 24 * 3600;  // of a whole worker's life; a query has its deadline
constexpr rlim_t kOpenFiles = 256;
constexpr bool kLimitsAddressSpace = !base::kHasShadowMemory;

std::unexpected<base::Error> broken(const char* step) {
  return base::fail_internal(std::string{"sandbox: "} + step + ": " + std::strerror(errno));
}

Result<rlim_t> mapped_bytes() {
  std::ifstream statm("/proc/self/statm");
  rlim_t pages = 0;
  if (!(statm >> pages)) return base::fail_internal("sandbox: cannot read /proc/self/statm");
  return pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE));
}

Result<void> limit(int resource, rlim_t value, const char* name) {
  const rlimit both{value, value};
  if (setrlimit(static_cast<__rlimit_resource>(resource), &both) != 0) return broken(name);
  return {};
}

Result<void> limit_resources(const Confinement& confinement) {
  // Otherwise every thread reserves 64 MiB of address space for a malloc arena of its own.
  mallopt(M_ARENA_MAX, 2);
  RL_TRY(const rlim_t mapped, mapped_bytes());
  if (kLimitsAddressSpace) {
    RL_TRY_VOID(limit(RLIMIT_AS, mapped + static_cast<rlim_t>(confinement.memory_mb) * kMebibyte,
                      "RLIMIT_AS"));
  }
  RL_TRY_VOID(limit(RLIMIT_FSIZE, static_cast<rlim_t>(confinement.max_file_mb) * kMebibyte,
                    "RLIMIT_FSIZE"));
  RL_TRY_VOID(limit(RLIMIT_CPU, kCpuSeconds, "RLIMIT_CPU"));
  RL_TRY_VOID(limit(RLIMIT_NOFILE, kOpenFiles, "RLIMIT_NOFILE"));
  return limit(RLIMIT_CORE, 0, "RLIMIT_CORE");
}

// Leaves 0 and 1 on /dev/null, 2 as it is, and the socket.
Result<void> close_descriptors(int socket) {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0) return broken("/dev/null");
  const auto kept = static_cast<unsigned>(socket);
  if (kept > 3 && close_range(3, kept - 1, 0) != 0) return broken("close_range");
  if (close_range(kept + 1, ~0U, 0) != 0) return broken("close_range");
  return {};
}

Result<void> give_up_privileges() {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return broken("no_new_privs");
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return broken("dumpable");
  // A server that died before this line is seen as end of file on the socket.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return broken("pdeathsig");
  return {};
}

}  // namespace

Result<void> confine(const Confinement& confinement) {
  if (confinement.socket < 3 || confinement.memory_mb <= 0 || confinement.max_file_mb <= 0)
    return base::fail_internal("sandbox: unusable limits");
  if (clearenv() != 0) return broken("clearenv");
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond the limit fails instead
  RL_TRY_VOID(close_descriptors(confinement.socket));
  RL_TRY_VOID(limit_resources(confinement));
  RL_TRY_VOID(give_up_privileges());
  RL_TRY_VOID(restrict_files(confinement.folder, confinement.without_landlock));
  return restrict_system_calls();
}

}  // namespace worker
