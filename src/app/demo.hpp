// `serve --demo`: a user and an operator to sign in with, and sample data in the user's workspace.
#pragma once

#include <string>

#include "app/platform.hpp"

namespace app {

struct DemoSignIn {
  std::string email;
  std::string password;  // new at every start
};

struct Demo {
  DemoSignIn user;
  DemoSignIn operator_user;
  base::AccountId account;
};

// Before the server runs: makes the two accounts, or gives the known ones a new password.
[[nodiscard]] base::Result<Demo> prepare_demo(Platform& platform);
// While it runs: imports the sample prices unless they are there. A failure is logged; the demo
// goes on without.
base::Task<void> import_samples(Platform& platform, base::AccountId account);

}  // namespace app
