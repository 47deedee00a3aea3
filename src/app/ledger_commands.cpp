#include "app/ledger_commands.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "app/cli.hpp"
#include "app/store.hpp"
#include "app/tariff_text.hpp"
#include "base/json.hpp"
#include "base/task.hpp"
#include "features/ledger/export.hpp"
#include "features/ledger/ledger_json.hpp"
#include "features/ledger/what_if.hpp"

namespace app {
namespace {

using OpenedStore = std::expected<std::unique_ptr<Store>, int>;

OpenedStore open_for(const Common& common, StoreUse use) {
  auto config = configure(common);
  if (!config) return std::unexpected(config.error());
  auto store = open_store(std::move(*config), common.data, use);
  if (!store) return std::unexpected(report_failure(store.error()));
  if (const auto loaded = base::block_on((*store)->ledger->load_tariffs(false)); !loaded)
    return std::unexpected(report_failure(loaded.error()));
  return std::move(*store);
}

std::optional<base::AccountId> account_of(const std::string& text) {
  const auto id = base::AccountId::parse(text);
  if (!id) fmt::print(stderr, "redline: '{}' is no account id (acc_…)\n", text);
  return id;
}

void print_grants(const std::vector<ledger::StoredGrant>& grants) {
  std::string out;
  base::JsonWriter json(out);
  json.begin_array();
  for (const auto& grant : grants) ledger::append_grant(json, grant);
  json.end_array();
  fmt::print("{}\n", out);
}

void print_grant(const ledger::StoredGrant& grant) {
  fmt::print("{}  available {} ms, held {} ms, used {} ms, revoked {} ms\n", grant.id.text(),
             grant.available.count(), grant.held.count(), grant.consumed.count(),
             grant.revoked.count());
}

std::expected<std::string, int> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (file && file.good()) return text.str();
  fmt::print(stderr, "redline: {} cannot be read\n", path);
  return std::unexpected(kEnvironmentFailed);
}

int print_faults(const std::vector<std::string>& faults, bool as_json, std::string_view good) {
  if (as_json) {
    std::string out;
    base::JsonWriter json(out);
    json.begin_object();
    json.field("ok", faults.empty());
    json.key("faults");
    json.begin_array();
    for (const auto& fault : faults) json.value(fault);
    json.end_array();
    json.end_object();
    fmt::print("{}\n", out);
  } else {
    for (const auto& fault : faults) fmt::print("fault       {}\n", fault);
    if (faults.empty()) fmt::print("{}\n", good);
  }
  return faults.empty() ? kDone : kFoundWrong;
}

base::Result<ledger::Tariff> tariff_of(const std::string& words, const ledger::Tariff& current) {
  if (!std::filesystem::is_regular_file(words)) return parse_tariff(words, current);
  const auto text = read_file(words);
  if (!text) return base::fail_internal(words + " cannot be read");
  return parse_tariff(*text, current);
}

void print_tariff(const ledger::TariffVersion& version, bool as_json) {
  if (as_json) {
    std::string out;
    base::JsonWriter json(out);
    ledger::append_tariff(json, version);
    return fmt::print("{}\n", out);
  }
  const auto& tariff = version.tariff;
  fmt::print("{:>3}  from {}  idle_gap_ms={} min_proof_ms={} concurrency={} max_parallel={}  {}\n",
             tariff.version, base::format_rfc3339(version.applies_from),
             std::chrono::floor<base::Millis>(tariff.idle_gap).count(),
             std::chrono::floor<base::Millis>(tariff.min_proof).count(),
             ledger::concurrency_name(tariff.concurrency), tariff.max_parallel, version.reason);
}

int print_report(const ledger::VerifyReport& report, bool as_json) {
  std::string out;
  base::JsonWriter json(out);
  json.begin_object();
  json.field("ok", report.ok);
  json.field("entries", report.entries);
  json.field("accounts", report.accounts);
  json.field("grants", report.grants);
  json.field("runs", report.runs);
  json.field("issued_ms", report.issued.count());
  json.field("available_ms", report.available.count());
  json.field("held_ms", report.held.count());
  json.field("consumed_ms", report.consumed.count());
  json.field("expired_ms", report.expired.count());
  json.field("revoked_ms", report.revoked.count());
  json.field("chain_end", ledger::hash_text(report.chain_end));
  json.field("state_hash", ledger::hash_text(report.state_hash));
  json.key("faults");
  json.begin_array();
  for (const auto& fault : report.faults) json.value(fault);
  json.end_array();
  json.end_object();
  if (as_json) {
    fmt::print("{}\n", out);
  } else {
    for (const auto& fault : report.faults) fmt::print("fault       {}\n", fault);
    fmt::print(
        "{}\nentries     {}\naccounts    {}\ngrants      {}\nruns        {}\nissued      {} "
        "ms\nconsumed    {} "
        "ms\navailable   {} ms\nstate hash  {}\n",
        report.ok ? "The ledger agrees with its journal."
                  : "THE LEDGER DOES NOT AGREE WITH ITS JOURNAL.",
        report.entries, report.accounts, report.grants, report.runs, report.issued.count(),
        report.consumed.count(), report.available.count(), ledger::hash_text(report.state_hash));
  }
  return report.ok ? kDone : kFoundWrong;
}

}  // namespace

