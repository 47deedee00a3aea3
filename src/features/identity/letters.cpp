#include "features/identity/letters.hpp"

#include <fmt/format.h>

namespace identity {

Letter verify_letter(std::string to, const std::string& url, const std::string& token) {
  return {.to = std::move(to),
          .subject = "Confirm your e-mail address",
          .text = fmt::format("Welcome to Redline.\n\nConfirm that this address is yours:\n{}/"
                              "#verify={}\n\nThe link works once, for a day. If you did not sign "
                              "up, do nothing.\n",
                              url, token)};
}

Letter known_address_letter(std::string to, const std::string& url) {
  return {.to = std::move(to),
          .subject = "You already have an account",
          .text = fmt::format("Somebody tried to sign up with this address, which has an account "
                              "already.\n\nIf it was you, sign in: {}/\nIf you forgot the "
                              "password, ask there for a new one. If it was not you, do nothing.\n",
                              url)};
}

Letter reset_letter(std::string to, const std::string& url, const std::string& token) {
  return {.to = std::move(to),
          .subject = "Choose a new password",
          .text = fmt::format("Choose a new password:\n{}/#reset={}\n\nThe link works once, for an "
                              "hour, and ends every session. If you did not ask for it, do "
                              "nothing; your password stays.\n",
                              url, token)};
}

Letter change_letter(std::string to, const std::string& url, const std::string& token) {
  return {.to = std::move(to),
          .subject = "Confirm your new e-mail address",
          .text = fmt::format("Confirm that your account should use this address from now on:\n{}/"
                              "#email={}\n\nThe link works once, for a day.\n",
                              url, token)};
}

Letter old_address_letter(std::string to, const std::string& email, const std::string& url,
                          const std::string& token) {
  return {.to = std::move(to),
          .subject = "Confirm the change of your e-mail address",
          .text = fmt::format("Somebody who is signed in to your account asked that it use {} from "
                              "now on. Confirm that you want this:\n{}/#email={}\n\nThe link works "
                              "once, for a day; the new address gets one as well, and both are "
                              "needed. If it was not you, do nothing and choose a new password.\n",
                              email, url, token)};
}

Letter changed_letter(std::string to, const std::string& email) {
  return {.to = std::move(to),
          .subject = "Your e-mail address was changed",
          .text = fmt::format("Your account now uses {}.\n\nIf this was not you, answer this mail "
                              "at once.\n",
                              email)};
}

Letter password_letter(std::string to) {
  return {.to = std::move(to),
          .subject = "Your password was changed",
          .text =
              "The password of your account was changed, and every other session ended.\n\nIf "
              "this was not you, ask for a new password at once.\n"};
}

Letter invitation_letter(std::string to, const std::string& url, const std::string& team,
                         const std::string& token) {
  return {.to = std::move(to),
          .subject = fmt::format("You are invited to {}", team),
          .text = fmt::format("You are invited to the team {} on Redline.\n\nSign in or sign up "
                              "with this address, then accept:\n{}/#invitation={}\n\nThe link "
                              "works once, for a week.\n",
                              team, url, token)};
}

}  // namespace identity
