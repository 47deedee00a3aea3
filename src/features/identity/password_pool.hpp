// argon2id on threads of its own: a check takes tens of milliseconds and many megabytes, so it
// never runs on an HTTP loop, and only so many wait. Thread-safe; its destructor finishes what was
// taken.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/random.hpp"
#include "base/task.hpp"
#include "features/identity/identity_options.hpp"

namespace identity {

class PasswordPool {
 public:
  PasswordPool(PasswordCost cost, base::Random& random);
  ~PasswordPool();

  // The encoded hash with salt and cost ("$argon2id$…"). `overloaded` when the queue is full.
  base::Task<base::Result<std::string>> hash(std::string password);
  // Costs the same whether it matches or not. `overloaded` when the queue is full.
  base::Task<base::Result<bool>> matches(std::string encoded, std::string password);
  // The hash of a password nobody knows, of the same cost: what an unknown account is checked
  // against. Made once, at the start.
  [[nodiscard]] const std::string& decoy() const { return decoy_; }
  // Computations since the start, made and checked: equal work for every outcome shows here.
  [[nodiscard]] std::int64_t computations() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
  PasswordCost cost_;
  std::string decoy_;
};

}  // namespace identity
