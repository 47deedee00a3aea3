// Commands about time and its ledger; cli.cpp parses the arguments. What only reads works beside a
// running server, what writes needs the data folder for itself.
#pragma once

#include <string>

#include "app/commands.hpp"

namespace app {

struct GrantOrder {
  std::string account;  // acc_…, or
  std::string grant;    // grt_…
  std::int64_t seconds = 0;
  std::string reason;
};
// hold and release: everything of an account; adjust: one grant, by seconds above or below zero.
int account_hold_command(const Common& common, const GrantOrder& order, bool held);
int account_adjust_command(const Common& common, const GrantOrder& order);
// `month` "2026-11"; empty: the current one.
int account_explain_command(const Common& common, const std::string& account, std::string month);

int ledger_verify_command(const Common& common);
// "-" is standard output.
int ledger_export_command(const Common& common, const std::string& file);
// Into the empty store of --data.
int ledger_replay_command(const Common& common, const std::string& file);
// What history would have cost: `tariff` is a file or "idle_gap_ms=30000,min_proof_ms=1000".
int ledger_what_if_command(const Common& common, const std::string& tariff);

struct ReceiptArguments {
  std::string account;
  std::string month;
  std::string format = "json";
  std::string verify;    // a receipt's file, or
  std::string exported;  // and the export it must agree with
};
int ledger_receipt_command(const Common& common, const ReceiptArguments& arguments);

int tariff_list_command(const Common& common);
// `rule` as of ledger_what_if_command; `from` an RFC 3339 instant or empty: now.
int tariff_set_command(const Common& common, const std::string& rule, const std::string& from,
                       const std::string& reason);

// The database and the keys of --data into a new folder, while the server works; and back into a
// data folder that has no database yet.
int backup_command(const Common& common, const std::string& folder);
int restore_command(const Common& common, const std::string& folder);

}  // namespace app
