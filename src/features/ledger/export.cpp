#include "features/ledger/export.hpp"

#include <fmt/format.h>

#include "base/json.hpp"

namespace ledger {

namespace {

constexpr std::string_view kFormat = "redline-journal-1";
constexpr std::size_t kMaxText = 1U << 20U;

template <class Id>
std::optional<std::string> maybe_text(const std::optional<Id>& id) {
  return id ? std::optional{id->text()} : std::nullopt;
}

std::string header_line(std::string_view exported_at) {
  std::string line;
  base::JsonWriter json(line);
  json.begin_object();
  json.field("format", kFormat);
  json.field("exported_at", exported_at);
  json.end_object();
  return line += '\n';
}

std::string entry_line(const Entry& entry) {
  std::string line;
  base::JsonWriter json(line);
  json.begin_object();
  json.field("sequence", entry.sequence);
  json.field("at", base::to_micros(entry.at));
  json.field("kind", entry_kind_name(entry.kind));
  json.field("account", entry.account.text());
  json.field("grant", maybe_text(entry.grant));
  json.field("run", maybe_text(entry.run));
  json.field("amount_ms", entry.amount.count());
  json.field("from", bucket_name(entry.from));
  json.field("to", bucket_name(entry.to));
  json.field("available_after_ms", entry.available_after.count());
  json.field("key", entry.key);
  json.field("tariff", entry.tariff);
  json.field("reason", entry.reason);
  json.field("actor", entry.actor);
  json.field("details", entry.details);
  json.field("previous_hash", hash_text(entry.previous_hash));
  json.field("hash", hash_text(entry.hash));
  json.end_object();
  return line += '\n';
}

std::string trailer_line(std::int64_t entries, const Hash& end, const Hash& digest) {
  std::string line;
  base::JsonWriter json(line);
  json.begin_object();
  json.field("entries", entries);
  json.field("chain_end", hash_text(end));
  json.field("sha256", hash_text(digest));
  json.end_object();
  return line += '\n';
}

constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
constexpr auto kMost = std::numeric_limits<std::int64_t>::max();

// Takes typed values; `failed` once one is no such thing.
class LineReader {
 public:
  explicit LineReader(const boost::json::object& object) : reader_(object) {}
  std::string text(std::string_view name) { return reader_.text(name, 0, kMaxText); }
  std::int64_t number(std::string_view name) { return reader_.integer(name, kLeast, kMost); }
  template <class Id>
  std::optional<Id> id(std::string_view name) {
    const auto* value = reader_.value(name);
    if (value != nullptr && value->is_null()) return std::nullopt;
    const auto* text = value == nullptr ? nullptr : value->if_string();
    return text == nullptr ? take(std::optional<std::optional<Id>>{})
                           : std::optional{take(Id::parse(*text))};
  }
  template <class T>
  T take(std::optional<T> value) {
    failed_ = failed_ || !value;
    return value.value_or(T{});
  }
  [[nodiscard]] bool good() { return reader_.finish().has_value() && !failed_; }

 private:
  base::ObjectReader reader_;
  bool failed_ = false;
};

std::optional<Entry> parse_entry(std::string_view line) {
  const auto object = base::parse_json_object(line);
  if (!object) return std::nullopt;
  LineReader reader(*object);
  Entry entry;
  entry.sequence = reader.number("sequence");
  entry.at = base::from_micros(reader.number("at"));
  entry.kind = reader.take(parse_entry_kind(reader.text("kind")));
  entry.account = reader.take(base::AccountId::parse(reader.text("account")));
  entry.grant = reader.id<base::GrantId>("grant");
  entry.run = reader.id<base::RunId>("run");
  entry.amount = base::Millis{reader.number("amount_ms")};
  entry.from = reader.take(parse_bucket(reader.text("from")));
  entry.to = reader.take(parse_bucket(reader.text("to")));
  entry.available_after = base::Millis{reader.number("available_after_ms")};
  entry.key = reader.text("key");
  entry.tariff = static_cast<int>(reader.number("tariff"));
  entry.reason = reader.text("reason");
  entry.actor = reader.text("actor");
  entry.details = reader.text("details");
  entry.previous_hash = reader.take(parse_hash(reader.text("previous_hash")));
  entry.hash = reader.take(parse_hash(reader.text("hash")));
  // One spelling only.
  return reader.good() && entry_line(entry) == line ? std::optional{entry} : std::nullopt;
}

bool is_header(std::string_view line) {
  const auto object = base::parse_json_object(line);
  if (!object) return false;
  base::ObjectReader reader(*object);
  const auto format = reader.text("format", 0, 100);
  const auto at = reader.text("exported_at", 0, 100);
  return reader.finish() && format == kFormat && base::parse_rfc3339(at) && header_line(at) == line;
}

class Checker {
 public:
  explicit Checker(const std::function<void(const Entry&)>& on_entry) : on_entry_(on_entry) {}
  void add(std::string_view line) {
    ++number_;
    if (number_ == 1) {
      if (!is_header(line)) note("is not the header of a journal's export");
    } else if (line.starts_with("{\"entries\":")) {
      finish(line);
    } else if (ended_) {
      note("comes after the trailer");
    } else {
      add_entry(line);
    }
    digest_.add(line);
  }
  [[nodiscard]] ExportReport take() {
    if (!ended_) note("the trailer is missing: the file is cut off");
    report_.end = chain_.end();
    return std::move(report_);
  }

 private:
  void note(std::string_view what) {
    if (report_.faults.size() < kMaxFaults)
      report_.faults.push_back(fmt::format("line {}: {}", number_, what));
  }
  void add_entry(std::string_view line) {
    ++report_.entries;
    const auto entry = parse_entry(line);
    if (!entry) {
      note(fmt::format("is no entry as an export writes it; entry {} belongs here",
                       chain_.end().sequence + 1));
      return chain_.skip(chain_.end().sequence + 1);
    }
    if (const auto fault = chain_.follow(*entry)) return note(*fault);
    if (report_.faults.empty()) on_entry_(*entry);
  }
  void finish(std::string_view line) {
    if (ended_) return note("is a second trailer");
    ended_ = true;
    if (line != trailer_line(report_.entries, chain_.end().hash, digest_.value()))
      note("the trailer does not fit what comes before it");
  }

  const std::function<void(const Entry&)>& on_entry_;
  ExportReport report_;
  Chain chain_;
  Sha256 digest_;
  std::size_t number_ = 0;
  bool ended_ = false;
};

}  // namespace

ExportWriter::ExportWriter(base::Instant now, Sink sink) : sink_(std::move(sink)) {
  write(header_line(base::format_rfc3339(now)));
}

void ExportWriter::write(std::string_view line) {
  digest_.add(line);
  sink_(line);
}

void ExportWriter::add(const Entry& entry) {
  write(entry_line(entry));
  ++entries_;
  last_ = entry.hash;
}

void ExportWriter::finish() { sink_(trailer_line(entries_, last_, digest_.value())); }

ExportReport read_export(std::istream& in, const std::function<void(const Entry&)>& on_entry) {
  Checker checker(on_entry);
  std::string line;
  while (std::getline(in, line)) {
    // A last line without its end is not what was written.
    if (!in.eof()) line += '\n';
    checker.add(line);
  }
  return checker.take();
}

}  // namespace ledger
