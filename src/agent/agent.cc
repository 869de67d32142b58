#include "agent/agent.h"

#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <thread>

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

}  // namespace

Result<void> run(const std::filesystem::path& config_file, const Milestones& milestones) {
  StopFlag stop;
  const http::SignalWatcher watcher([&] { stop.request(); });  // comes before any thread is created
  init_crypto();
  forbid_core_dumps();
  const Config config = TRY(load_config(config_file));
  for (const std::string& warning : config.warnings()) log::warning(warning, {});
  WorkFolder work = TRY(WorkFolder::open(config.work));

  Runner* runner_of_events = nullptr;
  auto accept = [&](DeploymentEvent event) { runner_of_events->add(std::move(event)); };
  const Listener listener(config, work, accept);
  const Intake intake(config, work, accept);
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
  std::jthread hearing([&] { server ? server->run() : follower.run(); });
  std::jthread pruning([&] { prune_regularly(work, runner.checkout(), config.keep, stop); });
  say_ready(config, address);
  milestones.ready();

  stop.wait();
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
