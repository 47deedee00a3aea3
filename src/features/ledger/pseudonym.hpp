// What stands for a person in the journal after everything else about them is gone.
#pragma once

#include <string>
#include <string_view>

#include "base/random.hpp"
#include "sql/database.hpp"

namespace ledger {

// 64 hexadecimal digits, the same for the same identity for ever, of no use without the secret of
// this installation, which is made on first use and never exported. `identity` is the caller's to
// normalise.
[[nodiscard]] std::string pseudonym_of(sql::OperatorTx& tx, base::Random& random,
                                       std::string_view identity);

}  // namespace ledger
