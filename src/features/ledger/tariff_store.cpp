#include "features/ledger/tariff_store.hpp"

#include <fmt/format.h>

#include "features/ledger/details.hpp"

namespace ledger {

std::vector<TariffVersion> list_tariffs(sql::OperatorTx& tx) {
  auto rows = tx.prepare(
      "SELECT version, applies_from, set_at, idle_gap_us, "
      "min_proof_us, concurrency, max_parallel, "
      "reason, actor FROM tariffs ORDER BY version");
  std::vector<TariffVersion> versions;
  while (rows.step()) {
    TariffVersion one;
    one.tariff.version = static_cast<int>(rows.integer(0));
    one.applies_from = base::from_micros(rows.integer(1));
    one.set_at = base::from_micros(rows.integer(2));
    one.tariff.idle_gap = base::Micros{rows.integer(3)};
    one.tariff.min_proof = base::Micros{rows.integer(4)};
    one.tariff.concurrency = parse_concurrency(rows.text(5)).value();
    one.tariff.max_parallel = static_cast<int>(rows.integer(6));
    one.reason = rows.text(7);
    one.actor = rows.text(8);
    versions.push_back(std::move(one));
  }
  return versions;
}

void insert_tariff(Poster& poster, const TariffVersion& wanted) {
  poster.tx()
      .prepare(
          "INSERT INTO tariffs (version, applies_from, set_at, "
          "idle_gap_us, min_proof_us, "
          "concurrency, max_parallel, reason, actor) "
          "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
      .bind(1, std::int64_t{wanted.tariff.version})
      .bind(2, base::to_micros(wanted.applies_from))
      .bind(3, base::to_micros(poster.now()))
      .bind(4, std::int64_t{wanted.tariff.idle_gap.count()})
      .bind(5, std::int64_t{wanted.tariff.min_proof.count()})
      .bind(6, concurrency_name(wanted.tariff.concurrency))
      .bind(7, std::int64_t{wanted.tariff.max_parallel})
      .bind(8, wanted.reason)
      .bind(9, wanted.actor)
      .run();
  Posting posting;
  posting.kind = EntryKind::tariff_set;
  posting.tariff = wanted.tariff.version;
  posting.key = fmt::format("tariff:{}", wanted.tariff.version);
  posting.reason = wanted.reason;
  posting.actor = wanted.actor;
  posting.details = format_details(wanted);
  poster.post(std::move(posting));
}

}  // namespace ledger