int ledger_verify_command(const Common& common) {
  const auto store = open_for(common, StoreUse::beside);
  if (!store) return store.error();
  const auto report = base::block_on((*store)->ledger->verify());
  if (!report) return report_failure(report.error());
  return print_report(*report, common.json);
}

int ledger_replay_command(const Common& common, const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    fmt::print(stderr, "redline: {} cannot be read\n", file);
    return kEnvironmentFailed;
  }
  const auto store = open_for(common, StoreUse::alone);
  if (!store) return store.error();
  const auto report = base::block_on((*store)->ledger->replay(in));
  if (report) return print_report(*report, common.json);
  report_failure(report.error());
  return report.error().reason == "export_broken" ? kFoundWrong : kBadUsage;
}

int account_hold_command(const Common& common, const GrantOrder& order, bool held) {
  const auto account = account_of(order.account);
  if (!account) return kBadUsage;
  const auto store = open_for(common, StoreUse::alone);
  if (!store) return store.error();
  const auto grants =
      base::block_on((*store)->ledger->hold_account(*account, held, {{}, order.reason, "cli"}));
  if (!grants) return report_failure(grants.error());
  if (common.json)
    print_grants(*grants);
  else
    for (const auto& grant : *grants) print_grant(grant);
  return kDone;
}

int account_adjust_command(const Common& common, const GrantOrder& order) {
  const auto id = base::GrantId::parse(order.grant);
  if (!id) {
    fmt::print(stderr, "redline: '{}' is no grant id (grt_…)\n", order.grant);
    return kBadUsage;
  }
  const auto store = open_for(common, StoreUse::alone);
  if (!store) return store.error();
  const auto grant = base::block_on((*store)->ledger->change(*id, ledger::GrantChange::adjust,
                                                             std::chrono::seconds{order.seconds},
                                                             {{}, order.reason, "cli"}));
  if (!grant) return report_failure(grant.error());
  if (common.json)
    print_grants({*grant});
  else
    print_grant(*grant);
  return kDone;
}

int account_explain_command(const Common& common, const std::string& account, std::string month) {
  const auto id = account_of(account);
  if (!id) return kBadUsage;
  const auto store = open_for(common, StoreUse::beside);
  if (!store) return store.error();
  if (month.empty()) month = base::format_rfc3339((*store)->clock.now()).substr(0, 7);
  const auto receipt = base::block_on((*store)->ledger->make_receipt(*id, std::move(month)));
  if (!receipt) return report_failure(receipt.error());
  fmt::print(
      "{}", (*store)->ledger->format_receipt(
                *receipt, common.json ? ledger::ReceiptFormat::json : ledger::ReceiptFormat::text));
  if (receipt->adds_up()) return kDone;
  fmt::print(stderr, "redline: these lines do not add up; run 'redline ledger verify'\n");
  return kFoundWrong;
}

