#include "agent/agent.h"

#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "agent/config.h"
#include "agent/follower.h"
#include "agent/intake.h"
#include "agent/listener.h"
#include "agent/prune.h"
#include "agent/runner.h"
#include "agent/stop_flag.h"
#include "agent/work_folder.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/replaceable.h"
#include "http/server.h"

namespace esclusa::agent {
namespace {

constexpr auto report_time = std::chrono::seconds(3);  // after the end of the commands

/// Opens the port of webhook mode. Returns its address.
Result<std::string> listen(http::Server& server, const Config& config) {
  const uint16_t port = TRY(server.listen(config.listen_host, config.listen_port));
  const bool is_ipv6 = config.listen_host.contains(':');
  return "http://" + (is_ipv6 ? "[" + config.listen_host + "]" : config.listen_host) + ":" +
         std::to_string(port);
}

/// The memory of the agent holds secrets: none of it is written to a file. The limit also holds for
/// the commands, which may raise it again.
void forbid_core_dumps() {
  rlimit limit{};
  if (getrlimit(RLIMIT_CORE, &limit) != 0) return;
  limit.rlim_cur = 0;
  setrlimit(RLIMIT_CORE, &limit);
}

void say_ready(const Config& config, const std::string& address) {
  const bool pulls = config.mode == Mode::pull;
  std::printf("Agent %s %s/\n", pulls ? "follows" : "listens on",
              pulls ? config.server.c_str() : address.c_str());
  std::fflush(stdout);
  log::info("the agent is ready", {{"url", address}, {"server", config.server}});
}

/// Waits for signals: from when it is made on, before any thread, they are noted.
class Signals {
 public:
  explicit Signals(StopFlag& stop)
      : watcher_(
            [this, &stop] {
              stop.request();
              come_.release();
            },
            [this] {
              is_reload_asked_ = true;
              come_.release();
            }) {}

  /// Returns when the stop is requested; calls `reload` for SIGHUP, also for one that came before.
  void wait(const StopFlag& stop, const std::function<void()>& reload) {
    while (!stop.requested()) {
      if (is_reload_asked_.exchange(false)) {
        reload();
      } else {
        come_.acquire();
      }
    }
  }

 private:
  std::counting_semaphore<> come_{0};
  std::atomic<bool> is_reload_asked_ = false;
  const http::SignalWatcher watcher_;  ///< last: it uses the others
};

/// The settings that count from the next start on, although they are others now.
std::vector<std::string> left_for_a_restart(const Config& now, const Config& next) {
  std::vector<std::string> names;
  if (now.listen_host != next.listen_host || now.listen_port != next.listen_port) {
    names.emplace_back("listen");
  }
  if (now.public_url != next.public_url) names.emplace_back("public_url");
  if (now.work != next.work) names.emplace_back("work");
  if (now.claim_times.claim != next.claim_times.claim) names.emplace_back("claim_time");
  return names;
}

/// Reads the file again. Null if nothing of it can be taken; the log says why.
std::shared_ptr<const Config> read_again(const std::filesystem::path& file, const Config& now) {
  auto next = load_config(file);
  if (!next) {
    log::error("SIGHUP: a mistake in the file; all entries stay as they were",
               {{"error", next.error().message}});
    return nullptr;
  }
  // Entries and secrets of another mode or server would be wrong for the one of now.
  if (now.mode != next->mode || now.server != next->server) {
    log::error("SIGHUP: another `mode` or `server` needs a restart; nothing of the file is taken",
               {{"server", next->server}});
    return nullptr;
  }
  for (const std::string& warning : next->warnings()) log::warning(warning, {});
  for (const std::string& name : left_for_a_restart(now, *next)) {
    log::warning("SIGHUP: the new value of a setting counts from the next start on",
                 {{"setting", name}});
  }
  return std::make_shared<const Config>(*std::move(next));
}

}  // namespace

Result<void> run(const std::filesystem::path& config_file, const Milestones& milestones) {
  StopFlag stop;
  Signals signals(stop);  // comes before any thread is created
  init_crypto();
  forbid_core_dumps();
  const Config config = TRY(load_config(config_file));
  for (const std::string& warning : config.warnings()) log::warning(warning, {});
  WorkFolder work = TRY(WorkFolder::open(config.work));

  Runner* runner_of_events = nullptr;
  auto accept = [&](DeploymentEvent event) { runner_of_events->add(std::move(event)); };
  Listener listener(config, work, accept);
  Intake intake(config, work, accept);
  std::optional<http::Server> server;
  std::string address;
  if (config.mode == Mode::webhook) {
    server.emplace(
        http::Service{.plan =
                          [&](const http::Request& request) {
                            return http::Plan{.answer = [&] { return listener.handle(request); }};
                          },
                      .refuse = [](const auto&, int status) { return Listener::refuse(status); }});
    address = TRY(listen(*server, config));
  }
  Runner runner(config, work, stop, config.public_url.empty() ? address : config.public_url);
  runner_of_events = &runner;
  TRY(runner.recover());
  runner.start();
  Follower follower(config, intake, work.path(), stop);
  if (!server) follower.begin();
  std::jthread hearing([&] { server ? server->run() : follower.run(); });
  Replaceable<Keep> keep(config.keep);
  std::jthread pruning(
      [&] { prune_regularly(work, runner.checkout(), [&] { return *keep.get(); }, stop); });
  say_ready(config, address);
  milestones.ready();

  signals.wait(stop, [&] {
    milestones.reloading();
    if (const auto next = read_again(config_file, config)) {
      if (const auto used = runner.use(next); !used) {
        log::error("SIGHUP: all entries stay as they were", {{"error", used.error().message}});
      } else {
        listener.use(next);
        intake.use(next);
        follower.use(std::make_shared<const client::Api>(next->target()));
        keep.set(std::make_shared<const Keep>(next->keep));
        log::info("SIGHUP: the file was read again", {{"entries", next->rules.size()}});
      }
    }
    milestones.reloaded();
  });
  milestones.stopping();
  log::info("the agent ends", {});
  if (server) server->stop();
  if (!runner.wait_idle(limits::run_kill_after + report_time)) {
    // A thread still waits for a server that does not answer. All that matters is on the disk.
    log::warning("the agent ends with a report still to be made; the next start makes it", {});
    std::fflush(nullptr);
    log::flush();
    std::_Exit(0);
  }
  hearing.join();
  server.reset();  // waits for handlers that still use the runner
  return {};
}

}  // namespace esclusa::agent
