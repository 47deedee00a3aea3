#include "features/identity/second_factor_store.hpp"

namespace identity {

SecondFactor load_second_factor(sql::OperatorTx& tx, base::UserId user) {
  auto select = tx.prepare(
      "SELECT second_factor, second_factor_pending, second_factor_step FROM users WHERE id = $1");
  if (!select.bind(1, user.text()).step()) return {};
  return {.sealed = select.is_null(0) ? "" : std::string(select.text(0)),
          .sealed_pending = select.is_null(1) ? "" : std::string(select.text(1)),
          .last_step = select.integer(2)};
}

void save_second_factor(sql::OperatorTx& tx, base::UserId user, const SecondFactor& factor) {
  auto update = tx.prepare(
      "UPDATE users SET second_factor = $2, second_factor_pending = $3, second_factor_step = $4"
      " WHERE id = $1");
  update.bind(1, user.text()).bind(4, factor.last_step);
  if (factor.sealed.empty())
    update.bind(2, std::nullopt);
  else
    update.bind(2, factor.sealed);
  if (factor.sealed_pending.empty())
    update.bind(3, std::nullopt);
  else
    update.bind(3, factor.sealed_pending);
  update.run();
}

void put_recovery_codes(sql::OperatorTx& tx, base::UserId user,
                        std::span<const std::string> hashes) {
  tx.prepare("DELETE FROM recovery_codes WHERE user_id = $1").bind(1, user.text()).run();
  auto insert = tx.prepare("INSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, $2)");
  for (const auto& hash : hashes) insert.bind(1, user.text()).bind(2, hash).run();
}

bool use_recovery_code(sql::OperatorTx& tx, base::UserId user, std::string_view hash) {
  auto remove = tx.prepare("DELETE FROM recovery_codes WHERE user_id = $1 AND code_hash = $2");
  return remove.bind(1, user.text()).bind(2, hash).run() == 1;
}

}  // namespace identity