int ledger_export_command(const Common& common, const std::string& file) {
  const auto store = open_for(common, StoreUse::beside);
  if (!store) return store.error();
  auto* const out = file == "-" ? stdout : std::fopen(file.c_str(), "wxe");
  if (out == nullptr) {
    fmt::print(stderr, "redline: {} cannot be written, or is there already\n", file);
    return kEnvironmentFailed;
  }
  bool written = true;
  ledger::ExportWriter writer((*store)->clock.now(), [&](std::string_view line) {
    written = written && std::fwrite(line.data(), 1, line.size(), out) == line.size();
  });
  const auto done = base::block_on(
      (*store)->ledger->each_entry([&](const ledger::Entry& entry) { writer.add(entry); }));
  writer.finish();
  written = (out == stdout ? std::fflush(out) : std::fclose(out)) == 0 && written;
  if (!done) return report_failure(done.error());
  if (!written) {
    fmt::print(stderr, "redline: {} could not be written to the end\n", file);
    return kEnvironmentFailed;
  }
  fmt::print(stderr, "{} entries\n", writer.entries());
  return kDone;
}

int ledger_what_if_command(const Common& common, const std::string& words) {
  const auto store = open_for(common, StoreUse::beside);
  if (!store) return store.error();
  const auto tariff = tariff_of(words, (*store)->ledger->tariff());
  if (!tariff) return report_failure(tariff.error());
  ledger::WhatIf what_if(*tariff);
  const auto done = base::block_on(
      (*store)->ledger->each_entry([&](const ledger::Entry& entry) { what_if.add(entry); }));
  if (!done) return report_failure(done.error());
  const auto report = what_if.finish();
  if (common.json)
    fmt::print(
        "{{\"accounts\":{},\"runs\":{},\"used_ms\":{},\"runs_then\":{},\"used_then_ms\":{}}}\n",
        report.accounts, report.runs, report.used.count(), report.runs_then,
        report.used_then.count());
  else
    fmt::print(
        "{} accounts\nas it was    {:>8} runs  {:>14} ms in use\nwould be     {:>8} runs  "
        "{:>14} ms in use\n",
        report.accounts, report.runs, report.used.count(), report.runs_then,
        report.used_then.count());
  return kDone;
}

int ledger_receipt_command(const Common& common, const ReceiptArguments& arguments) {
  if (!arguments.verify.empty()) {
    const auto file = read_file(arguments.verify);
    if (!file) return file.error();
    if (arguments.exported.empty())
      return print_faults(ledger::check_receipt(*file), common.json,
                          "The receipt is as it was made. With --export it is compared with the "
                          "journal, too.");
    std::ifstream exported(arguments.exported, std::ios::binary);
    if (!exported) {
      fmt::print(stderr, "redline: {} cannot be read\n", arguments.exported);
      return kEnvironmentFailed;
    }
    return print_faults(ledger::check_receipt(*file, exported), common.json,
                        "The receipt agrees with the journal.");
  }
  const auto id = account_of(arguments.account);
  if (!id) return kBadUsage;
  const auto store = open_for(common, StoreUse::beside);
  if (!store) return store.error();
  const auto receipt = base::block_on((*store)->ledger->make_receipt(*id, arguments.month));
  if (!receipt) return report_failure(receipt.error());
  const auto format = arguments.format == "csv"    ? ledger::ReceiptFormat::csv
                      : arguments.format == "html" ? ledger::ReceiptFormat::html
                                                   : ledger::ReceiptFormat::json;
  fmt::print("{}", (*store)->ledger->format_receipt(*receipt, format));
  return kDone;
}

int tariff_list_command(const Common& common) {
  const auto store = open_for(common, StoreUse::beside);
  if (!store) return store.error();
  for (const auto& version : (*store)->ledger->tariff_versions())
    print_tariff(version, common.json);
  return kDone;
}

int tariff_set_command(const Common& common, const std::string& rule, const std::string& from,
                       const std::string& reason) {
  const auto store = open_for(common, StoreUse::alone);
  if (!store) return store.error();
  const auto tariff = tariff_of(rule, (*store)->ledger->tariff());
  if (!tariff) return report_failure(tariff.error());
  std::optional<base::Instant> applies;
  if (!from.empty()) {
    const auto parsed = base::parse_rfc3339(from);
    if (!parsed) return report_failure(parsed.error());
    applies = *parsed;
  }
  const auto made = base::block_on((*store)->ledger->set_tariff(*tariff, applies, reason, "cli"));
  if (!made) return report_failure(made.error());
  print_tariff(*made, common.json);
  return kDone;
}

}  // namespace app
