// Whatever is done to the log's table, the check finds it and says where.
#include "features/identity/audit_store.hpp"

#include <gtest/gtest.h>

#include "features/identity/identity_fixture.hpp"

namespace identity {
namespace {

constexpr std::int64_t kEntries = 5;
const SealKey kKey{1, 2, 3};

class AuditLog : public testing::Test, public IdentityFixture {
 protected:
  AuditLog() {
    for (int i = 0; i < kEntries; ++i) append("usr_" + std::to_string(i));
  }
  void append(const std::string& actor, const SealKey& key = kKey) {
    write([&](sql::OperatorTx& tx) {
      append_audit(tx, key,
                   {.at = clock.now(),
                    .actor = actor,
                    .action = "denied",
                    .account = "acc_1",
                    .target = "GET /v1/admin/\xC3\x28",  // bytes of a path need not be text
                    .reason = "none",
                    .address = "192.0.2.7"});
    });
  }
  template <class Work>
  void write(Work work) {
    const auto done = base::block_on(
        (*database).write_operator<bool>([&](sql::OperatorTx& tx) -> base::Result<bool> {
          work(tx);
          return true;
        }));
    ASSERT_TRUE(done);
  }
  void run(std::string_view sql) {
    write([&](sql::OperatorTx& tx) { tx.prepare(sql).run(); });
  }
  // "" or "3 changed, 4 missing".
  std::string faults() {
    const auto report = base::block_on((*database).read_operator<AuditReport>(
        [](sql::OperatorTx& tx) -> base::Result<AuditReport> { return verify_audit(tx, kKey); }));
    std::string said;
    for (const auto& fault : report->faults)
      said += (said.empty() ? "" : ", ") + std::to_string(fault.sequence) + ' ' + fault.what;
    return said;
  }
  std::string text_at(const std::string& column, std::int64_t sequence) {
    return *base::block_on((*database).read_operator<std::string>(
        [&](sql::OperatorTx& tx) -> base::Result<std::string> {
          auto select = tx.prepare("SELECT " + column + " FROM audit_log WHERE sequence = $1");
          select.bind(1, sequence);
          return select.step() ? std::string(select.text(0)) : std::string{};
        }));
  }
  void set_text(const std::string& column, std::int64_t sequence, const std::string& value) {
    write([&](sql::OperatorTx& tx) {
      tx.prepare("UPDATE audit_log SET " + column + " = $1 WHERE sequence = $2")
          .bind(1, value)
          .bind(2, sequence)
          .run();
    });
  }
};

TEST_F(AuditLog, IsWholeAsWritten) { EXPECT_EQ(faults(), ""); }

TEST_F(AuditLog, EveryByteOfEveryRowCounts) {
  for (std::int64_t sequence = 1; sequence <= kEntries; ++sequence) {
    for (const std::string column : {"actor", "action", "account_id", "target", "reason", "address",
                                     "previous_hash", "hash"}) {
      const auto was = text_at(column, sequence);
      for (std::size_t at = 0; at <= was.size(); ++at) {
        auto now = was;
        if (at == was.size())
          now += 'x';
        else
          now[at] = static_cast<char>(now[at] ^ 1);
        set_text(column, sequence, now);
        EXPECT_TRUE(faults().contains(std::to_string(sequence) + ' '))
            << column << ' ' << sequence << ' ' << at << ": " << faults();
      }
      set_text(column, sequence, was);
    }
    for (int bit = 0; bit < 52; ++bit) {
      const auto flip = "UPDATE audit_log SET at = (at | " + std::to_string(1LL << bit) +
                        ") - (at & " + std::to_string(1LL << bit) +
                        ") WHERE sequence = " + std::to_string(sequence);
      run(flip);
      EXPECT_EQ(faults(), std::to_string(sequence) + " changed") << bit;
      run(flip);
    }
  }
  EXPECT_EQ(faults(), "");
}

TEST_F(AuditLog, BytesThatAreNoTextCountAsWell) {
  set_text("target", 2, "GET /v1/admin/\xC4\x28");
  EXPECT_EQ(faults(), "2 changed");
}

TEST_F(AuditLog, WordsThatMoveFromOneFieldToTheNextShow) {
  set_text("actor", 3, "usr_2d");
  set_text("action", 3, "enied");
  EXPECT_EQ(faults(), "3 changed");
}

TEST_F(AuditLog, ARemovedRowIsMissing) {
  run("DELETE FROM audit_log WHERE sequence = 3");
  EXPECT_EQ(faults(), "3 missing");
}

TEST_F(AuditLog, TheFirstRowIsMissedToo) {
  run("DELETE FROM audit_log WHERE sequence = 1");
  EXPECT_EQ(faults(), "1 missing");
}

TEST_F(AuditLog, RowsCutOffAtTheEndAreMissedAndStaySoWhenTheLogGoesOn) {
  run("DELETE FROM audit_log WHERE sequence > 3");
  EXPECT_EQ(faults(), "4 missing");
  append("usr_later");
  EXPECT_EQ(faults(), "4 missing");
  run("DELETE FROM audit_log");
  EXPECT_EQ(faults(), "1 missing");
}

TEST_F(AuditLog, RowsThatChangedPlacesShow) {
  run("UPDATE audit_log SET sequence = 9 WHERE sequence = 2");
  run("UPDATE audit_log SET sequence = 2 WHERE sequence = 3");
  run("UPDATE audit_log SET sequence = 3 WHERE sequence = 9");
  EXPECT_EQ(faults(),
            "2 does not follow the one before, 2 changed, 3 does not follow the one before, 3 "
            "changed, 4 does not follow the one before");
}

TEST_F(AuditLog, AnAddedRowShows) {
  write([&](sql::OperatorTx& tx) {
    append_audit(tx, {7}, {.at = clock.now(), .actor = "usr_forger", .action = "denied"});
  });
  EXPECT_EQ(faults(), "7 unsealed");  // another key's seal, and the entry that says so before it
}

// All hashes computed anew, as anybody can: the seal is made with a key that is not in the
// database.
TEST_F(AuditLog, AChainMadeAnewIsNotOurs) {
  run("DELETE FROM audit_log");
  run("DELETE FROM audit_seal");
  for (int i = 0; i < kEntries; ++i) append("usr_forged", {9});
  EXPECT_EQ(faults(), "5 unsealed");
  run("DELETE FROM audit_seal");
  EXPECT_EQ(faults(), "5 unsealed");
  append("usr_later");
  EXPECT_EQ(text_at("action", 6), "audit_unsealed");
}

}  // namespace
}  // namespace identity
