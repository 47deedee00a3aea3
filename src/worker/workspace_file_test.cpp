// How a workspace's file comes to be and comes back, through the real process.
#include <gtest/gtest.h>

#include <thread>

#include "worker/running_worker.hpp"

namespace worker {
namespace {

std::string read_whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_whole(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

TEST(WorkspaceFile, AMakingCutAnywhereBeginsAgain) {
  const TemporaryFolder whole;
  ASSERT_TRUE(RunningWorker(whole.path()).is_ready());
  const std::string bytes = read_whole(whole.path() + "/data.duckdb");
  ASSERT_GT(bytes.size(), 12'288U);
  for (const std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{4096},
                                   std::size_t{8192}, std::size_t{12'288}, bytes.size() - 1}) {
    const TemporaryFolder cut;
    write_whole(cut.path() + "/unfinished.duckdb", bytes.substr(0, length));
    write_whole(cut.path() + "/unfinished.duckdb.wal", "cut");
    RunningWorker worker(cut.path());
    EXPECT_TRUE(worker.is_ready()) << length;
    EXPECT_EQ(worker.query("SELECT 42").body.contains("42"), true) << length;
    EXPECT_FALSE(std::filesystem::exists(cut.path() + "/unfinished.duckdb")) << length;
  }
}

TEST(WorkspaceFile, AWorkerThatIsNotGoneYetIsWaitedFor) {
  const TemporaryFolder folder;
  RunningWorker first(folder.path());
  ASSERT_TRUE(first.is_ready());
  std::thread ending([&first] {
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    first.kill_now();
  });
  const auto started = std::chrono::steady_clock::now();
  RunningWorker second(folder.path());
  EXPECT_TRUE(second.is_ready()) << second.ready_payload();
  EXPECT_GE(std::chrono::steady_clock::now() - started, std::chrono::milliseconds(300));
  ending.join();
}

}  // namespace
}  // namespace worker
