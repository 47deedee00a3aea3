// What is written to people, in plain words. Links carry their secret behind '#', where no server
// and no log sees it.
#pragma once

#include <string>

namespace identity {

struct Letter {
  std::string to;
  std::string subject;
  std::string text;
};

[[nodiscard]] Letter verify_letter(std::string to, const std::string& url,
                                   const std::string& token);
[[nodiscard]] Letter known_address_letter(std::string to, const std::string& url);
[[nodiscard]] Letter reset_letter(std::string to, const std::string& url, const std::string& token);
[[nodiscard]] Letter change_letter(std::string to, const std::string& url,
                                   const std::string& token);
// To the old address, when the new one was confirmed.
[[nodiscard]] Letter old_address_letter(std::string to, const std::string& email,
                                        const std::string& url, const std::string& token);
[[nodiscard]] Letter changed_letter(std::string to, const std::string& email);
[[nodiscard]] Letter password_letter(std::string to);
[[nodiscard]] Letter invitation_letter(std::string to, const std::string& url,
                                       const std::string& team, const std::string& token);

}  // namespace identity
