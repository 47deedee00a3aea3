#include "features/ledger/sha256.hpp"

#include <charconv>
#include <stdexcept>

#include <openssl/evp.h>

namespace ledger {

namespace {

void check(int ok) {
  if (ok != 1) throw std::runtime_error("SHA-256 is not available");
}

const EVP_MD* digest() {
  static const auto* const kDigest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return kDigest;
}

using ContextOwner = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Hash finish(EVP_MD_CTX* context) {
  Hash hash{};
  check(EVP_DigestFinal_ex(context, reinterpret_cast<unsigned char*>(hash.data()), nullptr));
  return hash;
}

}  // namespace

struct Sha256::Context {
  ContextOwner owner{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  check(EVP_DigestInit_ex2(context_->owner.get(), digest(), nullptr));
}

Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes) {
  check(EVP_DigestUpdate(context_->owner.get(), bytes.data(), bytes.size()));
}

Hash Sha256::value() const {
  const ContextOwner copy{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
  check(EVP_MD_CTX_copy_ex(copy.get(), context_->owner.get()));
  return finish(copy.get());
}

Hash sha256(std::string_view bytes) {
  // One context a thread: making one costs as much as hashing an entry.
  thread_local const ContextOwner context{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
  check(EVP_DigestInit_ex2(context.get(), digest(), nullptr));
  check(EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()));
  return finish(context.get());
}

std::optional<Hash> parse_hash(std::string_view text) {
  Hash hash{};
  if (text.size() != 2 * hash.size() ||
      text.find_first_not_of("0123456789abcdef") != std::string_view::npos)
    return std::nullopt;
  for (std::size_t i = 0; i < hash.size(); ++i) {
    unsigned value = 0;
    const auto* digits = text.data() + (2 * i);
    std::from_chars(digits, digits + 2, value, 16);
    hash.at(i) = static_cast<std::byte>(value);
  }
  return hash;
}

}  // namespace ledger
