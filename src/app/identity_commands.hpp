// Commands about keys, operators and the audit log; cli.cpp parses the arguments.
#pragma once

#include <string>

#include "app/commands.hpp"

namespace app {

struct KeyArguments {
  std::string account;  // acc_…
  std::string name = "made at the command line";
  std::string scopes;     // separated by commas
  std::int64_t days = 0;  // 0: never ends
};
// A key of the account's owner; printed once.
int key_create_command(const Common& common, const KeyArguments& arguments);
// Every hash of the audit log against its content and the one before.
int audit_verify_command(const Common& common);

}  // namespace app
