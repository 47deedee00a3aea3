#include "worker/worker.hpp"

#include <unistd.h>

#include <cstdio>

#include "worker/channel.hpp"
#include "worker/orders.hpp"
#include "worker/sandbox.hpp"
#include "worker/session.hpp"

namespace worker {
namespace {

// DuckDB may use this share of the process's memory; the rest is for what it does not count.
constexpr std::int64_t kEngineShare = 60;

int refuse(Channel& channel, const base::Error& error, int code) {
  channel.send(wire::FrameType::failed, 0, wire::encode_error(error));
  return code;
}

}  // namespace

int run(int fd) {
  Channel channel(fd);
  wire::Frame frame;
  const auto received = channel.receive(frame);
  if (received && !*received) return wire::kExitClean;
  if (!received || frame.type != wire::FrameType::open) return wire::kExitProtocol;
  const auto order = parse_open(frame.payload);
  if (!order) return refuse(channel, order.error(), wire::kExitProtocol);
  const auto confined = confine({.folder = order->folder,
                                 .socket = fd,
                                 .memory_mb = order->memory_mb,
                                 .max_file_mb = order->max_file_mb,
                                 .without_landlock = order->insecure});
  if (!confined) return refuse(channel, confined.error(), wire::kExitSandbox);
  WorkspaceFile file(order->folder, {.memory_mb = order->memory_mb * kEngineShare / 100,
                                     .threads = order->threads,
                                     .temp_mb = order->temp_mb});
  if (const auto opened = file.open(); !opened)
    return refuse(channel, opened.error(), wire::kExitSandbox);
  Session session(channel, file);
  const auto ready = session.catalogue();
  if (!ready) return refuse(channel, ready.error(), wire::kExitSandbox);
  channel.send(wire::FrameType::ready, 0, *ready);
  // Requests may still run: ending the process is what stops them.
  _exit(session.serve());
}

}  // namespace worker
