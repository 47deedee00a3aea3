#include "features/notify/mailer.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.hpp"
#include "sql/migrations.hpp"
#include "sql/temp_database.hpp"

namespace notify {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::HasSubstr;

base::Task<int> step_of(Mailer& mailer) {
  co_await mailer.step();
  co_return 0;
}

class MailerTest : public testing::Test {
 protected:
  MailerTest() {
    RL_CHECK(base::block_on(sql::migrate(*database_)).has_value(), "migrations apply");
  }
  void queue(const std::string& to) {
    const auto done = base::block_on(
        (*database_).write_operator<bool>([&](sql::OperatorTx& tx) -> base::Result<bool> {
          queue_mail(tx, {.to = to, .subject = "Hello", .text = "One\nTwo\n"}, random_,
                     clock_.now());
          return true;
        }));
    RL_CHECK(done.has_value(), "queued");
    clock_.advance(base::Millis{1});  // mails of one instant have no order
  }
  std::int64_t waiting() {
    return *base::block_on(
        (*database_)
            .read_operator<std::int64_t>(
                [](sql::OperatorTx& tx) -> base::Result<std::int64_t> { return count_mails(tx); }));
  }
  base::Task<base::Result<void>> take(http::MailMessage message) {
    sent_.push_back(message.to);
    if (refusal_) co_return base::fail(*refusal_, "mail_refused", "", "told so");
    co_return base::Result<void>{};
  }
  Mailer mailer() {
    return {{.server = {}, .from = "Redline <redline@example.com>", .folder = {}},
            [this](http::MailMessage message) { return take(std::move(message)); },
            *database_,
            clock_,
            log_};
  }

  sql::TempDatabase database_;
  base::SimulatedClock clock_{base::from_micros(1'795'341'600'000'000)};
  base::SystemRandom random_;
  base::Log log_{{}, clock_};
  std::vector<std::string> sent_;
  std::optional<base::ErrorCode> refusal_;
};

TEST_F(MailerTest, WhatIsSentLeavesTheOutbox) {
  auto mailer = this->mailer();
  queue("ada@example.com");
  queue("bob@example.com");
  base::block_on(step_of(mailer));
  EXPECT_THAT(sent_, testing::ElementsAre("ada@example.com", "bob@example.com"));
  EXPECT_EQ(waiting(), 0);
}

TEST_F(MailerTest, AMailThatFailsIsTriedAgainLessAndLessOftenForADay) {
  auto mailer = this->mailer();
  refusal_ = base::ErrorCode::internal;
  queue("ada@example.com");
  base::block_on(step_of(mailer));
  base::block_on(step_of(mailer));
  EXPECT_EQ(sent_.size(), 1U);
  clock_.advance(minutes{1});
  base::block_on(step_of(mailer));
  EXPECT_EQ(sent_.size(), 2U);
  clock_.advance(minutes{1});
  base::block_on(step_of(mailer));
  EXPECT_EQ(sent_.size(), 2U);
  EXPECT_EQ(waiting(), 1);
  clock_.advance(hours{24});
  base::block_on(step_of(mailer));
  EXPECT_EQ(waiting(), 0);
}

TEST_F(MailerTest, AMailThatIsRefusedForGoodIsGivenUp) {
  auto mailer = this->mailer();
  refusal_ = base::ErrorCode::invalid;
  queue("ada@example.com");
  base::block_on(step_of(mailer));
  EXPECT_EQ(waiting(), 0);
}

TEST_F(MailerTest, WithoutAServerAMailIsAPrivateFile) {
  const auto folder = std::filesystem::path(database_.path()).parent_path() / "outbox";
  Mailer mailer({.server = {}, .from = "redline@example.com", .folder = folder}, *database_, clock_,
                log_);
  queue("ada@example.com");
  base::block_on(step_of(mailer));
  ASSERT_EQ(waiting(), 0);
  const auto file = std::filesystem::directory_iterator(folder)->path();
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  EXPECT_THAT(text.str(), HasSubstr("To: ada@example.com\r\n"));
  EXPECT_THAT(text.str(), HasSubstr("\r\n\r\nOne\r\nTwo\r\n"));
}

TEST(MailText, NoValueAddsAHeaderAndNoLineEndsTheMail) {
  const auto text = http::render_mail({.from = "a@example.com",
                                       .to = "b@example.com",
                                       .subject = "Hi\r\nBcc: c@example.com",
                                       .text = ".\nÄ = ü\n" + std::string(200, 'x'),
                                       .message_id = "1@example.com",
                                       .at = base::from_micros(1'795'341'600'000'000)});
  EXPECT_THAT(text, testing::Not(HasSubstr("\r\nBcc:")));
  EXPECT_THAT(text, testing::Not(HasSubstr("\r\n.\r\n")));
  EXPECT_THAT(text, HasSubstr("Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n"));
  EXPECT_THAT(text, HasSubstr("=C3=84 =3D =C3=BC"));
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find("\r\n", at);
    EXPECT_LE(end - at, 200U);
    at = end + 2;
  }
}

TEST(SmtpUrl, IsReadWholeOrNotAtAll) {
  const auto plain = http::parse_smtp_url("smtp://127.0.0.1:2525");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->port, 2525);
  EXPECT_TRUE(plain->user.empty());
  const auto full = http::parse_smtp_url("smtps://me%40example.com:p%3Ass@mail.example.com");
  ASSERT_TRUE(full);
  EXPECT_TRUE(full->tls);
  EXPECT_EQ(full->port, 465);
  EXPECT_EQ(full->user, "me@example.com");
  EXPECT_EQ(full->password, "p:ss");
  for (const char* url : {"", "smtp://", "http://mail.example.com", "smtp://mail:99999",
                          "smtp://a b", "smtp://:secret@mail", "smtp://%zz:x@mail"})
    EXPECT_FALSE(http::parse_smtp_url(url)) << url;
}

}  // namespace
}  // namespace notify
