#include "features/ledger/pseudonym.hpp"

#include <span>

#include "features/ledger/sha256.hpp"

namespace ledger {

namespace {

constexpr std::string_view kName = "pseudonyms";

std::string make_secret(base::Random& random) {
  std::string secret;
  for (int i = 0; i < 4; ++i) {
    auto word = random.next_u64();
    for (int byte = 0; byte < 8; ++byte, word >>= 8U) secret += static_cast<char>(word & 0xFFU);
  }
  return secret;
}

std::string load_secret(sql::OperatorTx& tx, base::Random& random) {
  auto row = tx.prepare("SELECT value FROM installation_secrets WHERE name = $1");
  if (row.bind(1, kName).step()) {
    const auto bytes = row.blob(0);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  auto secret = make_secret(random);
  tx.prepare("INSERT INTO installation_secrets (name, value) VALUES ($1, $2)")
      .bind(1, kName)
      .bind(2, std::as_bytes(std::span{secret}))
      .run();
  return secret;
}

}  // namespace

std::string pseudonym_of(sql::OperatorTx& tx, base::Random& random, std::string_view identity) {
  // Secret inside and outside, as in HMAC: nobody can append to an identity.
  const auto secret = load_secret(tx, random);
  const auto inner = sha256(secret + "\n" + std::string{identity});
  return hash_text(sha256(secret + "\n" +
                          std::string{reinterpret_cast<const char*>(inner.data()), inner.size()}));
}

}  // namespace ledger
