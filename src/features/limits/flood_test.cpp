// A flood of addresses: the memory is the one of the start, and who is limited stays so.
// Not under a sanitizer: operator new is the sanitizer's own there, and it must see every call.
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#include <array>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "features/limits/limiter.hpp"

namespace {

// Of this thread, for the whole test program.
thread_local std::size_t allocated_bytes = 0;
thread_local std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  allocated_bytes += size;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace limits {
namespace {

constexpr std::uint32_t kAddresses = 1'000'000;
const base::Instant kNow = base::from_micros(1'795'000'000'000'000);

// Each in a /64 of its own.
std::string_view address_number(std::uint32_t number, std::array<char, 40>& text) {
  const auto end = fmt::format_to_n(text.data(), text.size(), "2001:db8:{:x}:{:x}::1",
                                    number >> 16U, number & 0xFFFFU);
  return {text.data(), end.size};
}

// D28: the limits were kept in memory without a bound.
TEST(LimiterFlood, AMillionAddressesAllocateNothingAndFreeNobodyWhoIsLimited) {
  base::SeededRandom random(7);
  const auto before = allocated_bytes;
  Limiter limiter(random);
  EXPECT_LT(allocated_bytes - before + limiter.bytes(), 8U << 20U);
  const std::vector<std::string> texts{"50/hour", "200/day"};
  const auto allowances = AllowanceSet::parse(texts).value();
  const auto guilty = address_subject(Scope::work, "192.0.2.1");
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(limiter.decide(guilty, allowances, 1, kNow).allowed);

  std::array<char, 40> text{};
  std::uint32_t admitted = 0;
  const auto calm = allocations;
  for (std::uint32_t i = 0; i < kAddresses; ++i) {
    const auto subject = address_subject(Scope::work, address_number(i, text));
    if (limiter.decide(subject, allowances, 1, kNow).allowed) ++admitted;
  }
  EXPECT_EQ(allocations, calm);
  EXPECT_EQ(admitted, kAddresses);  // nobody pays for another's flood
  EXPECT_GT(limiter.stats().forgotten, kAddresses / 2);
  EXPECT_FALSE(limiter.decide(guilty, allowances, 1, kNow).allowed);
}

}  // namespace
}  // namespace limits
#endif
