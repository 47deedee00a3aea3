#include "features/identity/jwt_claims.hpp"

#include <algorithm>
#include <optional>

#include "features/identity/jwt_verify.hpp"

namespace identity {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

constexpr std::size_t kMaxClaimedAccounts = 64;
constexpr std::int64_t kLastSecond = 253'402'300'799;  // end of the year 9999

std::optional<std::string_view> text_claim(const json::object& claims, std::string_view name) {
  const auto* const value = claims.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string_view(value->get_string());
}

// Whole seconds, not negative. Fractions and exponents are numbers of another kind: refused.
std::optional<base::Instant> time_claim(const json::value& value) {
  if (!value.is_int64()) return std::nullopt;
  const auto count = value.get_int64();
  if (count < 0 || count > kLastSecond) return std::nullopt;
  return base::Instant{seconds{count}};
}

// Returns exp, good or not: the caller reports an expiry last, so that no other fault hides
// behind it.
base::Result<base::Instant> read_times(const json::object& claims, seconds skew,
                                       base::Instant now) {
  const auto* const exp = claims.if_contains("exp");
  const auto expires_at = exp == nullptr ? std::nullopt : time_claim(*exp);
  if (!expires_at) return invalid_token("exp is missing or no time");
  for (const std::string_view name : {"nbf", "iat"}) {
    const auto* const value = claims.if_contains(name);
    if (value == nullptr) continue;
    const auto at = time_claim(*value);
    if (!at) return invalid_token(std::string(name) + " is no time");
    if (*at > now + skew) return invalid_token(std::string(name) + " is in the future");
  }
  return *expires_at;
}

bool audience_has(const json::object& claims, std::string_view wanted) {
  const auto* const aud = claims.if_contains("aud");
  if (aud == nullptr) return false;
  if (aud->is_string()) return std::string_view(aud->get_string()) == wanted;
  if (!aud->is_array()) return false;
  const auto& list = aud->get_array();
  return std::ranges::all_of(list, [](const json::value& item) { return item.is_string(); }) &&
         std::ranges::any_of(list, [&](const json::value& item) {
           return std::string_view(item.get_string()) == wanted;
         });
}

}  // namespace

std::optional<std::string> parse_uuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::string uuid(text);
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    char& c = uuid[i];
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c + 32);
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (dash ? c != '-' : !digit) return std::nullopt;
  }
  return uuid;
}

namespace {

std::optional<std::string> lower_uuid_of(const json::value* value) {
  return value != nullptr && value->is_string() ? parse_uuid(value->get_string()) : std::nullopt;
}

Role role_of(const json::value* value) {
  return value != nullptr && value->is_string()
             ? parse_role(value->get_string()).value_or(Role::member)
             : Role::member;
}

// ["uuid", …], [{"id": "uuid", "role": "owner"}, …] or {"uuid": "owner", …}; what is none of these
// gives no right.
std::vector<ClaimedAccount> read_accounts(const json::object& claims) {
  std::vector<ClaimedAccount> accounts;
  const auto add = [&](std::optional<std::string> id, Role role) {
    if (id && accounts.size() < kMaxClaimedAccounts)
      accounts.push_back({.id = std::move(*id), .role = role});
  };
  const auto* const metadata = claims.if_contains("app_metadata");
  if (metadata == nullptr || !metadata->is_object()) return accounts;
  const auto* const listed = metadata->get_object().if_contains("accounts");
  if (listed == nullptr) return accounts;
  if (listed->is_object()) {
    for (const auto& [id, role] : listed->get_object()) add(parse_uuid(id), role_of(&role));
  } else if (listed->is_array()) {
    for (const auto& item : listed->get_array()) {
      if (item.is_object())
        add(lower_uuid_of(item.get_object().if_contains("id")),
            role_of(item.get_object().if_contains("role")));
      else
        add(lower_uuid_of(&item), Role::member);
    }
  }
  std::ranges::sort(accounts);
  const auto again = std::ranges::unique(accounts, {}, &ClaimedAccount::id);
  accounts.erase(again.begin(), again.end());
  return accounts;
}

base::Result<bool> read_anonymous(const json::object& claims) {
  const auto* const flag = claims.if_contains("is_anonymous");
  if (flag == nullptr) return false;
  if (!flag->is_bool()) return invalid_token("is_anonymous is no boolean");
  return flag->get_bool();
}

}  // namespace

base::Result<OwnClaims> read_own_claims(const json::object& claims, const std::string& issuer,
                                        base::Instant now) {
  // Our own clock made the times; a little room all the same when it was set back in between.
  RL_TRY(const base::Instant expires_at, read_times(claims, seconds{5}, now));
  if (text_claim(claims, "iss") != issuer) return invalid_token("iss is not ours");
  if (!audience_has(claims, kOwnAudience)) return invalid_token("aud is not ours");
  const auto session = base::SessionId::parse(text_claim(claims, "sid").value_or(""));
  if (!session) return invalid_token("sid is no session id");
  if (expires_at <= now) return expired_token("exp has passed");
  return OwnClaims{.session = *session, .expires_at = expires_at};
}

base::Result<ExternalClaims> read_external_claims(const json::object& claims,
                                                  const ExternalTokens& rules, seconds skew,
                                                  base::Instant now) {
  RL_TRY(const base::Instant expires_at, read_times(claims, skew, now));
  if (!rules.issuer.empty() && text_claim(claims, "iss") != rules.issuer)
    return invalid_token("iss is not the configured one");
  // The project's API keys are tokens of the same secret: no aud, no sub, another role.
  if (!audience_has(claims, rules.audience)) return invalid_token("aud is not ours");
  if (text_claim(claims, "role") != "authenticated") return invalid_token("role is another");
  auto subject = parse_uuid(text_claim(claims, "sub").value_or(""));
  if (!subject) return invalid_token("sub is no uuid");
  RL_TRY(const bool anonymous, read_anonymous(claims));
  if (anonymous && !rules.allow_anonymous) return invalid_token("anonymous users are not allowed");
  if (expires_at + skew <= now) return expired_token("exp has passed");
  return ExternalClaims{.subject = std::move(*subject),
                        .email = std::string(text_claim(claims, "email").value_or("")),
                        .session_id = std::string(text_claim(claims, "session_id").value_or("")),
                        .anonymous = anonymous,
                        .accounts = read_accounts(claims),
                        .expires_at = expires_at + skew};
}

}  // namespace identity
