// For tests: a real worker process on a fresh workspace folder, spoken to over its socket.
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "base/json.hpp"
#include "wire/frame.hpp"

namespace worker {

class RunningWorker {
 public:
  struct Answer {
    bool lost = false;  // the process ended before it answered
    bool failed = false;
    std::string done;   // payload of `done`
    base::Error error;  // of `failed`
    std::string body;   // all data
    int progress_frames = 0;
  };

  explicit RunningWorker(std::string folder, int memory_mb = 512) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_ + "/uploads");
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) std::abort();
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    const std::string number = std::to_string(ends[1]);
    const char* arguments[] = {RL_WORKER_PROCESS, "worker", "--fd", number.c_str(), nullptr};
    // Under ThreadSanitizer it needs the list of what is not ours: DuckDB's library.
    const char* options = std::getenv("TSAN_OPTIONS");
    const std::string tsan = std::string("TSAN_OPTIONS=") + (options == nullptr ? "" : options);
    const char* environment[] = {"SECRET_TOKEN=do-not-leak", tsan.c_str(), nullptr};
    if (posix_spawn(&pid_, RL_WORKER_PROCESS, nullptr, nullptr, const_cast<char**>(arguments),
                    const_cast<char**>(environment)) != 0)
      std::abort();
    close(ends[1]);
    fd_ = ends[0];
    send(wire::FrameType::open, 0,
         R"({"folder":")" + folder_ + R"(","memory_mb":)" + std::to_string(memory_mb) +
             R"(,"threads":2,"temp_mb":64})");
    ready_ = receive();
  }
  ~RunningWorker() { kill_now(); }
  RunningWorker(const RunningWorker&) = delete;
  RunningWorker& operator=(const RunningWorker&) = delete;

  [[nodiscard]] bool is_ready() const { return ready_ && ready_->type == wire::FrameType::ready; }
  [[nodiscard]] std::string ready_payload() const { return ready_ ? ready_->payload : ""; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const std::string& folder() const { return folder_; }

  void send(wire::FrameType type, std::uint32_t request, std::string_view payload) const {
    std::string bytes;
    wire::append_frame(bytes, type, request, payload);
    std::string_view rest = bytes;
    while (!rest.empty()) {
      const ssize_t size = ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (size <= 0) return;
      rest.remove_prefix(static_cast<std::size_t>(size));
    }
  }

  std::optional<wire::Frame> receive() {
    wire::Frame frame;
    while (true) {
      const auto complete = reader_.next(frame);
      if (!complete) return std::nullopt;
      if (*complete) return frame;
      char buffer[64 * 1024];
      const ssize_t size = read(fd_, buffer, sizeof buffer);
      if (size <= 0) return std::nullopt;
      reader_.feed({buffer, static_cast<std::size_t>(size)});
    }
  }

  // Sends a request and gathers its answer, giving credit as data comes.
  Answer ask(wire::FrameType type, std::string_view payload) {
    const std::uint32_t number = ++last_request_;
    send(type, number, payload);
    return gather(number);
  }

  Answer gather(std::uint32_t number) {
    Answer answer;
    while (true) {
      const auto frame = receive();
      if (!frame) {
        answer.lost = true;
        return answer;
      }
      if (frame->request != number) continue;
      if (frame->type == wire::FrameType::progress) ++answer.progress_frames;
      if (frame->type == wire::FrameType::data) {
        answer.body += frame->payload;
        send(wire::FrameType::credit, number,
             wire::encode_credit(static_cast<std::uint32_t>(frame->payload.size())));
      }
      if (frame->type == wire::FrameType::done) {
        answer.done = frame->payload;
        return answer;
      }
      if (frame->type == wire::FrameType::failed) {
        answer.failed = true;
        answer.error = wire::decode_error(frame->payload);
        return answer;
      }
    }
  }

  Answer query(std::string_view sql, int timeout_ms = 20'000) {
    std::string payload = R"({"sql":)";
    base::append_json_string(payload, sql);
    return ask(wire::FrameType::query,
               payload + R"(,"timeout_ms":)" + std::to_string(timeout_ms) + "}");
  }

  void upload(const std::string& name, std::string_view bytes) const {
    std::ofstream(folder_ + "/uploads/" + name, std::ios::binary) << bytes;
  }

  // Peak of resident memory so far, and the address space taken now, in MiB.
  [[nodiscard]] long peak_mb() const { return status_mb("VmHWM:"); }
  [[nodiscard]] long mapped_mb() const { return status_mb("VmSize:"); }

  [[nodiscard]] long status_mb(std::string_view name) const {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
    std::string word;
    while (status >> word)
      if (word == name) {
        long kilobytes = 0;
        status >> kilobytes;
        return kilobytes / 1024;
      }
    return -1;
  }

  // Hangs up and returns what the process ended with; -1 for a signal.
  int hang_up() {
    close(fd_);
    fd_ = -1;
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  void kill_now() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    pid_ = 0;
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  std::string folder_;
  pid_t pid_ = 0;
  int fd_ = -1;
  std::uint32_t last_request_ = 0;
  wire::FrameReader reader_;
  std::optional<wire::Frame> ready_{};
};

// A folder that is gone with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "redline-worker-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace worker
