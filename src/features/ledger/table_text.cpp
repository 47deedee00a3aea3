#include "features/ledger/table_text.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace ledger {

namespace {

class RowText {
 public:
  RowText& add(std::string_view text) {
    if (columns_++ > 0) text_ += kBetweenColumns;
    text_ += text;
    return *this;
  }
  RowText& add(std::int64_t number) { return add(std::string_view{std::to_string(number)}); }
  RowText& add(base::Millis amount) { return add(std::int64_t{amount.count()}); }
  RowText& add(base::Instant at) { return add(base::to_micros(at)); }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
  int columns_ = 0;
};

// Pointers to a map's values in the order of its keys: ids sort like their
// texts.
template <class Map>
std::vector<const typename Map::value_type*> sorted(const Map& map) {
  std::vector<const typename Map::value_type*> rows;
  rows.reserve(map.size());
  for (const auto& row : map) rows.push_back(&row);
  std::ranges::sort(rows, {}, [](const auto* row) { return row->first; });
  return rows;
}

// The primary key's columns come first.
std::string select_of(const TableShape& shape) {
  std::string order = "1";
  for (int column = 2; column <= shape.key_columns; ++column) order += fmt::format(", {}", column);
  return fmt::format("SELECT {} FROM {} ORDER BY {}", shape.columns, shape.name, order);
}

std::string key_of(const AccountRun& key) {
  return RowText{}.add(key.account.text()).add(key.run.text()).take();
}

}  // namespace

void Fold::each_grant(const RowSink& sink) const {
  for (const auto* line : sorted(grants_)) {
    const auto& grant = line->second;
    RowText row;
    row.add(grant.id.text()).add(grant.account.text()).add(grant_kind_name(grant.kind));
    row.add(std::int64_t{grant.priority}).add(grant.issued_at);
    if (grant.expires_at)
      row.add(*grant.expires_at);
    else
      row.add(kNullColumn);
    row.add(grant.issued).add(grant.available).add(grant.held).add(grant.consumed);
    row.add(grant.expired).add(grant.revoked);
    row.add(grant.business_key).add(grant.reason).add(grant.actor).add(grant.entry);
    sink(grant.id.text(), row.take());
  }
}

void Fold::each_run(const RowSink& sink) const {
  for (const auto* line : sorted(runs_)) {
    const auto& run = line->second;
    RowText row;
    row.add(line->first.account.text()).add(line->first.run.text());
    row.add(run.span.start).add(run.span.end);
    row.add(run.ended ? run_end_name(*run.ended) : kNullColumn);
    row.add(run.billed).add(run.unbilled).add(unbilled_reason_name(run.unbilled_reason));
    row.add(run.overlap).add(run.proofs).add(run.requests).add(std::int64_t{run.tariff});
    row.add(run.lane).add(format_routes(run.routes));
    row.add(run.opened_by ? route_class_name(*run.opened_by) : kNullColumn).add(run.last_proof);
    if (run.grants.size() == 1)
      row.add(run.grants.front().grant.text());
    else
      row.add(kNullColumn);
    row.add(run.entry).add(run.last_entry);
    sink(key_of(line->first), row.take());
  }
}

void Fold::each_part(const RowSink& sink) const {
  // Those that do not count what the run of the same id counts.
  auto parts = parts_;
  for (const auto& [key, run] : runs_)
    if (parts[key] == counts_of(run)) parts.erase(key);
  for (const auto* line : sorted(parts)) {
    const auto& part = line->second;
    RowText row;
    row.add(line->first.account.text()).add(line->first.run.text());
    row.add(part.proofs).add(part.requests).add(part.overlap);
    row.add(format_routes(part.routes));
    sink(key_of(line->first), row.take());
  }
}

void Fold::each_charge(const RowSink& sink) const {
  for (const auto* line : sorted(runs_)) {
    if (line->second.grants.size() < 2) continue;  // stands in the run
    auto shares = line->second.grants;
    std::ranges::sort(shares, {}, &GrantShare::grant);
    for (const auto& share : shares) {
      RowText row;
      row.add(line->first.account.text()).add(line->first.run.text()).add(share.grant.text());
      auto key = row;
      sink(key.take(), row.add(share.amount).take());
    }
  }
}

void Fold::each_tariff(const RowSink& sink) const {
  for (const auto& one : tariffs_) {
    RowText row;
    row.add(std::int64_t{one.tariff.version}).add(one.applies_from).add(one.set_at);
    row.add(std::int64_t{one.tariff.idle_gap.count()});
    row.add(std::int64_t{one.tariff.min_proof.count()});
    row.add(concurrency_name(one.tariff.concurrency));
    row.add(std::int64_t{one.tariff.max_parallel}).add(one.reason).add(one.actor);
    sink(std::to_string(one.tariff.version), row.take());
  }
}

const std::array<TableShape, 5>& table_shapes() {
  static constexpr std::array<TableShape, 5> kShapes{{
      {"grants",
       "id, account_id, kind, priority, issued_at, expires_at, issued_ms, "
       "available_ms, held_ms, "
       "consumed_ms, expired_ms, revoked_ms, business_key, reason, actor, entry",
       "tttiiiiiiiiittti", 1, &Fold::each_grant},
      {"runs",
       "account_id, id, start_at, end_at, ended_because, billed_ms, "
       "unbilled_ms, unbilled_reason, "
       "overlap_ms, proofs, requests, tariff, lane, routes, "
       "opened_by, last_proof_at, grant_id, entry, last_entry",
       "ttiitiitiiiitttitii", 2, &Fold::each_run},
      {"run_parts", "account_id, part_id, proofs, requests, overlap_ms, routes", "ttiiit", 2,
       &Fold::each_part},
      {"run_charges", "account_id, run_id, grant_id, amount_ms", "ttti", 3, &Fold::each_charge},
      {"tariffs",
       "version, applies_from, set_at, idle_gap_us, min_proof_us, concurrency, "
       "max_parallel, "
       "reason, actor",
       "iiiiititt", 1, &Fold::each_tariff},
  }};
  return kShapes;
}

StoredRows::StoredRows(sql::OperatorTx& tx, const TableShape& shape)
    : shape_(shape), rows_(tx.prepare(select_of(shape))) {}

bool StoredRows::next() {
  if (!rows_.step()) return false;
  RowText row;
  for (int column = 0; column < static_cast<int>(shape_.types.size()); ++column) {
    if (rows_.is_null(column))
      row.add(kNullColumn);
    else if (shape_.types[static_cast<std::size_t>(column)] == 'i')
      row.add(rows_.integer(column));
    else
      row.add(rows_.text(column));
    if (column + 1 == shape_.key_columns) key_ = RowText{row}.take();
  }
  row_ = row.take();
  return true;
}

}  // namespace ledger
