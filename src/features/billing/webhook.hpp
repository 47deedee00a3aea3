// What a genuine event does, within one transaction: inbox row, order, grant.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "features/billing/billing_options.hpp"
#include "features/billing/inbox_store.hpp"
#include "features/ledger/ledger_service.hpp"
#include "sql/database.hpp"

namespace billing {

enum class Outcome : std::uint8_t {
  granted,
  waiting,        // order pending, money on its way
  failed,         // order failed
  expired,        // order expired
  unchanged,      // the order was there already
  repeated,       // this event was processed before
  other_type,     // not one of ours to handle
  other_mode,     // live event in test mode, or the other way round
  unknown_order,  // a session that we did not make
  contradiction   // a person has to look
};
// As stored in the inbox and logged.
[[nodiscard]] std::string_view outcome_name(Outcome outcome);

struct Handled {
  Outcome outcome = Outcome::unchanged;
  std::string order{};  // its id; may be empty
  std::string detail{};
};

// An error rolls everything back, the inbox row included.
[[nodiscard]] base::Result<Handled> handle_event(sql::OperatorTx& tx, ledger::LedgerService& ledger,
                                                 const BillingOptions& options,
                                                 const Delivery& delivery);

}  // namespace billing
