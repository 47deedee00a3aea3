#include <csignal>
#include <thread>

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "app/cli.hpp"
#include "app/commands.hpp"
#include "app/demo.hpp"
#include "app/platform.hpp"
#include "base/json.hpp"

namespace app {
namespace {

// SIGTERM and SIGINT stop the platform; a thread waits for them, so that no handler has to be
// signal-safe. Made before any other thread, so that all inherit the mask.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }
  void watch(Platform& platform) {
    thread_ = std::thread([this, &platform] {
      int got = 0;
      sigwait(&set_, &got);
      platform.stop();
    });
  }
  void end() {
    if (!thread_.joinable()) return;
    pthread_kill(thread_.native_handle(), SIGINT);
    thread_.join();
  }

 private:
  sigset_t set_{};
  std::thread thread_;
};

// Memory of this process holds secrets.
void forbid_core_dumps() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
}

void print_start(const Platform& platform, const std::optional<Demo>& demo, bool as_json) {
  if (as_json) {
    std::string out;
    base::JsonWriter json(out);
    const auto sign_in = [&json](std::string_view name, const DemoSignIn& one) {
      json.key(name);
      json.begin_object();
      json.field("email", one.email);
      json.field("password", one.password);
      json.end_object();
    };
    json.begin_object();
    json.field("url", platform.address());
    if (demo) {
      sign_in("user", demo->user);
      sign_in("operator", demo->operator_user);
    }
    json.end_object();
    fmt::print("{}\n", out);
  } else {
    fmt::print("Redline is at {}\n", platform.address());
    if (demo)
      fmt::print(
          "  sign in   {}   password {}\n  operator  {}   password {}\n"
          "  payments are pretended; no money moves. Ctrl-C stops.\n",
          demo->user.email, demo->user.password, demo->operator_user.email,
          demo->operator_user.password);
  }
  std::fflush(stdout);
}

}  // namespace

int serve_command(const Common& common, bool with_demo) {
  forbid_core_dumps();
  StopSignals signals;
  auto config = configure(common);
  if (!config) return config.error();
  config->mail.to_files = with_demo;
  auto platform = Platform::open(std::move(*config), common.data);
  if (!platform) return report_failure(platform.error());
  std::optional<Demo> demo;
  if (with_demo) {
    auto prepared = prepare_demo(**platform);
    if (!prepared) return report_failure(prepared.error());
    demo = std::move(*prepared);
    (*platform)->when_running([&platform = **platform, account = demo->account] {
      base::start(import_samples(platform, account));
    });
  }
  signals.watch(**platform);
  print_start(**platform, demo, common.json);
  const auto ended = (*platform)->run();
  signals.end();
  return ended ? kDone : report_failure(ended.error());
}

}  // namespace app
