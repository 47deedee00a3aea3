#include "features/workspace/workspace_service.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "features/workspace/job_store.hpp"
#include "features/workspace/workspace_fixture.hpp"

namespace workspace {
namespace {

template <class T>
std::string reason_of(const base::Result<T>& result) {
  return result ? "ok" : result.error().reason;
}

// D60: background work never ran. D40: the upload was written, then the request failed.
TEST_F(WorkspaceTest, AnImportEndsWithAReportADatasetAndNoUploadLeft) {
  const auto whose = owner();
  const auto job = imported(whose, "prices.csv");
  EXPECT_EQ(job.state, JobState::succeeded);
  EXPECT_EQ(job.result, R"({"dataset":{"name":"mine"},"report":{"rows_read":3,"rows_kept":3}})");
  EXPECT_EQ(uploads_of(whose), 0U);
  const auto dataset = base::block_on(service().load_dataset(whose.account, "mine"));
  ASSERT_TRUE(dataset.has_value());
  EXPECT_NE(dataset->detail.find(R"("symbols":["AAA"])"), std::string::npos);
  EXPECT_EQ(dataset->summary.find("symbols"), std::string::npos);
}

TEST_F(WorkspaceTest, WhoHearsOfTheEndFindsTheDatasetInTheList) {
  const auto whose = owner();
  for (int round = 0; round < 10; ++round) {
    const auto name = "set" + std::to_string(round);
    ASSERT_EQ(imported(whose, "x.csv", name).state, JobState::succeeded);
    ASSERT_TRUE(base::block_on(service().load_dataset(whose.account, name)).has_value());
  }
}

TEST_F(WorkspaceTest, ARefusedFileFailsItsJobWithTheWorkersReason) {
  const auto whose = owner();
  const auto job = imported(whose, "bad.csv");
  EXPECT_EQ(job.state, JobState::failed);
  EXPECT_EQ(job.error, R"({"reason":"not_price_data","detail":"No price columns."})");
  EXPECT_EQ(uploads_of(whose), 0U);
  EXPECT_EQ(reason_of(base::block_on(service().load_dataset(whose.account, "mine"))), "not_found");
}

TEST_F(WorkspaceTest, AWorkerThatDiesInAnImportFailsTheJobAndTheNextOneRuns) {
  const auto whose = owner();
  EXPECT_NE(imported(whose, "die.csv").error.find("worker_failed"), std::string::npos);
  EXPECT_EQ(imported(whose, "good.csv").state, JobState::succeeded);
}

TEST_F(WorkspaceTest, AFileBeyondThePlanIsRefusedBeforeAndWhileWriting) {
  const auto whose = owner();
  MemoryBody announced({"x"});
  const auto before = base::block_on(service().import(
      whose, {.dataset = "d", .filename = "f", .options = "{}", .content_length = 2 << 20},
      announced));
  EXPECT_EQ(reason_of(before), "too_large");
  EXPECT_EQ(announced.reads(), 0);
  MemoryBody silent(std::vector<std::string>(20, std::string(100'000, 'x')));
  const auto during = base::block_on(service().import(
      whose, {.dataset = "d", .filename = "f", .options = "{}", .content_length = {}}, silent));
  EXPECT_EQ(reason_of(during), "too_large");
  EXPECT_EQ(uploads_of(whose), 0U);
}

TEST_F(WorkspaceTest, AFullWorkspaceTakesNoMore) {
  const auto whose = owner();
  const auto folder = folder_ + "/workspaces/" + whose.account.text();
  service();
  std::filesystem::create_directories(folder);
  std::ofstream{folder + "/data.duckdb"} << std::string((4 << 20) - 300'000, 'x');
  MemoryBody body(std::vector<std::string>(4, std::string(100'000, 'x')));
  const auto refused = base::block_on(service().import(
      whose, {.dataset = "d", .filename = "f", .options = "{}", .content_length = {}}, body));
  EXPECT_EQ(reason_of(refused), "quota_exceeded");
  EXPECT_EQ(uploads_of(whose), 0U);
}

TEST_F(WorkspaceTest, ABodyThatIsCutOffLeavesNothing) {
  const auto whose = owner();
  MemoryBody body({"a,b\n"}, true);
  const auto cut = base::block_on(service().import(
      whose, {.dataset = "d", .filename = "f", .options = "{}", .content_length = {}}, body));
  EXPECT_EQ(reason_of(cut), "malformed");
  EXPECT_EQ(uploads_of(whose), 0U);
  EXPECT_TRUE(base::block_on(service().list_jobs(whose.account, "", 10))->jobs.empty());
}

// D30, D32, D33: names from users were joined to paths.
TEST_F(WorkspaceTest, NoNameReachesAPath) {
  const auto whose = owner();
  for (const auto* name : {"", ".", "..", "../x", "/etc/passwd", "a/b", "a\\b", ".hidden", "a b"})
    EXPECT_EQ(reason_of(import(whose, "f", name)), "invalid_request") << name;
  EXPECT_EQ(imported(whose, "../../../../tmp/evil").state, JobState::succeeded);
  EXPECT_FALSE(std::filesystem::exists("/tmp/evil"));
}

// D39: everybody saw everybody's files and jobs.
TEST_F(WorkspaceTest, OtherPeoplesThingsDoNotExist) {
  const auto mine = owner();
  const auto stranger = owner();
  const auto job = imported(mine, "prices.csv");
  auto& its = service();
  EXPECT_EQ(reason_of(base::block_on(its.load_job(stranger.account, job.id))), "not_found");
  EXPECT_EQ(reason_of(base::block_on(its.cancel_job(stranger.account, job.id))), "not_found");
  EXPECT_FALSE(base::block_on(its.watch_job(stranger.account, job.id)).has_value());
  EXPECT_EQ(reason_of(base::block_on(its.load_dataset(stranger.account, "mine"))), "not_found");
  EXPECT_EQ(reason_of(base::block_on(its.drop_dataset(stranger.account, "mine"))), "not_found");
  EXPECT_TRUE(base::block_on(its.list_datasets(stranger.account))->empty());
}

TEST_F(WorkspaceTest, ARunningImportCanBeCancelledOnce) {
  const auto whose = owner();
  const auto job = import(whose, "wait.csv");
  ASSERT_TRUE(job.has_value());
  ASSERT_TRUE(base::block_on(service().cancel_job(whose.account, job->id)).has_value());
  EXPECT_EQ(finished(whose, job->id).state, JobState::cancelled);
  EXPECT_EQ(reason_of(base::block_on(service().cancel_job(whose.account, job->id))), "conflict");
  EXPECT_EQ(uploads_of(whose), 0U);
}

TEST_F(WorkspaceTest, ImportsOfAnAccountRunOneAfterTheOtherAndAQueuedOneCanBeCancelled) {
  const auto whose = owner();
  const auto first = import(whose, "wait.csv");
  const auto second = import(whose, "good.csv");
  const auto third = import(whose, "good.csv");
  EXPECT_EQ(base::block_on(service().load_job(whose.account, second->id))->state, JobState::queued);
  ASSERT_TRUE(base::block_on(service().cancel_job(whose.account, second->id)).has_value());
  ASSERT_TRUE(base::block_on(service().cancel_job(whose.account, first->id)).has_value());
  EXPECT_EQ(finished(whose, third->id).state, JobState::succeeded);
  EXPECT_EQ(finished(whose, second->id).state, JobState::cancelled);
}

TEST_F(WorkspaceTest, TheSeventeenthUnfinishedJobIsRefusedAndItsUploadGone) {
  const auto whose = owner();
  for (int index = 0; index < 16; ++index) ASSERT_TRUE(import(whose, "wait.csv").has_value());
  EXPECT_EQ(reason_of(import(whose, "wait.csv")), "too_many_queries");
  EXPECT_EQ(uploads_of(whose), 16U);
}

TEST_F(WorkspaceTest, WaitingForALongJobReturnsItAsItIs) {
  const auto whose = owner();
  const auto job = import(whose, "wait.csv");
  const auto later =
      base::block_on(service().wait_for_job(whose.account, job->id, std::chrono::milliseconds{1}));
  ASSERT_TRUE(later.has_value());
  EXPECT_FALSE(is_final(later->state));
}

TEST_F(WorkspaceTest, AfterACrashUnfinishedJobsAreFailedAndTheirUploadsRemoved) {
  const auto whose = owner();
  Job job;
  job.id = base::JobId::make(clock_.now(), random_);
  job.state = JobState::running;
  job.dataset = "d";
  job.options = "{}";
  job.created_at = clock_.now();
  const auto stored = base::block_on(
      (*database_).write<void>(whose.account, [job](sql::AccountTx& tx) -> base::Result<void> {
        insert_job(tx, job);
        return {};
      }));
  ASSERT_TRUE(stored.has_value());
  const auto uploads = folder_ + "/workspaces/" + whose.account.text() + "/uploads";
  std::filesystem::create_directories(uploads);
  std::ofstream{uploads + "/u1"} << "left";
  ASSERT_TRUE(base::block_on(service().recover()).has_value());
  const auto after = base::block_on(service().load_job(whose.account, job.id));
  ASSERT_TRUE(after.has_value());
  EXPECT_EQ(after->state, JobState::failed);
  EXPECT_NE(after->error.find("restarted"), std::string::npos);
  EXPECT_TRUE(after->finished_at.has_value());
  EXPECT_EQ(uploads_of(whose), 0U);
}

TEST_F(WorkspaceTest, StoppingFailsWhatRunsAndLeavesNoJobOpen) {
  const auto whose = owner();
  const auto running = import(whose, "wait.csv");
  const auto queued = import(whose, "wait.csv");
  service().stop();
  for (const auto& job : {running, queued})
    EXPECT_EQ(base::block_on(service().load_job(whose.account, job->id))->state, JobState::failed);
}

TEST_F(WorkspaceTest, JobsAreListedNewestFirstInPages) {
  const auto whose = owner();
  std::vector<std::string> ids;
  for (int index = 0; index < 3; ++index) ids.push_back(imported(whose, "x.csv").id.text());
  std::ranges::sort(ids, std::greater{});
  const auto first = base::block_on(service().list_jobs(whose.account, "", 2));
  ASSERT_EQ(first->jobs.size(), 2U);
  EXPECT_EQ(first->jobs[0].id.text(), ids[0]);
  const auto second = base::block_on(service().list_jobs(whose.account, first->next_cursor, 2));
  ASSERT_EQ(second->jobs.size(), 1U);
  EXPECT_EQ(second->jobs[0].id.text(), ids[2]);
  EXPECT_EQ(second->next_cursor, "");
}

// D58: one import erased all other datasets.
TEST_F(WorkspaceTest, DroppingOneDatasetLeavesTheOthers) {
  const auto whose = owner();
  imported(whose, "x.csv", "one");
  imported(whose, "x.csv", "two");
  ASSERT_TRUE(base::block_on(service().drop_dataset(whose.account, "one")).has_value());
  EXPECT_EQ(reason_of(base::block_on(service().load_dataset(whose.account, "one"))), "not_found");
  EXPECT_TRUE(base::block_on(service().load_dataset(whose.account, "two")).has_value());
}

TEST_F(WorkspaceTest, AQueryIsForwardedByteForByte) {
  auto answer = query(owner(), "700000");
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->content_type, "text/csv; charset=utf-8");
  EXPECT_TRUE(answer->id.starts_with("qry_"));
  EXPECT_EQ(base::block_on(read_stream(*answer->stream)), std::string(700'000, 'd'));
}

TEST_F(WorkspaceTest, QueriesBeyondThePlansShareAreRefusedAndOthersDoNotNotice) {
  const auto whose = owner(1);
  auto first = query(whose, "90000000");
  auto second = query(whose, "90000000");
  EXPECT_EQ(reason_of(query(whose, "1")), "too_many_queries");
  EXPECT_EQ(reason_of(query(owner(), "1")), "ok");
  first = base::Result<Answer>{std::unexpect, base::Error{}};
  EXPECT_EQ(reason_of(query(whose, "1")), "ok") << "a dropped answer frees its place";
}

TEST_F(WorkspaceTest, ARunningQueryIsInterruptedByItsIdAndOnlyByItsOwner) {
  const auto whose = owner();
  const auto id = base::format_id("qry_", base::make_id_bits(clock_.now(), random_));
  base::Result<void> interrupted;
  service();
  std::thread other([&] {
    EXPECT_EQ(reason_of(service().interrupt(owner().account, id)), "not_found");
    do interrupted = service().interrupt(whose.account, id);
    while (!interrupted);
  });
  const auto answer = query(whose, "wait", id);
  other.join();
  EXPECT_EQ(reason_of(answer), "query_cancelled");
  EXPECT_EQ(reason_of(service().interrupt(whose.account, id)), "not_found");
}

TEST_F(WorkspaceTest, WhenTheHoursEndAPendingQueryFailsAndAStreamIsCut) {
  const auto whose = owner(1);
  auto stream = query(whose, "90000000");
  ASSERT_TRUE(stream.has_value());
  service().cut(whose.account,
                base::Error{base::ErrorCode::payment_required, "hours_exhausted", "", {}, {}, {}});
  stream->stream->name_request("req_1");
  const auto text = base::block_on(read_stream(*stream->stream));
  EXPECT_TRUE(text.contains("\n{\"type\":\"urn:redline:problem:hours_exhausted\""));
  EXPECT_TRUE(text.ends_with("\"request_id\":\"req_1\"}\n"));
  EXPECT_FALSE(stream->stream->complete()) << "CSV with one more line would look whole";
  EXPECT_EQ(reason_of(query(whose, "3")), "ok");
}

TEST_F(WorkspaceTest, ALeavingClientEndsAPendingRead) {
  auto answer = query(owner(), "90000000");
  ASSERT_TRUE(answer.has_value());
  answer->stream->closed();
  base::block_on(read_stream(*answer->stream));
  EXPECT_TRUE(answer->stream->failure().has_value());
}

TEST_F(WorkspaceTest, AStartingWorkerRefreshesTheCatalogue) {
  const auto whose = owner();
  service().warm(whose.account);
  for (;;) {
    const auto entries = base::block_on(service().list_datasets(whose.account));
    ASSERT_TRUE(entries.has_value());
    if (entries->empty()) continue;
    EXPECT_EQ(entries->front().name, "prices");
    break;
  }
}

}  // namespace
}  // namespace workspace
