#include "duck/appender.hpp"

#include "duck/handles.hpp"

namespace duck {
namespace {

using base::Result;

duckdb_data_chunk as_chunk(const std::shared_ptr<void>& owner) {
  return static_cast<duckdb_data_chunk>(owner.get());
}

}  // namespace

Result<Appender> Appender::open(const Connection& connection, const std::string& table,
                                const std::vector<TypeId>& columns) {
  Appender appender;
  appender.connection_ = connection.handle_;
  duckdb_appender handle = nullptr;
  const auto state =
      duckdb_appender_create(as_connection(connection.handle_), nullptr, table.c_str(), &handle);
  appender.handle_ = std::shared_ptr<void>(handle, [keep = connection.handle_](void* raw) {
    auto owned = static_cast<duckdb_appender>(raw);
    duckdb_appender_destroy(&owned);
  });
  if (state != DuckDBSuccess)
    return base::fail_internal(std::string{"duckdb appender: "} + duckdb_appender_error(handle));
  std::vector<duckdb_logical_type> types;
  types.reserve(columns.size());
  for (const auto id : columns)
    types.push_back(duckdb_create_logical_type(static_cast<duckdb_type>(id)));
  auto* chunk = duckdb_create_data_chunk(types.data(), types.size());
  for (auto& type : types) duckdb_destroy_logical_type(&type);
  appender.chunk_ = std::shared_ptr<void>(chunk, [](void* raw) {
    auto owned = static_cast<duckdb_data_chunk>(raw);
    duckdb_destroy_data_chunk(&owned);
  });
  appender.capacity_ = duckdb_vector_size();
  appender.data_.resize(columns.size());
  appender.refresh();
  return appender;
}

void Appender::refresh() {
  for (std::size_t index = 0; index < data_.size(); ++index)
    data_[index] = duckdb_vector_get_data(duckdb_data_chunk_get_vector(as_chunk(chunk_), index));
}

void Appender::set_text(std::size_t column, std::string_view text) {
  duckdb_vector_assign_string_element_len(duckdb_data_chunk_get_vector(as_chunk(chunk_), column),
                                          row_, text.data(), text.size());
}

void Appender::set_null(std::size_t column) {
  auto* vector = duckdb_data_chunk_get_vector(as_chunk(chunk_), column);
  duckdb_vector_ensure_validity_writable(vector);
  duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row_);
}

Result<void> Appender::flush() {
  if (row_ == 0) return {};
  duckdb_data_chunk_set_size(as_chunk(chunk_), row_);
  auto* handle = static_cast<duckdb_appender>(handle_.get());
  if (duckdb_append_data_chunk(handle, as_chunk(chunk_)) != DuckDBSuccess) {
    auto error = error_of(DUCKDB_ERROR_INVALID, duckdb_appender_error(handle));
    return std::unexpected(std::move(error));
  }
  duckdb_data_chunk_reset(as_chunk(chunk_));
  row_ = 0;
  refresh();
  return {};
}

Result<void> Appender::close() {
  RL_TRY_VOID(flush());
  auto* handle = static_cast<duckdb_appender>(handle_.get());
  if (duckdb_appender_close(handle) != DuckDBSuccess)
    return std::unexpected(error_of(DUCKDB_ERROR_INVALID, duckdb_appender_error(handle)));
  return {};
}

}  // namespace duck
