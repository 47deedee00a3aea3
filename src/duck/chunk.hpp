// A chunk of up to 2048 result rows, column by column. Views are valid while the chunk lives.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "duck/types.hpp"

namespace duck {

struct ListEntry {
  std::uint64_t offset;
  std::uint64_t length;
};

// Values of one column. at<T>() reads DuckDB's physical form: the caller knows it from the type.
class ColumnView {
 public:
  const Type* type = nullptr;
  const std::byte* data = nullptr;
  const std::uint64_t* validity = nullptr;  // null: every value is there
  std::vector<ColumnView> children{};

  [[nodiscard]] bool valid(std::size_t row) const {
    return validity == nullptr || ((validity[row / 64] >> (row % 64)) & 1U) != 0;
  }
  template <class T>
  [[nodiscard]] T at(std::size_t row) const {
    T value;
    std::memcpy(&value, data + row * sizeof(T), sizeof(T));
    return value;
  }
  // VARCHAR and BLOB: 4 bytes of length, then 12 bytes inline or 4 of prefix and a pointer.
  [[nodiscard]] std::string_view text(std::size_t row) const {
    const std::byte* cell = data + row * 16;
    std::uint32_t size = 0;
    std::memcpy(&size, cell, sizeof size);
    if (size <= 12) return {reinterpret_cast<const char*>(cell) + 4, size};
    const char* far = nullptr;
    std::memcpy(static_cast<void*>(&far), cell + 8, sizeof far);
    return {far, size};
  }
};

class Chunk {
 public:
  Chunk() = default;
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const ColumnView& column(std::size_t index) const { return columns_[index]; }
  [[nodiscard]] std::size_t column_count() const { return columns_.size(); }

 private:
  friend class Rows;
  std::shared_ptr<void> owner_{};
  std::size_t size_ = 0;
  std::vector<ColumnView> columns_{};
};

}  // namespace duck
