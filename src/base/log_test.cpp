#include "base/log.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "base/json.hpp"
#include "base/log_file.hpp"

namespace base {
namespace {

namespace fs = std::filesystem;

class LogTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = fs::temp_directory_path() / "rl_log_XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string path(const char* name = "log.jsonl") const { return folder_ / name; }
  static std::vector<std::string> lines_of(const std::string& file) {
    std::ifstream in(file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }

  fs::path folder_;
  SimulatedClock clock_{from_micros(1'795'341'604'250'999)};
};

TEST_F(LogTest, ALineIsAJsonObjectWithInstantLevelEventAndFields) {
  Log log({.path = path()}, clock_);
  log.warning("paid", {{"account", "acc_1"}, {"amount", 2500}, {"first", true}});
  log.flush();
  EXPECT_EQ(
      lines_of(path()),
      std::vector<std::string>{R"({"at":"2026-11-22T10:00:04.250Z","level":"warning",)"
                               R"("event":"paid","account":"acc_1","amount":2500,"first":true})"});
}

TEST_F(LogTest, TextCannotForgeALineOrAField) {
  Log log({.path = path()}, clock_);
  const std::string evil = "x\"}\n{\"event\":\"forged\",\"a\":\"\xFF\x1B[31m";
  log.info(evil, {{"user_agent", evil}, {evil, 1}});
  log.flush();
  const auto lines = lines_of(path());
  ASSERT_EQ(lines.size(), 1U);
  const auto object = parse_json_object(lines[0]);
  ASSERT_TRUE(object);
  EXPECT_EQ(object->size(), 5U);
  EXPECT_TRUE(object->at("event").as_string().starts_with("x\"}\n{"));
}

TEST_F(LogTest, LinesBelowTheLevelAreLeftOut) {
  Log log({.path = path(), .level = LogLevel::warning}, clock_);
  log.info("quiet");
  log.error("loud");
  log.flush();
  EXPECT_EQ(lines_of(path()).size(), 1U);
}

TEST_F(LogTest, TheDestructorWritesWhatIsLeft) {
  {
    Log log({.path = path()}, clock_);
    log.info("last_words");
  }
  EXPECT_EQ(lines_of(path()).size(), 1U);
}

TEST_F(LogTest, ALineReachesTheFileWithoutAFlush) {
  Log log({.path = path()}, clock_);
  log.info("alone");
  while (lines_of(path()).empty()) std::this_thread::yield();  // the suite's time limit ends a hang
}

TEST_F(LogTest, ThreadsLoseNothingAndTearNoLine) {
  constexpr int kThreads = 8;
  constexpr int kLines = 1'000;
  Log log({.path = path()}, clock_);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&log, t] {
        for (int i = 0; i < kLines; ++i) log.info("line", {{"n", t * kLines + i}});
      });
  }
  log.flush();
  std::set<std::int64_t> seen;
  for (const auto& line : lines_of(path())) {
    const auto object = parse_json_object(line);
    ASSERT_TRUE(object) << line;
    seen.insert(object->at("n").as_int64());
  }
  EXPECT_EQ(log.dropped(), 0U);
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(kThreads * kLines));
}

TEST_F(LogTest, RotationKeepsWholeLinesInAtMostKeepOlderFiles) {
  LogFile file(path(), 100, 3);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(file.append(std::string(29, 'a') + "\n"), 0U);
  EXPECT_EQ(lines_of(path()).size(), 1U);  // 33 files of 3 lines, then one line
  for (const char* suffix : {".1", ".2", ".3"}) {
    EXPECT_EQ(fs::file_size(path() + suffix), 90U);
    EXPECT_EQ(lines_of(path() + suffix).size(), 3U);
  }
  EXPECT_FALSE(fs::exists(path() + ".4"));
}

TEST_F(LogTest, ALargeBlockIsCutAtLinesAndRotatedBetween) {
  LogFile file(path(), 100'000, 9);
  std::string block;
  for (int i = 0; i < 30'000; ++i) block += "0123456789\n";
  EXPECT_EQ(file.append(block), 0U);
  std::size_t lines = lines_of(path()).size();
  for (int i = 1; i <= 9; ++i) {
    const auto older = path() + "." + std::to_string(i);
    if (!fs::exists(older)) break;
    EXPECT_LE(fs::file_size(older), 100'000U);
    for (const auto& line : lines_of(older)) ASSERT_EQ(line, "0123456789");
    lines += lines_of(older).size();
  }
  EXPECT_EQ(lines, 30'000U);
}

TEST_F(LogTest, ALineLongerThanAFileIsKeptWhole) {
  LogFile file(path(), 10, 1);
  EXPECT_EQ(file.append(std::string(100, 'a') + "\nb\n"), 0U);
  EXPECT_EQ(lines_of(path() + ".1"), std::vector<std::string>{std::string(100, 'a')});
  EXPECT_EQ(lines_of(path()), std::vector<std::string>{"b"});
}

TEST_F(LogTest, KeepZeroCutsTheFile) {
  LogFile file(path(), 10, 0);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(file.append("12345\n"), 0U);
  EXPECT_EQ(lines_of(path()).size(), 1U);
}

TEST_F(LogTest, ARestartGoesOnInTheSameFile) {
  for (int i = 0; i < 2; ++i) {
    Log log({.path = path()}, clock_);
    log.info("start");
  }
  EXPECT_EQ(lines_of(path()).size(), 2U);
}

TEST_F(LogTest, LinesThatCannotBeWrittenAreCountedAndToldOnceTheyCan) {
  const auto missing = folder_ / "later" / "log.jsonl";
  Log log({.path = missing}, clock_);
  log.info("lost");
  log.info("lost");
  log.flush();
  EXPECT_EQ(log.dropped(), 2U);
  fs::create_directory(folder_ / "later");
  log.info("kept");
  log.flush();
  bool told = false;
  for (const auto& line : lines_of(missing)) told |= line.find("log_dropped") != std::string::npos;
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace base
