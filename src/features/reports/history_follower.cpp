#include "features/reports/history_follower.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace reports {
namespace {

using base::Result;

constexpr std::int64_t kEntriesAtATime = 2'000;
// In one look; the next one goes on. A report need not wait for more.
constexpr int kBatchesOfALook = 100;
constexpr auto kForgetEvery = std::chrono::hours{24};

std::unexpected<base::Error> unavailable() {
  return base::fail(base::ErrorCode::overloaded, "history_unavailable",
                    "The usage history cannot be read at the moment; your balance and ledger are "
                    "not affected. Please try again later.");
}

std::uint64_t requests_in(const std::vector<ActivityRow>& rows) {
  std::int64_t requests = 0;
  for (const auto& row : rows) requests += row.counts.requests;
  return static_cast<std::uint64_t>(requests);
}

}  // namespace

HistoryFollower::HistoryFollower(HistoryOptions options, sql::Database& database,
                                 const base::Clock& clock, ActivityTable& activity)
    : options_(std::move(options)), database_(database), clock_(clock), activity_(activity) {}

Result<void> HistoryFollower::open() {
  if (file_) return {};
  RL_TRY(file_, HistoryFile::open(options_.path, options_.memory_mb));
  return {};
}

Result<void> HistoryFollower::look() {
  RL_TRY_VOID(open());
  auto written = write(clock_.now());
  if (!written) file_.reset();
  return written;
}

Result<void> HistoryFollower::write(base::Instant now) {
  const auto rows = activity_.take();
  if (auto added = file_->add(rows); !added) {
    activity_.note_dropped(requests_in(rows));
    return added;
  }
  RL_TRY_VOID(follow(now));
  return forget_old(now);
}

Result<void> HistoryFollower::follow(base::Instant now) {
  for (int batch = 0; batch < kBatchesOfALook; ++batch) {
    const auto place = file_->place();
    const auto changes = base::block_on(ledger::changed_runs(database_, place, kEntriesAtATime));
    if (!changes && changes.error().reason == "journal_changed") {
      RL_TRY_VOID(file_->forget_runs());
      continue;
    }
    if (!changes) return std::unexpected(changes.error());
    if (changes->place == place) {
      as_of_ = now;
      return {};
    }
    RL_TRY_VOID(file_->follow(*changes));
  }
  return {};
}

Result<void> HistoryFollower::forget_old(base::Instant now) {
  if (now - forgot_at_ < kForgetEvery) return {};
  RL_TRY_VOID(file_->forget_before(now - options_.retention));
  forgot_at_ = now;
  return {};
}

Result<void> HistoryFollower::rebuild() {
  if (auto opened = open(); !opened) {
    const auto aside = options_.path + ".unreadable";
    if (std::rename(options_.path.c_str(), aside.c_str()) != 0)
      return base::fail_internal("history: " + opened.error().detail + "; " + aside + ": " +
                                 std::strerror(errno));
    RL_TRY_VOID(open());
  }
  RL_TRY_VOID(file_->forget_runs());
  as_of_ = {};
  while (as_of_ == base::Instant{}) RL_TRY_VOID(look());
  forgot_at_ = {};
  return forget_old(clock_.now());
}

Result<std::int64_t> HistoryFollower::count_runs() {
  if (!file_) return unavailable();
  return file_->count_runs();
}

Result<UsageReport> HistoryFollower::usage(const UsageQuery& query) {
  if (!file_) return unavailable();
  RL_TRY(auto rows, file_->usage(query));
  return UsageReport{.rows = std::move(rows), .as_of = as_of_};
}

}  // namespace reports
