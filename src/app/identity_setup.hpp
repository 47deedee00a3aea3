// What the configuration says to the identity feature, and how mail leaves.
#pragma once

#include "app/config.hpp"
#include "app/data_folder.hpp"
#include "features/identity/identity_options.hpp"
#include "features/notify/mailer.hpp"
#include "features/workspace/workspace_service.hpp"

namespace app {

// Errors are for the terminal: a key set that cannot be read.
[[nodiscard]] base::Result<identity::IdentityOptions> identity_options(const Config& config,
                                                                       const DataFolder& folder);

// Mail goes to the server of mail.smtp_url; with --demo and without one to files in outbox/.
[[nodiscard]] bool has_mail(const MailConfig& mail);
[[nodiscard]] notify::MailerOptions mailer_options(const MailConfig& mail,
                                                   const DataFolder& folder);

// Every dataset of an account whose last person left, then its folder: a file keeps what was
// dropped from it until the space is used again.
base::Task<void> empty_workspace(workspace::WorkspaceService& workspace, const DataFolder& folder,
                                 base::Log& log, base::AccountId account);

}  // namespace app
