// A value that one thread changes at a time (under a lock) while others may look without it: every
// access is a relaxed atomic one. What a reader finds was there at some time, value by value; a
// SeqLock says whether several values belong together.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace base {

template <class T>
class Relaxed {
  static_assert(std::is_trivially_copyable_v<T>);
  static constexpr std::size_t kWordBytes = sizeof(T) % 8 == 0 ? 8 : sizeof(T) % 4 == 0 ? 4 : 1;
  using Word = std::conditional_t<kWordBytes == 8, std::uint64_t,
                                  std::conditional_t<kWordBytes == 4, std::uint32_t, std::uint8_t>>;
  static constexpr std::size_t kWords = sizeof(T) / kWordBytes;
  using Words = std::array<Word, kWords>;

 public:
  Relaxed() : Relaxed(T{}) {}
  Relaxed(T value) { store(value); }
  Relaxed(const Relaxed& other) : Relaxed(other.get()) {}
  Relaxed& operator=(const Relaxed& other) { return *this = other.get(); }
  Relaxed& operator=(T value) {
    store(value);
    return *this;
  }
  [[nodiscard]] T get() const { return load(std::make_index_sequence<kWords>{}); }
  operator T() const { return get(); }

  // By whoever may write.
  Relaxed& operator+=(T step) { return *this = get() + step; }
  Relaxed& operator-=(T step) { return *this = get() - step; }

 private:
  template <std::size_t... I>
  [[nodiscard]] T load(std::index_sequence<I...>) const {
    return std::bit_cast<T>(Words{words_[I].load(std::memory_order_relaxed)...});
  }
  void store(T value) {
    const auto words = std::bit_cast<Words>(value);
    for (std::size_t i = 0; i < kWords; ++i) words_[i].store(words[i], std::memory_order_relaxed);
  }
  std::array<std::atomic<Word>, kWords> words_;
};

}  // namespace base
