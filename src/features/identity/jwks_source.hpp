// The key set of the application beside us, by URL. One fetch at a time, whoever asks; the others
// wait for its outcome. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/task.hpp"
#include "features/identity/identity_options.hpp"
#include "features/identity/jwks_schedule.hpp"
#include "features/identity/jwt_keys.hpp"

namespace identity {

// What production fetches with: GET, 2 s, 64 KiB, no redirects, 200 only.
base::Task<base::Result<std::string>> fetch_key_set(std::string url);

class JwksSource {
 public:
  JwksSource(std::string url, FetchText fetch, const base::Clock& clock, base::Log& log)
      : url_(std::move(url)), fetch_(std::move(fetch)), clock_(clock), log_(log) {}

  // The keys to look for `kid` in, fetched anew when the schedule says so. `overloaded`, reason
  // identity_unavailable, when there is no set that may still be used. On an HTTP loop.
  base::Task<base::Result<std::shared_ptr<const KeyRing>>> keys_for(std::string kid);
  // Renews the set ahead of its end; call it now and then, on a BackgroundLoop.
  base::Task<void> renew();

  struct Health {
    bool ok = false;      // the last attempt succeeded, or none was needed yet
    bool usable = false;  // tokens of the set's keys get in
    std::size_t keys = 0;
    std::int64_t age_seconds = -1;  // of the set; -1: none
  };
  [[nodiscard]] Health health() const;

 private:
  [[nodiscard]] bool has(std::string_view kid) const;
  base::Task<void> fetch_once();
  void store(base::Result<std::string> text);

  const std::string url_;
  const FetchText fetch_;
  const base::Clock& clock_;
  base::Log& log_;
  mutable std::mutex mutex_;
  JwksSchedule schedule_;
  std::shared_ptr<const KeyRing> keys_ = std::make_shared<const KeyRing>();
  bool fetching_ = false;
  std::vector<base::Completion<bool>::Sender> waiting_;
};

}  // namespace identity
