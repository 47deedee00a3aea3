// Which queries run, so that an account's share is bounded and each can be interrupted by its id.
// Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "features/workspace/worker_call.hpp"

namespace workspace {

class RunningQueries {
 public:
  // Holds the place of one query until it is dropped. `too_many_queries` when `most` run already,
  // `conflict` when the id does. The registry outlives its permits.
  [[nodiscard]] base::Result<std::shared_ptr<void>> enter(base::AccountId account,
                                                          const std::string& id, int most);
  // Lets find() answer with `call` while the permit lives.
  void attach(base::AccountId account, const std::string& id, std::shared_ptr<CallState> call);
  // Null when no such query runs.
  [[nodiscard]] std::shared_ptr<CallState> find(base::AccountId account, std::string_view id) const;

 private:
  void leave(base::AccountId account, const std::string& id);

  using Queries = std::map<std::string, std::shared_ptr<CallState>, std::less<>>;
  mutable std::mutex mutex_;
  std::unordered_map<base::AccountId, Queries> accounts_;
};

}  // namespace workspace
