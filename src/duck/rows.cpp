#include "duck/connection.hpp"
#include "duck/handles.hpp"

namespace duck {
namespace {

ColumnView view_of(duckdb_vector vector, const Type& type) {
  ColumnView view;
  view.type = &type;
  view.data = static_cast<const std::byte*>(duckdb_vector_get_data(vector));
  view.validity = duckdb_vector_get_validity(vector);
  if (type.id == TypeId::list || type.id == TypeId::map)
    view.children.push_back(view_of(duckdb_list_vector_get_child(vector), type.children[0]));
  if (type.id == TypeId::array)
    view.children.push_back(view_of(duckdb_array_vector_get_child(vector), type.children[0]));
  if (type.id == TypeId::structure)
    for (std::size_t index = 0; index < type.children.size(); ++index)
      view.children.push_back(
          view_of(duckdb_struct_vector_get_child(vector, index), type.children[index]));
  return view;
}

void free_chunk(void* raw) {
  auto chunk = static_cast<duckdb_data_chunk>(raw);
  duckdb_destroy_data_chunk(&chunk);
}

}  // namespace

base::Result<bool> Rows::next(Chunk& chunk) {
  chunk.columns_.clear();
  chunk.owner_.reset();
  if (ended_) return false;
  auto* result = static_cast<duckdb_result*>(handle_.get());
  duckdb_data_chunk fetched = duckdb_fetch_chunk(*result);
  if (fetched == nullptr) {
    ended_ = true;
    if (const char* text = duckdb_result_error(result); text != nullptr)
      return std::unexpected(error_of(duckdb_result_error_type(result), text));
    // The C API also returns null when copying the chunk threw (no memory). Then the result is not
    // at its end, and saying so would cut the answer silently.
    if (duckdb_data_chunk more = duckdb_fetch_chunk(*result); more != nullptr) {
      duckdb_destroy_data_chunk(&more);
      return std::unexpected(error_of(DUCKDB_ERROR_OUT_OF_MEMORY, "Out of Memory Error: result"));
    }
    return false;
  }
  chunk.owner_ = std::shared_ptr<void>(fetched, free_chunk);
  chunk.size_ = duckdb_data_chunk_get_size(fetched);
  chunk.columns_.reserve(columns_->size());
  for (std::size_t index = 0; index < columns_->size(); ++index)
    chunk.columns_.push_back(
        view_of(duckdb_data_chunk_get_vector(fetched, index), (*columns_)[index].type));
  return true;
}

}  // namespace duck
