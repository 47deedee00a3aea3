// What a connection waits for, and since when. One intrusive list per kind: all entries of a list
// have the same timeout, so each list is in order of expiry and a sweep looks only at the fronts.
// No timer per request.
#pragma once

#include <array>
#include <cstdint>

#include "base/time.hpp"

namespace http {

enum class Wait : std::uint8_t {
  nothing,  // the handler works
  head,     // for the rest of a request head, counted from its first byte
  idle,     // for the next request
  body,     // for more of a body
  write,    // for the client to take the answer
  linger,   // for the client to stop sending after a refusal
};
inline constexpr std::size_t kWaitKinds = 6;

class Waiting {
 public:
  Waiting() = default;
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 protected:
  ~Waiting() = default;

 private:
  friend class WaitLists;
  Waiting* previous_ = this;
  Waiting* next_ = this;
  base::Instant since_{};
  Wait kind_ = Wait::nothing;
};

class WaitLists {
 public:
  void insert(Waiting& one, Wait kind, base::Instant now) {
    one.kind_ = kind;
    one.since_ = now;
    Waiting& head = lists_[static_cast<std::size_t>(kind)];
    one.previous_ = head.previous_;
    one.next_ = &head;
    head.previous_->next_ = &one;
    head.previous_ = &one;
  }

  static void remove(Waiting& one) {
    one.previous_->next_ = one.next_;
    one.next_->previous_ = one.previous_;
    one.previous_ = one.next_ = &one;
  }

  // To the end of its (new) list.
  void move(Waiting& one, Wait kind, base::Instant now) {
    if (one.kind_ == kind && one.since_ == now) return;
    remove(one);
    insert(one, kind, now);
  }

  [[nodiscard]] static Wait kind_of(const Waiting& one) { return one.kind_; }

  // The one that waits longest, when it does so since `since` or earlier.
  [[nodiscard]] Waiting* overdue(Wait kind, base::Instant since) {
    Waiting& head = lists_[static_cast<std::size_t>(kind)];
    return head.next_ != &head && head.next_->since_ <= since ? head.next_ : nullptr;
  }

  // Calls `visit` for each; it may remove the one it is given.
  template <class Visit>
  void for_each(Visit visit) {
    for (Waiting& head : lists_)
      for (Waiting* one = head.next_; one != &head;) {
        Waiting* next = one->next_;
        visit(*one);
        one = next;
      }
  }

 private:
  struct Head : Waiting {};
  std::array<Head, kWaitKinds> lists_;
};

}  // namespace http
