#include "features/identity/jwt_verify.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/json.hpp"
#include "features/identity/jwt_base64.hpp"

namespace identity {
namespace {

namespace json = boost::json;

struct Parts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_part;  // header.payload
};

struct Header {
  Algorithm algorithm = Algorithm::hs256;
  std::optional<std::string> kid;
};

// Members that ask for a key, a content coding or rules we do not have.
constexpr auto kRefusedMembers =
    std::to_array<std::string_view>({"crit", "b64", "zip", "enc", "jwk", "jku", "x5u", "x5c"});

std::optional<Parts> split(std::string_view token) {
  const auto first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const auto second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  if (token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  return Parts{.header = token.substr(0, first),
               .payload = token.substr(first + 1, second - first - 1),
               .signature = token.substr(second + 1),
               .signed_part = token.substr(0, second)};
}

base::Result<Header> read_header(std::string_view encoded) {
  const auto text = decode_base64url(encoded);
  if (!text) return invalid_token("header is not canonical base64url");
  const auto object = base::parse_json_object(*text);
  if (!object) return invalid_token("header is not one JSON object");
  for (const auto name : kRefusedMembers)
    if (object->contains(name)) return invalid_token("header has " + std::string(name));
  const auto* const alg = object->if_contains("alg");
  if (alg == nullptr || !alg->is_string()) return invalid_token("alg is missing or no string");
  const auto algorithm = parse_algorithm(alg->get_string());
  if (!algorithm) return invalid_token("alg is not allowed");
  const auto* const typ = object->if_contains("typ");
  if (typ != nullptr && (!typ->is_string() || typ->get_string() != "JWT"))
    return invalid_token("typ is not JWT");
  Header header{.algorithm = *algorithm, .kid = std::nullopt};
  if (const auto* const kid = object->if_contains("kid"); kid != nullptr) {
    if (!kid->is_string() || !plausible_kid(kid->get_string()))
      return invalid_token("kid is not plausible");
    header.kid = std::string(kid->get_string());
  }
  return header;
}

// A named key wants its name; a shared secret has none and serves any.
bool applies(const VerificationKey& key, const Header& header) {
  return key.algorithm() == header.algorithm && (key.kid().empty() || header.kid == key.kid());
}

}  // namespace

std::unexpected<base::Error> invalid_token(std::string detail) {
  return base::fail(base::ErrorCode::unauthenticated, "token_invalid",
                    "This sign-in is not valid. Please sign in again.", std::move(detail));
}

std::unexpected<base::Error> expired_token(std::string detail) {
  return base::fail(base::ErrorCode::unauthenticated, "token_expired",
                    "This sign-in has expired. Please sign in again.", std::move(detail));
}

std::optional<std::string> missing_kid(std::string_view token, const KeyRing& keys) {
  if (token.size() > kMaxTokenBytes) return std::nullopt;
  const auto parts = split(token);
  if (!parts) return std::nullopt;
  auto header = read_header(parts->header);
  if (!header || header->algorithm == Algorithm::hs256 || !header->kid) return std::nullopt;
  if (std::ranges::any_of(keys, [&](const auto& key) { return applies(key, *header); }))
    return std::nullopt;
  return std::move(header->kid);
}

base::Result<VerifiedToken> verify_token(std::string_view token, const KeyRing& keys) {
  if (token.size() > kMaxTokenBytes) return invalid_token("token is over 8 KiB");
  const auto parts = split(token);
  if (!parts) return invalid_token("token has not three parts");
  RL_TRY(const Header header, read_header(parts->header));
  const auto signature = decode_base64url(parts->signature);
  if (!signature) return invalid_token("signature is not canonical base64url");
  const auto key = std::ranges::find_if(keys, [&](const VerificationKey& candidate) {
    return applies(candidate, header) && candidate.verify(parts->signed_part, *signature);
  });
  if (key == keys.end()) return invalid_token("no key of this algorithm made the signature");
  const auto payload = decode_base64url(parts->payload);
  if (!payload) return invalid_token("payload is not canonical base64url");
  auto claims = base::parse_json_object(*payload);
  if (!claims) return invalid_token("payload is not one JSON object");
  return VerifiedToken{.trust = key->trust(), .claims = std::move(*claims)};
}

}  // namespace identity
