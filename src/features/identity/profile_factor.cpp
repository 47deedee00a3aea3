// The part of ProfileService that is about the second factor.
#include "features/identity/invalid_field.hpp"
#include "features/identity/profile_service.hpp"
#include "features/identity/second_factor_store.hpp"
#include "features/identity/secret_token.hpp"
#include "features/identity/totp.hpp"

namespace identity {
namespace {

constexpr int kRecoveryCodes = 10;
constexpr std::size_t kRecoveryBytes = 10;

std::string random_bytes(base::Random& random, std::size_t count) {
  std::string bytes(count, '\0');
  random.fill(std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

std::unexpected<base::Error> factor_is(bool on) {
  return base::fail(base::ErrorCode::conflict, "conflict",
                    on ? "The second factor is on already." : "The second factor is not on.");
}

base::Result<NewFactor> start_in(sql::OperatorTx& tx, IdentityParts& parts, const UserView& user) {
  auto factor = load_second_factor(tx, user.id);
  if (!factor.sealed.empty()) return factor_is(true);
  const auto secret = random_bytes(parts.random, kTotpSecretBytes);
  factor.sealed_pending = seal(parts.seal_key, secret, parts.random);
  save_second_factor(tx, user.id, factor);
  return NewFactor{.secret = encode_base32(secret), .uri = totp_uri(secret, user.email)};
}

base::Result<std::vector<std::string>> confirm_in(sql::OperatorTx& tx, IdentityParts& parts,
                                                  base::UserId user, const std::string& code,
                                                  base::Instant now) {
  const auto factor = load_second_factor(tx, user);
  if (!factor.sealed.empty()) return factor_is(true);
  const auto secret = unseal(parts.seal_key, factor.sealed_pending);
  if (!secret) return factor_is(false);
  const auto step = match_totp(*secret, code, now, 0);
  if (!step) return invalid_field("code", "This is not the code that the app shows now.");
  save_second_factor(tx, user,
                     {.sealed = factor.sealed_pending, .sealed_pending = {}, .last_step = *step});
  std::vector<std::string> codes;
  std::vector<std::string> hashes;
  for (int i = 0; i < kRecoveryCodes; ++i) {
    codes.push_back(encode_base32(random_bytes(parts.random, kRecoveryBytes)));
    hashes.push_back(hash_secret(codes.back()));
  }
  put_recovery_codes(tx, user, hashes);
  parts.audit.append(
      tx, {.at = now, .actor = user.text(), .action = "second_factor_on", .target = user.text()});
  return codes;
}

}  // namespace

base::Task<base::Result<NewFactor>> ProfileService::start_factor(http::Caller caller, Proof proof) {
  const auto user = co_await prove_again(parts_, caller.user, std::move(proof));
  if (!user) co_return std::unexpected(user.error());
  auto started = co_await parts_.database.write_operator<NewFactor>(
      [&](sql::OperatorTx& tx) { return start_in(tx, parts_, *user); });
  co_return started;
}

base::Task<base::Result<std::vector<std::string>>> ProfileService::confirm_factor(
    http::Caller caller, std::string code) {
  const auto now = parts_.clock.now();
  auto codes = co_await parts_.database.write_operator<std::vector<std::string>>(
      [&](sql::OperatorTx& tx) { return confirm_in(tx, parts_, caller.user, code, now); });
  co_return codes;
}

base::Task<base::Result<void>> ProfileService::stop_factor(http::Caller caller, Proof proof) {
  const auto user = co_await prove_again(parts_, caller.user, std::move(proof));
  if (!user) co_return std::unexpected(user.error());
  const auto stopped =
      co_await parts_.database.write_operator<bool>([&](sql::OperatorTx& tx) -> base::Result<bool> {
        if (load_second_factor(tx, caller.user).sealed.empty()) return factor_is(false);
        save_second_factor(tx, caller.user, {});
        put_recovery_codes(tx, caller.user, {});
        parts_.audit.append(tx, {.at = parts_.clock.now(),
                                 .actor = caller.user.text(),
                                 .action = "second_factor_off",
                                 .target = caller.user.text()});
        return true;
      });
  if (!stopped) co_return std::unexpected(stopped.error());
  co_return base::Result<void>{};
}

}  // namespace identity
