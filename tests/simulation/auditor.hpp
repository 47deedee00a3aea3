// Stands next to the services, is told what the world did, and reads what the ledger wrote: every
// new journal entry must be what its own model says, and the tables must agree. Throws Breach.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "breach.hpp"
#include "purse.hpp"
#include "sql/statement.hpp"
#include "stretch.hpp"

namespace simulation {

struct AuditRules {
  std::int64_t idle_gap = 60'000'000;  // microseconds
  std::int64_t min_proof = 1'000'000;
};

enum class CommandKind { issue, revoke, hold, release, adjust };

// What somebody asks the ledger to do; the same key is the same command, however often it is sent.
struct Command {
  CommandKind kind = CommandKind::issue;
  std::string account;
  std::string grant_key;
  std::string key;
  std::int64_t amount = 0;  // milliseconds
  int priority = 50;
  std::int64_t expires_at = kNeverExpires;
  // Of an issue whose expiry counts from the instant of its entry.
  std::int64_t expires_after = 0;
};

class Auditor {
 public:
  explicit Auditor(AuditRules rules) : rules_(rules) {}

  // What the world did.
  void sent(const Command& command);
  void acknowledged(const Command& command);
  void proved(const std::string& account, Stretch proof, bool is_request);
  void stream_opened(const std::string& account, std::uint64_t stream, std::int64_t start);
  void stream_closed(const std::string& account, std::uint64_t stream, std::int64_t end);
  void signed_out(const std::string& account, std::int64_t now);
  // The process died: what is not in the ledger by now may be there after the restart, or not.
  void died(std::int64_t now);

  // What the ledger wrote since the last time; `now` is the process's.
  void read_journal(sql::Connection& store, std::int64_t now);
  // After a restart: nothing of what was read before is gone; the rest of the use is lost.
  void recovered(sql::Connection& store, std::int64_t now);
  void compare_tables(sql::Connection& store, const std::string& account);
  void compare_all_tables(sql::Connection& store);
  // Runs that were signed out of, and no others, say so. Everything is in the ledger.
  void expect_goodbyes(sql::Connection& store, const std::string& account);
  // Everything that was proved is in the ledger. `exact`: to the microsecond, every run closed.
  void expect_complete(const std::string& account, std::int64_t now, bool exact);

  [[nodiscard]] std::int64_t available(const std::string& account, std::int64_t now) const;
  // Milliseconds proved until `now` that the ledger does not have.
  [[nodiscard]] std::int64_t unsettled(const std::string& account, std::int64_t now) const;
  [[nodiscard]] std::int64_t remaining(const std::string& account, std::int64_t now) const;
  // The last instant at which a grant of the account changed other than by use.
  [[nodiscard]] std::int64_t last_change(const std::string& account) const;
  // Of a grant with time left; kNeverExpires when there is none.
  [[nodiscard]] std::int64_t next_expiry(std::int64_t after) const;
  [[nodiscard]] const Purse& purse(const std::string& account) const;
  [[nodiscard]] const Stretches& stored(const std::string& account) const;
  [[nodiscard]] std::int64_t billed(const std::string& account) const;
  // Billed or not for want of time.
  [[nodiscard]] std::int64_t used(const std::string& account) const;
  [[nodiscard]] std::int64_t entries() const { return last_sequence_; }
  [[nodiscard]] std::int64_t checks() const { return checks_; }
  [[nodiscard]] std::int64_t runs_billed_ms() const { return billed_ms_; }

 private:
  // Somebody signed out of the run that ended there; `went_on`: then more was proved.
  struct Goodbye {
    std::int64_t end = 0;
    bool went_on = false;
  };
  struct Account {
    Purse purse{};
    Stretches stored{};
    Stretches proofs{};                               // not known to be in the ledger
    std::map<std::uint64_t, std::int64_t> streams{};  // start
    std::optional<std::int64_t> last_end{};  // of what was proved since the process started
    std::vector<Goodbye> goodbyes{};         // since then
    std::set<std::int64_t> goodbye_ends{};   // of runs at any instant at which somebody signed out
    std::set<std::int64_t> armed{};          // levels of the warnings that are due at or below them
    std::int64_t last_change = 0;
    std::int64_t billed = 0;
    std::int64_t unbilled = 0;
    std::int64_t available = 0;  // as the entries say
  };
  struct Entry {
    std::int64_t sequence = 0;
    std::int64_t at = 0;
    std::string kind;
    std::string account;
    std::string grant;
    std::string run;
    std::int64_t amount = 0;
    std::string from;
    std::string to;
    std::int64_t available_after = 0;
    std::string key;
    std::string details;
  };
  struct Due {
    std::string account;
    std::deque<Move> moves;
    bool adds = false;  // time that was not there before
  };
  struct Alert {
    std::int64_t row = 0;
    std::int64_t sequence = 0;  // of the last entry before it
    std::int64_t at = 0;
    std::string account;
    std::int64_t level = 0;
    std::int64_t left = 0;
  };
  // The entries of one settlement so far, and what they must come to.
  struct Settling {
    std::string account;
    std::string run;
    Purse::Split wanted;
    std::map<std::string, std::int64_t> paid{};
    std::int64_t unpaid = 0;
    std::int64_t edges = 0;  // where a millisecond may fall to either side
    bool exact = true;       // nothing that was settled before is charged anew
  };

  [[nodiscard]] Account& account_of(const std::string& id) { return accounts_[id]; }
  [[nodiscard]] const Account& look_at(const std::string& id) const;
  [[nodiscard]] Stretches proven(const Account& account, std::int64_t now) const;
  static void note_use(Account& account);
  void take(const Entry& entry, std::int64_t now);
  void take_due(const Entry& entry);
  void begin_command(const Entry& entry, const Command& command);
  void begin_issue(const Entry& entry, const Command& command);
  void begin_expiry(const Entry& entry);
  void settle(const Entry& entry, std::int64_t now);
  void grow_run(const Entry& entry, std::int64_t now);
  void end_settlement();
  void check_payer(const Entry& entry);
  void apply(const Entry& entry);
  void check_used(const std::string& id) const;
  void read_alerts(sql::Connection& store);
  // Those of before the entry `sequence`.
  void take_alerts(std::int64_t sequence);
  void arm(const std::string& id, std::int64_t at);
  void expect_told(const std::string& id, std::int64_t at) const;
  [[nodiscard]] const Command* command_of(const Entry& entry) const;
  void check_sums(const std::string& id) const;
  void compare_grants(sql::Connection& store, const std::string& id);
  void compare_runs(sql::Connection& store, const std::string& id);

  AuditRules rules_;
  std::map<std::string, Account> accounts_;
  std::map<std::string, Command> commands_;  // by the key of the first entry they make
  std::set<std::string> seen_;               // business keys in the journal
  std::optional<Due> due_;
  std::optional<Settling> settling_;
  bool charged_anew_ = false;  // in this reading
  std::deque<Alert> alerts_;   // not looked at yet
  std::int64_t last_alert_ = 0;
  std::int64_t last_sequence_ = 0;
  std::string last_hash_;
  std::int64_t billed_ms_ = 0;
  std::int64_t checks_ = 0;
};

}  // namespace simulation
