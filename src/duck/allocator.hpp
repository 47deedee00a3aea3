// DuckDB's allocator (a jemalloc of its own), tamed for a process whose address space is bounded.
#pragma once

namespace duck {

// Gives what DuckDB freed back to the kernel, address space included. Cheap when there is little.
// Any thread.
void release_unused_memory();

}  // namespace duck
