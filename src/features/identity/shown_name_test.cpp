#include "features/identity/shown_name.hpp"

#include <gtest/gtest.h>

namespace identity {
namespace {

TEST(ShownName, IsOneLineInAnyScript) {
  for (const auto* good :
       {"Desk", "Zażółć gęślą", "東京 デスク", "שולחן", "A & B <x>", "é", "👩‍💻", ""})
    EXPECT_TRUE(is_shown_name(good)) << good;
}

TEST(ShownName, WhatWritesALetterOrHidesItselfIsNone) {
  for (const auto* bad : {"a\nb", "a\r\nClick here", "a\tb", "\x7F", "\u0085", "\u009B", "\u200B",
                          "\u2028", "\u202Etxt.exe", "\u2066x", "\uFEFF", " ", "   "})
    EXPECT_FALSE(is_shown_name(bad)) << bad;
}

}  // namespace
}  // namespace identity
