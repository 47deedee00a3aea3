#include "app/cli.hpp"

#include <charconv>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "app/commands.hpp"
#include "app/history.hpp"
#include "app/identity_commands.hpp"
#include "app/ledger_commands.hpp"
#include "app/version.hpp"
#include "worker/worker.hpp"

namespace app {
namespace {

class CommandLine {
 public:
  CommandLine() {
    app_.require_subcommand(1);
    app_.set_help_all_flag("--help-all", "Help of every command");
    add_serve();
    add_small_commands();
    add_account();
    add_account_time();
    add_ledger();
    add_receipt();
    add_tariff();
    add_backup();
    add_history();
    add_token();
    add_identity();
  }

  int run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app_.exit(error) == 0 ? kDone : kBadUsage;
    }
    return exit_code_;
  }

 private:
  CLI::App* command(CLI::App& parent, const char* name, const char* what) {
    auto* made = parent.add_subcommand(name, what);
    made->add_option("--config", common_.config_path,
                     "Configuration file (default: redline.toml if it is there)");
    made->add_option("--data", common_.data, "Data folder")->capture_default_str();
    made->add_flag("--json", common_.json, "One JSON document instead of text");
    return made;
  }

  void add_serve() {
    auto* serve = command(app_, "serve", "Run the server");
    serve->add_option("--listen", listen_, "Address and port; port 0 picks a free one");
    serve->add_flag("--demo", demo_, "Demo sign-ins and sample data; payments on the test page");
    serve->callback([this] {
      if (!listen_.empty()) common_.settings.emplace_back("server.listen", listen_);
      exit_code_ = serve_command(common_, demo_);
    });
  }

  void add_small_commands() {
    command(app_, "check-config", "Print the effective configuration, secrets hidden")
        ->callback([this] { exit_code_ = check_config_command(common_); });
    command(app_, "migrate", "Bring the database up to date")->callback([this] {
      exit_code_ = migrate_command(common_);
    });
    command(app_, "routes", "Print every route: access, metering, cost")->callback([this] {
      exit_code_ = routes_command(common_);
    });
    app_.add_subcommand("version", "Print the version")->callback([] {
      fmt::print("redline {}\n", kVersion);
    });
    auto* bench = command(app_, "bench",
                          "Measurements: cutoff, ledger, limiter, meter, settle, tokens; fill");
    bench->add_option("name", bench_.name, "Which one")->required();
    bench->add_option("--accounts", bench_.accounts, "That fill makes in --data")
        ->capture_default_str();
    bench->add_option("--live", bench_.live, "Of them in use; also for cutoff, meter and settle")
        ->capture_default_str()
        ->check(CLI::Range(100, 1'000'000));
    bench->callback([this] { exit_code_ = bench_command(common_, bench_); });
    auto* worker = app_.add_subcommand("worker", "");
    worker->group("");  // started by the server, not by people
    worker->add_option("--fd", fd_)->required();
    worker->callback([this] { exit_code_ = worker::run(fd_); });
  }

