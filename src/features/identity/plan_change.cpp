#include "features/identity/plan_change.hpp"

namespace identity {

bool change_plan(sql::OperatorTx& tx, base::AccountId account, std::string_view from,
                 std::string_view to) {
  auto update =
      tx.prepare("UPDATE accounts SET plan = $3 WHERE id = $1 AND plan = $2 RETURNING id");
  update.bind(1, account.text()).bind(2, from).bind(3, to);
  return update.step();
}

}  // namespace identity
