// What `redline bench tokens` measures.
#pragma once

namespace identity {

// Nanoseconds of one try_cached() that hits: 1,000 cached bearer tokens, requests with the headers
// of a browser. The best of several rounds on this thread.
[[nodiscard]] double bench_token_cache();

}  // namespace identity
