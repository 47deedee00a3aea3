#include "base/check.hpp"

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(CheckDeathTest, ABreachNamesConditionAndReason) {
#ifdef NDEBUG
  EXPECT_THROW(RL_CHECK(1 > 2, "numbers"), CheckFailed);
#else
  EXPECT_DEATH(RL_CHECK(1 > 2, "numbers"), "1 > 2: numbers");
#endif
}

}  // namespace
}  // namespace base
