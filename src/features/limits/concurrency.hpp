// How many of something an account may do at the same time (queries). Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace limits {

class ConcurrencyLimiter {
  struct State;

 public:
  // Gives the place back when destroyed; may outlive the limiter and be destroyed on any thread.
  class Permit {
   public:
    Permit(std::shared_ptr<State> state, base::AccountId account);
    Permit(Permit&& other) noexcept = default;
    Permit& operator=(Permit&&) = delete;
    ~Permit();

   private:
    std::shared_ptr<State> state_;
    base::AccountId account_;
  };

  ConcurrencyLimiter();
  // `rate_limited` code with reason "too_many_queries" when `max` are running already.
  [[nodiscard]] base::Result<Permit> acquire(base::AccountId account, std::int64_t max);
  [[nodiscard]] std::int64_t running(base::AccountId account) const;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace limits
