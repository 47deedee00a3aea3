#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/router.hpp"

#include "base/check.hpp"

namespace http {
namespace {

using testing::ElementsAre;

base::Result<void> nothing(Exchange&) { return {}; }

struct Found {
  std::string pattern;
  std::string allow;
  std::vector<std::string> values;
};

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    for (const char* pattern :
         {"/", "/v1/runs", "/v1/runs/{id}", "/v1/runs/latest", "/v1/runs/{id}/parts/{part}",
          "/v1/runs/latest/log", "/files/{rest...}", "/v1/{kind}/summary"})
      router_.get(pattern, {}, nothing);
    router_.add({Method::post, "/v1/runs", {}, nothing});
    router_.add({Method::del, "/v1/runs/{id}", {}, nothing});
    router_.add({Method::post, "/v1/checkout", {}, nothing});
    router_.compile();
  }

  Found find(Method method, std::string_view path) {
    std::vector<std::string> values;
    const Match match = router_.find(method, path, values);
    values.resize(match.value_count);
    return {match.route == nullptr ? "" : match.route->pattern, std::string(match.allow), values};
  }

  Router router_;
};

TEST_F(RouterTest, LiteralsWinOverPlaceholdersAndThoseOverTheRest) {
  EXPECT_EQ(find(Method::get, "/").pattern, "/");
  EXPECT_EQ(find(Method::get, "/v1/runs").pattern, "/v1/runs");
  EXPECT_EQ(find(Method::get, "/v1/runs/latest").pattern, "/v1/runs/latest");
  EXPECT_EQ(find(Method::get, "/v1/runs/run_7").pattern, "/v1/runs/{id}");
  EXPECT_THAT(find(Method::get, "/v1/runs/run_7/parts/2").values, ElementsAre("run_7", "2"));
  EXPECT_THAT(find(Method::get, "/files/a/b%20c/d").values, ElementsAre("a/b c/d"));
}

TEST_F(RouterTest, AFailedLiteralIsTriedAgainAsAPlaceholder) {
  const Found found = find(Method::get, "/v1/runs/latest/parts/1");
  EXPECT_EQ(found.pattern, "/v1/runs/{id}/parts/{part}");
  EXPECT_THAT(found.values, ElementsAre("latest", "1"));
  EXPECT_EQ(find(Method::get, "/v1/runs/summary").pattern, "/v1/runs/{id}");
  EXPECT_EQ(find(Method::get, "/v1/other/summary").pattern, "/v1/{kind}/summary");
}

TEST_F(RouterTest, HeadIsAnsweredFromGet) {
  EXPECT_EQ(find(Method::head, "/v1/runs").pattern, "/v1/runs");
  EXPECT_EQ(find(Method::head, "/v1/checkout").pattern, "");
}

TEST_F(RouterTest, AKnownPathWithAnotherMethodSaysWhatItAllows) {
  EXPECT_EQ(find(Method::put, "/v1/runs").allow, "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(find(Method::get, "/v1/checkout").allow, "POST, OPTIONS");
  EXPECT_EQ(find(Method::patch, "/v1/runs/x").allow, "GET, HEAD, DELETE, OPTIONS");
}

TEST_F(RouterTest, WhatIsNotThereIsNotFound) {
  for (const char* path : {"/v1", "/v1/", "/v1/runs/", "/v1//runs", "/v2/runs", "/v1/runs/a/parts/",
                           "/v1/runs/%00", "/v1/runs/%zz", "/v1/runs/%4", "v1/runs", ""}) {
    const Found found = find(Method::get, path);
    EXPECT_EQ(found.pattern, "") << path;
    EXPECT_EQ(found.allow, "") << path;
  }
}

TEST_F(RouterTest, ValuesAreDecodedOnce) {
  EXPECT_THAT(find(Method::get, "/v1/runs/a%252Fb+c").values, ElementsAre("a%2Fb+c"));
}

TEST(RouterDeathTest, TheSamePatternTwiceIsABug) {
  Router router;
  router.get("/a/{x}", {}, nothing);
  router.get("/a/{y}", {}, nothing);
#ifdef NDEBUG  // RL_CHECK aborts in debug builds and throws in release
  EXPECT_THROW(router.compile(), base::CheckFailed);
#else
  EXPECT_DEATH(router.compile(), "registered twice");
#endif
}

}  // namespace
}  // namespace http
