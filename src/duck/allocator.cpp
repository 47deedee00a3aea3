#include "duck/allocator.hpp"

#include <cstddef>

extern "C" {

// Of libduckdb, though not in its header.
int duckdb_je_mallctl(const char* name, void* old_value, std::size_t* old_size, void* new_value,
                      std::size_t new_size);

// Read by the library when it is loaded. By default jemalloc keeps the address space of what was
// freed for ever: under RLIMIT_AS one greedy statement would leave too little for the next.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables,readability-identifier-naming)
const char* duckdb_je_malloc_conf_2_conf_harder = "retain:false";
}

namespace duck {

void release_unused_memory() {
  // 4096 stands for all arenas (MALLCTL_ARENAS_ALL).
  duckdb_je_mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0);
}

}  // namespace duck
