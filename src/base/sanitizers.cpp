#include "base/sanitizers.hpp"

// DuckDB's library comes built, without ThreadSanitizer. The order that its atomics make is not
// seen, so that its freeing of a lock of its own looks like a race with the lock's last use; and
// between its own threads, so does its comparing or copying through our or the standard library's
// instances of a template. None of our code is called back by it. Built in, since a worker has an
// environment of its own.
#if __has_feature(thread_sanitizer)
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:libduckdb.so\nrace:libduckdb.so\n";
}
#endif
