#include "sql/lane_database.hpp"

#include <chrono>

namespace sql {

LaneDatabase::LaneDatabase(const DatabaseOptions& options, std::unique_ptr<Connection> writer)
    : options_(options),
      writes_(options.max_queue),
      reads_(options.max_queue),
      writer_(std::move(writer)) {}

Database::Health LaneDatabase::health() const {
  const std::scoped_lock lock(health_mutex_);
  Health now = health_;
  now.queued = writes_.size() + reads_.size();
  return now;
}

void LaneDatabase::note_damage(std::string words) {
  if (options_.log != nullptr) options_.log->error("database_damaged", {{"detail", words}});
  const std::scoped_lock lock(health_mutex_);
  health_.damage = std::move(words);
}

void LaneDatabase::run_writes(std::vector<Command> commands) {
  for (std::size_t done = 0; done < commands.size();) done += run_group(commands, done);
}

std::size_t LaneDatabase::run_group(std::vector<Command>& commands, std::size_t from) {
  if (!begin()) return finish(commands, from, commands.size(), Outcome::failed);
  auto group = run_together(commands, from);
  if (group.outcome == Outcome::spoiled) {
    roll_back(*writer_);
    // Alone it is refused, and all that was to be taken back is.
    if (commands.size() - from > 1) {
      if (!begin()) return finish(commands, from, commands.size(), Outcome::failed);
      group = run_apart(commands, from);
    }
  }
  for (auto i = from; i < group.next; ++i)
    if (const auto failure = commands[i].failure(); !failure.empty())
      note_failure("database_work_failed", failure);
  if (group.outcome == Outcome::whole && !commit()) group.outcome = Outcome::failed;
  if (group.outcome != Outcome::whole) writer_->forget();
  // After the COMMIT is on disk, and only then, callers hear of it.
  return finish(commands, from, group.next, group.outcome);
}

bool LaneDatabase::begin() {
  try {
    writer_->begin_write();
    return true;
  } catch (const std::exception& broken) {
    note_failure("database_begin_failed", broken.what());
    return false;
  }
}

std::size_t LaneDatabase::finish(std::vector<Command>& commands, std::size_t from, std::size_t to,
                                 Outcome outcome) {
  const base::GatheredPosts together;
  for (auto i = from; i < to; ++i) commands[i].finish(outcome == Outcome::whole);
  return to - from;
}

LaneDatabase::Group LaneDatabase::run_together(std::vector<Command>& commands, std::size_t from) {
  for (auto next = from; next < commands.size(); ++next) {
    const auto before = writer_->changes();
    const bool keep = commands[next].run(*writer_);
    if (!keep) writer_->forget();
    if (writer_->transaction_lost()) return {next + 1, Outcome::failed};
    if (!keep && writer_->changes() != before) return {next + 1, Outcome::spoiled};
  }
  return {commands.size(), Outcome::whole};
}

LaneDatabase::Group LaneDatabase::run_apart(std::vector<Command>& commands, std::size_t from) {
  for (auto next = from; next < commands.size(); ++next)
    if (!run_in_savepoint(commands[next])) return {next + 1, Outcome::failed};
  return {commands.size(), Outcome::whole};
}

bool LaneDatabase::run_in_savepoint(Command& command) {
  try {
    writer_->prepare("SAVEPOINT command").run();
    const bool keep = command.run(*writer_);
    if (!keep) writer_->forget();
    if (writer_->transaction_lost()) return false;
    if (!keep) writer_->prepare("ROLLBACK TO SAVEPOINT command").run();
    writer_->prepare("RELEASE SAVEPOINT command").run();
    return true;
  } catch (const std::exception& broken) {
    note_failure("database_savepoint_failed", broken.what());
    roll_back(*writer_);
    return false;
  }
}

bool LaneDatabase::commit() {
  const auto begun = std::chrono::steady_clock::now();
  try {
    // An empty commit succeeds on a full disk, too: it must not pass for a recovery.
    if (!health().ok) writer_->touch();
    writer_->prepare("COMMIT").run();
  } catch (const std::exception& broken) {
    note_failure("database_commit_failed", broken.what());
    roll_back(*writer_);
    return false;
  }
  const std::scoped_lock lock(health_mutex_);
  health_.ok = true;
  health_.last_commit =
      std::chrono::duration_cast<base::Micros>(std::chrono::steady_clock::now() - begun);
  return true;
}

void LaneDatabase::run_read(Connection& connection, Command& command) {
  try {
    connection.begin_read();
    command.run(connection);
    if (const auto failure = command.failure(); !failure.empty())
      note_failure("database_read_failed", failure);
  } catch (const std::exception& broken) {
    note_failure("database_begin_failed", broken.what());
  }
  roll_back(connection);
  command.finish(true);
}

void LaneDatabase::roll_back(Connection& connection) {
  connection.forget();
  try {
    if (!connection.transaction_lost()) connection.prepare("ROLLBACK").run();
  } catch (const std::exception& broken) {
    note_failure("database_rollback_failed", broken.what());
  }
}

void LaneDatabase::note_failure(std::string_view event, std::string_view detail) {
  if (options_.log != nullptr) options_.log->error(event, {{"detail", detail}});
  // Work that refuses or breaks by itself says nothing about the engine.
  if (event == "database_work_failed" || event == "database_read_failed") return;
  const std::scoped_lock lock(health_mutex_);
  health_.ok = false;
  health_.last_error = std::string{detail};
}

}  // namespace sql
