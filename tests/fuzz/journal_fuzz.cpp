// What `redline ledger replay` and `receipt --verify` read: files that anybody may have written,
// with hashes that fit, since anybody can compute them. The first byte chooses: a receipt, an
// export, or a journal in a short form, a line an entry, which is sealed and read back.
#include <algorithm>
#include <charconv>
#include <sstream>
#include <string>
#include <vector>

#include "base/utf8.hpp"
#include "features/ledger/export.hpp"
#include "features/ledger/fold.hpp"
#include "features/ledger/receipt_text.hpp"
#include "fuzz.hpp"

namespace {

using fuzz::require;
using ledger::Entry;
using ledger::ReceiptFormat;

std::string_view cut(std::string_view& text, char end) {
  const auto piece = text.substr(0, text.find(end));
  text.remove_prefix(std::min(text.size(), piece.size() + 1));
  return piece;
}

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

template <class Id>
Id id(std::string_view text) {
  return Id{{1, static_cast<std::uint64_t>(number(text))}};
}

template <class Id>
std::optional<Id> maybe_id(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional{id<Id>(text)};
}

// at;kind;account;grant;run;amount;from;to;available after;tariff;key;reason;details
Entry entry_of(std::string_view line) {
  Entry entry;
  const auto next = [&] { return cut(line, ';'); };
  entry.at = base::from_micros(number(next()));
  entry.kind = ledger::parse_entry_kind(next()).value_or(ledger::EntryKind::adjusted);
  entry.account = id<base::AccountId>(next());
  if (entry.kind == ledger::EntryKind::tariff_set) entry.account = {};
  entry.grant = maybe_id<base::GrantId>(next());
  entry.run = maybe_id<base::RunId>(next());
  entry.amount = base::Millis{number(next())};
  entry.from = ledger::parse_bucket(next()).value_or(ledger::Bucket::none);
  entry.to = ledger::parse_bucket(next()).value_or(ledger::Bucket::none);
  entry.available_after = base::Millis{number(next())};
  entry.tariff = static_cast<int>(number(next()));
  entry.key = next();
  entry.reason = next();
  entry.details = line;
  return entry;
}

struct Journal {
  std::vector<Entry> entries;
  std::string exported;
};

Journal sealed(std::string_view lines) {
  Journal journal;
  ledger::ExportWriter writer({}, [&](std::string_view line) { journal.exported += line; });
  ledger::Hash last{};
  while (!lines.empty()) {
    auto entry = entry_of(cut(lines, '\n'));
    entry.sequence = std::ssize(journal.entries) + 1;
    entry.previous_hash = last;
    last = entry.hash = ledger::hash_of(entry);
    writer.add(entry);
    journal.entries.push_back(std::move(entry));
  }
  writer.finish();
  return journal;
}

std::vector<std::string> faults_of(const std::string& exported, std::int64_t& entries) {
  std::istringstream in(exported);
  entries = 0;
  return ledger::read_export(in, [&](const Entry&) { ++entries; }).faults;
}

void check_fold(const std::vector<Entry>& entries) {
  ledger::Fold fold;
  for (const auto& entry : entries)
    if (const auto applied = fold.apply(entry); !applied)
      return require(!applied.error().detail.empty());
  std::size_t bytes = 0;
  const auto sink = [&](std::string_view key, std::string_view row) {
    bytes += key.size() + row.size();
  };
  fold.each_grant(sink);
  fold.each_run(sink);
  fold.each_part(sink);
  fold.each_charge(sink);
  fold.each_tariff(sink);
  const auto totals = fold.totals();
  require(totals.issued ==
          totals.available + totals.held + totals.consumed + totals.expired + totals.revoked);
}

ledger::TariffBook tariffs_of(const std::vector<Entry>& entries) {
  std::vector<ledger::TariffVersion> versions;
  for (const auto& entry : entries)
    if (entry.kind == ledger::EntryKind::tariff_set)
      if (auto version = ledger::parse_tariff_details(entry.details)) {
        version->tariff.version = entry.tariff;
        versions.push_back(std::move(*version));
      }
  return versions.empty() ? ledger::TariffBook{ledger::Tariff{}}
                          : ledger::TariffBook{std::move(versions)};
}

// Whatever the journal says, the receipt that is made of it agrees with it, and no other does.
void check_receipts(const Journal& journal) {
  ledger::ReceiptBuilder builder(id<base::AccountId>("1"), ledger::parse_month("2026-11").value());
  for (const auto& entry : journal.entries) builder.add(entry);
  const auto receipt = builder.finish();
  const auto tariffs = tariffs_of(journal.entries);
  for (const auto format : {ReceiptFormat::json, ReceiptFormat::csv, ReceiptFormat::html}) {
    auto file = ledger::format_receipt(receipt, tariffs, format);
    require(ledger::check_receipt(file).empty());
    std::istringstream in(journal.exported);
    require(ledger::check_receipt(file, in).empty());
    file[journal.exported.size() % file.size()] ^= 1;
    require(!ledger::check_receipt(file).empty());
  }
  require(!ledger::format_receipt(receipt, tariffs, ReceiptFormat::text).empty());
}

void check_journal(std::string_view lines) {
  if (!base::is_utf8(lines) || lines.contains('\0')) return;  // which no text here can be
  auto journal = sealed(lines);
  std::int64_t read = 0;
  const bool good = faults_of(journal.exported, read).empty();
  require(good == std::ranges::all_of(journal.entries, &Entry::is_possible));
  if (!good) return;
  require(read == std::ssize(journal.entries));
  check_fold(journal.entries);
  check_receipts(journal);
  journal.exported[journal.exported.size() * 2 / 3] ^= 1;
  require(!faults_of(journal.exported, read).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const auto text = fuzz::text_of(bytes + 1, size - 1);
  std::int64_t entries = 0;
  switch (bytes[0]) {
    case 'r':
      if (ledger::check_receipt(text).empty())
        require(!ledger::check_receipt(std::string(text) + ' ').empty());
      break;
    case 'x':
      if (faults_of(std::string(text), entries).empty())
        require(!faults_of(std::string(text) + ' ', entries).empty());
      break;
    case 'j':
      check_journal(text);
      break;
    default:
      return -1;  // not worth keeping
  }
  return 0;
}
