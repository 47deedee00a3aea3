#include "features/identity/password_check.hpp"

#include "features/identity/account_store.hpp"
#include "features/identity/second_factor_store.hpp"
#include "features/identity/secret_token.hpp"
#include "features/identity/totp.hpp"

namespace identity {
namespace {

using base::ErrorCode;
using Found = base::Result<std::optional<UserRow>>;

std::unexpected<base::Error> wrong_credentials() {
  return base::fail(ErrorCode::unauthenticated, "wrong_credentials",
                    "E-mail or password is not right.");
}

std::unexpected<base::Error> too_many_tries(std::chrono::seconds wait) {
  auto failure = base::fail(ErrorCode::rate_limited, "rate_limited",
                            "Too many failed sign-ins. Please wait and try again.");
  failure.error().members.push_back({"retry_after_seconds", std::to_string(wait.count())});
  return failure;
}

// Two counters: the account as tried from one address, and the account as tried from anywhere.
class Try {
 public:
  Try(IdentityParts& parts, const std::string& account, const std::string& address)
      : parts_(parts), here_(account + '\n' + address), anywhere_(account) {}

  base::Result<void> admit() {
    const auto now = parts_.clock.now();
    if (const auto wait = parts_.throttle.admit(here_, now)) return too_many_tries(*wait);
    if (const auto wait = parts_.account_throttle.admit(anywhere_, now)) {
      parts_.throttle.withdraw(here_);
      return too_many_tries(*wait);
    }
    return {};
  }
  // Only a wrong guess counts as a try; a server too busy to look, or a code not yet sent, does
  // not.
  void ended(const base::Result<UserView>& outcome) {
    if (outcome) {
      parts_.throttle.succeeded(here_);
      parts_.account_throttle.succeeded(anywhere_);
    } else if (outcome.error().code != ErrorCode::unauthenticated ||
               outcome.error().reason == "second_factor_required") {
      parts_.throttle.withdraw(here_);
      parts_.account_throttle.withdraw(anywhere_);
    }
  }

 private:
  IdentityParts& parts_;
  std::string here_;
  std::string anywhere_;
};

enum class FactorOutcome : std::uint8_t { good, missing, wrong };

// Spends the code: a second use of it is wrong.
base::Result<FactorOutcome> spend_code(sql::OperatorTx& tx, IdentityParts& parts, base::UserId user,
                                       const std::optional<std::string>& code, base::Instant now) {
  auto factor = load_second_factor(tx, user);
  if (factor.sealed.empty()) return FactorOutcome::good;
  if (!code) return FactorOutcome::missing;
  const auto secret = unseal(parts.seal_key, factor.sealed);
  if (!secret) return base::fail_internal("a second factor was sealed under another key");
  if (const auto step = match_totp(*secret, *code, now, factor.last_step)) {
    factor.last_step = *step;
    save_second_factor(tx, user, factor);
    return FactorOutcome::good;
  }
  return use_recovery_code(tx, user, hash_secret(*code)) ? FactorOutcome::good
                                                         : FactorOutcome::wrong;
}

base::Task<base::Result<UserView>> check_factor(IdentityParts& parts, UserView user,
                                                std::optional<std::string> code) {
  const auto now = parts.clock.now();
  const auto outcome = co_await parts.database.write_operator<FactorOutcome>(
      [&](sql::OperatorTx& tx) { return spend_code(tx, parts, user.id, code, now); });
  if (!outcome) co_return std::unexpected(outcome.error());
  switch (*outcome) {
    case FactorOutcome::good:
      break;
    case FactorOutcome::missing:
      co_return base::fail(ErrorCode::unauthenticated, "second_factor_required",
                           "Enter the code of your authenticator app.");
    case FactorOutcome::wrong:
      co_return base::fail(ErrorCode::unauthenticated, "second_factor_wrong",
                           "This code is not right, or was used before.");
  }
  co_return user;
}

// An unknown account costs what a known one does: the password is checked against a decoy.
base::Task<base::Result<UserView>> check(IdentityParts& parts, std::optional<UserRow> user,
                                         Proof proof) {
  const bool known = user && !user->password_hash.empty();
  std::string encoded = known ? user->password_hash : parts.passwords.decoy();
  const auto same = co_await parts.passwords.matches(std::move(encoded), std::move(proof.password));
  if (!same) co_return std::unexpected(same.error());
  if (known && !*same)
    parts.audit.note({.at = parts.clock.now(),
                      .actor = user->view.id.text(),
                      .action = "password_refused",
                      .target = user->view.id.text(),
                      .address = std::move(proof.address)});
  if (!known || !*same) co_return wrong_credentials();
  auto checked = co_await check_factor(parts, std::move(user->view), std::move(proof.code));
  co_return checked;
}

// `counted`: whose guesses are counted. `find` reads the user.
template <class Find>
base::Task<base::Result<UserView>> prove(IdentityParts& parts, std::string counted, Proof proof,
                                         Find find) {
  Try attempt(parts, counted, proof.address);
  RL_CO_TRY_VOID(attempt.admit());
  auto user = co_await parts.database.read_operator<std::optional<UserRow>>(find);
  if (!user) {
    attempt.ended(std::unexpected(user.error()));
    co_return std::unexpected(std::move(user.error()));
  }
  auto outcome = co_await check(parts, std::move(*user), std::move(proof));
  attempt.ended(outcome);
  co_return outcome;
}

}  // namespace

base::Task<base::Result<UserView>> prove_by_email(IdentityParts& parts, std::string folded,
                                                  Proof proof) {
  auto find = [folded](sql::OperatorTx& tx) -> Found { return find_user_by_email(tx, folded); };
  return prove(parts, std::move(folded), std::move(proof), std::move(find));
}

base::Task<base::Result<UserView>> prove_again(IdentityParts& parts, base::UserId id, Proof proof) {
  return prove(parts, id.text(), std::move(proof),
               [id](sql::OperatorTx& tx) -> Found { return find_user(tx, id); });
}

}  // namespace identity
