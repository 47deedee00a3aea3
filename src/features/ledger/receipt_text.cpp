#include "features/ledger/receipt_text.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "features/ledger/explain.hpp"
#include "features/ledger/export.hpp"
#include "features/ledger/sha256.hpp"

namespace ledger {

namespace {

std::string instant(base::Instant at) {
  return at == base::Instant{} ? std::string{} : base::format_rfc3339(at);
}

void append_lines(base::JsonWriter& json, const ReceiptRun& run, const TariffBook& tariffs) {
  json.key("lines");
  json.begin_array();
  for (const auto& line : explain_run(run.details, run.billed(), tariffs.version(run.tariff))) {
    json.begin_object();
    json.field("text", line.text);
    json.field("ms", line.amount.count());
    json.end_object();
  }
  json.end_array();
}

void append_run(base::JsonWriter& json, const ReceiptRun& run, const TariffBook& tariffs) {
  json.begin_object();
  json.field("run_id", run.id.text());
  json.field("recorded_at", instant(run.recorded_at));
  json.field("started_at", instant(run.details.span.start));
  json.field("ended_at", instant(run.details.span.end));
  json.field("ended_because", run.details.ended ? std::optional{run_end_name(*run.details.ended)}
                                                : std::optional<std::string_view>{});
  json.field("billed_ms", run.billed().count());
  json.field("unbilled_ms", run.details.unbilled.count());
  json.field("proofs", run.details.proofs);
  json.field("requests", run.details.requests);
  json.field("overlap_ms", run.details.overlap.count());
  json.field("tariff", run.tariff);
  json.key("grants");
  json.begin_array();
  for (const auto& [grant, amount] : run.grants) {
    json.begin_object();
    json.field("id", grant.text());
    json.field("ms", amount.count());
    json.end_object();
  }
  json.end_array();
  append_lines(json, run, tariffs);
  json.end_object();
}

void append_move(base::JsonWriter& json, const Entry& entry) {
  json.begin_object();
  json.field("sequence", entry.sequence);
  json.field("at", instant(entry.at));
  json.field("kind", entry_kind_name(entry.kind));
  json.field("grant_id", entry.grant ? std::optional{entry.grant->text()} : std::nullopt);
  json.field("amount_ms", entry.signed_amount().count());
  json.field("text", explain_move(entry));
  json.field("key", entry.key);
  json.field("actor", entry.actor);
  json.field("hash", hash_text(entry.hash));
  json.end_object();
}

void append_chain(base::JsonWriter& json, const Receipt& receipt) {
  json.key("chain");
  json.begin_object();
  json.field("entries", receipt.entries);
  json.field("first_sequence", receipt.first_sequence);
  json.field("previous_hash", hash_text(receipt.previous_hash));
  json.field("last_sequence", receipt.last_sequence);
  json.field("last_hash", hash_text(receipt.last_hash));
  json.field("entries_hash", hash_text(receipt.entries_hash));
  json.end_object();
}

std::string as_json(const Receipt& receipt, const TariffBook& tariffs) {
  std::string out;
  base::JsonWriter json(out);
  json.begin_object();
  json.field("format", "redline-receipt-1");
  json.field("account", receipt.account.text());
  json.field("month", receipt.month.name);
  json.field("opening_available_ms", receipt.opening.count());
  json.field("moved_ms", receipt.moved().count());
  json.field("unexpired_ms", receipt.unexpired.count());
  json.field("charged_ms", receipt.charged().count());
  json.field("closing_available_ms", receipt.closing.count());
  json.key("moves");
  json.begin_array();
  for (const auto& entry : receipt.moves) append_move(json, entry);
  json.end_array();
  json.key("runs");
  json.begin_array();
  for (const auto& run : receipt.runs) append_run(json, run, tariffs);
  json.end_array();
  append_chain(json, receipt);
  return out;  // the checksum closes the object
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  // A spreadsheet must not take a text for a formula.
  if (!text.empty() && std::string_view{"=+-@"}.contains(text.front())) out += '\'';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out += '"';
}

std::string as_csv(const Receipt& receipt, const TariffBook& tariffs) {
  std::string out = "at,what,id,amount_ms,text\n";
  const auto row = [&](std::string_view at, std::string_view what, std::string_view id,
                       base::Millis amount, std::string_view text) {
    out += fmt::format("{},{},{},{},{}\n", at, what, id, amount.count(), quoted(text));
  };
  row(base::format_rfc3339(receipt.month.from), "account", receipt.account.text(), receipt.opening,
      "available before");
  for (const auto& entry : receipt.moves)
    row(instant(entry.at), entry_kind_name(entry.kind), entry.grant ? entry.grant->text() : "",
        entry.signed_amount(), explain_move(entry));
  for (const auto& run : receipt.runs)
    for (const auto& line : explain_run(run.details, run.billed(), tariffs.version(run.tariff)))
      row(instant(run.recorded_at), "run", run.id.text(), -line.amount, line.text);
  row("", "unexpired", "", receipt.unexpired, "use before an expiry that was settled after it");
  row(base::format_rfc3339(receipt.month.to), "account", receipt.account.text(), receipt.closing,
      "available after");
  row("", "chain", fmt::format("{}", receipt.first_sequence), {}, hash_text(receipt.previous_hash));
  row("", "chain", fmt::format("{}", receipt.last_sequence), {}, hash_text(receipt.last_hash));
  row("", "entries", fmt::format("{}", receipt.entries), {}, hash_text(receipt.entries_hash));
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

// "2026-11-01 00:00:00.000": the page says once that times are UTC.
std::string spaced(std::string_view at) {
  std::string out(at.substr(0, at.find('Z')));
  if (const auto middle = out.find('T'); middle != std::string::npos) out[middle] = ' ';
  return out;
}

std::string html_row(std::string_view at, std::string_view text, base::Millis amount) {
  return fmt::format("<tr><td class=\"t\">{}</td><td>{}</td><td class=\"n\">{}</td></tr>\n",
                     escaped(spaced(at)), escaped(text), format_amount(amount));
}

// On a phone the time stands above its line; on paper the letters are dark whatever the screen is.
constexpr std::string_view kStyle = R"(<style>
:root{color-scheme:light dark}
body{font:14px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}
td,th{border-top:1px solid #8886;padding:.3rem .5rem;vertical-align:top;text-align:left;overflow-wrap:anywhere}
thead th{border-top:0;font-weight:600}
.t{white-space:nowrap}
.t,.n{font-variant-numeric:tabular-nums}
td.n,th.n{text-align:right;white-space:nowrap}
tr{break-inside:avoid}
code{overflow-wrap:anywhere}
@media (max-width:40rem){.t{display:block;padding-bottom:0}td+td{border-top:0}thead{display:none}tr{display:grid;grid-template-columns:1fr auto}.t{grid-column:1/-1}}
@media print{:root{color-scheme:light}body{margin:0;max-width:none;font-size:10pt}}
</style>
)";

std::string html_head(const Receipt& receipt) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"redline-receipt\" content=\"{0} {1}\">\n<title>Receipt {1}</title>\n{2}"
      "</head>\n<body>\n<h1>Receipt {1}</h1>\n"
      "<p>Account <code>{0}</code>. Times are UTC; amounts are hours:minutes:seconds.</p>\n"
      "<table>\n<thead><tr><th>Posted</th><th>What</th><th class=\"n\">Time</th></tr></thead>\n",
      receipt.account.text(), receipt.month.name, kStyle);
}

std::string as_html(const Receipt& receipt, const TariffBook& tariffs) {
  auto out = html_head(receipt);
  out += html_row(base::format_rfc3339(receipt.month.from), "Available before", receipt.opening);
  for (const auto& entry : receipt.moves)
    out += html_row(instant(entry.at), explain_move(entry), entry.signed_amount());
  for (const auto& run : receipt.runs)
    for (const auto& line : explain_run(run.details, run.billed(), tariffs.version(run.tariff)))
      out += html_row(instant(run.recorded_at), line.text, -line.amount);
  if (receipt.unexpired.count() > 0)
    out += html_row("", "Use before an expiry that was settled after it", receipt.unexpired);
  out += html_row(base::format_rfc3339(receipt.month.to), "Available after", receipt.closing);
  out += fmt::format(
      "</table>\n<p>Charged {} for {} runs. Journal entries {} "
      "to {}, {} of this account.<br>\n"
      "Chain before <code>{}</code><br>\nChain after "
      "<code>{}</code><br>\nEntries "
      "<code>{}</code></p>\n</body>\n</html>\n",
      format_amount(receipt.charged()), receipt.runs.size(), receipt.first_sequence,
      receipt.last_sequence, receipt.entries, hash_text(receipt.previous_hash),
      hash_text(receipt.last_hash), hash_text(receipt.entries_hash));
  return out;
}

std::string as_text(const Receipt& receipt, const TariffBook& tariffs) {
  auto out = fmt::format("account {}  {}\n", receipt.account.text(), receipt.month.name);
  const auto row = [&](std::string_view at, base::Millis amount, std::string_view text) {
    out += fmt::format("{:24}  {:>16}  {}\n", at, format_amount(amount), text);
  };
  row(base::format_rfc3339(receipt.month.from), receipt.opening, "available before");
  for (const auto& entry : receipt.moves)
    row(instant(entry.at), entry.signed_amount(), explain_move(entry));
  for (const auto& run : receipt.runs) {
    row(instant(run.recorded_at), -run.billed(), run.id.text());
    for (const auto& line : explain_run(run.details, run.billed(), tariffs.version(run.tariff)))
      out += fmt::format("{:24}  {:>16}    {}\n", "", format_amount(line.amount), line.text);
    for (const auto& [grant, amount] : run.grants)
      out += fmt::format("{:24}  {:>16}    paid by {}\n", "", format_amount(amount), grant.text());
  }
  if (receipt.unexpired.count() > 0)
    row("", receipt.unexpired, "use before an expiry that was settled after it");
  row(base::format_rfc3339(receipt.month.to), receipt.closing, "available after");
  return out;
}

// What comes before the checksum and after it.
struct Frame {
  ReceiptFormat format;
  std::string_view begin;  // how such a file begins
  std::string_view before;
  std::string_view after;
};
constexpr std::array kFrames{
    Frame{ReceiptFormat::json, "{\"format\":\"redline-receipt-1\"", ",\"sha256\":\"", "\"}\n"},
    Frame{ReceiptFormat::csv, "at,what,id,amount_ms,text\n", ",sha256,,0,\"", "\"\n"},
    Frame{ReceiptFormat::html, "<!doctype html>\n", "<!-- sha256 ", " -->\n"},
};
constexpr std::size_t kHashDigits = 64;

const Frame* frame_of(std::string_view file) {
  for (const auto& frame : kFrames)
    if (file.starts_with(frame.begin)) return &frame;
  return nullptr;
}

// The account and the month that a receipt is about, from its text.
struct Subject {
  base::AccountId account;
  Month month;
};

std::optional<Subject> subject_of(std::string_view file) {
  const auto at = file.find("acc_");
  constexpr std::size_t kIdSize = 30;
  if (at == std::string_view::npos || file.size() < at + kIdSize) return std::nullopt;
  const auto account = base::AccountId::parse(file.substr(at, kIdSize));
  // JSON and the page say the month; the first row of CSV is dated with its
  // first day.
  auto where = file.find("\"month\":\"");
  if (where != std::string_view::npos)
    where += 9;
  else if (file.starts_with("<"))
    where = at + kIdSize + 1;
  else
    where = file.find('\n') + 1;
  const auto month = where < file.size() ? parse_month(file.substr(where, 7)) : std::nullopt;
  if (!account || !month) return std::nullopt;
  return Subject{*account, *month};
}

std::string difference(std::string_view file, std::string_view made) {
  const auto [a, b] = std::ranges::mismatch(file, made);
  const auto at = static_cast<std::size_t>(a - file.begin());
  const auto from = at < 20 ? 0 : at - 20;
  return fmt::format("byte {}: the receipt says [{}], the journal says [{}]", at + 1,
                     file.substr(from, 60), made.substr(from, 60));
}

}  // namespace

