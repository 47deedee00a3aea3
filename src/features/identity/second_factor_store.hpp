// SQL over second factors and their recovery codes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "sql/database.hpp"

namespace identity {

struct SecondFactor {
  std::string sealed;          // empty: off
  std::string sealed_pending;  // empty: none is being set up
  std::int64_t last_step = 0;  // codes up to here are spent
};

[[nodiscard]] SecondFactor load_second_factor(sql::OperatorTx& tx, base::UserId user);
void save_second_factor(sql::OperatorTx& tx, base::UserId user, const SecondFactor& factor);
// In place of all earlier ones.
void put_recovery_codes(sql::OperatorTx& tx, base::UserId user,
                        std::span<const std::string> hashes);
// True for exactly one caller ever.
[[nodiscard]] bool use_recovery_code(sql::OperatorTx& tx, base::UserId user, std::string_view hash);

}  // namespace identity
