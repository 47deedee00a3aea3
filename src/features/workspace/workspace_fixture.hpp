// For tests: the service on a real database, with this test binary as its worker
// (fake_worker_test.cpp).
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "features/workspace/workspace_service.hpp"
#include "sql/migrations.hpp"
#include "sql/temp_database.hpp"

namespace workspace {

// A request body in pieces; ends with an error when `broken`.
class MemoryBody final : public http::BodyReader {
 public:
  explicit MemoryBody(std::vector<std::string> pieces, bool broken = false)
      : pieces_(pieces.begin(), pieces.end()), broken_(broken) {}
  base::Task<base::Result<std::string_view>> read() override {
    if (pieces_.empty() && broken_)
      co_return base::fail(base::ErrorCode::malformed, "malformed", "The body was cut off.");
    if (pieces_.empty()) co_return std::string_view{};
    current_ = std::move(pieces_.front());
    pieces_.pop_front();
    ++reads_;
    co_return std::string_view{current_};
  }
  [[nodiscard]] int reads() const { return reads_; }

 private:
  std::deque<std::string> pieces_;
  bool broken_;
  std::string current_;
  int reads_ = 0;
};

inline base::Task<std::string> read_stream(http::BodySource& source) {
  std::string body;
  for (;;) {
    const auto piece = co_await source.next();
    if (!piece) co_return body;
    body += *piece;
  }
}

class WorkspaceTest : public testing::Test {
 protected:
  WorkspaceTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "rl_workspace_XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    const auto migrated = base::block_on(sql::migrate(*database_));
    RL_CHECK(migrated.has_value(), migrated ? "" : migrated.error().detail);
    options_.data_folder = folder_;
    options_.plans = {
        {.storage_bytes = 4 << 20, .max_upload_bytes = 1 << 20, .concurrent_queries = 1},
        {.storage_bytes = 8 << 20, .max_upload_bytes = 2 << 20, .concurrent_queries = 2}};
  }
  ~WorkspaceTest() override {
    service_.reset();
    std::filesystem::remove_all(folder_);
  }

  WorkspaceService& service() {
    if (!service_)
      service_ =
          std::make_unique<WorkspaceService>(options_, *database_, clock_, random_, timers_, log_);
    return *service_;
  }
  Owner owner(std::uint16_t plan = 0) {
    return {.account = base::AccountId::make(clock_.now(), random_), .plan = plan};
  }
  base::Result<Job> import(Owner whose, std::string filename, std::string dataset = "mine") {
    MemoryBody body({"a,b\n", "1,2\n"});
    return base::block_on(service().import(whose,
                                           {.dataset = std::move(dataset),
                                            .filename = std::move(filename),
                                            .options = "{}",
                                            .content_length = {}},
                                           body));
  }
  // Its end, however long that takes.
  Job finished(Owner whose, base::JobId id) {
    for (;;) {
      auto job = base::block_on(
          service().wait_for_job(whose.account, id, std::chrono::milliseconds{60'000}));
      if (job && is_final(job->state)) return *job;
    }
  }
  Job imported(Owner whose, std::string filename, std::string dataset = "mine") {
    const auto job = import(whose, std::move(filename), std::move(dataset));
    RL_CHECK(job.has_value(), job ? "" : job.error().reason);
    return finished(whose, job->id);
  }
  base::Result<Answer> query(Owner whose, std::string sql, std::string id = {}) {
    WorkspaceService::Query query;
    query.id = std::move(id);
    query.sql = std::move(sql);
    return base::block_on(service().query(whose, std::move(query)));
  }
  [[nodiscard]] std::size_t uploads_of(Owner whose) const {
    std::error_code missing;
    const std::filesystem::directory_iterator files(
        folder_ + "/workspaces/" + whose.account.text() + "/uploads", missing);
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
  }

  base::SystemClock clock_;
  base::SystemRandom random_;
  base::ThreadTimers timers_{clock_};
  base::Log log_{{}, clock_};
  sql::TempDatabase database_;
  std::string folder_;
  WorkspaceOptions options_;
  std::unique_ptr<WorkspaceService> service_;
};

}  // namespace workspace
