// Versions of the tariff: an entry of the journal and a row each.
#pragma once

#include <vector>

#include "features/ledger/poster.hpp"
#include "features/ledger/tariff.hpp"
#include "sql/database.hpp"

namespace ledger {

// By version.
[[nodiscard]] std::vector<TariffVersion> list_tariffs(sql::OperatorTx& tx);
// Posts and stores `wanted` as it is.
void insert_tariff(Poster& poster, const TariffVersion& wanted);

}  // namespace ledger
