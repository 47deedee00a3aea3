#include "http/socket_poll.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include <boost/asio/post.hpp>

#include "http/tcp_transport.hpp"

namespace http {
namespace {

// One end is the transport's, the other the test's.
class Wire final : public TransportEvents {
 public:
  explicit Wire(SocketPoll& poll) {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    far_ = ends[1];
    transport_ = std::make_unique<TcpTransport>(poll, ends[0]);
    transport_->attach(*this);
  }
  ~Wire() { hang_up(); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  void on_opened(bool) override {}
  void on_read(std::size_t bytes) override {
    got_.append(buffer_.data(), bytes);
    ++reads_;
    if (throws_) throw std::runtime_error("as told");
    if (then_) then_();
  }
  void on_written(std::size_t bytes) override { written_.push_back(bytes); }

  void listen(std::size_t room = 64) {
    buffer_.resize(room);
    transport_->start_read(std::span{buffer_});
  }
  void say(std::string_view text) {
    ASSERT_EQ(write(far_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void hang_up() {
    if (far_ >= 0) ::close(far_);
    far_ = -1;
  }
  std::size_t swallow() {
    std::string bytes(1 << 20, '\0');
    const auto size = recv(far_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    return size > 0 ? static_cast<std::size_t>(size) : 0;
  }

  std::unique_ptr<TcpTransport> transport_;
  std::string got_;
  int reads_ = 0;
  std::vector<std::size_t> written_;
  bool throws_ = false;
  std::function<void()> then_;

 private:
  int far_ = -1;
  std::string buffer_;
};

class Batches final : public SocketPoll::Batch {
 public:
  void batch_begins() override {
    EXPECT_FALSE(open_);
    open_ = true;
  }
  void batch_ends() override {
    EXPECT_TRUE(open_);
    open_ = false;
    ++ended_;
  }
  bool open_ = false;
  int ended_ = 0;
};

class SocketPolling : public testing::Test {
 protected:
  SocketPolling() { poll_.start(); }
  ~SocketPolling() override { poll_.close(); }
  void turn() {
    io_.restart();
    while (io_.poll() > 0) io_.restart();
  }
  boost::asio::io_context io_;
  Batches batches_;
  SocketPoll poll_{io_, batches_};
};

TEST_F(SocketPolling, SeveralEventsAreABatchAlsoWhenOneThrows) {
  std::vector<std::unique_ptr<Wire>> wires;
  for (int i = 0; i < 3; ++i) {
    wires.push_back(std::make_unique<Wire>(poll_));
    wires.back()->listen();
  }
  turn();
  batches_.ended_ = 0;
  std::vector<bool> inside;
  for (auto& wire : wires) {
    wire->then_ = [&] { inside.push_back(batches_.open_); };
    wire->say("all at once");
  }
  turn();
  EXPECT_EQ(inside, (std::vector<bool>{true, true, true}));
  EXPECT_EQ(batches_.ended_, 1);
  wires[0]->listen();
  wires[0]->say("alone");
  turn();
  EXPECT_EQ(inside.back(), false);
  for (auto& wire : wires) {
    wire->listen();
    wire->throws_ = true;
    wire->say("again");
  }
  for (int i = 0; i < 4; ++i) {
    try {
      turn();
    } catch (const std::runtime_error&) {
    }
  }
  EXPECT_FALSE(batches_.open_);
  for (auto& wire : wires) EXPECT_TRUE(wire->got_.ends_with("again"));
}

TEST_F(SocketPolling, BytesThatWereThereBeforeAreRead) {
  Wire wire(poll_);
  wire.say("early");
  turn();
  wire.listen();
  EXPECT_EQ(wire.reads_, 0) << "never from inside start_read()";
  turn();
  EXPECT_EQ(wire.got_, "early");
}

TEST_F(SocketPolling, EveryByteArrivesWhateverTheRoom) {
  Wire wire(poll_);
  std::string sent;
  for (int i = 0; i < 50; ++i) {
    const std::string piece(static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
    sent += piece;
    wire.say(piece);
    wire.listen(7);
    turn();
  }
  for (int i = 0; i < 500 && wire.got_.size() < sent.size(); ++i) {
    wire.listen(7);
    turn();
  }
  EXPECT_EQ(wire.got_, sent);
}

TEST_F(SocketPolling, TheEndIsToldOnceBehindTheLastBytes) {
  Wire wire(poll_);
  wire.listen();
  wire.say("last");
  wire.hang_up();
  turn();
  EXPECT_EQ(wire.got_, "last");
  wire.listen();
  turn();
  EXPECT_EQ(wire.reads_, 2);
  EXPECT_EQ(wire.got_, "last");
}

TEST_F(SocketPolling, AWriteThatFindsNoRoomGoesOnWhenThereIsSome) {
  Wire wire(poll_);
  const std::string bytes(4 << 20, 'x');
  const auto first = wire.transport_->try_write(bytes);
  ASSERT_TRUE(first.has_value());
  ASSERT_LT(*first, bytes.size());
  wire.transport_->start_write(std::string_view{bytes}.substr(*first));
  turn();
  EXPECT_TRUE(wire.written_.empty());
  std::size_t taken = 0;
  while (const auto size = wire.swallow()) taken += size;
  EXPECT_EQ(taken, *first);
  turn();
  ASSERT_EQ(wire.written_.size(), 1U);
  EXPECT_GT(wire.written_.front(), 0U);
}

TEST_F(SocketPolling, WhatWasPendingAtACloseIsReportedAsBrokenLater) {
  Wire wire(poll_);
  wire.listen();
  wire.transport_->start_write("x");
  wire.transport_->close();
  EXPECT_EQ(wire.reads_, 0);
  turn();
  EXPECT_EQ(wire.reads_, 1);
  EXPECT_EQ(wire.written_, std::vector<std::size_t>{0});
}

TEST_F(SocketPolling, AClientThatThrowsTakesNothingFromTheOthers) {
  std::vector<std::unique_ptr<Wire>> wires;
  for (int i = 0; i < 8; ++i) {
    wires.push_back(std::make_unique<Wire>(poll_));
    wires.back()->listen();
    wires.back()->throws_ = i % 2 == 0;
  }
  turn();
  for (const auto& wire : wires) wire->say("hello");
  for (int i = 0; i < 16; ++i) {
    try {
      turn();
    } catch (const std::runtime_error&) {
    }
  }
  for (const auto& wire : wires) EXPECT_EQ(wire->got_, "hello");
}

TEST_F(SocketPolling, AsioHasItsTurnThoughBytesKeepComing) {
  Wire wire(poll_);
  bool had_its_turn = false;
  wire.then_ = [&] {
    if (had_its_turn) return;
    if (wire.reads_ == 1) boost::asio::post(io_, [&] { had_its_turn = true; });
    wire.say("again");
    wire.listen();
  };
  wire.listen();
  wire.say("first");
  turn();  // for ever otherwise
  EXPECT_TRUE(had_its_turn);
  EXPECT_GT(wire.reads_, 2) << "further bytes are read without going back to Asio";
}

TEST_F(SocketPolling, PostedWorkComesBeforeFurtherBytes) {
  Wire wire(poll_);
  int reads_before = 0;
  wire.then_ = [&] {
    if (wire.reads_ > 1) return;
    wire.say("again");
    wire.listen();
    poll_.work_comes();
    boost::asio::post(io_, [&] {
      poll_.work_begins();
      reads_before = wire.reads_;
    });
  };
  wire.listen();
  wire.say("first");
  turn();
  EXPECT_EQ(reads_before, 1);
  EXPECT_EQ(wire.reads_, 2);
}

TEST_F(SocketPolling, AnEventForATransportThatIsGoneReachesNoOther) {
  auto gone = std::make_unique<Wire>(poll_);
  gone->listen();
  gone->say("for nobody");
  gone->transport_->close();
  gone.reset();
  Wire next(poll_);  // takes the slot over
  next.listen();
  turn();
  EXPECT_EQ(next.reads_, 0);
}

}  // namespace
}  // namespace http
