#include "features/ledger/details.hpp"

#include <charconv>
#include <map>

#include <fmt/format.h>

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
  std::int64_t number(std::string_view digits) {
    std::int64_t value = 0;
    const auto* end = digits.data() + digits.size();
    const auto parsed = std::from_chars(digits.data(), end, value);
    if (parsed.ec != std::errc{} || parsed.ptr != end) failed = true;
    return value;
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
  details.priority = static_cast<int>(reader.integer("priority"));
  if (const auto expires = reader.text("expires"); expires != "never")
    details.expires_at = base::from_micros(reader.number(expires));
  return reader.failed ? std::nullopt : std::optional{details};
}

std::string format_details(const RunDetails& details) {
  std::string absorbs;
  const auto routes = format_routes(details.routes);
  for (const auto& run : details.absorbs) absorbs += (absorbs.empty() ? "" : ",") + run.text();
  return fmt::format(
      "start={} end={} ended={} part={} proofs={} requests={} overlap={} "
      "unbilled={} "
      "unbilled_reason={} absorbs={} lane={} idle={} routes={} opened_by={} "
      "last_proof={}",
      base::to_micros(details.span.start), base::to_micros(details.span.end),
      details.ended ? run_end_name(*details.ended) : "open", details.part.text(), details.proofs,
      details.requests, details.overlap.count(), details.unbilled.count(),
      unbilled_reason_name(details.unbilled_reason), absorbs.empty() ? "none" : absorbs,
      details.lane.empty() ? "none" : details.lane, details.idle.count(),
      routes.empty() ? "none" : routes,
      details.opened_by ? route_class_name(*details.opened_by) : "none",
      base::to_micros(details.last_proof));
}

std::optional<RunDetails> parse_run_details(std::string_view text) {
  Reader reader(text);
  RunDetails details;
  details.span = {base::from_micros(reader.integer("start")),
                  base::from_micros(reader.integer("end"))};
  if (const auto ended = reader.text("ended"); ended != "open")
    details.ended = reader.take(parse_run_end(ended));
  details.part = reader.take(base::RunId::parse(reader.text("part")));
  details.proofs = reader.integer("proofs");
  details.requests = reader.integer("requests");
  details.overlap = base::Millis{reader.integer("overlap")};
  details.unbilled = base::Millis{reader.integer("unbilled")};
  details.unbilled_reason = reader.take(parse_unbilled_reason(reader.text("unbilled_reason")));
  for (auto list = reader.text("absorbs"); !list.empty() && list != "none";) {
    const auto word = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), word.size() + 1));
    details.absorbs.push_back(reader.take(base::RunId::parse(word)));
  }
  if (const auto lane = reader.text_or("lane", "none"); lane != "none") details.lane = lane;
  details.idle = base::Millis{reader.number(reader.text_or("idle", "0"))};
  if (const auto routes = reader.text_or("routes", "none"); routes != "none")
    details.routes = reader.take(parse_routes(routes));
  if (const auto opened = reader.text_or("opened_by", "none"); opened != "none")
    details.opened_by = reader.take(parse_route_class(opened));
  details.last_proof = base::from_micros(reader.number(reader.text_or("last_proof", "0")));
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
  version.applies_from = base::from_micros(reader.integer("applies_from"));
  version.tariff.idle_gap = base::Micros{reader.integer("idle_gap")};
  version.tariff.min_proof = base::Micros{reader.integer("min_proof")};
  version.tariff.concurrency = reader.take(parse_concurrency(reader.text("concurrency")));
  version.tariff.max_parallel = static_cast<int>(reader.integer("max_parallel"));
  return reader.failed ? std::nullopt : std::optional{version};
}

}  // namespace ledger
