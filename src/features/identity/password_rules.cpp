#include "features/identity/password_rules.hpp"

#include <algorithm>
#include <array>

namespace identity {
namespace {

// Ten characters and more, from the top of every leaked list; compared in lower case.
constexpr auto kWorst = std::to_array<std::string_view>({
    "1234567890",       "12345678910",   "0123456789",       "0987654321",
    "9876543210",       "1234567891",    "123456789a",       "a123456789",
    "123456789q",       "q123456789",    "1q2w3e4r5t",       "1q2w3e4r5t6y",
    "q1w2e3r4t5",       "q1w2e3r4t5y6",  "1qaz2wsx3edc",     "zaq12wsxcde3",
    "qwertyuiop",       "qwertyuiop1",   "qwertyuiop123",    "qwerty1234",
    "qwerty12345",      "qwerty123456",  "1234qwerty",       "123456qwerty",
    "qwertyqwerty",     "asdfghjkl1",    "asdfghjkl;",       "asdfasdfasdf",
    "zxcvbnm123",       "zxcvbnm1234",   "password12",       "password123",
    "password1234",     "password12345", "password!1",       "password1!",
    "passwordpassword", "passw0rd123",   "p@ssw0rd123",      "p@ssword123",
    "mypassword",       "mypassword1",   "newpassword",      "thepassword",
    "changeme123",      "changemenow",   "letmein123",       "letmein1234",
    "welcome123",       "welcome1234",   "administrator",    "admin12345",
    "admin123456",      "adminadmin",    "administrator1",   "iloveyou12",
    "iloveyou123",      "iloveyou1234",  "iloveyouforever",  "sunshine123",
    "princess123",      "football123",   "baseball123",      "superman123",
    "batman1234",       "dragon1234",    "monkey1234",       "michael123",
    "liverpool1",       "liverpool123",  "chelsea123",       "manchester",
    "abcdefghij",       "abcdefghijk",   "abcd123456",       "abc1234567",
    "abc123abc123",     "abcdef1234",    "aaaaaaaaaa",       "1111111111",
    "0000000000",       "2222222222",    "5555555555",       "6666666666",
    "7777777777",       "8888888888",    "9999999999",       "1212121212",
    "1231231231",       "123123123123",  "1122334455",       "112233445566",
    "0123456789a",      "123qwe123qwe",  "qweasdzxc123",     "test123456",
    "testtesttest",     "secret1234",    "trustno1trustno1", "correcthorsebatterystaple",
});

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

std::optional<std::string> password_fault(std::string_view password) {
  if (count_characters(password) < kMinPasswordCharacters) return "needs at least 10 characters";
  if (password.size() > kMaxPasswordBytes) return "is longer than 1024 bytes";
  std::string folded(password);
  std::ranges::transform(folded, folded.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  if (std::ranges::find(kWorst, folded) != kWorst.end())
    return "is one of the passwords everybody tries first; choose another";
  return std::nullopt;
}

}  // namespace identity
