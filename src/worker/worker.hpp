// The process that holds one account's workspace and runs what must not be trusted: user SQL and
// user files. `redline worker --fd N` calls run(N) before anything else; the program
// `worker_process` (build tree, src/worker/main.cpp) does only that, for tests.
#pragma once

namespace worker {

// Speaks wire/frame.hpp on socket `fd`, which must be open, and ends with the exit code of the
// process (wire::kExit…). Confines the process first (sandbox.hpp), so it is called on the only
// thread of a fresh process and is never undone. Closes every other descriptor but 2.
int run(int fd);

}  // namespace worker
