#include "sql/sqlite_log_damage.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "sql/temp_database.hpp"

namespace sql {
namespace {

namespace files = std::filesystem;
constexpr std::int64_t kFrame = 24 + 4'096;

// The log of a database that is still open: nothing was carried over into the file yet.
struct Written {
  TempDatabase temp;
  std::string log = temp.path() + ".copy-wal";
  Written() {
    write("CREATE TABLE numbers (number BIGINT PRIMARY KEY)", true);
    for (int i = 0; i < 40; ++i) write("INSERT INTO numbers VALUES (" + std::to_string(i) + ")");
    files::copy_file(temp.path() + "-wal", log);
  }
  void write(const std::string& text, bool schema = false) {
    RL_CHECK(base::block_on((*temp).write_operator<bool>([&](OperatorTx& tx) -> base::Result<bool> {
               schema ? tx.execute_schema(text) : static_cast<void>(tx.prepare(text).run());
               return true;
             })).has_value(),
             "written");
  }
  [[nodiscard]] std::int64_t size() const {
    return static_cast<std::int64_t>(files::file_size(log));
  }
  void flip(std::int64_t at) const {
    std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const auto byte = static_cast<char>(file.get() ^ 0x20);
    file.seekp(at);
    file.put(byte);
  }
};

TEST(LogDamage, AWholeLogHasNoneAndNeitherHasNone) {
  const Written written;
  EXPECT_GT(written.size(), 40 * kFrame);
  EXPECT_FALSE(find_log_damage(written.log));
  EXPECT_FALSE(find_log_damage(written.log + ".absent"));
}

// What a crash leaves: the log ends anywhere.
TEST(LogDamage, ALogThatEndsEarlyIsNotDamaged) {
  const Written written;
  for (auto size = written.size(); size >= 0; size -= 1'021) {
    files::resize_file(written.log, static_cast<std::uintmax_t>(size));
    EXPECT_FALSE(find_log_damage(written.log)) << size;
  }
}

TEST(LogDamage, AnyByteThatChangedIsFoundWhereFramesFollow) {
  const Written written;
  for (std::int64_t at = 0; at < written.size() - kFrame; at += 97) {
    written.flip(at);
    const auto damage = find_log_damage(written.log);
    written.flip(at);
    ASSERT_TRUE(damage) << at;
    EXPECT_LE(damage->at, at);
    EXPECT_GT(damage->frames, 0);
    if (at >= 32) {
      EXPECT_EQ(damage->at, 32 + (at - 32) / kFrame * kFrame);
      EXPECT_EQ(damage->frames, (written.size() - damage->at) / kFrame - 1);
    }
  }
}

// The frame being written when the process died.
TEST(LogDamage, TheLastFrameMayBeUnfinished) {
  const Written written;
  written.flip(written.size() - 5);
  EXPECT_FALSE(find_log_damage(written.log));
}

}  // namespace
}  // namespace sql
