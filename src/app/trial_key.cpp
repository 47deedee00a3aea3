#include "app/trial_key.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "features/ledger/pseudonym.hpp"

namespace app {
namespace {

std::string identity_of(sql::OperatorTx& tx, base::AccountId account) {
  auto row = tx.prepare(
      "SELECT u.email, u.provider, u.external_id FROM memberships m JOIN users u "
      "ON u.id = m.user_id WHERE m.account_id = $1 AND m.role = 'owner'");
  if (!row.bind(1, account.text()).step()) return "account " + account.text();
  std::string email(row.text(0));
  std::ranges::transform(email, email.begin(), base::lower);
  if (!email.empty()) return "e-mail " + email;
  if (row.is_null(2)) return "account " + account.text();
  return "issuer " + std::string{row.text(1)} + " " + std::string{row.text(2)};
}

}  // namespace

std::string trial_key(sql::OperatorTx& tx, base::Random& random, base::AccountId account) {
  return "trial:" + ledger::pseudonym_of(tx, random, identity_of(tx, account));
}

}  // namespace app
