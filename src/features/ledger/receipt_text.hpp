// A receipt as JSON, CSV, a printable page, and plain text. The first three end
// with the SHA-256 of all that comes before, so that each can be checked by
// itself.
#pragma once

#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "features/ledger/receipt.hpp"
#include "features/ledger/tariff.hpp"

namespace ledger {

enum class ReceiptFormat : std::uint8_t { json, csv, html, text };

[[nodiscard]] std::string format_receipt(const Receipt& receipt, const TariffBook& tariffs,
                                         ReceiptFormat format);

// Faults of a receipt in a file, JSON, CSV or HTML; empty: it is as it was
// made. Without an export its own checksum is checked; with one the receipt is
// made again from the journal, after the whole export was checked, and compared
// byte for byte.
[[nodiscard]] std::vector<std::string> check_receipt(std::string_view file);
[[nodiscard]] std::vector<std::string> check_receipt(std::string_view file, std::istream& exported);

}  // namespace ledger
