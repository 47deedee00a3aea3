// Frames between the server (features/workspace) and a workspace's worker process (src/worker),
// over one socketpair (SOCK_STREAM). On the wire: u32 length of the payload, u8 type, u32 request,
// payload; little-endian. JSON payloads are objects; members marked ? may be absent. The server
// numbers requests (1, 2, …; 0 is for `open` and `ready`); answers carry the request's number.
//
// Life of a connection: server sends `open`, worker answers `ready` or `failed` (request 0) and
// ends. Then any number of requests may be under way. Each is answered by exactly one `done` or
// `failed`, before that by any number of `progress` (import) or by `head` and `data` (rows, bars,
// query). `head` and `data` may be followed by `failed`: the answer is then cut short.
// Imports and drops wait for the queries under way and hold up those that come after them.
// Requests beyond kMaxConcurrent at a time fail with `too_many_queries`.
//
// Data frames flow only while the worker has credit for that request, so a slow client stops the
// query, not the server's memory. A request starts with kInitialCredit bytes; the server sends
// `credit` with what it has forwarded. The worker sends frames of up to kDataBytes and never more
// bytes than it has credit for. Waiting for credit counts against the request's deadline.
//
// End of file on the socket ends the worker at once; an import under way leaves nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace wire {

inline constexpr std::size_t kMaxPayload = 4U << 20U;
inline constexpr std::size_t kHeaderBytes = 9;
inline constexpr std::size_t kDataBytes = 64U << 10U;
inline constexpr std::size_t kInitialCredit = 256U << 10U;
inline constexpr int kMaxConcurrent = 8;

// Exit codes of the worker; the server reads them from waitpid.
inline constexpr int kExitClean = 0;      // the server closed the socket
inline constexpr int kExitProtocol = 70;  // a frame that makes no sense
inline constexpr int kExitSandbox = 71;   // the kernel cannot confine it, or the file is unusable
inline constexpr int kExitDeadline = 72;  // a query did not stop within 2 s of its deadline

enum class FrameType : std::uint8_t {
  // ---- server -> worker ----
  // {folder: absolute path of the workspace; made by the server, the worker keeps data.duckdb,
  //  tmp/ in it and reads uploads/, memory_mb: cap of the process, threads, temp_mb: spilling,
  //  max_file_mb?: largest file it may write (default 16384), insecure?: true runs without
  //  Landlock when the kernel lacks it}
  open = 1,
  // {upload: name of a file in uploads/, no slashes; the server deletes it afterwards,
  //  filename: as the user named it, dataset: ^[A-Za-z][A-Za-z0-9_.-]{0,63}$, import_id?: kept in
  //  the catalogue, symbol?, policy?: replace (default) | append (rows already there win; new ones
  //  that differ are rejected) | merge (new rows win), timezone?: IANA name of the file's local
  //  times, date_order?: dmy | mdy | ymd, decimal?: "." or ",", dry_run?: bool (report only),
  //  now_us?: instant of the import in microseconds, for created_at}
  import = 2,
  // {dataset, symbol?, from?, to?: RFC 3339 or date, half-open, order?: asc (default) | desc,
  //  limit?: default 50, at most 100000, offset?: default 0, format?: json (default) | csv}
  // json body: {"columns":[{"name","type"}],"data":[[…]],"next_cursor"}; the cursor is the next
  // offset as text, or null.
  rows = 3,
  // {symbol, dataset?: else the newest dataset that has the symbol, interval?: 1m 5m 15m 1h 4h 1d
  //  1w 1mo … (default 1d), from?, to?, limit?: at most 100000 (default); the newest bars are
  //  kept, format?: json | csv}
  // json body: {"symbol","interval","timezone","dataset","t":[ms],"o":[],…,"v":[],"n":[]}
  bars = 4,
  // {sql, parameters?: array of scalars for $1…, format?: json | csv, max_rows?: default 10000, at
  //  most 1000000, timeout_ms?: default 30000}
  query = 5,
  drop = 6,       // {dataset}; done {}
  catalogue = 7,  // {}; done {datasets: [Dataset]}
  cancel = 8,     // {}: interrupts the request of that number, which ends as failed `cancelled`
  credit = 9,     // u32, little-endian: bytes the worker may send more for this request
  // ---- worker -> server ----
  // {datasets: [Dataset]}: what the file holds; Dataset is the JSON of GET /v1/datasets/{name}:
  // {"name","rows","symbols":[first 100],"symbol_count","from","to","interval","size_bytes",
  //  "created_at","imports":[{"id","filename","report"}]}
  ready = 64,
  progress = 65,  // {stage: detect|parse|sort|commit, done, total, unit: bytes|rows, rate: rows/s}
  head = 66,      // {content_type, columns?: [{name, type}]}: once, before the first data frame
  data = 67,      // bytes of the answer in its final format
  // import {report: as in api.md, dataset: Dataset} (dry_run: {report, preview: rows body of the
  // first 100}); rows {row_count, more: bool}; bars {row_count, truncated, dataset}; query
  // {row_count, truncated, elapsed_ms}
  done = 68,
  // base::Error as {code: HTTP status that fits (422, 403, 404, 409, 429, 500, 503), reason,
  // message, detail?: for the log only, members?: {name: JSON} for the problem document (position,
  // questions, report…)}; nothing of an import remains. Reasons: not_price_data empty corrupt
  // ambiguous unsupported_format quota_exceeded; sql_error statement_not_allowed query_timeout
  // query_memory; invalid_request not_found cancelled too_many_queries internal_error
  failed = 69,
};

struct Frame {
  FrameType type{};
  std::uint32_t request = 0;
  std::string payload;
};

void append_frame(std::string& out, FrameType type, std::uint32_t request,
                  std::string_view payload);
// Payload of a `credit` frame, and back; 0 when it is not four bytes long.
[[nodiscard]] std::string encode_credit(std::uint32_t bytes);
[[nodiscard]] std::uint32_t decode_credit(std::string_view payload);
// Payload of a `failed` frame, and back. An unreadable one decodes as internal_error.
[[nodiscard]] std::string encode_error(const base::Error& error);
[[nodiscard]] base::Error decode_error(std::string_view payload);

// Cuts frames out of a byte stream. An oversize or unknown frame is an error: the peer is broken,
// end it.
class FrameReader {
 public:
  void feed(std::string_view bytes) { buffer_.append(bytes); }
  // True when `frame` was filled; false when more bytes are needed.
  [[nodiscard]] base::Result<bool> next(Frame& frame);

 private:
  std::string buffer_;
  std::size_t at_ = 0;
};

}  // namespace wire
