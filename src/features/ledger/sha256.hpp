// SHA-256 over pieces that come one after the other.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "features/ledger/entry.hpp"

namespace ledger {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void add(std::string_view bytes);
  // Of everything added so far; adding may go on.
  [[nodiscard]] Hash value() const;

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

[[nodiscard]] Hash sha256(std::string_view bytes);
// 64 hexadecimal digits in lower case; nullopt otherwise.
[[nodiscard]] std::optional<Hash> parse_hash(std::string_view text);

}  // namespace ledger
