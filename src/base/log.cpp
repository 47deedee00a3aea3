#include "base/log.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/json_plain.hpp"
#include "base/log_file.hpp"
#include "base/text_pieces.hpp"

namespace base {
namespace {

constexpr std::size_t kBuffers = 64;
constexpr std::size_t kHandOverBytes = std::size_t{256} * 1024;        // wakes the writer
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

// "2026-11-22T10:00:04", formatted once a second.
std::string_view stamp_of(Buffer& buffer, Instant at) {
  if (const auto second = to_unix_seconds(at); second != buffer.second) {
    buffer.second = second;
    buffer.stamp = format_rfc3339(at).substr(0, 19);
  }
  return buffer.stamp;
}

// Writes a line into memory that has room for it.
class LineWriter {
 public:
  explicit LineWriter(char* at) : at_(at) {}
  // At most this much of a text, as it is and escaped.
  static constexpr std::size_t room(std::string_view text) {
    return 2 + 6 * std::min(text.size(), kMaxTextBytes);
  }
  static constexpr std::size_t kNumberRoom = 20;

  void raw(std::string_view text) { at_ = copy_text(at_, text); }
  void number(std::int64_t value) { at_ = std::to_chars(at_, at_ + kNumberRoom, value).ptr; }
  void text(std::string_view value) {
    value = value.substr(0, kMaxTextBytes);
    if (copy_plain_json(value, at_ + 1)) {
      *at_ = at_[value.size() + 1] = '"';
      at_ += value.size() + 2;
    } else {
      std::string escaped;
      append_json_string(escaped, value);
      raw(escaped);
    }
  }
  void fraction(std::int64_t milliseconds) {
    *at_++ = static_cast<char>('0' + milliseconds / 100);
    *at_++ = static_cast<char>('0' + milliseconds / 10 % 10);
    *at_++ = static_cast<char>('0' + milliseconds % 10);
  }
  void field(const LogField& field) {
    raw(",");
    text(field.name);
    raw(":");
    if (const auto* whole = std::get_if<std::int64_t>(&field.value))
      number(*whole);
    else if (const auto* words = std::get_if<std::string_view>(&field.value))
      text(*words);
    else
      raw(std::get<bool>(field.value) ? "true" : "false");
  }
  [[nodiscard]] char* end() const { return at_; }

 private:
  char* at_;
};

std::size_t room_for(const LogField& field) {
  const auto* text = std::get_if<std::string_view>(&field.value);
  return 2 + LineWriter::room(field.name) +
         (text == nullptr ? LineWriter::kNumberRoom : LineWriter::room(*text));
}

void append_line(Buffer& buffer, Instant at, LogLevel level, std::string_view event,
                 std::span<const LogField> fields) {
  constexpr std::size_t kStartRoom = 80;  // instant and level
  const auto stamp = stamp_of(buffer, at);
  auto room = kStartRoom + LineWriter::room(event);
  for (const auto& field : fields) room += room_for(field);
  const auto before = buffer.lines.size();
  buffer.lines.resize_and_overwrite(before + room, [&](char* lines, std::size_t) {
    LineWriter line(lines + before);
    line.raw(R"({"at":")");
    line.raw(stamp);
    line.raw(".");
    line.fraction(to_unix_ms(at) - buffer.second * 1000);
    line.raw(R"(Z","level":")");
    line.raw(kLevels[static_cast<std::size_t>(level)]);
    line.raw(R"(","event":)");
    line.text(event);
    for (const auto& field : fields) line.field(field);
    line.raw("}\n");
    return static_cast<std::size_t>(line.end() - lines);
  });
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
    append_line(buffer, at, level, event, fields);
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
