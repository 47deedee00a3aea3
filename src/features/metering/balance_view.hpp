// What the owner of an account sees of the live meter. Everything needed to count down alone:
//   remaining(t) = remaining - rate * max(0, t - as_of)
#pragma once

#include <cstdint>
#include <optional>

#include "base/ids.hpp"
#include "base/json.hpp"
#include "base/time.hpp"
#include "features/ledger/low_balance.hpp"

namespace metering {

enum class BalanceState : std::uint8_t { active, exhausted, held, empty };
[[nodiscard]] const char* balance_state_name(BalanceState state);

struct BalanceView {
  base::AccountId account;
  base::Millis remaining{};  // what is left when everything up to as_of is billed
  int rate = 0;              // 1 while a stream is open, a proof covers now, or beats keep coming
  // Burning: the end of the proven time (up to min_proof ahead of the clock, or behind it between
  // two beats). Idle: the instant of the question.
  base::Instant as_of;
  std::optional<base::Instant> exhausts_at;  // when rate is 1
  BalanceState state = BalanceState::empty;
  base::Millis held{};
  base::Millis debt{};
  bool operator==(const BalanceView&) const = default;
};

// Members of an open JSON object, as GET /v1/balance and the events share them. server_time lets a
// page with a wrong clock count down rightly.
void append_balance_members(base::JsonWriter& json, const BalanceView& view,
                            base::Instant server_time);

// Of the `low_balance` event.
void append_warning_members(base::JsonWriter& json, const ledger::LowBalance& warning);

}  // namespace metering
