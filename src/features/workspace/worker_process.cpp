#include "features/workspace/worker_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstring>

extern "C" {
#include <sys/pidfd.h>  // glibc 2.36 forgot to say so
}

namespace workspace {
namespace {

constexpr int kChildFd = 3;

// File actions and attributes that are destroyed whatever happens.
struct SpawnPlan {
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};

  SpawnPlan() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  [[nodiscard]] int fill(int child_socket) {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    constexpr short kFlags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    int failed = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    failed |= posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    failed |= posix_spawn_file_actions_adddup2(&actions, child_socket, kChildFd);
    failed |= posix_spawn_file_actions_addclosefrom_np(&actions, kChildFd + 1);
    failed |= posix_spawnattr_setflags(&attributes, kFlags);
    failed |= posix_spawnattr_setpgroup(&attributes, 0);
    failed |= posix_spawnattr_setsigmask(&attributes, &none);
    failed |= posix_spawnattr_setsigdefault(&attributes, &all);
    return failed;
  }
};

std::unexpected<base::Error> system_failure(std::string_view what, int error) {
  return base::fail_internal(fmt::format("{}: {}", what, std::strerror(error)));
}

}  // namespace

base::Result<WorkerProcess> WorkerProcess::spawn(const std::string& binary) {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return system_failure("socketpair for a worker", errno);
  FileHandle ours{ends[0]};
  FileHandle theirs{ends[1]};
  if (::fcntl(ours.get(), F_SETFL, O_NONBLOCK) != 0) return system_failure("worker socket", errno);

  SpawnPlan plan;
  if (plan.fill(theirs.get()) != 0) return system_failure("posix_spawn preparation", ENOMEM);
  std::string program = binary;
  std::array<char, 7> command{"worker"};
  std::array<char, 5> option{"--fd"};
  std::array<char, 2> number{'0' + kChildFd, '\0'};
  std::array<char*, 5> arguments{program.data(), command.data(), option.data(), number.data(),
                                 nullptr};
  std::array<char, 19> path{"PATH=/usr/bin:/bin"};
  std::array<char, 13> locale{"LANG=C.UTF-8"};
  std::array<char, 7> zone{"TZ=UTC"};
  std::array<char*, 4> environment{path.data(), locale.data(), zone.data(), nullptr};
  pid_t pid = -1;
  const int failed = ::posix_spawn(&pid, binary.c_str(), &plan.actions, &plan.attributes,
                                   arguments.data(), environment.data());
  if (failed != 0) return system_failure("starting a worker", failed);

  // The child stays a zombie until we reap it, so its number cannot be somebody else's here.
  FileHandle pidfd{::pidfd_open(pid, 0)};
  if (!pidfd) {
    const int error = errno;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return system_failure("pidfd_open", error);
  }
  return WorkerProcess{std::move(ours), std::move(pidfd), pid};
}

WorkerProcess::~WorkerProcess() {
  if (!pidfd_) return;
  kill();
  reap();
}

void WorkerProcess::kill() const {
  if (pidfd_) ::pidfd_send_signal(pidfd_.get(), SIGKILL, nullptr, 0);
}

void WorkerProcess::hang_up() const { ::shutdown(socket_.get(), SHUT_WR); }

WorkerExit WorkerProcess::reap() {
  siginfo_t info{};
  while (::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED) != 0 &&
         errno == EINTR) {
  }
  pidfd_.close();
  return WorkerExit{.by_signal = info.si_code != CLD_EXITED, .code = info.si_status};
}

}  // namespace workspace
