#include "worker/result_body.hpp"

#include "base/json.hpp"
#include "worker/cell_text.hpp"

namespace worker {
namespace {

using base::Result;

void append_columns(std::string& out, const std::vector<duck::Column>& columns) {
  base::JsonWriter writer(out);
  writer.begin_array();
  for (const auto& column : columns) {
    writer.begin_object();
    writer.field("name", column.name);
    writer.field("type", duck::type_name(column.type));
    writer.end_object();
  }
  writer.end_array();
}

void begin_body(std::string& out, BodyFormat format, const std::vector<duck::Column>& columns) {
  if (format == BodyFormat::json) {
    out += R"({"columns":)";
    append_columns(out, columns);
    out += R"(,"data":[)";
    return;
  }
  for (std::size_t index = 0; index < columns.size(); ++index) {
    if (index > 0) out.push_back(',');
    append_csv_text(out, columns[index].name);
  }
  out += "\r\n";
}

void append_row(std::string& out, BodyFormat format, const duck::Chunk& chunk, std::size_t row) {
  const bool json = format == BodyFormat::json;
  if (json) out.push_back('[');
  for (std::size_t index = 0; index < chunk.column_count(); ++index) {
    if (index > 0) out.push_back(',');
    if (json)
      append_json_cell(out, chunk.column(index), row);
    else
      append_csv_cell(out, chunk.column(index), row);
  }
  out += json ? "]" : "\r\n";
}

}  // namespace

std::string_view content_type(BodyFormat format) {
  return format == BodyFormat::json ? "application/json" : "text/csv; charset=utf-8";
}

std::string head_payload(BodyFormat format, const std::vector<duck::Column>& columns) {
  std::string out = R"({"content_type":")";
  out += content_type(format);
  out += R"(","columns":)";
  append_columns(out, columns);
  return out + "}";
}

Result<Written> write_rows(duck::Rows& rows, BodyFormat format, std::uint64_t limit,
                           DataWriter& out) {
  begin_body(out.buffer(), format, rows.columns());
  Written written;
  duck::Chunk chunk;
  while (!written.more) {
    RL_TRY(const bool some, rows.next(chunk));
    if (!some) break;
    for (std::size_t row = 0; row < chunk.size(); ++row) {
      if (written.rows == limit) {
        written.more = true;
        break;
      }
      if (format == BodyFormat::json && written.rows > 0) out.buffer().push_back(',');
      append_row(out.buffer(), format, chunk, row);
      ++written.rows;
      RL_TRY_VOID(out.flush_if_full());
    }
  }
  if (format == BodyFormat::json) out.buffer().push_back(']');
  return written;
}

Result<std::string> rows_as_json(duck::Rows& rows) {
  std::string out;
  begin_body(out, BodyFormat::json, rows.columns());
  duck::Chunk chunk;
  while (true) {
    RL_TRY(const bool some, rows.next(chunk));
    if (!some) break;
    for (std::size_t row = 0; row < chunk.size(); ++row) {
      if (out.back() == ']') out.push_back(',');
      append_row(out, BodyFormat::json, chunk, row);
    }
  }
  return out + "]}";
}

}  // namespace worker
