#include "features/identity/token_cache.hpp"

#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <mutex>
#include <new>
#include <type_traits>
#include <vector>

#include "base/spin_lock.hpp"

namespace identity {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t kFirst = 0xA0761D6478BD642FULL;
constexpr std::uint64_t kSecond = 0xE7037ED1A0B428DBULL;

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

std::uint64_t read8(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

constexpr std::size_t kBlock = 64;

// A text of less than a block, filled up with zeros.
using Padded = std::array<char, kBlock>;
Padded padded(std::string_view text) {
  Padded block{};
  text.copy(block.data(), text.size());
  return block;
}

// Folded multiplication over four independent lanes of 16 bytes. The last block overlaps the one
// before it, so that none is copied; only what is shorter than a block is.
class Lanes {
 public:
  explicit Lanes(std::uint64_t seed) { lanes_.fill(seed ^ kSecond); }
  void add(const char* block) {
    for (std::size_t i = 0; i < lanes_.size(); ++i)
      lanes_[i] = mix(read8(block + 16 * i) ^ kFirst, read8(block + 16 * i + 8) ^ lanes_[i]);
  }
  [[nodiscard]] std::uint64_t result(std::size_t size) const {
    const auto left = mix(lanes_[0] ^ kFirst, lanes_[1] ^ kSecond);
    const auto right = mix(lanes_[2] ^ kSecond, lanes_[3] ^ kFirst);
    return mix(left ^ size, right ^ kFirst);
  }

 private:
  std::array<std::uint64_t, 4> lanes_{};
};

std::uint64_t hash_bytes(std::string_view text, std::uint64_t seed) {
  Lanes lanes(seed);
  if (text.size() < kBlock) {
    lanes.add(padded(text).data());
  } else {
    for (std::size_t at = 0; at + kBlock < text.size(); at += kBlock) lanes.add(text.data() + at);
    lanes.add(text.data() + text.size() - kBlock);
  }
  return lanes.result(text.size());
}

std::uint64_t block_difference(const char* left, const char* right) {
  std::uint64_t difference = 0;
  for (std::size_t i = 0; i < kBlock; i += 8) difference |= read8(left + i) ^ read8(right + i);
  return difference;
}

// Looks at every byte, whatever the first ones say.
bool same_bytes(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  if (left.size() < kBlock) return block_difference(padded(left).data(), padded(right).data()) == 0;
  const auto last = left.size() - kBlock;
  auto difference = block_difference(left.data() + last, right.data() + last);
  for (std::size_t at = 0; at < last; at += kBlock)
    difference |= block_difference(left.data() + at, right.data() + at);
  return difference == 0;
}

}  // namespace

// The bytes of token and account follow in the same piece of memory, so that a hit goes to one
// place.
struct TokenCache::Entry {
  CachedCaller cached;
  std::size_t token_size;
  std::size_t account_size;

  [[nodiscard]] const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
  [[nodiscard]] bool is_for(const Presented& presented) const {
    if (!same_bytes({bytes(), token_size}, presented.token)) return false;
    if (account_size == 0) return presented.account.empty();
    return same_bytes({bytes() + token_size, account_size}, presented.account);
  }
  static EntryPointer make(const Presented& presented, const CachedCaller& cached) {
    const auto& [token, account, kind] = presented;
    void* const memory = ::operator new(sizeof(Entry) + token.size() + account.size());
    char* const bytes = static_cast<char*>(memory) + sizeof(Entry);
    token.copy(bytes, token.size());
    account.copy(bytes + token.size(), account.size());
    return EntryPointer(new (memory) Entry{cached, token.size(), account.size()});
  }
};

void TokenCache::FreeEntry::operator()(Entry* entry) const {
  static_assert(std::is_trivially_destructible_v<Entry>);
  ::operator delete(entry);
}

struct TokenCache::Slot {
  std::uint64_t hash = 0;
  std::uint64_t session_tag = 0;  // here as well, so that a revocation scans without following
  EntryPointer entry;
};

struct alignas(64) TokenCache::Shard {
  mutable base::SpinLock lock;
  std::vector<Slot> slots;  // sets of kWays, newest first
};

TokenCache::TokenCache(base::Random& random, std::size_t capacity)
    : seed_(random.next_u64()),
      sets_per_shard_(std::bit_ceil((capacity + kShards * kWays - 1) / (kShards * kWays))),
      shards_(std::make_unique<Shard[]>(kShards)) {
  for (std::size_t i = 0; i < kShards; ++i) shards_[i].slots.resize(sets_per_shard_ * kWays);
}

TokenCache::~TokenCache() = default;

std::uint64_t TokenCache::hash_of(const Presented& presented) const {
  const auto hash = hash_bytes(presented.token, seed_);
  return presented.account.empty() ? hash : mix(hash, hash_bytes(presented.account, ~seed_) | 1U);
}

std::uint64_t TokenCache::tag_of(std::string_view session) const {
  return hash_bytes(session, ~seed_) | 1U;
}

bool TokenCache::find(const Presented& presented, base::Instant now, http::Caller& caller) const {
  const auto hash = hash_of(presented);
  const Shard& shard = shards_[hash >> 58U];
  const auto first = (hash & (sets_per_shard_ - 1)) * kWays;
  const std::lock_guard guard(shard.lock);
  for (std::size_t way = first; way < first + kWays; ++way) {
    const Slot& slot = shard.slots[way];
    if (slot.hash != hash || !slot.entry) continue;
    if (!slot.entry->is_for(presented)) continue;
    const CachedCaller& cached = slot.entry->cached;
    if (cached.expires_at <= now || cached.caller.credential != presented.kind) return false;
    caller = cached.caller;
    return true;
  }
  return false;
}

void TokenCache::insert(const Presented& presented, CachedCaller cached, std::uint64_t epoch) {
  const auto hash = hash_of(presented);
  const auto tag = cached.session_tag;
  auto entry = Entry::make(presented, cached);
  Shard& shard = shards_[hash >> 58U];
  Slot* const set = &shard.slots[(hash & (sets_per_shard_ - 1)) * kWays];
  const std::lock_guard guard(shard.lock);
  if (epoch != epoch_.load()) return;
  std::size_t place = 0;  // the token's own, else an empty one, else the oldest
  while (place + 1 < kWays && set[place].entry && set[place].hash != hash) ++place;
  for (; place > 0; --place) set[place] = std::move(set[place - 1]);
  set[0] = Slot{.hash = hash, .session_tag = tag, .entry = std::move(entry)};
}

template <class Matches>
void TokenCache::erase_if(Matches matches) {
  epoch_.fetch_add(1);
  for (std::size_t i = 0; i < kShards; ++i) {
    const std::lock_guard guard(shards_[i].lock);
    for (auto& slot : shards_[i].slots)
      if (slot.entry && matches(slot)) slot = Slot{};
  }
}

void TokenCache::revoke_session(std::uint64_t session_tag) {
  erase_if([&](const Slot& slot) { return slot.session_tag == session_tag; });
}

void TokenCache::revoke_user(base::UserId user) {
  erase_if([&](const Slot& slot) { return slot.entry->cached.caller.user == user; });
}

void TokenCache::revoke_key(base::KeyId key) {
  erase_if([&](const Slot& slot) { return slot.entry->cached.caller.key == key; });
}

void TokenCache::revoke_account(base::AccountId account) {
  erase_if([&](const Slot& slot) { return slot.entry->cached.caller.account == account; });
}

}  // namespace identity
