#include "base/time.hpp"

#include <rapidcheck/gtest.h>

#include "base/clock.hpp"

namespace base {
namespace {

RC_GTEST_PROP(Rfc3339, TextAndInstantRoundTripToTheMillisecond, ()) {
  const auto ms = *rc::gen::inRange<std::int64_t>(-60'000'000'000'000, 250'000'000'000'000);
  const Instant at{Millis{ms}};
  const auto back = parse_rfc3339(format_rfc3339(at));
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == at);
}

TEST(Rfc3339, RoundsDownAlsoBefore1970) {
  EXPECT_EQ(format_rfc3339(from_micros(1'999)), "1970-01-01T00:00:00.001Z");
  EXPECT_EQ(format_rfc3339(from_micros(-1)), "1969-12-31T23:59:59.999Z");
}

struct Reading {
  const char* text;
  std::int64_t micros;
};

TEST(Rfc3339, ReadsDatesFractionsAndOffsets) {
  const std::vector<Reading> readings = {
      {"1970-01-02", 86'400'000'000},
      {"1970-01-01T00:00:01Z", 1'000'000},
      {"1970-01-01t00:00:01z", 1'000'000},
      {"1970-01-01 00:00:01Z", 1'000'000},
      {"1970-01-01T00:00:00.5Z", 500'000},
      {"1970-01-01T00:00:00.1234569Z", 123'456},
      {"1970-01-01T02:00:00+02:00", 0},
      {"1969-12-31T18:30:00-05:30", 0},
      {"2000-02-29T00:00:00Z", 951'782'400'000'000},
  };
  for (const auto& reading : readings) {
    const auto at = parse_rfc3339(reading.text);
    ASSERT_TRUE(at) << reading.text;
    EXPECT_EQ(to_micros(*at), reading.micros) << reading.text;
  }
}

TEST(Rfc3339, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "now", "1970", "1970-13-01", "1970-00-10", "1970-01-00", "2001-02-29", "1970-01-01T",
        "1970-01-01T00:00:00", "1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z",
        "1970-01-01T00:00:61Z", "1970-01-01T00:00:00Zx", "1970-01-01T00:00:00+25:00",
        "1970-01-01T00:00:00+02", "-970-01-01", "1970-01-01T0x:00:00Z"}) {
    const auto at = parse_rfc3339(text);
    ASSERT_FALSE(at) << text;
    EXPECT_EQ(at.error().code, ErrorCode::invalid);
  }
}

TEST(SystemClock, NeverGoesBack) {
  const SystemClock clock;
  auto before = clock.now();
  for (int i = 0; i < 10'000; ++i) {
    const auto now = clock.now();
    ASSERT_GE(now, before);
    before = now;
  }
}

}  // namespace
}  // namespace base
