// The worker as a program of its own, for tests: worker_process worker --fd N.
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "worker/worker.hpp"

int main(int argc, char** argv) {
  if (argc != 4 || std::string_view{argv[1]} != "worker" || std::string_view{argv[2]} != "--fd")
    return EXIT_FAILURE;
  const std::string_view number(argv[3]);
  int fd = -1;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), fd);
  if (error != std::errc{} || end != number.data() + number.size()) return EXIT_FAILURE;
  return worker::run(fd);
}
