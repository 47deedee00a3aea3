// What the auditor finds wrong.
#pragma once

#include <stdexcept>
#include <string>

namespace simulation {

// The invariants of docs/metering.md and docs/simulation.md.
enum class Invariant {
  sums,       // 1: entries and buckets add up
  proven,     // 2: nothing is billed that was not proven, nothing faster than time
  disjoint,   // 3: stored runs are disjoint and further apart than the idle gap
  order,      // 4: order and repetition change nothing
  durable,    // 5: acknowledged stays, unacknowledged is whole or absent
  replay,     // 6: the journal folds to the tables
  isolation,  // 7: nobody changes another account's numbers
  payer,      // the right grants pay, never more than they have
  complete,   // what was used and settled is in the ledger
  admission,  // who has time is let in, who has none is not
  cut,        // at zero, streams end within 250 ms
  orders,     // payments: one grant for one paid order
  alerts,     // one warning for each crossing of a level
  goodbye,    // a run says signed_out when somebody signed out, and only then
};
[[nodiscard]] const char* invariant_name(Invariant invariant);

class Breach : public std::runtime_error {
 public:
  Breach(Invariant broken, const std::string& what)
      : std::runtime_error(std::string{invariant_name(broken)} + ": " + what), invariant(broken) {}
  Invariant invariant;
};

}  // namespace simulation
