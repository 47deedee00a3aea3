#include "app/identity_commands.hpp"

#include <fmt/format.h>

#include "app/cli.hpp"
#include "app/identity_setup.hpp"
#include "app/store.hpp"
#include "base/json.hpp"
#include "base/task.hpp"
#include "features/identity/api_key_api.hpp"
#include "features/identity/identity_service.hpp"

namespace app {
namespace {

struct OpenIdentity {
  std::unique_ptr<Store> store;
  std::unique_ptr<identity::IdentityService> identity;
};

std::expected<OpenIdentity, int> open_identity_for_command(const Common& common) {
  auto config = configure(common);
  if (!config) return std::unexpected(config.error());
  OpenIdentity open;
  auto store = open_store(std::move(*config), common.data);
  if (!store) return std::unexpected(report_failure(store.error()));
  open.store = std::move(*store);
  auto options = identity_options(open.store->config, *open.store->folder);
  if (!options) return std::unexpected(report_failure(options.error()));
  options->require_verified_email = false;  // no mail leaves a command
  auto identity =
      identity::IdentityService::open(std::move(*options), {}, *open.store->database,
                                      open.store->clock, open.store->random, *open.store->log);
  if (!identity) return std::unexpected(report_failure(identity.error()));
  open.identity = std::move(*identity);
  return open;
}

void print_audit_report(const identity::AuditReport& report) {
  std::string out;
  base::JsonWriter json(out);
  json.begin_object();
  json.field("ok", report.faults.empty());
  json.field("entries", report.entries);
  json.field("chain_end", report.chain_end);
  json.key("faults");
  json.begin_array();
  for (const auto& fault : report.faults) {
    json.begin_object();
    json.field("sequence", fault.sequence);
    json.field("what", fault.what);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  fmt::print("{}\n", out);
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

}  // namespace

int key_create_command(const Common& common, const KeyArguments& arguments) {
  const auto account = base::AccountId::parse(arguments.account);
  if (!account) {
    fmt::print(stderr, "redline: '{}' is no account id (acc_…)\n", arguments.account);
    return kBadUsage;
  }
  const auto scopes = identity::parse_key_scopes(words_of(arguments.scopes));
  if (!scopes) {
    fmt::print(stderr, "redline: --scopes {}\n", scopes.error().fields.front().message);
    return kBadUsage;
  }
  const auto open = open_identity_for_command(common);
  if (!open) return open.error();
  identity::KeyDraft draft{.name = arguments.name, .scopes = *scopes, .expires_at = {}};
  if (arguments.days > 0)
    draft.expires_at = open->store->clock.now() + std::chrono::days{arguments.days};
  const auto made = base::block_on(open->identity->keys().make_for_owner(*account, draft));
  if (!made) return report_failure(made.error());
  if (common.json) {
    std::string out;
    base::JsonWriter json(out);
    json.begin_object();
    json.field("id", made->key.id.text());
    json.field("secret", made->secret);
    json.end_object();
    fmt::print("{}\n", out);
  } else {
    fmt::print("{}\n", made->secret);
  }
  return kDone;
}

int audit_verify_command(const Common& common) {
  const auto open = open_identity_for_command(common);
  if (!open) return open.error();
  const auto report = base::block_on(open->identity->audit().verify());
  if (!report) return report_failure(report.error());
  const bool whole = report->faults.empty();
  if (common.json) {
    print_audit_report(*report);
  } else if (whole) {
    fmt::print("The audit log is whole.\nentries     {}\nchain end   {}\n", report->entries,
               report->chain_end);
  } else {
    fmt::print("THE AUDIT LOG WAS CHANGED:\n");
    for (const auto& fault : report->faults)
      fmt::print("entry {}: {}\n", fault.sequence, fault.what);
  }
  return whole ? kDone : kFoundWrong;
}

}  // namespace app
