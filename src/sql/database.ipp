// The typed half of Database: work and its result travel to a lane and back.
#pragma once

namespace sql {

namespace detail {

[[nodiscard]] inline base::Error overloaded() {
  return base::Error{base::ErrorCode::overloaded,
                     "overloaded",
                     "The server has too much to do right now. Please try again in a moment.",
                     "database queue is full or closing",
                     {},
                     {}};
}

template <class Tx, class T>
struct PendingWork {
  std::move_only_function<base::Result<T>(Tx&)> work;
  typename base::Completion<base::Result<T>>::Sender sender;
  std::optional<base::Result<T>> outcome{};
  std::vector<std::move_only_function<void()>> after_commit{};

  PendingWork(std::move_only_function<base::Result<T>(Tx&)> task,
              typename base::Completion<base::Result<T>>::Sender reply)
      : work(std::move(task)), sender(std::move(reply)) {}

  bool run(Tx& tx) {
    try {
      outcome.emplace(work(tx));
    } catch (const std::exception& broken) {
      outcome.emplace(base::fail_internal(std::string{"database work threw: "} + broken.what()));
    }
    if constexpr (std::is_same_v<Tx, OperatorTx>) after_commit = tx.take_after_commit();
    return outcome->has_value();
  }

  void finish(bool committed) {
    if (!outcome) {
      outcome.emplace(base::fail_internal("the transaction could not be begun"));
    } else if (!committed && outcome->has_value()) {
      outcome.emplace(base::fail_internal("the transaction could not be committed"));
    } else if (outcome->has_value()) {
      for (auto& hook : after_commit) hook();
    }
    work = nullptr;  // what it captured ends on the lane, before the caller goes on
    sender.set(std::move(*outcome));
  }

  // What broke, for the log; empty when the work succeeded or refused in an orderly way.
  [[nodiscard]] std::string failure() const {
    const bool broken =
        outcome && !outcome->has_value() && outcome->error().code == base::ErrorCode::internal;
    return broken ? outcome->error().detail : std::string{};
  }
};

struct MakeAccountTx {
  base::AccountId account;
  AccountTx operator()(Connection& connection) const { return {connection, account}; }
};
struct MakeOperatorTx {
  OperatorTx operator()(Connection& connection) const { return OperatorTx{connection}; }
};

}  // namespace detail

template <class T, class Tx, class MakeTx>
base::Task<base::Result<T>> Database::submit(Lane lane, MakeTx make_tx,
                                             std::move_only_function<base::Result<T>(Tx&)> work) {
  base::Completion<base::Result<T>> done;
  auto pending = std::make_shared<detail::PendingWork<Tx, T>>(std::move(work), done.sender());
  Command command{[pending, make_tx](Connection& connection) {
                    Tx tx = make_tx(connection);
                    return pending->run(tx);
                  },
                  [pending](bool committed) { pending->finish(committed); },
                  [pending] { return pending->failure(); }};
  const bool taken =
      lane == Lane::writer ? submit_write(std::move(command)) : submit_read(std::move(command));
  if (!taken) co_return std::unexpected(detail::overloaded());
  base::Result<T> outcome = co_await done;
  co_return outcome;
}

template <class T>
base::Task<base::Result<T>> Database::write(
    base::AccountId account, std::move_only_function<base::Result<T>(AccountTx&)> work) {
  return submit<T, AccountTx>(Lane::writer, detail::MakeAccountTx{account}, std::move(work));
}

template <class T>
base::Task<base::Result<T>> Database::write_operator(
    std::move_only_function<base::Result<T>(OperatorTx&)> work) {
  return submit<T, OperatorTx>(Lane::writer, detail::MakeOperatorTx{}, std::move(work));
}

template <class T>
base::Task<base::Result<T>> Database::read(
    base::AccountId account, std::move_only_function<base::Result<T>(AccountTx&)> work) {
  return submit<T, AccountTx>(Lane::readers, detail::MakeAccountTx{account}, std::move(work));
}

template <class T>
base::Task<base::Result<T>> Database::read_operator(
    std::move_only_function<base::Result<T>(OperatorTx&)> work) {
  return submit<T, OperatorTx>(Lane::readers, detail::MakeOperatorTx{}, std::move(work));
}

}  // namespace sql
