// The reading half of LedgerService.
#include <algorithm>

#include "features/ledger/burn.hpp"
#include "features/ledger/entry_store.hpp"
#include "features/ledger/grant_store.hpp"
#include "features/ledger/ledger_memory.hpp"
#include "features/ledger/ledger_state.hpp"
#include "features/ledger/low_balance_store.hpp"
#include "features/ledger/replay.hpp"
#include "features/ledger/run_store.hpp"
#include "http/list_cursor.hpp"

namespace ledger {

namespace {

constexpr auto kLast = std::numeric_limits<std::int64_t>::max();

// A cursor is the number of the last row of the page before.
base::Result<std::int64_t> parse_cursor(const PageRequest& page) {
  if (page.limit < 1 || page.limit > 200)
    return base::invalid_field("limit", "limit must be 1 to 200.");
  if (page.cursor.empty()) return kLast;
  if (const auto number = http::parse_number_cursor(page.cursor)) return *number;
  return base::fail(base::ErrorCode::invalid, "invalid_cursor",
                    "The cursor is not one this list gave. Start again without it.");
}

base::Instant from_of(const PageRequest& page) {
  return page.from.value_or(base::from_micros(std::numeric_limits<std::int64_t>::min()));
}
base::Instant to_of(const PageRequest& page) { return page.to.value_or(base::from_micros(kLast)); }

// `rows` holds one more than the page when there is a next page.
template <class Row, class Number>
Page<Row> make_page(std::vector<Row> rows, int limit, Number number) {
  Page<Row> page;
  const auto size = static_cast<std::size_t>(limit);
  if (rows.size() > size) {
    rows.resize(size);
    page.next_cursor = std::to_string(number(rows.back()));
  }
  page.rows = std::move(rows);
  return page;
}

}  // namespace

base::Task<base::Result<Balance>> LedgerService::load_balance(base::AccountId account) {
  return state_->database.read<Balance>(
      account, [now = state_->clock.now()](sql::AccountTx& tx) -> base::Result<Balance> {
        auto balance = ledger::load_balance(tx, now);
        balance.last_run_end = find_last_run_end(tx);
        return balance;
      });
}

base::Task<base::Result<WarningSettings>> LedgerService::load_warnings(base::AccountId account) {
  return state_->database.read<WarningSettings>(
      account, [](sql::AccountTx& tx) -> base::Result<WarningSettings> {
        return load_warning_settings(tx);
      });
}

base::Task<base::Result<WarningSettings>> LedgerService::change_warnings(base::AccountId account,
                                                                         WarningChange change) {
  return state_->database.write<WarningSettings>(
      account, [change](sql::AccountTx& tx) -> base::Result<WarningSettings> {
        const auto settings = changed(load_warning_settings(tx), change);
        save_warning_settings(tx, settings);
        return settings;
      });
}

void LedgerService::forget_warnings(sql::OperatorTx& tx, base::AccountId account) {
  auto own = tx.for_account(account);
  tx.memory<LedgerMemory>().accounts.erase(account);  // knows what was armed
  drop_warnings(own);
}

base::Task<base::Result<std::vector<StoredGrant>>> LedgerService::list_grants(
    base::AccountId account, bool all) {
  return state_->database.read<std::vector<StoredGrant>>(
      account,
      [all,
       now = state_->clock.now()](sql::AccountTx& tx) -> base::Result<std::vector<StoredGrant>> {
        auto grants = list_all_grants(tx);
        // Expired is expired, whether or not the entry has been posted yet.
        if (!all)
          std::erase_if(grants, [now](const StoredGrant& grant) {
            const bool expired = grant.expires_at && *grant.expires_at <= now;
            return (expired || grant.available.count() <= 0) && grant.held.count() <= 0;
          });
        std::ranges::sort(grants, burns_before);
        return grants;
      });
}

base::Task<base::Result<Page<StoredRun>>> LedgerService::list_runs(base::AccountId account,
                                                                   PageRequest page) {
  return state_->database.read<Page<StoredRun>>(
      account, [page = std::move(page)](sql::AccountTx& tx) -> base::Result<Page<StoredRun>> {
        RL_TRY(const auto before, parse_cursor(page));
        auto runs = ledger::list_runs(
            tx, {base::from_micros(before), from_of(page), to_of(page), page.limit + 1});
        return make_page(std::move(runs), page.limit,
                         [](const StoredRun& run) { return base::to_micros(run.span.end); });
      });
}

base::Task<base::Result<StoredRun>> LedgerService::load_run(base::AccountId account,
                                                            base::RunId run) {
  return state_->database.read<StoredRun>(
      account, [run](sql::AccountTx& tx) -> base::Result<StoredRun> {
        auto found = find_run(tx, run);
        if (!found)
          return base::fail(base::ErrorCode::not_found, "not_found", "There is no such run.");
        return *found;
      });
}

base::Task<base::Result<Page<Entry>>> LedgerService::list_entries(base::AccountId account,
                                                                  PageRequest page) {
  return state_->database.read<Page<Entry>>(
      account, [page = std::move(page)](sql::AccountTx& tx) -> base::Result<Page<Entry>> {
        RL_TRY(const auto before, parse_cursor(page));
        auto entries =
            ledger::list_entries(tx, {before, from_of(page), to_of(page), page.limit + 1});
        return make_page(std::move(entries), page.limit,
                         [](const Entry& entry) { return entry.sequence; });
      });
}

base::Task<base::Result<Page<Entry>>> LedgerService::list_entries_for_file(base::AccountId account,
                                                                           PageRequest page,
                                                                           int most) {
  return state_->database.read<Page<Entry>>(
      account, [page = std::move(page), most](sql::AccountTx& tx) -> base::Result<Page<Entry>> {
        RL_TRY(const auto before, parse_cursor(page));
        auto entries = ledger::list_entries(tx, {before, from_of(page), to_of(page), most + 1});
        return make_page(std::move(entries), most,
                         [](const Entry& entry) { return entry.sequence; });
      });
}

base::Task<base::Result<Receipt>> LedgerService::make_receipt(base::AccountId account,
                                                              std::string month) {
  auto parsed = parse_month(month);
  if (!parsed) co_return base::invalid_field("month", "month must be like 2026-11.");
  auto receipt = co_await state_->database.read<Receipt>(
      account, [account, parsed = std::move(*parsed)](sql::AccountTx& tx) -> base::Result<Receipt> {
        ReceiptBuilder builder(account, parsed);
        ledger::each_entry(tx, [&](const Entry& entry) { builder.add(entry); });
        return builder.finish();
      });
  co_return receipt;
}

std::string LedgerService::format_receipt(const Receipt& receipt, ReceiptFormat format) const {
  return ledger::format_receipt(receipt, state_->tariffs(), format);
}

base::Task<base::Result<void>> LedgerService::each_entry(std::function<void(const Entry&)> take) {
  const auto done = co_await state_->database.read_operator<bool>(
      [take = std::move(take)](sql::OperatorTx& tx) -> base::Result<bool> {
        ledger::each_entry(tx, take);
        return true;
      });
  if (!done) co_return std::unexpected(done.error());
  co_return base::Result<void>{};
}

base::Task<base::Result<VerifyReport>> LedgerService::replay(std::istream& in) {
  return state_->database.write_operator<VerifyReport>(
      [&in](sql::OperatorTx& tx) { return replay_export(tx, in); });
}

}  // namespace ledger
