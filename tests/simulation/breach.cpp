#include "breach.hpp"

namespace simulation {

const char* invariant_name(Invariant invariant) {
  switch (invariant) {
    case Invariant::sums:
      return "sums";
    case Invariant::proven:
      return "proven";
    case Invariant::disjoint:
      return "disjoint";
    case Invariant::order:
      return "order";
    case Invariant::durable:
      return "durable";
    case Invariant::replay:
      return "replay";
    case Invariant::isolation:
      return "isolation";
    case Invariant::payer:
      return "payer";
    case Invariant::complete:
      return "complete";
    case Invariant::admission:
      return "admission";
    case Invariant::cut:
      return "cut";
    case Invariant::orders:
      return "orders";
    case Invariant::alerts:
      return "alerts";
    case Invariant::goodbye:
      return "goodbye";
  }
  return "";
}

}  // namespace simulation
