// Credentials that were good a moment ago, keyed by the whole token: a hit is one keyed hash and
// one compare in constant time. Sharded with a short lock each; a fixed number of places, four to a
// set, so that a flood of tokens evicts and never grows. Thread-safe.
//
// Revocation and the slow verification may overlap: the verifier takes epoch() before it asks the
// store, and insert() refuses what was read before a revocation.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/random.hpp"
#include "base/time.hpp"
#include "http/caller.hpp"

namespace identity {

struct CachedCaller {
  http::Caller caller;
  std::uint64_t session_tag = 0;  // what revoke_session() matches; 0: no session
  base::Instant expires_at;
};

// What a request sends: one token may act for several accounts.
struct Presented {
  std::string_view token;
  std::string_view account{};  // as named in a header; empty: the token's own
  http::Credential kind = http::Credential::bearer;
};

class TokenCache {
 public:
  static constexpr std::size_t kShards = 64;
  static constexpr std::size_t kWays = 4;

  // The hash is seeded, so nobody can aim at a set. `capacity` is rounded up.
  explicit TokenCache(base::Random& random, std::size_t capacity = 65'536);
  ~TokenCache();

  // True: `caller` is filled. A token that came another way (`kind`), or for another account, is
  // not found. Allocates nothing.
  [[nodiscard]] bool find(const Presented& presented, base::Instant now,
                          http::Caller& caller) const;

  [[nodiscard]] std::uint64_t epoch() const { return epoch_.load(); }
  // Forgets the oldest of the set when it is full. Does nothing when `epoch` is no longer current.
  void insert(const Presented& presented, CachedCaller cached, std::uint64_t epoch);

  // Call after the store has committed: nothing read before comes back.
  void revoke_session(std::uint64_t session_tag);
  void revoke_account(base::AccountId account);
  void revoke_user(base::UserId user);
  void revoke_key(base::KeyId key);

  // One number for a session, ours or an external one. Never 0.
  [[nodiscard]] std::uint64_t tag_of(std::string_view session) const;

 private:
  struct Entry;
  struct FreeEntry {
    void operator()(Entry* entry) const;
  };
  using EntryPointer = std::unique_ptr<Entry, FreeEntry>;
  struct Slot;
  struct Shard;
  template <class Matches>
  void erase_if(Matches matches);
  [[nodiscard]] std::uint64_t hash_of(const Presented& presented) const;

  std::uint64_t seed_;
  std::size_t sets_per_shard_;
  std::unique_ptr<Shard[]> shards_;
  std::atomic<std::uint64_t> epoch_{0};
};

}  // namespace identity
