// Composes the server: creates every part, top to bottom, and destroys them in the opposite order.

#include "bin/serve.h"

#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <thread>

#include "api/serve.h"
#include "app/administration.h"
#include "app/ref_intents.h"
#include "app/timers.h"
#include "base/landlock.h"
#include "base/limits.h"
#include "base/log.h"
#include "bin/data_folder.h"
#include "bin/data_identity.h"
#include "hooks/worker.h"
#include "http/server.h"
#include "sql/database.h"
#include "store/schema.h"
#include "web/home.h"

namespace esclusa {
namespace {

using namespace std::chrono_literals;

/// After so many looks at the timers of gates, all held deployments are judged again: a reviewer
/// may count again after an unblock.
constexpr int gate_sweep_looks = 60;

/// Calls `work` periodically until it is destroyed, and once more at the end. Changes of the
/// machine's clock do not affect the period.
class Housekeeper {
 public:
  Housekeeper(std::chrono::seconds period, std::function<void()> work)
      : period_(period),
        work_(std::move(work)),
        thread_([this](std::stop_token stop) { run(stop); }) {}

 private:
  void run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      stopped_.wait_for(lock, stop, period_, [] { return false; });
      try {
        work_();
      } catch (const std::exception& exception) {
        log::error("housekeeping failed", {{"error", exception.what()}});
      }
    }
  }
  std::chrono::seconds period_;
  std::function<void()> work_;
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::jthread thread_;
};

http::Response plain(int status, std::string text) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(text)};
}

void print_address(const std::string& url, const DataFolder& data,
                   const std::optional<app::MintedToken>& administrator) {
  std::printf("Esclusa listens on %s\nData: %s\n", url.c_str(), data.path().c_str());
  if (administrator) {
    std::printf("Administrator: admin\nToken (shown once): %s\n",
                administrator->text.reveal().c_str());
  }
  std::fflush(stdout);
}

/// The usual soft limit of 1,024 descriptors would limit connections to that number.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// The address of the listener, for people and for links.
std::string local_url(const ServerSettings& settings, uint16_t port) {
  std::string host = settings.listen_host;
  if (host == "0.0.0.0" || host == "::") host = "localhost";
  if (host.find(':') != host.npos) host = "[" + host + "]";
  const char* scheme = settings.tls_certificate.empty() ? "http://" : "https://";
  return scheme + host + ":" + std::to_string(port);
}

/// Reads the certificate and the key, if TLS is configured, and gives them to the server.
Result<void> load_tls(const ServerSettings& settings, http::Server& server) {
  if (settings.tls_certificate.empty()) return {};
  auto identity = TRY(http::TlsIdentity::load(settings.tls_certificate, settings.tls_key));
  const std::string expires = identity.expires();
  const bool has_expired = identity.has_expired();
  log::write(has_expired ? log::Level::warning : log::Level::info,
             has_expired ? "the TLS certificate has expired" : "the TLS certificate is loaded",
             {{"certificate", settings.tls_certificate}, {"expires", expires}});
  server.use_tls(std::move(identity));
  return {};
}

void reload_tls(const ServerSettings& settings, http::Server& server) {
  if (settings.tls_certificate.empty()) return log::info("SIGHUP: there is nothing to reload");
  if (auto loaded = load_tls(settings, server); !loaded) {
    log::error("the old TLS certificate stays, the new one cannot be used",
               {{"error", loaded.error().message}});
  }
}

/// Opens the socket for OpenSSH's helpers. They run as another user than the server only if
/// `ssh.user` is set: then the permissions of the socket's folder and the check of the peer's user
/// decide who may connect.
Result<void> listen_for_ssh(const ServerSettings& settings, const DataFolder& data,
                            http::Server& server) {
  const auto path = settings.ssh_socket.empty() ? data.ssh_socket() : settings.ssh_socket;
  if (settings.ssh_user.empty()) {
    return server.listen_local(path.string(), 0600, http::Door::ssh);
  }
  errno = 0;
  const passwd* user = getpwnam(settings.ssh_user.c_str());
  if (user == nullptr) {
    return fail(ErrorCode::invalid, "the setting ssh.user is \"" + settings.ssh_user +
                                        "\", but there is no such system user");
  }
  return server.listen_local(path.string(), 0666, http::Door::ssh, {0, geteuid(), user->pw_uid});
}

}  // namespace

