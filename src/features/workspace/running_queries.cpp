#include "features/workspace/running_queries.hpp"

#include <fmt/format.h>

namespace workspace {

base::Result<std::shared_ptr<void>> RunningQueries::enter(base::AccountId account,
                                                          const std::string& id, int most) {
  {
    const std::lock_guard lock(mutex_);
    auto& queries = accounts_[account];
    if (queries.contains(id))
      return base::fail(base::ErrorCode::conflict, "conflict",
                        "A query of this id is running. Choose another id.");
    if (std::cmp_greater_equal(queries.size(), most))
      return base::fail(base::ErrorCode::rate_limited, "too_many_queries",
                        fmt::format("Your plan runs {} at a time, and that many are running. Wait "
                                    "for one to finish or interrupt it.",
                                    most));
    queries.emplace(id, nullptr);
  }
  return std::shared_ptr<void>(nullptr, [this, account, id](void*) { leave(account, id); });
}

void RunningQueries::attach(base::AccountId account, const std::string& id,
                            std::shared_ptr<CallState> call) {
  const std::lock_guard lock(mutex_);
  accounts_[account][id] = std::move(call);
}

std::shared_ptr<CallState> RunningQueries::find(base::AccountId account,
                                                std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto queries = accounts_.find(account);
  if (queries == accounts_.end()) return nullptr;
  const auto found = queries->second.find(id);
  return found == queries->second.end() ? nullptr : found->second;
}

void RunningQueries::leave(base::AccountId account, const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto queries = accounts_.find(account);
  if (queries == accounts_.end()) return;
  queries->second.erase(id);
  if (queries->second.empty()) accounts_.erase(queries);
}

}  // namespace workspace
