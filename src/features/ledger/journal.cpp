#include "features/ledger/journal.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/decimal.hpp"
#include "base/text_pieces.hpp"

namespace ledger {

namespace {

void append_field(std::string& out, std::string_view field) {
  const auto size = static_cast<std::uint32_t>(field.size());
  const std::array length{static_cast<char>(size >> 24U), static_cast<char>(size >> 16U),
                          static_cast<char>(size >> 8U), static_cast<char>(size)};
  out.append(length.data(), length.size());
  out += field;
}

void append_number(std::string& out, std::int64_t number) {
  append_field(out, base::DecimalText{number});
}

template <class Id>
void append_id(std::string& out, const std::optional<Id>& id) {
  append_field(out, id ? id->short_text().view() : std::string_view{});
}

template <class T>
T known(std::optional<T> value, std::string_view column, std::string_view text) {
  if (!value) throw sql::SqlError(fmt::format("journal: {} is \"{}\"", column, text));
  return *value;
}

Hash read_hash(std::span<const std::byte> bytes) {
  Hash hash{};
  if (bytes.size() != hash.size()) throw sql::SqlError("journal: a hash has 32 bytes");
  std::ranges::copy(bytes, hash.begin());
  return hash;
}

template <class Id>
std::optional<Id> read_id(const sql::Statement& row, int column, std::string_view name) {
  if (row.is_null(column)) return std::nullopt;
  return known(Id::parse(row.text(column)), name, row.text(column));
}

}  // namespace

std::string canonical_bytes(const Entry& entry) {
  std::string out;
  out.reserve(768);
  append_field(out, "redline-journal-1");
  append_number(out, entry.sequence);
  append_number(out, base::to_micros(entry.at));
  append_field(out, entry_kind_name(entry.kind));
  append_field(out, entry.account.short_text().view());
  append_id(out, entry.grant);
  append_id(out, entry.run);
  append_number(out, entry.amount.count());
  append_field(out, bucket_name(entry.from));
  append_field(out, bucket_name(entry.to));
  append_number(out, entry.available_after.count());
  append_field(out, entry.key);
  append_number(out, entry.tariff);
  append_field(out, entry.reason);
  append_field(out, entry.actor);
  append_field(out, entry.details);
  append_field(
      out, {reinterpret_cast<const char*>(entry.previous_hash.data()), entry.previous_hash.size()});
  return out;
}

Hash hash_of(const Entry& entry) { return sha256(canonical_bytes(entry)); }

std::optional<std::string> charge_key(const Entry& entry) {
  if (entry.kind != EntryKind::run_charged || !entry.grant || !entry.run) return std::nullopt;
  std::string_view details = entry.details;
  std::string key;
  key.reserve(112);
  base::append_pieces(key, "charge:", entry.run->short_text().view());
  for (const std::string_view name : {"start=", "end="}) {
    if (!details.starts_with(name)) return std::nullopt;
    details.remove_prefix(name.size());
    const auto number = details.substr(0, details.find(' '));
    details.remove_prefix(std::min(details.size(), number.size() + 1));
    base::append_pieces(key, ":", number);
  }
  base::append_pieces(key, ":", entry.grant->short_text().view());
  return key;
}

ChainEnd load_chain_end(sql::OperatorTx& tx) {
  auto row = tx.prepare("SELECT sequence, hash FROM journal ORDER BY sequence DESC LIMIT 1");
  if (!row.step()) return {};
  return {row.integer(0), read_hash(row.blob(1))};
}

std::optional<base::Millis> find_posted(sql::OperatorTx& tx, std::string_view key) {
  // In the words of the index journal_by_key, without which it is not used.
  auto row = tx.prepare(
      "SELECT amount_ms FROM journal WHERE business_key = $1 "
      "AND kind <> 'run_charged' AND kind <> 'run_recorded' AND kind <> 'run_reassigned'");
  if (!row.bind(1, key).step()) return std::nullopt;
  return base::Millis{row.integer(0)};
}

void insert_entry(sql::OperatorTx& tx, const Entry& entry, const EntryPlace& place) {
  auto row = tx.prepare(
      "INSERT INTO journal (sequence, at, kind, account_id, "
      "grant_id, run_id, amount_ms, "
      "from_bucket, to_bucket, available_after_ms, "
      "business_key, tariff, reason, actor, details, "
      "previous_hash, hash, before, listed) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
      "$12, $13, $14, $15, $16, $17, $18, $19)");
  row.bind(1, entry.sequence)
      .bind(2, base::to_micros(entry.at))
      .bind(3, entry_kind_name(entry.kind))
      .bind(4, entry.account.short_text().view());
  if (entry.grant) row.bind(5, entry.grant->short_text().view());
  if (entry.run) row.bind(6, entry.run->short_text().view());
  row.bind(7, std::int64_t{entry.amount.count()})
      .bind(8, bucket_name(entry.from))
      .bind(9, bucket_name(entry.to))
      .bind(10, std::int64_t{entry.available_after.count()})
      .bind(11, entry.key == charge_key(entry) ? std::string_view{} : entry.key)
      .bind(12, std::int64_t{entry.tariff})
      .bind(13, entry.reason)
      .bind(14, entry.actor)
      .bind(15, entry.details)
      .bind(16, entry.previous_hash)
      .bind(17, entry.hash)
      .bind(18, place.before)
      .bind(19, std::int64_t{place.is_listed})
      .run();
}

std::int64_t find_last_entry(sql::AccountTx& tx) {
  auto listed = tx.prepare(
      "SELECT sequence FROM journal WHERE account_id = $1 AND listed = 1 "
      "ORDER BY sequence DESC LIMIT 1");
  if (!listed.step()) return 0;  // an account's first entry is listed
  auto grown = tx.prepare(
      "SELECT max(last_entry) FROM runs WHERE account_id = $1 AND ended_because IS NULL");
  return grown.step() ? std::max(listed.integer(0), grown.integer(0)) : listed.integer(0);
}

Entry read_entry(const sql::Statement& row) {
  Entry entry;
  entry.sequence = row.integer(0);
  entry.at = base::from_micros(row.integer(1));
  entry.kind = known(parse_entry_kind(row.text(2)), "kind", row.text(2));
  entry.account = known(base::AccountId::parse(row.text(3)), "account_id", row.text(3));
  entry.grant = read_id<base::GrantId>(row, 4, "grant_id");
  entry.run = read_id<base::RunId>(row, 5, "run_id");
  entry.amount = base::Millis{row.integer(6)};
  entry.from = known(parse_bucket(row.text(7)), "from_bucket", row.text(7));
  entry.to = known(parse_bucket(row.text(8)), "to_bucket", row.text(8));
  entry.available_after = base::Millis{row.integer(9)};
  entry.tariff = static_cast<int>(row.integer(11));
  entry.reason = row.text(12);
  entry.actor = row.text(13);
  entry.details = row.text(14);
  entry.key = row.text(10);
  if (entry.key.empty()) entry.key = charge_key(entry).value_or("");
  entry.previous_hash = read_hash(row.blob(15));
  entry.hash = read_hash(row.blob(16));
  return entry;
}

}  // namespace ledger
