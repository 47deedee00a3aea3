// Room for `capacity` values of T at an address that never changes. Only what is touched costs
// memory; untouched room reads as zeros. Values are neither constructed nor destroyed here.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

namespace base {

template <class T>
class ReservedMemory {
  static_assert(std::is_trivially_destructible_v<T>);
  static constexpr std::size_t kHugePage = std::size_t{2} << 20U;

 public:
  // `huge`: pages of 2 MiB where the kernel has them: far fewer look-ups of addresses.
  // Throws std::bad_alloc.
  explicit ReservedMemory(std::size_t capacity, bool huge = false)
      : bytes_(capacity * sizeof(T) + kHugePage) {
    memory_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory_ == MAP_FAILED) throw std::bad_alloc();
    void* aligned = memory_;
    std::size_t room = bytes_;
    first_ = static_cast<T*>(std::align(kHugePage, capacity * sizeof(T), aligned, room));
    if (huge) madvise(first_, capacity * sizeof(T), MADV_HUGEPAGE);  // a wish: may be refused
  }
  ~ReservedMemory() { munmap(memory_, bytes_); }
  ReservedMemory(const ReservedMemory&) = delete;
  ReservedMemory& operator=(const ReservedMemory&) = delete;

  [[nodiscard]] T* data() const { return first_; }

 private:
  std::size_t bytes_;
  void* memory_ = nullptr;
  T* first_ = nullptr;
};

}  // namespace base
