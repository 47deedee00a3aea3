#include "worker/import_report.hpp"

namespace worker {

void Tally::add(std::uint64_t line, std::string_view text) {
  ++count;
  if (examples.size() < kMaxExamples)
    examples.push_back({line, std::string(text.substr(0, kMaxExampleBytes))});
}

void ImportReport::reject(const std::string& why, std::uint64_t line, std::string_view text) {
  rejected[why].add(line, text);
}

void ImportReport::warn(const std::string& code, std::string_view message, std::uint64_t count) {
  auto& warning = warnings[code];
  if (warning.message.empty()) warning.message = message;
  warning.count += count;
}

std::uint64_t ImportReport::rows_rejected() const {
  std::uint64_t total = 0;
  for (const auto& [why, tally] : rejected) total += tally.count;
  return total;
}

namespace {

void append_rejected(base::JsonWriter& writer, const ImportReport& report) {
  writer.key("rejected");
  writer.begin_array();
  for (const auto& [why, tally] : report.rejected) {
    writer.begin_object();
    writer.field("reason", why);
    writer.field("count", tally.count);
    writer.key("examples");
    writer.begin_array();
    for (const auto& example : tally.examples) {
      writer.begin_object();
      writer.field("line", example.line);
      writer.field("text", example.text);
      writer.end_object();
    }
    writer.end_array();
    writer.end_object();
  }
  writer.end_array();
}

void append_warnings(base::JsonWriter& writer, const ImportReport& report) {
  writer.key("warnings");
  writer.begin_array();
  for (const auto& [code, warning] : report.warnings) {
    writer.begin_object();
    writer.field("code", code);
    writer.field("message", warning.message);
    writer.field("count", warning.count);
    writer.end_object();
  }
  writer.end_array();
}

void append_columns(base::JsonWriter& writer, const ImportReport& report) {
  writer.key("columns");
  writer.begin_array();
  for (const auto& column : report.columns) {
    writer.begin_object();
    writer.field("source", column.source);
    writer.field("role", role_name(column.role));
    if (!column.name.empty()) writer.field("name", column.name);
    writer.end_object();
  }
  writer.end_array();
}

}  // namespace

void append_questions(base::JsonWriter& writer, const std::vector<Question>& questions) {
  writer.begin_array();
  for (const auto& question : questions) {
    writer.begin_object();
    writer.field("id", question.id);
    writer.field("text", question.text);
    writer.key("choices");
    writer.begin_array();
    for (const auto& choice : question.choices) writer.value(choice);
    writer.end_array();
    writer.end_object();
  }
  writer.end_array();
}

void append_report(base::JsonWriter& writer, const ImportReport& report) {
  writer.begin_object();
  writer.field("format", report.format);
  writer.field("confidence", report.confidence);
  writer.field("reason", report.reason);
  writer.field("timezone", report.timezone);
  writer.field("timestamp_unit", report.timestamp_unit);
  writer.field("delimiter", std::string_view{&report.delimiter, 1});
  writer.field("decimal", std::string_view{&report.decimal, 1});
  writer.field("rows_read", report.rows_read);
  writer.field("rows_kept", report.rows_kept);
  writer.field("rows_rejected", report.rows_rejected());
  append_rejected(writer, report);
  writer.key("duplicates");
  writer.begin_object();
  writer.field("exact", report.duplicates_exact);
  writer.field("conflicting", report.duplicates_conflicting);
  writer.end_object();
  writer.field("sorted", report.sorted);
  append_warnings(writer, report);
  writer.key("questions");
  append_questions(writer, {});
  append_columns(writer, report);
  writer.field("elapsed_ms", report.elapsed_ms);
  writer.end_object();
}

}  // namespace worker
