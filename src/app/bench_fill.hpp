// `redline bench fill`, see bench.cpp.
#pragma once

#include <cstdint>

#include "app/commands.hpp"

namespace app {

// Adds accounts to --data; the first `live` of them have an open run.
int bench_fill_command(const Common& common, std::int64_t accounts, std::int64_t live);

}  // namespace app
