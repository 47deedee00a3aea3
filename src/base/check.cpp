#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

namespace base {

void check_failed(const char* condition, const char* file, int line, const std::string& what) {
  const auto text = fmt::format("{}:{}: check failed: {}: {}", file, line, condition, what);
#ifdef NDEBUG
  throw CheckFailed(text);
#else
  std::fputs((text + "\n").c_str(), stderr);
  std::abort();
#endif
}

}  // namespace base
