#include "worker/importer.hpp"

#include <algorithm>

#include "worker/catalogue.hpp"
#include "worker/result_body.hpp"
#include "worker/upload_file.hpp"
#include "worker/zone_source.hpp"

namespace worker {
namespace {

using base::ErrorCode;
using base::Result;

constexpr std::chrono::milliseconds kProgressEvery{100};
constexpr std::uint64_t kRowsBetweenLooks = 4096;

std::unexpected<base::Error> stopped() {
  return base::fail(ErrorCode::invalid, "interrupted", "the import was cancelled");
}

// Tells the server how far it is, a few times a second.
class Progress {
 public:
  Progress(Request& request, std::int64_t total) : request_(request), total_(total) {}
  void stage(std::string_view name, std::uint64_t done, std::uint64_t rows) {
    const auto now = Steady::now();
    const auto elapsed = std::chrono::duration<double>(now - start_).count();
    std::string out;
    base::JsonWriter writer(out);
    writer.begin_object();
    writer.field("stage", name);
    writer.field("done", done);
    writer.field("total", total_);
    writer.field("unit", "bytes");
    writer.field("rows", rows);
    writer.field("rate", elapsed > 0
                             ? static_cast<std::int64_t>(static_cast<double>(rows) / elapsed)
                             : std::int64_t{0});
    writer.end_object();
    request_.send(wire::FrameType::progress, out);
    last_ = now;
  }
  void maybe(std::uint64_t done, std::uint64_t rows) {
    if (Steady::now() - last_ >= kProgressEvery) stage("parse", done, rows);
  }
  [[nodiscard]] std::int64_t elapsed_ms() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - start_).count();
  }

 private:
  Request& request_;
  std::int64_t total_;
  Steady::time_point start_ = Steady::now();
  Steady::time_point last_ = start_;
};

// The head did not tell whether the day or the month comes first: ask every row.
Result<void> settle_by_whole_file(PriceLayout& layout, const UploadFile& upload,
                                  const Request& request) {
  const auto date = static_cast<std::size_t>(
      std::ranges::find(layout.columns, Role::date, &ColumnPlan::role) - layout.columns.begin());
  LineReader reader(upload.bytes(), layout.line_end);
  FieldSplitter splitter(layout.delimiter);
  std::vector<std::string_view> fields;
  DateOrderEvidence evidence;
  Line line;
  while (true) {
    RL_TRY(const bool some, reader.next(line));
    if (!some) break;
    if (line.number % kRowsBetweenLooks == 0 && request.stopped()) return stopped();
    if (line.number < layout.first_row || line.too_long) continue;
    if (splitter.split(line.text, fields) == SplitOutcome::ok && date < fields.size())
      evidence.add(fields[date]);
  }
  return settle_date_order(layout, evidence);
}

ImportReport start_report(const PriceLayout& layout) {
  ImportReport report;
  report.format = layout.format;
  report.confidence = layout.confidence;
  report.reason = layout.reason;
  report.timezone = layout.timezone;
  report.delimiter = layout.delimiter;
  report.decimal = layout.decimal;
  report.columns = layout.columns;
  switch (layout.date_shape) {
    case DateShape::epoch_s:
      report.timestamp_unit = "s";
      break;
    case DateShape::epoch_ms:
      report.timestamp_unit = "ms";
      break;
    case DateShape::epoch_us:
      report.timestamp_unit = "us";
      break;
    case DateShape::epoch_ns:
      report.timestamp_unit = "ns";
      break;
    case DateShape::ymd:
      report.timestamp_unit = "ymd";
      break;
    case DateShape::mdy:
      report.timestamp_unit = "mdy";
      break;
    case DateShape::dmy:
      report.timestamp_unit = "dmy";
      break;
  }
  if (layout.timezone_assumed)
    report.warn("timezone_assumed",
                "The file does not say its time zone; its times were taken as UTC. Import it again "
                "with the zone if that is wrong.");
  return report;
}

Result<void> parse_rows(const UploadFile& upload, const PriceLayout& layout, const ZoneRules& zone,
                        Request& request, Progress& progress, Staging& staging,
                        ImportReport& report) {
  LineReader reader(upload.bytes(), layout.line_end);
  BarParser parser(layout, zone, report);
  Line line;
  Bar bar;
  while (true) {
    RL_TRY(const bool some, reader.next(line));
    if (!some) break;
    if (line.number < layout.first_row || trim(line.text).empty()) continue;
    if (line.number % kRowsBetweenLooks == 0) {
      if (request.stopped()) return stopped();
      progress.maybe(reader.consumed(), staging.rows());
    }
    if (parser.parse(line, bar)) RL_TRY_VOID(staging.add(bar, line.number));
  }
  progress.stage("parse", reader.consumed(), staging.rows());
  return {};
}

