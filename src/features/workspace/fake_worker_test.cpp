// A worker for tests: this test binary, started again as `<binary> worker --fd 3`, speaks the
// frames and misbehaves on demand. What it does is said by the SQL text, or an import's filename.
#include <dirent.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

#include "base/json.hpp"
#include "wire/frame.hpp"

namespace {

using wire::FrameType;

constexpr const char* kDataset =
    R"({"name":"prices","rows":3,"symbols":["AAA"],"symbol_count":1,"from":null,"to":null,)"
    R"("interval":"1d","size_bytes":10,"created_at":"2026-01-01T00:00:00.000Z","imports":[]})";
constexpr const char* kReport = R"({"rows_read":3,"rows_kept":3})";

class FakeWorker {
 public:
  explicit FakeWorker(int fd) : fd_(fd) {}

  [[noreturn]] void run() {
    std::string bytes(65536, '\0');
    for (;;) {
      const auto got = ::read(fd_, bytes.data(), bytes.size());
      if (got <= 0) ::_exit(wire::kExitClean);
      reader_.feed(std::string_view{bytes.data(), static_cast<std::size_t>(got)});
      wire::Frame frame;
      for (;;) {
        const auto whole = reader_.next(frame);
        if (!whole) ::_exit(wire::kExitProtocol);
        if (!*whole) break;
        handle(frame);
      }
    }
  }

 private:
  void send(FrameType type, std::uint32_t request, std::string_view payload) {
    std::string out;
    wire::append_frame(out, type, request, payload);
    write_all(out);
  }

  void write_all(std::string_view out) {
    while (!out.empty()) {
      const auto wrote = ::write(fd_, out.data(), out.size());
      if (wrote <= 0) ::_exit(wire::kExitClean);
      out.remove_prefix(static_cast<std::size_t>(wrote));
    }
  }

  void fail(std::uint32_t request, base::ErrorCode code, std::string reason, std::string message) {
    const base::Error error{code, std::move(reason), std::move(message), {}, {}, {}};
    send(FrameType::failed, request, wire::encode_error(error));
  }

  void handle(const wire::Frame& frame) {
    // NOLINTNEXTLINE(clang-diagnostic-switch-enum): a fake answers what tests ask
    if (frame.type == FrameType::open) {
      const auto folder = text(frame, "folder");
      if (::access((folder + "/no_start").c_str(), F_OK) == 0) ::_exit(wire::kExitSandbox);
      if (::access((folder + "/hang_at_start").c_str(), F_OK) == 0) hang();
      send(FrameType::ready, 0, R"({"datasets":[)" + std::string{kDataset} + "]}");
    } else if (frame.type == FrameType::credit) {
      const auto found = left_.find(frame.request);
      if (found == left_.end()) return;
      found->second.credit += wire::decode_credit(frame.payload);
      pump(frame.request);
    } else if (frame.type == FrameType::cancel) {
      left_.erase(frame.request);
      fail(frame.request, base::ErrorCode::invalid, "cancelled", "Cancelled.");
    } else if (frame.type == FrameType::query) {
      query(frame.request, text(frame, "sql"));
    } else if (frame.type == FrameType::import) {
      import(frame);
    } else if (frame.type == FrameType::rows) {
      send(FrameType::head, frame.request, R"({"content_type":"application/json"})");
      send(FrameType::data, frame.request, R"({"columns":[],"data":[[1]],)");
      send(FrameType::data, frame.request, R"("next_cursor":null})");
      send(FrameType::done, frame.request, R"({"row_count":1,"more":true})");
    } else if (frame.type == FrameType::drop) {
      send(FrameType::done, frame.request, "{}");
    } else {
      answer(frame.request, frame.payload);
    }
  }

