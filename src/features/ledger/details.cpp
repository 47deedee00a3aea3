#include "features/ledger/details.hpp"

#include <charconv>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "base/decimal.hpp"
#include "base/text_pieces.hpp"
#include "features/ledger/entry.hpp"

namespace ledger {

namespace {

using Words = std::map<std::string_view, std::string_view>;

Words split(std::string_view text) {
  Words words;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    const auto equals = word.find('=');
    if (equals != std::string_view::npos)
      words.emplace(word.substr(0, equals), word.substr(equals + 1));
  }
  return words;
}

// Takes typed values out of the words; `failed` once one is missing or
// malformed.
class Reader {
 public:
  explicit Reader(std::string_view text) : words_(split(text)) {}
  std::string_view text(std::string_view name) {
    const auto found = words_.find(name);
    if (found == words_.end()) failed = true;
    return found == words_.end() ? std::string_view{} : found->second;
  }
  std::string_view text_or(std::string_view name, std::string_view fallback) {
    const auto found = words_.find(name);
    return found == words_.end() ? fallback : found->second;
  }
  std::int64_t integer(std::string_view name) { return number(text(name)); }
  std::int64_t integer_or_zero(std::string_view name) { return number(text_or(name, "0")); }
  std::int64_t number(std::string_view digits, std::int64_t most = kMaxNumber) {
    std::int64_t value = 0;
    const auto* end = digits.data() + digits.size();
    const auto parsed = std::from_chars(digits.data(), end, value);
    if (parsed.ec != std::errc{} || parsed.ptr != end || value > most || value < -most)
      failed = true;
    return value;
  }
  int small_integer(std::string_view name) {
    return static_cast<int>(number(text(name), std::numeric_limits<int>::max()));
  }
  base::Instant instant(std::string_view digits) {
    return base::from_micros(number(digits, kMaxInstant));
  }
  template <class T>
  T take(std::optional<T> value) {
    if (!value) failed = true;
    return value.value_or(T{});
  }
  bool failed = false;

 private:
  Words words_;
};

class Writer {
 public:
  Writer() { text_.reserve(192); }
  void add(std::string_view name, std::string_view value) {
    base::append_pieces(text_, text_.empty() ? "" : " ", name, "=", value);
  }
  void add(std::string_view name, std::int64_t value) {
    add(name, std::string_view{base::DecimalText{value}});
  }
  void add_unless_zero(std::string_view name, std::int64_t value) {
    if (value != 0) add(name, value);
  }
  void add_unless_empty(std::string_view name, std::string_view value) {
    if (!value.empty()) add(name, value);
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace

std::string format_details(const GrantDetails& details) {
  return fmt::format(
      "kind={} priority={} expires={}", grant_kind_name(details.kind), details.priority,
      details.expires_at ? std::to_string(base::to_micros(*details.expires_at)) : "never");
}

std::optional<GrantDetails> parse_grant_details(std::string_view text) {
  Reader reader(text);
  GrantDetails details;
  details.kind = reader.take(parse_grant_kind(reader.text("kind")));
  details.priority = reader.small_integer("priority");
  if (const auto expires = reader.text("expires"); expires != "never")
    details.expires_at = reader.instant(expires);
  return reader.failed ? std::nullopt : std::optional{details};
}

std::string format_details(const RunDetails& details) {
  Writer words;
  words.add("start", base::to_micros(details.span.start));
  words.add("end", base::to_micros(details.span.end));
  if (!details.part.empty()) words.add("part", details.part.short_text().view());
  if (details.ended) words.add("ended", run_end_name(*details.ended));
  words.add_unless_zero("proofs", details.proofs);
  words.add_unless_zero("requests", details.requests);
  words.add_unless_zero("overlap", details.overlap.count());
  words.add_unless_zero("unbilled", details.unbilled.count());
  if (details.unbilled_reason != UnbilledReason::none)
    words.add("unbilled_reason", unbilled_reason_name(details.unbilled_reason));
  std::string absorbs;
  for (const auto& run : details.absorbs) absorbs += (absorbs.empty() ? "" : ",") + run.text();
  words.add_unless_empty("absorbs", absorbs);
  words.add_unless_empty("lane", details.lane);
  words.add_unless_empty("routes", format_routes(details.routes));
  if (details.opened_by) words.add("opened_by", route_class_name(*details.opened_by));
  words.add_unless_zero("last_proof", base::to_micros(details.last_proof));
  return words.take();
}

std::optional<RunDetails> parse_run_details(std::string_view text) {
  Reader reader(text);
  RunDetails details;
  details.span = {reader.instant(reader.text("start")), reader.instant(reader.text("end"))};
  if (const auto ended = reader.text_or("ended", "open"); ended != "open")
    details.ended = reader.take(parse_run_end(ended));
  if (const auto part = reader.text_or("part", {}); !part.empty())
    details.part = reader.take(base::RunId::parse(part));
  details.proofs = reader.integer_or_zero("proofs");
  details.requests = reader.integer_or_zero("requests");
  details.overlap = base::Millis{reader.integer_or_zero("overlap")};
  details.unbilled = base::Millis{reader.integer_or_zero("unbilled")};
  details.unbilled_reason =
      reader.take(parse_unbilled_reason(reader.text_or("unbilled_reason", "none")));
  for (auto list = reader.text_or("absorbs", "none"); !list.empty() && list != "none";) {
    const auto word = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), word.size() + 1));
    details.absorbs.push_back(reader.take(base::RunId::parse(word)));
  }
  if (const auto lane = reader.text_or("lane", "none"); lane != "none") details.lane = lane;
  if (const auto routes = reader.text_or("routes", "none"); routes != "none")
    details.routes = reader.take(parse_routes(routes));
  if (const auto opened = reader.text_or("opened_by", "none"); opened != "none")
    details.opened_by = reader.take(parse_route_class(opened));
  details.last_proof = reader.instant(reader.text_or("last_proof", "0"));
  return reader.failed ? std::nullopt : std::optional{details};
}

std::string format_details(const TariffVersion& version) {
  return fmt::format("applies_from={} idle_gap={} min_proof={} concurrency={} max_parallel={}",
                     base::to_micros(version.applies_from), version.tariff.idle_gap.count(),
                     version.tariff.min_proof.count(), concurrency_name(version.tariff.concurrency),
                     version.tariff.max_parallel);
}

std::optional<TariffVersion> parse_tariff_details(std::string_view text) {
  Reader reader(text);
  TariffVersion version;
  version.applies_from = reader.instant(reader.text("applies_from"));
  version.tariff.idle_gap = base::Micros{reader.integer("idle_gap")};
  version.tariff.min_proof = base::Micros{reader.integer("min_proof")};
  version.tariff.concurrency = reader.take(parse_concurrency(reader.text("concurrency")));
  version.tariff.max_parallel = reader.small_integer("max_parallel");
  return reader.failed ? std::nullopt : std::optional{version};
}

}  // namespace ledger
