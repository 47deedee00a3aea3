// Bytes to and from one client. The connection above it knows only HTTP, the socket below only
// bytes: the same connection code serves plain TCP, TLS and tests. One virtual call per system
// call.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace http {

// What a transport reports, on the loop's thread, never from inside a call to the transport.
class TransportEvents {
 public:
  // The TLS handshake is over.
  virtual void on_opened(bool ok) = 0;
  // 0: the client sent its last byte, or the connection broke.
  virtual void on_read(std::size_t bytes) = 0;
  // Some of what start_write() was given; 0: the connection broke.
  virtual void on_written(std::size_t bytes) = 0;

 protected:
  ~TransportEvents() = default;
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Called once before anything else.
  virtual void attach(TransportEvents& events) = 0;
  // True when the connection is usable at once, else on_opened() follows.
  virtual bool open() = 0;
  // At most one at a time; `into` stays where it is until on_read().
  virtual void start_read(std::span<char> into) = 0;
  // Sends what goes without waiting; nullopt when the connection broke.
  virtual std::optional<std::size_t> try_write(std::string_view bytes) = 0;
  // At most one at a time; `bytes` stay where they are until on_written().
  virtual void start_write(std::string_view bytes) = 0;
  // No more answers; the client may still send.
  virtual void finish_writing() = 0;
  // What is pending still reports, as broken.
  virtual void close() = 0;
  [[nodiscard]] virtual bool secure() const = 0;
};

}  // namespace http
