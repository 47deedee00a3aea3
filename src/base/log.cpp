#include "base/log.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "base/decimal.hpp"
#include "base/json.hpp"
#include "base/log_file.hpp"

namespace base {
namespace {

constexpr std::size_t kBuffers = 64;
constexpr std::size_t kHandOverBytes = std::size_t{64} * 1024;         // wakes the writer
constexpr std::size_t kMaxBufferBytes = std::size_t{4} * 1024 * 1024;  // beyond: dropped
constexpr std::size_t kMaxTextBytes = 4096;                            // a longer value is cut
constexpr std::chrono::milliseconds kInterval{200};

constexpr std::array<std::string_view, 4> kLevels = {"debug", "info", "warning", "error"};

// Threads get buffers in turn, so that each of the first 64 has one of its own: the lock below is
// then only ever shared with the writer, which holds it for a swap.
std::size_t buffer_of_this_thread() {
  static std::atomic<std::size_t> next = 0;
  thread_local const std::size_t mine = next.fetch_add(1) % kBuffers;
  return mine;
}

struct alignas(64) Buffer {
  std::mutex mutex;
  std::string lines;
  std::int64_t second = INT64_MIN;  // the second that `stamp` shows
  std::string stamp;                // "2026-11-22T10:00:04"
};

void append_instant(Buffer& buffer, Instant now) {
  const auto milliseconds = to_unix_ms(now);
  if (const auto second = to_unix_seconds(now); second != buffer.second) {
    buffer.second = second;
    buffer.stamp = format_rfc3339(now).substr(0, 19);
  }
  const auto fraction = milliseconds - buffer.second * 1000;
  buffer.lines += buffer.stamp;
  buffer.lines += '.';
  buffer.lines += static_cast<char>('0' + fraction / 100);
  buffer.lines += static_cast<char>('0' + fraction / 10 % 10);
  buffer.lines += static_cast<char>('0' + fraction % 10);
  buffer.lines += 'Z';
}

void append_field(std::string& out, const LogField& field) {
  out += ',';
  append_json_string(out, field.name);
  out += ':';
  if (const auto* number = std::get_if<std::int64_t>(&field.value))
    append_decimal(out, *number);
  else if (const auto* text = std::get_if<std::string_view>(&field.value))
    append_json_string(out, text->substr(0, kMaxTextBytes));
  else
    out += std::get<bool>(field.value) ? "true" : "false";
}

}  // namespace

struct Log::State {
  State(LogOptions given, const Clock& its_clock)
      : options(std::move(given)),
        clock(its_clock),
        file(options.path, options.max_bytes, options.keep) {}

  void run();
  void drain();
  void append(std::string_view lines);
  void wake();

  LogOptions options;
  const Clock& clock;
  std::array<Buffer, kBuffers> buffers{};
  std::atomic<std::uint64_t> dropped = 0;

  std::mutex mutex;
  std::condition_variable wanted;
  std::condition_variable flushed;
  bool hand_over = false;
  bool stopping = false;
  std::uint64_t flush_asked = 0;
  std::uint64_t flush_done = 0;

  // Only the writer's thread uses these.
  LogFile file;
  std::string gathered{};
  std::string spare{};
  std::uint64_t told = 0;  // dropped lines that the log itself already reports
  std::thread writer{};
};

void Log::State::wake() {
  {
    const std::lock_guard lock(mutex);
    hand_over = true;
  }
  wanted.notify_one();
}

void Log::State::append(std::string_view lines) {
  if (const auto lost = file.append(lines); lost > 0) dropped.fetch_add(lost);
}

void Log::State::drain() {
  for (auto& buffer : buffers) {
    {
      const std::lock_guard lock(buffer.mutex);
      if (buffer.lines.empty()) continue;
      spare.swap(buffer.lines);
    }
    gathered += spare;
    spare.clear();
    if (gathered.size() < kHandOverBytes) continue;
    append(gathered);
    gathered.clear();
  }
  if (const auto now_dropped = dropped.load(); now_dropped > told) {
    gathered += fmt::format(R"({{"at":"{}","level":"warning","event":"log_dropped","count":{}}})"
                            "\n",
                            format_rfc3339(clock.now()), now_dropped - told);
    told = now_dropped;
  }
  append(gathered);
  gathered.clear();
}

void Log::State::run() {
  std::unique_lock lock(mutex);
  while (true) {
    wanted.wait_for(lock, kInterval,
                    [this] { return hand_over || stopping || flush_asked > flush_done; });
    hand_over = false;
    const auto asked = flush_asked;
    const bool last = stopping;
    lock.unlock();
    drain();
    lock.lock();
    flush_done = asked;
    flushed.notify_all();
    if (last) return;
  }
}

Log::Log(LogOptions options, const Clock& clock)
    : state_(std::make_unique<State>(std::move(options), clock)) {
  if (!state_->options.path.empty())
    state_->writer = std::thread([state = state_.get()] { state->run(); });
}

Log::~Log() {
  if (!state_->writer.joinable()) return;
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wanted.notify_one();
  state_->writer.join();
}

void Log::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  write_at(state_->clock.now(), level, event, {fields.begin(), fields.size()});
}

void Log::write_at(Instant at, LogLevel level, std::string_view event,
                   std::span<const LogField> fields) {
  if (level < state_->options.level || !state_->writer.joinable()) return;
  auto& buffer = state_->buffers[buffer_of_this_thread()];
  bool full = false;
  {
    const std::lock_guard lock(buffer.mutex);
    if (buffer.lines.size() >= kMaxBufferBytes) {
      state_->dropped.fetch_add(1);
      return;
    }
    const bool was_small = buffer.lines.size() < kHandOverBytes;
    buffer.lines += R"({"at":")";
    append_instant(buffer, at);
    buffer.lines += R"(","level":")";
    buffer.lines += kLevels[static_cast<std::size_t>(level)];
    buffer.lines += R"(","event":)";
    append_json_string(buffer.lines, event.substr(0, kMaxTextBytes));
    for (const auto& field : fields) append_field(buffer.lines, field);
    buffer.lines += "}\n";
    full = was_small && buffer.lines.size() >= kHandOverBytes;
  }
  if (full || level == LogLevel::error) state_->wake();
}

void Log::flush() {
  if (!state_->writer.joinable()) return;
  std::unique_lock lock(state_->mutex);
  const auto mine = ++state_->flush_asked;
  state_->wanted.notify_one();
  state_->flushed.wait(lock, [&] { return state_->flush_done >= mine; });
}

std::uint64_t Log::dropped() const { return state_->dropped.load(); }

}  // namespace base