  void import(const wire::Frame& frame) {
    const auto name = text(frame, "filename");
    const auto request = frame.request;
    send(FrameType::progress, request,
         R"({"stage":"parse","done":1,"total":3,"unit":"rows","rate":7})");
    if (name == "wait.csv") return;  // until cancelled
    if (name == "die.csv") ::_exit(1);
    if (name == "bad.csv")
      return fail(request, base::ErrorCode::invalid, "not_price_data", "No price columns.");
    std::string dataset{kDataset};
    dataset.replace(dataset.find("prices"), 6, text(frame, "dataset"));
    send(FrameType::done, request,
         R"({"report":)" + std::string{kReport} + R"(,"dataset":)" + dataset + "}");
  }

  void query(std::uint32_t request, const std::string& sql) {
    if (sql == "wait") return;
    if (sql == "hang") hang();
    if (sql == "die") ::_exit(1);
    if (sql == "killed") ::raise(SIGKILL);
    if (sql == "deadline") ::_exit(wire::kExitDeadline);
    if (sql == "hang up") {
      ::close(fd_);
      hang();
    }
    if (sql == "last words") {
      fail(request, base::ErrorCode::invalid, "query_memory", "Too much.");
      ::_exit(1);
    }
    if (sql == "path")
      return fail(request, base::ErrorCode::invalid, "sql_error",
                  "cannot open /data/workspaces/acc_1/data.duckdb");
    if (sql == "flood") return send(FrameType::data, request, std::string(512 << 10, 'x'));
    if (sql == "oversize") return write_all(std::string("\xFF\xFF\xFF\x7F\x43\0\0\0\0", 9));
    if (sql == "stranger") return send(FrameType::data, 4711, "x");
    if (sql == "world") return answer(request, world());
    left_[request] = Left{std::strtoull(sql.c_str(), nullptr, 10), wire::kInitialCredit};
    send(FrameType::head, request, R"({"content_type":"text/csv"})");
    pump(request);
  }

  void answer(std::uint32_t request, std::string_view body) {
    send(FrameType::head, request, R"({"content_type":"application/json"})");
    send(FrameType::data, request, body);
    send(FrameType::done, request, R"({"row_count":1})");
  }

  // As many bytes as there is credit for.
  void pump(std::uint32_t request) {
    const auto found = left_.find(request);
    if (found == left_.end()) return;
    auto& [bytes, credit] = found->second;
    while (bytes > 0 && credit > 0) {
      const auto piece = std::min({bytes, credit, static_cast<std::uint64_t>(wire::kDataBytes)});
      send(FrameType::data, request, std::string(piece, 'd'));
      bytes -= piece;
      credit -= piece;
    }
    if (bytes > 0) return;
    left_.erase(found);
    send(FrameType::done, request, R"({"row_count":1})");
  }

  [[noreturn]] static void hang() {
    for (;;) ::pause();
  }

  // Descriptors and environment that this process was given.
  static std::string world() {
    std::string out = "fds";
    auto* folder = ::opendir("/proc/self/fd");
    const auto own = std::to_string(::dirfd(folder));
    while (const auto* entry = ::readdir(folder))
      if (entry->d_name[0] != '.' && own != entry->d_name) out += std::string{" "} + entry->d_name;
    ::closedir(folder);
    for (char** line = environ; *line != nullptr; ++line) out += std::string{"; "} + *line;
    return out;
  }

  static std::string text(const wire::Frame& frame, std::string_view name) {
    const auto object = base::parse_json_object(frame.payload);
    if (!object) ::_exit(wire::kExitProtocol);
    return std::string{object->at(name).as_string()};
  }

  struct Left {
    std::uint64_t bytes = 0;
    std::uint64_t credit = 0;
  };
  int fd_;
  wire::FrameReader reader_;
  std::map<std::uint32_t, Left> left_;
};

// Before main(), so that gtest never sees the arguments.
__attribute__((constructor)) void become_worker(int count, char** arguments, char** /*unused*/) {
  if (count == 4 && std::strcmp(arguments[1], "worker") == 0)
    FakeWorker{arguments[3][0] - '0'}.run();
}

}  // namespace