Result<void> serve(const ServerSettings& settings) {
  umask(077);
  raise_descriptor_limit();
  std::atomic<bool> stopping = false;
  std::atomic<bool> storage_failed = false;
  http::Server* listening = nullptr;
  std::mutex listening_mutex;
  auto stop = [&] {
    stopping = true;
    std::lock_guard lock(listening_mutex);
    if (listening != nullptr) listening->stop();
  };
  bool reload_asked = false;  // set by a SIGHUP before the server listens
  auto reload = [&] {
    std::lock_guard lock(listening_mutex);
    listening != nullptr ? reload_tls(settings, *listening) : void(reload_asked = true);
  };
  // Comes first, because the threads that are created below must not receive the signals.
  http::SignalWatcher signals(stop, reload);

  DataFolder data = TRY(DataFolder::open(settings.data));
  TRY(check_database(data));
  TRY(data.make());
  const Sealer sealer(data.secret_key());
  auto database = TRY(sql::open_sqlite(
      data.database().string(),
      [&](const std::string&) {
        storage_failed = true;
        stop();
      },
      [&] { data.note_last_change(); }));
  TRY(sql::migrate(*database, store::migrations()));
  TRY(mark_database(*database, data));

  // What the handlers use is created before the server, so that it outlives the last handler.
  // Values that need the port are set once the server listens, before any request is served.
  api::Settings api_settings{
      .external_url = "",
      .external_url_is_fixed = !settings.external_url.empty(),
      .hook_destinations = TRY(core::DestinationPolicy::parse(settings.webhooks_allow)),
      .rate_limits = settings.rate_limits,
      .version = ESCLUSA_VERSION,
      .ssh_repository_hooks = settings.ssh_repository_hooks,
      .ssh_address = settings.ssh_address};
  hooks::Worker worker(*database, sealer, system_now,
                       {api_settings.hook_destinations, settings.webhooks_retry_scale});
  app::TokenUse token_use;
  std::optional<app::Context> context;
  std::optional<api::Api> api;
  std::string& url = api_settings.external_url;
  http::Service service;
  auto plan_here = [](http::Response response) {
    return http::Plan{false, [response = std::move(response)] { return response; }};
  };
  service.plan = [&](const http::Request& request) -> http::Plan {
    if (request.method == "OPTIONS" || request.door == http::Door::ssh) {
      return api->plan(request);
    }
    // API clients get the index of the API, all others a page.
    if (request.door == http::Door::network && request.path() == "/" &&
        !request.headers.find("Accept").value_or("").contains("application/vnd.github")) {
      return plan_here(web::home_page(url, ESCLUSA_VERSION));
    }
    if (request.path() == "/livez") return plan_here(plain(200, "ok\n"));
    if (request.path() == "/readyz") {
      bool ready =
          !stopping && database->read([](sql::Reader& db) { return db.number("select 1") == 1; })
                           .value_or(false);
      return plan_here(ready ? plain(200, "ok\n") : plain(503, "not ready\n"));
    }
    return api->plan(request);
  };
  service.refuse = [&](const http::Request& request, int status) {
    return api->refuse(request, status);
  };
  http::Server server(std::move(service), limits::worker_threads);
  TRY(load_tls(settings, server));
  const uint16_t port = TRY(server.listen(settings.listen_host, settings.listen_port));
  TRY(server.listen_local(data.admin_socket().string(), 0600, http::Door::local_admin));
  TRY(listen_for_ssh(settings, data, server));
  url = settings.external_url.empty() ? local_url(settings, port) : settings.external_url;

  context.emplace(app::Context{.database = *database,
                               .sealer = sealer,
                               .now = system_now,
                               .boot_now = boot_now,
                               .event_urls = {url, url, settings.ssh_address},
                               .repositories_directory = data.repositories(),
                               .committed =
                                   [&](app::Topics topics) {
                                     if (topics.deliveries) worker.wake();
                                     if (topics.events) api->wake_streams();
                                   },
                               .token_use = token_use});
  api.emplace(*context, api_settings);
  // Before any request is served, settle what a crash left undone between git and the database.
  app::settle_left_intents(*context, 0s);
  app::release_due(*context, true);
  Housekeeper housekeeper(5s, [&] {
    token_use.flush(*database);
    app::settle_left_intents(*context, limits::ref_intent_time);
  });
  Housekeeper gate_timer(limits::gate_timer_every, [&, looks = 0]() mutable {
    app::release_due(*context, ++looks % gate_sweep_looks == 0);
  });

  print_address(url, data, TRY(app::create_first_administrator(*context)));
  log::info("started", {{"version", ESCLUSA_VERSION}, {"url", url}, {"data", data.path().c_str()}});
  if (landlock_version() == 0) {
    log::warning("this kernel has no Landlock of version 2 or later: git is not confined");
  }
  {
    std::lock_guard lock(listening_mutex);
    listening = &server;
    if (reload_asked) reload_tls(settings, server);
    if (stopping) server.stop();
  }
  server.run();
  {
    std::lock_guard lock(listening_mutex);
    listening = nullptr;
  }
  log::info("stopped");
  if (storage_failed) return fail(ErrorCode::unavailable, "the storage failed; start again");
  return {};
}

}  // namespace esclusa
