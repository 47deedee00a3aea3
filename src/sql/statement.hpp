// A prepared statement borrowed from a connection's cache. One thread; ends before its transaction.
//   auto s = tx.prepare("SELECT kind, remaining_ms FROM grants WHERE account_id = $1 AND id = $2");
//   s.bind(2, grant.text());
//   while (s.step()) use(s.text(0), s.integer(1));
// Engine errors are thrown as SqlError (broken infrastructure or a bug) and caught at the store
// boundary by Database; for "insert unless known" use INSERT … ON CONFLICT DO NOTHING and look at
// run().
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <typeindex>
#include <utility>

namespace sql {

class SqlError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What a driver implements. Parameters and columns are numbered as in SQL ($1 …) and from 0
// (columns).
class StatementBackend {
 public:
  virtual ~StatementBackend() = default;
  virtual void bind_integer(int parameter, std::int64_t value) = 0;
  virtual void bind_text(int parameter, std::string_view value) = 0;
  virtual void bind_blob(int parameter, std::span<const std::byte> value) = 0;
  virtual void bind_null(int parameter) = 0;
  virtual bool step() = 0;
  // Ready to be stepped again with the same bindings.
  virtual void reset() = 0;
  // Given back to the connection's cache, without bindings.
  virtual void release() = 0;
  [[nodiscard]] virtual bool is_null(int column) const = 0;
  [[nodiscard]] virtual std::int64_t integer(int column) const = 0;
  [[nodiscard]] virtual std::string_view text(int column) const = 0;
  [[nodiscard]] virtual std::span<const std::byte> blob(int column) const = 0;
  [[nodiscard]] virtual std::int64_t changed_rows() const = 0;
};

class Statement {
 public:
  explicit Statement(StatementBackend& backend) : backend_(&backend) {}
  Statement(Statement&& other) noexcept : backend_(std::exchange(other.backend_, nullptr)) {}
  Statement& operator=(Statement&&) = delete;
  ~Statement() {
    if (backend_ != nullptr) backend_->release();
  }

  Statement& bind(int parameter, std::int64_t value) {
    backend_->bind_integer(parameter, value);
    return *this;
  }
  Statement& bind(int parameter, std::string_view value) {
    backend_->bind_text(parameter, value);
    return *this;
  }
  Statement& bind(int parameter, std::span<const std::byte> value) {
    backend_->bind_blob(parameter, value);
    return *this;
  }
  Statement& bind(int parameter, std::nullopt_t) {
    backend_->bind_null(parameter);
    return *this;
  }
  template <class T>
  Statement& bind(int parameter, const std::optional<T>& value) {
    return value ? bind(parameter, *value) : bind(parameter, std::nullopt);
  }
  // True while there is a row. For INSERT/UPDATE/DELETE call run().
  bool step() { return backend_->step(); }
  // Runs to the end; returns the number of changed rows; ready to be bound again (what is
  // bound stays bound).
  std::int64_t run() {
    while (backend_->step()) {
    }
    const auto changed = backend_->changed_rows();
    backend_->reset();
    return changed;
  }
  [[nodiscard]] bool is_null(int column) const { return backend_->is_null(column); }
  [[nodiscard]] std::int64_t integer(int column) const { return backend_->integer(column); }
  // Valid until the next step(), run() or the statement's end.
  [[nodiscard]] std::string_view text(int column) const { return backend_->text(column); }
  [[nodiscard]] std::span<const std::byte> blob(int column) const { return backend_->blob(column); }

 private:
  StatementBackend* backend_;
};

// One connection of one driver; one thread at a time.
class Connection {
 public:
  virtual ~Connection() = default;
  [[nodiscard]] virtual Statement prepare(std::string_view text) = 0;
  // Several statements without parameters or rows (migrations, BEGIN, COMMIT).
  virtual void execute(std::string_view text) = 0;
  // The same for schema scripts in the common dialect: BIGINT, TEXT, BLOB; the driver translates
  // them to its engine's types.
  virtual void execute_schema(std::string_view script) = 0;
  // BEGIN for the one writer (takes the write lock at once) and for a reader (one snapshot).
  virtual void begin_write() = 0;
  virtual void begin_read() = 0;
  // Inside a transaction: changes nothing, yet makes its commit write to the disk.
  virtual void touch() = 0;
  // Grows with every row that is written and every schema script: the same number twice means that
  // nothing was written in between.
  [[nodiscard]] virtual std::int64_t changes() const = 0;
  // True when the engine has given up the open transaction by itself (disk full, I/O error).
  [[nodiscard]] virtual bool transaction_lost() const = 0;

  // What T knows of the store, kept from one transaction of this connection to the next, at the
  // same place until it is forgotten.
  template <class T>
  [[nodiscard]] T& memory() {
    auto& kept = memory_[std::type_index(typeid(T))];
    if (!kept) kept = std::make_shared<T>();
    return *static_cast<T*>(kept.get());
  }
  // Drivers and lanes call it when what is remembered may not be what is stored: another connection
  // has committed, a command was refused, a transaction was taken back.
  void forget() { memory_.clear(); }

 private:
  std::map<std::type_index, std::shared_ptr<void>> memory_;
};

}  // namespace sql
