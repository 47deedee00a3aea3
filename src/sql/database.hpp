// The system of record. One writer lane with group commit, a pool of readers; SQL text is the
// common dialect of SQLite and PostgreSQL with $1, $2 … parameters, so that a driver is all that
// differs.
//
// write(): `work` runs on the writer's thread in a transaction shared with others; the awaiting
// coroutine resumes only after the COMMIT that holds it reached the disk. When `work` returns an
// error or throws, nothing of it remains; others in the group are not touched, but all of them may
// be run once more from the beginning: what `work` captured must be as good the second time, and
// what it does outside the transaction belongs into after_commit(). A full queue answers
// `overloaded`. read(): `work` runs on a reader's thread in a read transaction and sees a snapshot
// no older than the last commit acknowledged to anybody. Isolation is a type: an AccountTx can only
// run statements whose $1 is the account it was made for (bound by the Tx). OperatorTx is free;
// only files listed in tests/style/allowed.toml may name it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "sql/statement.hpp"

namespace sql {

class AccountTx {
 public:
  // Only Database makes these in production; tests may.
  AccountTx(Connection& connection, base::AccountId account)
      : connection_(connection), account_(account), text_(account.short_text()) {}
  [[nodiscard]] base::AccountId account() const { return account_; }
  // `text` must use $1, which is bound to the account's text id here; the caller binds $2 and up.
  // RL_CHECKs otherwise.
  [[nodiscard]] Statement prepare(std::string_view text);

 private:
  Connection& connection_;
  base::AccountId account_;
  base::IdText text_;
};

class OperatorTx {
 public:
  explicit OperatorTx(Connection& connection) : connection_(connection) {}
  // Prepared once per connection and text. Throws SqlError when the text is wrong (a bug).
  [[nodiscard]] Statement prepare(std::string_view text) { return connection_.prepare(text); }
  // What T knows of the store from earlier transactions of the writer; a new T when nothing may be
  // remembered. It is written when the rows are, and read by who would read them. See Connection.
  template <class T>
  [[nodiscard]] T& memory() {
    return connection_.memory<T>();
  }
  // The same transaction, narrowed to one account.
  [[nodiscard]] AccountTx for_account(base::AccountId account) { return {connection_, account}; }
  // Runs a script of CREATE and ALTER statements (migrations).
  void execute_schema(std::string_view script) { connection_.execute_schema(script); }
  // `work` is called when the COMMIT that holds this transaction reached the disk, on the writer's
  // thread, in order of commits and before the caller resumes; never when it was rolled back. Must
  // be quick and must not throw.
  void after_commit(std::move_only_function<void()> work) {
    after_commit_.push_back(std::move(work));
  }
  [[nodiscard]] std::vector<std::move_only_function<void()>> take_after_commit() {
    return std::move(after_commit_);
  }

 private:
  Connection& connection_;
  std::vector<std::move_only_function<void()>> after_commit_{};
};

struct DatabaseOptions {
  std::string path;  // SQLite file
  int readers = 2;
  std::size_t max_queue = 20'000;
  std::size_t max_group = 1'000;  // commands in one commit
  base::Log* log = nullptr;       // broken work and broken commits are logged here; may be null
  // Nobody else has the file open: what a crash or a disk left of it is looked at first.
  bool alone = false;
};

class Database {
 public:
  // Opens or creates, applies pragmas (WAL, synchronous=FULL, foreign_keys). Migrations are
  // separate: migrate().
  [[nodiscard]] static base::Result<std::unique_ptr<Database>> open(const DatabaseOptions& options);
  virtual ~Database() = default;

  template <class T>
  base::Task<base::Result<T>> write(base::AccountId account,
                                    std::move_only_function<base::Result<T>(AccountTx&)> work);
  template <class T>
  base::Task<base::Result<T>> write_operator(
      std::move_only_function<base::Result<T>(OperatorTx&)> work);
  template <class T>
  base::Task<base::Result<T>> read(base::AccountId account,
                                   std::move_only_function<base::Result<T>(AccountTx&)> work);
  template <class T>
  base::Task<base::Result<T>> read_operator(
      std::move_only_function<base::Result<T>(OperatorTx&)> work);

  // For /health: ok, last commit's duration, queue length.
  struct Health {
    bool ok = true;
    base::Micros last_commit{};
    std::size_t queued = 0;
    std::string last_error;
    std::string damage;  // found when the file was opened, in plain words; empty: none
  };
  [[nodiscard]] virtual Health health() const = 0;

 protected:
  // A command for a lane: `run`, which may be called again, returns false to be taken back;
  // `finish` is called after the commit (true) or when the group could not be committed (false).
  // Both run on the lane's thread.
  struct Command {
    std::move_only_function<bool(Connection&)> run;
    std::move_only_function<void(bool committed)> finish;
    // After run(): what broke, for the log; empty when the work succeeded or refused in an orderly
    // way.
    std::move_only_function<std::string()> failure;
  };
  // False when the queue is full or the database is closing: the command was not taken.
  virtual bool submit_write(Command command) = 0;
  virtual bool submit_read(Command command) = 0;

 private:
  enum class Lane : std::uint8_t { writer, readers };
  // `make_tx(Connection&)` builds the transaction's handle on the lane's thread.
  template <class T, class Tx, class MakeTx>
  base::Task<base::Result<T>> submit(Lane lane, MakeTx make_tx,
                                     std::move_only_function<base::Result<T>(Tx&)> work);
};

}  // namespace sql

#include "sql/database.ipp"
