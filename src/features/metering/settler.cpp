#include "features/metering/settler.hpp"

#include <algorithm>
#include <optional>

#include "base/check.hpp"

namespace metering {

namespace {

constexpr std::size_t kLargestPart = 1'000;
// A step stops after so many refusals: then the store is broken, not a single run.
constexpr int kPatience = 12;

}  // namespace

Settler::Settler(ledger::LedgerService& ledger, LiveMeter& meter, base::Log& log,
                 base::Instant start)
    : ledger_(ledger),
      meter_(meter),
      log_(log),
      part_size_(kLargestPart),
      settled_until_(base::to_micros(start)) {}

base::Instant Settler::settled_until() const { return base::from_micros(settled_until_.load()); }

std::vector<QueuedRun> Settler::gather(base::Instant now) {
  std::vector<QueuedRun> batch;
  meter_.collect(now, batch);
  const std::lock_guard guard(mutex_);
  if (kept_.empty()) return batch;
  for (const auto& fresh : batch) keep_locked(fresh);
  batch.clear();
  for (auto& [run, queued] : kept_) batch.push_back(queued);
  kept_.clear();
  return batch;
}

void Settler::keep(const std::vector<QueuedRun>& part) {
  const std::lock_guard guard(mutex_);
  for (const auto& queued : part) keep_locked(queued);
}

void Settler::keep_locked(const QueuedRun& queued) {
  const auto [known, is_new] = kept_.try_emplace(queued.snapshot.run, queued);
  if (!is_new) absorb(known->second, queued);
}

// A later snapshot of a run has what the earlier ones have. Settled while they wait, their time
// would count twice in what the meter says is left: they go together, next time.
void Settler::join_kept(std::vector<QueuedRun>& part) {
  const std::lock_guard guard(mutex_);
  std::erase_if(part, [&](const QueuedRun& queued) {
    const bool waits = kept_.contains(queued.snapshot.run);
    if (waits) keep_locked(queued);
    return waits;
  });
}

base::Task<base::Result<void>> Settler::send(std::vector<QueuedRun> part) {
  std::vector<ledger::RunSnapshot> snapshots;
  snapshots.reserve(part.size());
  for (const auto& queued : part) snapshots.push_back(queued.snapshot);
  auto settled = co_await ledger_.settle(std::move(snapshots));
  if (!settled) {
    ++failures_;
    log_.warning("settlement_failed", {{"runs", part.size()}, {"detail", settled.error().detail}});
    keep(part);
    co_return std::unexpected(std::move(settled.error()));
  }
  for (std::size_t i = 0; i < part.size(); ++i)
    if (!meter_.settled(part[i], (*settled)[i])) ++unexpected_;
  co_return base::Result<void>{};
}

base::Task<base::Result<void>> Settler::step(base::Instant now) {
  auto batch = gather(now);
  std::optional<base::Error> failure;
  int refused = 0;
  for (std::size_t next = 0; next < batch.size();) {
    if (refused >= kPatience) {
      keep({batch.begin() + static_cast<std::ptrdiff_t>(next), batch.end()});
      break;
    }
    const auto size = std::min(part_size_.load(), batch.size() - next);
    const auto first = batch.begin() + static_cast<std::ptrdiff_t>(next);
    std::vector<QueuedRun> part(first, first + static_cast<std::ptrdiff_t>(size));
    next += size;
    if (failure) join_kept(part);
    if (part.empty()) continue;
    auto sent = co_await send(std::move(part));
    if (sent) {
      part_size_ = std::min(kLargestPart, size * 2);
      continue;
    }
    ++refused;
    part_size_ = std::max<std::size_t>(1, size / 2);
    failure = std::move(sent.error());
  }
  RL_CHECK(unexpected_.exchange(0) == 0, "time is handed to the ledger once");
  if (failure) co_return std::unexpected(std::move(*failure));
  settled_until_ = base::to_micros(now);
  co_return base::Result<void>{};
}

}  // namespace metering
