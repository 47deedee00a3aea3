#pragma once

#include <string_view>

namespace app {

inline constexpr std::string_view kVersion = RL_VERSION;

}  // namespace app
