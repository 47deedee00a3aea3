// RL_CHECK: what must hold. A breach is a bug: debug and test builds abort; release throws
// CheckFailed, so that the transaction around it rolls back and the request ends with 500.
#pragma once

#include <stdexcept>
#include <string>

namespace base {

class CheckFailed : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void check_failed(const char* condition, const char* file, int line,
                               const std::string& what);

}  // namespace base

#define RL_CHECK(condition, what)                                   \
  do {                                                              \
    if (!(condition)) [[unlikely]]                                  \
      ::base::check_failed(#condition, __FILE__, __LINE__, (what)); \
  } while (false)
