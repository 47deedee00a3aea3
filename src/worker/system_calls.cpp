// seccomp: an allow-list of what DuckDB, malloc and threads need; everything else fails with EPERM.
// No socket, exec, fork, ptrace, mount, bpf, io_uring or keyring: not listed, so refused.
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/sanitizers.hpp"
#include "worker/sandbox.hpp"

namespace worker {
namespace {

constexpr const char* kAllowed[] = {
    // the socket that is already open, and files
    "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2",
    "pwritev2", "open", "openat", "close", "stat", "fstat", "lstat", "newfstatat", "statx", "lseek",
    "fcntl", "flock", "ftruncate", "truncate", "fallocate", "fadvise64", "fsync", "fdatasync",
    "sync_file_range", "unlink", "unlinkat", "rename", "renameat", "renameat2", "mkdir", "mkdirat",
    "rmdir", "getdents64", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getcwd",
    "statfs", "fstatfs", "dup", "poll", "ppoll", "recvfrom", "recvmsg", "sendto", "sendmsg",
    "shutdown",
    // memory
    "mmap", "munmap", "mremap", "mprotect", "madvise", "brk", "mincore", "membarrier",
    // threads, time, signals to itself
    "futex", "set_robust_list", "get_robust_list", "rseq", "set_tid_address", "sched_yield",
    "sched_getaffinity", "sched_getparam", "sched_getscheduler", "getcpu", "nanosleep",
    "clock_nanosleep", "clock_gettime", "clock_getres", "gettimeofday", "time", "times",
    "getrusage", "restart_syscall", "exit", "exit_group", "rt_sigaction", "rt_sigprocmask",
    "rt_sigreturn", "rt_sigpending", "sigaltstack", "tgkill",
    // about itself
    "getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getrandom", "uname",
    "sysinfo", "getrlimit", "arch_prctl"};

// How UndefinedBehaviorSanitizer looks whether memory can be read, before it believes an object's
// type; refused, it takes every object for a wrong one.
constexpr const char* kAllowedToSanitizers[] = {"pipe", "pipe2"};

struct Release {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, Release>;

int allow(const Filter& filter, const char* name) {
  const int call = seccomp_syscall_resolve_name(name);
  if (call == __NR_SCMP_ERROR) return 0;  // not on this architecture
  const int failure = seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0);
  return failure == -EDOM ? 0 : failure;
}

scmp_arg_cmp argument(unsigned index, scmp_compare compare, scmp_datum_t first,
                      scmp_datum_t second = 0) {
  return {.arg = index, .op = compare, .datum_a = first, .datum_b = second};
}

int allow_with_conditions(const Filter& filter) {
  // Threads, not processes.
  const auto thread = argument(0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD);
  int failure = seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, &thread);
  // Its flags are behind a pointer; glibc falls back to clone.
  if (failure == 0)
    failure = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
  const auto name = argument(0, SCMP_CMP_EQ, PR_SET_NAME);
  if (failure == 0)
    failure = seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, &name);
  // Reading its own limits only.
  const scmp_arg_cmp own[] = {argument(0, SCMP_CMP_EQ, 0), argument(2, SCMP_CMP_EQ, 0)};
  if (failure == 0)
    failure = seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2, own);
  return failure;
}

}  // namespace

base::Result<void> restrict_system_calls() {
  const Filter filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)));
  if (!filter) return base::fail_internal("sandbox: seccomp_init");
  int failure = 0;
  for (const char* name : kAllowed)
    if (failure == 0) failure = allow(filter, name);
  for (const char* name : kAllowedToSanitizers)
    if (failure == 0 && base::kHasShadowMemory) failure = allow(filter, name);
  if (failure == 0) failure = allow_with_conditions(filter);
  if (failure == 0) failure = seccomp_load(filter.get());
  if (failure != 0)
    return base::fail_internal(std::string{"sandbox: seccomp: "} + std::strerror(-failure));
  return {};
}

}  // namespace worker
