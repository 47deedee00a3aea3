// The command line: `redline <command>`. Exit codes: 0 done, 1 found something wrong, 2 bad usage
// or configuration, 3 the environment failed.
#pragma once

namespace app {

inline constexpr int kDone = 0;
inline constexpr int kFoundWrong = 1;
inline constexpr int kBadUsage = 2;
inline constexpr int kEnvironmentFailed = 3;

int run_cli(int argc, char** argv);

}  // namespace app