std::unexpected<base::Error> nothing_kept(const ImportReport& report) {
  std::string most;
  std::uint64_t count = 0;
  for (const auto& [why, tally] : report.rejected)
    if (tally.count > count) {
      count = tally.count;
      most = why;
    }
  std::string json;
  base::JsonWriter writer(json);
  append_report(writer, report);
  auto failure =
      base::fail(ErrorCode::invalid, count == 0 ? "empty" : "corrupt",
                 "None of the " + std::to_string(report.rows_read) + " rows could be kept" +
                     (most.empty() ? "." : "; most were refused as " + most + "."));
  failure.error().members.push_back({"report", std::move(json)});
  return failure;
}

std::string done_payload(const ImportReport& report, const std::string& entry,
                         const std::string& preview) {
  std::string out;
  base::JsonWriter writer(out);
  writer.begin_object();
  writer.key("report");
  append_report(writer, report);
  if (!entry.empty()) {
    writer.key("dataset");
    writer.raw(entry);
  }
  if (!preview.empty()) {
    writer.key("preview");
    writer.raw(preview);
  }
  writer.end_object();
  return out;
}

Result<std::string> preview_of(duck::Connection& connection, const std::string& dataset) {
  RL_TRY(auto rows, connection.query("SELECT * FROM " + duck::quote_name(dataset) +
                                     " ORDER BY symbol, timestamp LIMIT 100"));
  return rows_as_json(rows);
}

// Inside the transaction: from the empty staging table to the finished dataset.
Result<std::string> fill_dataset(duck::Connection& connection, const UploadFile& upload,
                                 const PriceLayout& layout, const ImportOrder& order,
                                 Request& request, Progress& progress) {
  ZoneRules zone;
  if (layout.time_kind == TimeKind::utc_instant && layout.timezone != "UTC") {
    RL_TRY(zone, load_zone(connection, layout.timezone));
  }
  const auto existing = find_dataset(connection, order.dataset);
  const std::string dataset = existing ? *existing : order.dataset;
  ImportReport report = start_report(layout);
  RL_TRY(auto staging, Staging::create(connection, layout));
  RL_TRY_VOID(parse_rows(upload, layout, zone, request, progress, staging, report));
  if (staging.rows() == 0) return nothing_kept(report);
  const auto bytes = static_cast<std::uint64_t>(upload.size());
  progress.stage("sort", bytes, staging.rows());
  RL_TRY_VOID(staging.become(dataset, order.policy, existing.has_value(), report));
  report.rows_kept = report.rows_read - report.rows_rejected() - report.duplicates_exact;
  if (report.rows_kept == 0 && !existing) return nothing_kept(report);
  if (request.stopped()) return stopped();
  progress.stage("commit", bytes, report.rows_kept);
  report.elapsed_ms = progress.elapsed_ms();
  if (order.dry_run) {
    RL_TRY(const auto preview, preview_of(connection, dataset));
    return done_payload(report, "", preview);
  }
  std::string report_json;
  base::JsonWriter writer(report_json);
  append_report(writer, report);
  RL_TRY(const auto entry,
         record_import(connection, {dataset, order.import_id, order.options.filename, report_json,
                                    upload.size(), order.now_micros,
                                    existing && order.policy != ImportPolicy::replace}));
  return done_payload(report, entry, "");
}

}  // namespace

Result<std::string> run_import(WorkspaceFile& file, Request& request, const ImportOrder& order) {
  RL_TRY(const UploadFile upload, UploadFile::open(file.folder(), order.upload));
  Progress progress(request, upload.size());
  progress.stage("detect", 0, 0);
  RL_TRY(const auto head, upload.head(kHeadBytes));
  const bool complete = upload.size() <= static_cast<std::int64_t>(kHeadBytes);
  RL_TRY(auto layout, detect_layout(head, complete, order.options));
  if (layout.date_order_open) RL_TRY_VOID(settle_by_whole_file(layout, upload, request));
  RL_TRY(auto lease, file.write([&] { return request.stopped(); }));
  auto& connection = lease.connection();
  const Request::Guard guard(request, connection);
  RL_TRY_VOID(connection.run("BEGIN"));
  auto outcome = fill_dataset(connection, upload, layout, order, request, progress);
  if (!outcome || order.dry_run) {
    if (auto undone = connection.run("ROLLBACK"); !undone && outcome)
      return std::unexpected(undone.error());
    return outcome;
  }
  if (request.stopped()) {
    RL_TRY_VOID(connection.run("ROLLBACK"));
    return stopped();
  }
  RL_TRY_VOID(connection.run("COMMIT"));
  return outcome;
}

}  // namespace worker
