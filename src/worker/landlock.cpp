// Landlock: deny every file, TCP port, foreign socket and signal the kernel's version knows about,
// then allow one folder. Numbers are the kernel's ABI, spelt out because Debian 12's header knows
// only the first version.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "worker/sandbox.hpp"

namespace worker {
namespace {

constexpr long kCreateRuleset = 444;
constexpr long kAddRule = 445;
constexpr long kRestrictSelf = 446;
constexpr unsigned kAskVersion = 1;
constexpr int kPathBeneath = 1;

constexpr std::uint64_t kWriteFile = 1ULL << 1U;
constexpr std::uint64_t kReadFile = 1ULL << 2U;
constexpr std::uint64_t kReadDir = 1ULL << 3U;
constexpr std::uint64_t kRemoveDir = 1ULL << 4U;
constexpr std::uint64_t kRemoveFile = 1ULL << 5U;
constexpr std::uint64_t kMakeDir = 1ULL << 7U;
constexpr std::uint64_t kMakeRegular = 1ULL << 8U;
constexpr std::uint64_t kTruncate = 1ULL << 14U;

struct Ruleset {
  std::uint64_t files;
  std::uint64_t tcp;     // since version 4
  std::uint64_t scoped;  // since version 6
};

struct [[gnu::packed]] PathRule {
  std::uint64_t allowed;
  std::int32_t folder;
};

// What a kernel of this version can deny.
Ruleset everything(long version) {
  Ruleset rules{(1ULL << 13U) - 1, 0, 0};
  if (version >= 2) rules.files |= 1ULL << 13U;  // moving between folders
  if (version >= 3) rules.files |= kTruncate;
  if (version >= 5) rules.files |= 1ULL << 15U;  // ioctl on devices
  if (version >= 4) rules.tcp = 3;               // bind, connect
  if (version >= 6) rules.scoped = 3;            // abstract sockets, signals
  return rules;
}

std::size_t ruleset_size(long version) {
  if (version >= 6) return sizeof(Ruleset);
  return version >= 4 ? 2 * sizeof(std::uint64_t) : sizeof(std::uint64_t);
}

std::unexpected<base::Error> broken(const char* step) {
  return base::fail_internal(std::string{"sandbox: landlock "} + step + ": " +
                             std::strerror(errno));
}

}  // namespace

base::Result<void> restrict_files(const std::string& folder, bool without_landlock) {
  const long version = syscall(kCreateRuleset, nullptr, 0, kAskVersion);
  if (version < 1) {
    if (without_landlock) return {};
    return base::fail_internal(
        "sandbox: this kernel has no Landlock (Linux 5.13 or newer, CONFIG_SECURITY_LANDLOCK)");
  }
  const Ruleset rules = everything(version);
  const int ruleset = static_cast<int>(syscall(kCreateRuleset, &rules, ruleset_size(version), 0));
  if (ruleset < 0) return broken("ruleset");
  PathRule rule{};
  rule.allowed = rules.files & (kWriteFile | kReadFile | kReadDir | kRemoveDir | kRemoveFile |
                                kMakeDir | kMakeRegular | kTruncate);
  rule.folder = open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (rule.folder < 0) return broken("folder");
  if (syscall(kAddRule, ruleset, kPathBeneath, &rule, 0) != 0) return broken("rule");
  if (syscall(kRestrictSelf, ruleset, 0) != 0) return broken("restrict");
  close(rule.folder);
  close(ruleset);
  return {};
}

}  // namespace worker