  void add_account() {
    auto* account = app_.add_subcommand("account", "Accounts");
    account->require_subcommand(1);
    auto* create = command(*account, "create", "Make an account; prints its one-time password");
    create->add_option("--email", created_.email, "E-mail address")->required();
    create->add_flag("--operator", created_.is_operator, "With the operator role");
    create->add_option("--role", created_.operator_role, "Of an operator")
        ->check(CLI::IsMember({"support", "finance", "admin"}))
        ->capture_default_str();
    create->callback([this] { exit_code_ = account_create_command(common_, created_); });
    command(*account, "list", "All accounts with their balance")->callback([this] {
      exit_code_ = account_list_command(common_);
    });
    auto* grant = command(*account, "grant", "Give time");
    grant->add_option("--account", account_, "acc_…")->required();
    grant->add_option("--seconds", seconds_, "How much")
        ->required()
        ->check(CLI::Range(1LL, 3'600'000'000LL));
    grant->add_option("--reason", reason_, "Why; kept in the ledger")->required();
    grant->callback(
        [this] { exit_code_ = account_grant_command(common_, account_, seconds_, reason_); });
  }

  void add_account_time() {
    auto* account = app_.get_subcommand("account");
    for (const bool held : {true, false}) {
      auto* hold = command(*account, held ? "hold" : "release",
                           held ? "Put all available time of an account on hold"
                                : "Make the time on hold available again");
      hold->add_option("--account", order_.account, "acc_…")->required();
      hold->add_option("--reason", order_.reason, "Why; kept in the ledger")->required();
      hold->callback([this, held] { exit_code_ = account_hold_command(common_, order_, held); });
    }
    auto* adjust = command(*account, "adjust", "Add time to a grant, or take it away");
    adjust->add_option("--grant", order_.grant, "grt_…")->required();
    adjust->add_option("--seconds", order_.seconds, "How much; below zero takes away")->required();
    adjust->add_option("--reason", order_.reason, "Why; kept in the ledger")->required();
    adjust->callback([this] { exit_code_ = account_adjust_command(common_, order_); });
    auto* explain = command(*account, "explain", "Every line of a month's bill, with its reasons");
    explain->add_option("account", account_, "acc_…")->required();
    explain->add_option("--month", receipt_.month, "Such as 2026-11 (default: this month)");
    explain->callback(
        [this] { exit_code_ = account_explain_command(common_, account_, receipt_.month); });
  }

  void add_ledger() {
    auto* ledger = app_.add_subcommand("ledger", "The ledger");
    ledger->require_subcommand(1);
    command(*ledger, "verify", "Fold the journal, compare every table and hash")->callback([this] {
      exit_code_ = ledger_verify_command(common_);
    });
    auto* exported = command(*ledger, "export", "Write the journal to a file, a line an entry");
    exported->add_option("file", name_, "New file, or - for standard output")->required();
    exported->callback([this] { exit_code_ = ledger_export_command(common_, name_); });
    auto* replay = command(*ledger, "replay",
                           "Bring an export into an empty store; with --tariff say what history "
                           "would have cost");
    auto* file = replay->add_option("file", name_, "Export to bring into the store of --data");
    replay->add_option("--tariff", tariff_, "File, or idle_gap_ms=30000,min_proof_ms=1000")
        ->excludes(file);
    replay->callback([this] {
      if (name_.empty() && tariff_.empty()) throw CLI::RequiredError("an export, or --tariff");
      exit_code_ = tariff_.empty() ? ledger_replay_command(common_, name_)
                                   : ledger_what_if_command(common_, tariff_);
    });
  }

  void add_receipt() {
    auto* receipt =
        command(*app_.get_subcommand("ledger"), "receipt", "Print or check a month's receipt");
    auto* account = receipt->add_option("--account", receipt_.account, "acc_…");
    receipt->add_option("--month", receipt_.month, "Such as 2026-11")->needs(account);
    receipt->add_option("--format", receipt_.format, "json, csv or html")
        ->check(CLI::IsMember({"json", "csv", "html"}));
    auto* verify = receipt->add_option("--verify", receipt_.verify, "A receipt's file to check");
    verify->excludes(account);
    receipt->add_option("--export", receipt_.exported, "The export that it must agree with")
        ->needs(verify);
    receipt->callback([this] {
      if (receipt_.verify.empty() && (receipt_.account.empty() || receipt_.month.empty()))
        throw CLI::RequiredError("--account and --month, or --verify");
      exit_code_ = ledger_receipt_command(common_, receipt_);
    });
  }

  void add_tariff() {
    auto* tariff = app_.add_subcommand("tariff", "Versions of the tariff");
    tariff->require_subcommand(1);
    command(*tariff, "list", "All versions and when each applies")->callback([this] {
      exit_code_ = tariff_list_command(common_);
    });
    auto* set = command(*tariff, "set", "Add a version; runs that are open keep theirs");
    set->add_option("rule", tariff_, "File, or idle_gap_ms=30000,min_proof_ms=1000")->required();
    set->add_option("--from", from_, "RFC 3339 instant (default: now)");
    set->add_option("--reason", reason_, "Why; kept in the ledger")->required();
    set->callback([this] { exit_code_ = tariff_set_command(common_, tariff_, from_, reason_); });
  }

  void add_backup() {
    auto* backup = command(app_, "backup", "Copy database and keys while the server works");
    backup->add_option("folder", name_, "New folder")->required();
    backup->callback([this] { exit_code_ = backup_command(common_, name_); });
    auto* restore = command(app_, "restore", "Bring a backup into an empty data folder");
    restore->add_option("folder", name_, "Folder of a backup")->required();
    restore->callback([this] { exit_code_ = restore_command(common_, name_); });
  }

  void add_history() {
    auto* history = app_.add_subcommand("history", "The usage history");
    history->require_subcommand(1);
    command(*history, "rebuild", "Fill it with the ledger's runs once more")->callback([this] {
      exit_code_ = history_rebuild_command(common_);
    });
  }

  void add_token() {
    auto* token = app_.add_subcommand("token", "Tokens");
    token->require_subcommand(1);
    auto* issue = command(*token, "issue", "Print an access token of an account");
    issue->add_option("--account", account_, "acc_…")->required();
    issue->add_option("--ttl", ttl_, "Such as 15m, 900s or 2h")->capture_default_str();
    issue->callback([this] { issue_token(); });
  }

  void add_identity() {
    auto* key = app_.add_subcommand("key", "API keys");
    key->require_subcommand(1);
    auto* create = command(*key, "create", "Make an API key of an account's owner; prints it once");
    create->add_option("--account", key_.account, "acc_…")->required();
    create->add_option("--scopes", key_.scopes, "Such as data:read,query")->required();
    create->add_option("--name", key_.name, "To tell keys apart")->capture_default_str();
    create->add_option("--days", key_.days, "Until it ends (default: never)")
        ->check(CLI::Range(1LL, 3'650LL));
    create->callback([this] { exit_code_ = key_create_command(common_, key_); });
    auto* audit = app_.add_subcommand("audit", "The audit log");
    audit->require_subcommand(1);
    command(*audit, "verify", "Check every entry's hash")->callback([this] {
      exit_code_ = audit_verify_command(common_);
    });
  }

  void issue_token() {
    std::int64_t amount = 0;
    const auto* end = ttl_.data() + ttl_.size();
    const auto [rest, error] = std::from_chars(ttl_.data(), end, amount);
    const std::string_view unit(rest, end);
    const std::int64_t factor = unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3'600 : 0;
    if (error != std::errc{} || factor == 0 || amount < 1) {
      fmt::print(stderr, "redline: --ttl is a number and s, m or h: 15m\n");
      exit_code_ = kBadUsage;
      return;
    }
    exit_code_ = token_issue_command(common_, account_, amount * factor);
  }

  CLI::App app_{
      "Redline sells data by the hour: a market-data workbench with its own meter, ledger and "
      "till.",
      "redline"};
  Common common_;
  std::string listen_;
  bool demo_ = false;
  std::string name_;
  BenchOptions bench_;
  int fd_ = -1;
  AccountArguments created_;
  KeyArguments key_;
  std::string account_;
  std::int64_t seconds_ = 0;
  std::string reason_;
  GrantOrder order_;
  ReceiptArguments receipt_;
  std::string tariff_;
  std::string from_;
  std::string ttl_ = "15m";
  int exit_code_ = kDone;
};

}  // namespace

int run_cli(int argc, char** argv) { return CommandLine().run(argc, argv); }

}  // namespace app
