#include "features/identity/jwk.hpp"

#include <algorithm>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <sodium.h>

#include "base/json.hpp"
#include "features/identity/jwt_base64.hpp"

namespace identity {
namespace {

namespace json = boost::json;
using Key = std::shared_ptr<evp_pkey_st>;

constexpr std::size_t kMaxKeys = 32;
constexpr int kMinRsaBits = 2'048;
constexpr int kMaxRsaBits = 8'192;
constexpr std::size_t kMaxExponentBytes = 4;

std::optional<std::string_view> text_of(const json::object& jwk, std::string_view name) {
  const auto* const value = jwk.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string_view(value->get_string());
}

std::optional<std::string> bytes_of(const json::object& jwk, std::string_view name) {
  const auto text = text_of(jwk, name);
  return text ? decode_base64url(*text) : std::nullopt;
}

const unsigned char* raw(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

bool is_for_verifying(const json::object& jwk) {
  if (jwk.contains("d") || jwk.contains("k")) return false;
  if (jwk.contains("use") && text_of(jwk, "use") != "sig") return false;
  const auto* const uses = jwk.if_contains("key_ops");
  if (uses == nullptr) return true;
  return uses->is_array() && std::ranges::any_of(uses->get_array(), [](const json::value& item) {
           return item.is_string() && item.get_string() == "verify";
         });
}

Key from_parameters(const char* type, OSSL_PARAM* parameters) {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr), &EVP_PKEY_CTX_free);
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
    return nullptr;
  return {key, &EVP_PKEY_free};
}

bool is_sound(EVP_PKEY* key) {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr), &EVP_PKEY_CTX_free);
  return context && EVP_PKEY_public_check(context.get()) == 1;
}

Key read_rsa(const json::object& jwk) {
  const auto modulus = bytes_of(jwk, "n");
  const auto exponent = bytes_of(jwk, "e");
  if (!modulus || !exponent || modulus->size() > kMaxRsaBits / 8 + 1) return nullptr;
  if (exponent->empty() || exponent->size() > kMaxExponentBytes) return nullptr;
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> n(
      BN_bin2bn(raw(*modulus), static_cast<int>(modulus->size()), nullptr), &BN_free);
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> e(
      BN_bin2bn(raw(*exponent), static_cast<int>(exponent->size()), nullptr), &BN_free);
  if (!n || !e || BN_num_bits(n.get()) < kMinRsaBits || BN_num_bits(n.get()) > kMaxRsaBits)
    return nullptr;
  if (BN_is_odd(e.get()) == 0 || BN_is_one(e.get()) == 1 || BN_is_odd(n.get()) == 0) return nullptr;
  const std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)> builder(
      OSSL_PARAM_BLD_new(), &OSSL_PARAM_BLD_free);
  if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    return nullptr;
  const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> parameters(
      OSSL_PARAM_BLD_to_param(builder.get()), &OSSL_PARAM_free);
  return parameters ? from_parameters("RSA", parameters.get()) : nullptr;
}

Key read_p256(const json::object& jwk) {
  const auto x = bytes_of(jwk, "x");
  const auto y = bytes_of(jwk, "y");
  if (!x || !y || x->size() != 32 || y->size() != 32) return nullptr;
  std::string point = "\x04" + *x + *y;
  std::string group = "prime256v1";
  std::array parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  auto key = from_parameters("EC", parameters.data());
  return key && is_sound(key.get()) ? key : nullptr;
}

Key read_ed25519(const json::object& jwk) {
  const auto x = bytes_of(jwk, "x");
  // OpenSSL takes points of a small order too: anybody can make signatures of those.
  if (!x || x->size() != 32 || crypto_core_ed25519_is_valid_point(raw(*x)) != 1) return nullptr;
  return {EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw(*x), x->size()),
          &EVP_PKEY_free};
}

struct Material {
  Algorithm algorithm = Algorithm::es256;
  std::string_view name;  // of the algorithm
  Key key;
};

Material read_material(const json::object& jwk) {
  const auto type = text_of(jwk, "kty");
  if (type == "RSA") return {Algorithm::rs256, "RS256", read_rsa(jwk)};
  const auto curve = text_of(jwk, "crv");
  if (type == "EC" && curve == "P-256") return {Algorithm::es256, "ES256", read_p256(jwk)};
  if (type == "OKP" && curve == "Ed25519") return {Algorithm::eddsa, "EdDSA", read_ed25519(jwk)};
  return {};
}

}  // namespace

std::optional<VerificationKey> read_jwk(const json::object& jwk, Trust trust) {
  const auto kid = text_of(jwk, "kid");
  if (!kid || !plausible_kid(*kid) || !is_for_verifying(jwk)) return std::nullopt;
  auto material = read_material(jwk);
  if (!material.key) return std::nullopt;
  if (jwk.contains("alg") && text_of(jwk, "alg") != material.name) return std::nullopt;
  return VerificationKey::of_public_key(material.algorithm, std::move(material.key),
                                        std::string(*kid), trust);
}

base::Result<KeyRing> read_jwks(std::string_view text, Trust trust) {
  const auto set = base::parse_json_object(text);
  const auto* const keys = set ? set->if_contains("keys") : nullptr;
  if (keys == nullptr || !keys->is_array())
    return base::fail(base::ErrorCode::invalid, "invalid_request", "This is no JSON Web Key Set.");
  KeyRing found;
  for (const auto& item : keys->get_array()) {
    if (found.size() == kMaxKeys) break;
    if (!item.is_object()) continue;
    if (auto key = read_jwk(item.get_object(), trust)) found.push_back(std::move(*key));
  }
  KeyRing unique;
  for (const auto& key : found)
    if (std::ranges::count(found, key.kid(), &VerificationKey::kid) == 1) unique.push_back(key);
  return unique;
}

}  // namespace identity
