// The auditor's model of one account's grants: what each command and each stretch of use must move
// between the buckets. Instants are microseconds, amounts milliseconds.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "stretch.hpp"

namespace simulation {

inline constexpr std::int64_t kNeverExpires = INT64_MAX;

struct PurseGrant {
  std::string id;
  std::string key;
  int priority = 50;
  std::int64_t issued_at = 0;
  std::int64_t expires_at = kNeverExpires;
  // By bucket: issued, available, held, consumed, expired, revoked.
  std::map<std::string, std::int64_t> in{};
  [[nodiscard]] std::int64_t available() const { return in.at("available"); }
  // For use at a time when it was valid: also what has been moved to `expired` since.
  [[nodiscard]] std::int64_t burnable() const {
    return std::max<std::int64_t>(0, available()) + in.at("expired");
  }
  [[nodiscard]] bool valid_at(std::int64_t instant) const {
    return issued_at <= instant && instant < expires_at;
  }
};

// One line that the journal must have.
struct Move {
  std::string kind;
  std::string grant;  // id
  std::int64_t amount = 0;
  std::string from;
  std::string to;
  bool operator==(const Move&) const = default;
};

class Purse {
 public:
  std::vector<PurseGrant> grants;

  [[nodiscard]] PurseGrant* find(const std::string& id);
  [[nodiscard]] PurseGrant* find_key(const std::string& key);
  void apply(const Move& move);
  // Spendable: nothing while there is a debt.
  [[nodiscard]] std::int64_t available_at(std::int64_t instant) const;
  [[nodiscard]] std::int64_t total(const std::string& bucket) const;
  [[nodiscard]] std::int64_t debt() const;

  // What must follow, in order; the purse is not changed.
  [[nodiscard]] std::vector<Move> of_issue(const std::string& id, std::int64_t now) const;
  [[nodiscard]] std::vector<Move> of_revoke(const std::string& id, std::int64_t amount,
                                            std::int64_t now) const;
  [[nodiscard]] std::vector<Move> of_hold(const std::string& id) const;
  [[nodiscard]] std::vector<Move> of_release(const std::string& id, std::int64_t now) const;
  [[nodiscard]] std::vector<Move> of_adjust(const std::string& id, std::int64_t amount,
                                            std::int64_t now) const;
  struct Split {
    std::map<std::string, std::int64_t> paid;  // by grant id
    std::int64_t unpaid = 0;
  };
  // Who pays `total_ms` of `pieces`: each millisecond by the first grant that is valid then and has
  // time. Steps from one change to the next; `slowly`: every single millisecond.
  [[nodiscard]] Split of_use(const Stretches& pieces, std::int64_t total_ms, bool slowly) const;

 private:
  [[nodiscard]] std::vector<Move> followed_by_repayment(std::vector<Move> moves,
                                                        std::int64_t now) const;
};

}  // namespace simulation