std::string format_receipt(const Receipt& receipt, const TariffBook& tariffs,
                           ReceiptFormat format) {
  std::string out;
  switch (format) {
    case ReceiptFormat::json:
      out = as_json(receipt, tariffs);
      break;
    case ReceiptFormat::csv:
      out = as_csv(receipt, tariffs);
      break;
    case ReceiptFormat::html:
      out = as_html(receipt, tariffs);
      break;
    case ReceiptFormat::text:
      return as_text(receipt, tariffs);
  }
  const auto* const frame = std::ranges::find(kFrames, format, &Frame::format);
  const auto digest = hash_text(sha256(out));
  return out.append(frame->before).append(digest).append(frame->after);
}

std::vector<std::string> check_receipt(std::string_view file) {
  const auto* const frame = frame_of(file);
  if (frame == nullptr)
    return {
        "This is no receipt: neither JSON nor CSV nor HTML as Redline "
        "writes them."};
  const auto tail = frame->before.size() + kHashDigits + frame->after.size();
  if (file.size() < tail || !file.ends_with(frame->after) ||
      file.substr(file.size() - tail, frame->before.size()) != frame->before)
    return {
        "The receipt does not end with its checksum: it was changed or cut "
        "off."};
  const auto content = file.substr(0, file.size() - tail);
  if (file.substr(content.size() + frame->before.size(), kHashDigits) != hash_text(sha256(content)))
    return {"The checksum does not match: the receipt was changed."};
  return {};
}

std::vector<std::string> check_receipt(std::string_view file, std::istream& exported) {
  auto faults = check_receipt(file);
  if (!faults.empty()) return faults;
  const auto subject = subject_of(file);
  if (!subject) return {"The receipt does not say its account and month."};
  ReceiptBuilder builder(subject->account, subject->month);
  std::vector<TariffVersion> versions;
  const auto report = read_export(exported, [&](const Entry& entry) {
    builder.add(entry);
    if (entry.kind != EntryKind::tariff_set) return;
    if (auto version = parse_tariff_details(entry.details)) {
      version->tariff.version = entry.tariff;
      versions.push_back(std::move(*version));
    }
  });
  if (!report.faults.empty()) return report.faults;
  const TariffBook tariffs =
      versions.empty() ? TariffBook{Tariff{}} : TariffBook{std::move(versions)};
  const auto made = format_receipt(builder.finish(), tariffs, frame_of(file)->format);
  if (made != file) faults.push_back(difference(file, made));
  return faults;
}

}  // namespace ledger
