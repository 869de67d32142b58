#include "bin/node.h"

#include <sys/resource.h>

#include <algorithm>

#include "api/serve.h"
#include "app/claims.h"
#include "app/deployment_counts.h"
#include "app/key_rotation.h"
#include "app/ref_intents.h"
#include "app/retention.h"
#include "app/row_recoding.h"
#include "app/timers.h"
#include "backup/service.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/supervised.h"
#include "bin/data_identity.h"
#include "bin/database_probe.h"
#include "bin/examination.h"
#include "bin/folder_keys.h"
#include "bin/listeners.h"
#include "bin/metrics_door.h"
#include "bin/retention_figures.h"
#include "bin/root_service.h"
#include "hooks/worker.h"
#include "sql/database.h"
#include "store/schema.h"

namespace esclusa {
namespace {

using namespace std::chrono_literals;

struct Storage {
  std::unique_ptr<DataFolder> folder;
  std::unique_ptr<sql::Database> database;  ///< notes its changes in the folder
};

/// `on_failure` is called when the disk failed under a commit, from another thread.
Result<Storage> open_storage(const ServerSettings& settings, std::function<void()> on_failure) {
  Storage storage{
      std::make_unique<DataFolder>(TRY(DataFolder::open(settings.data, settings.secret_key_file))),
      nullptr};
  DataFolder& folder = *storage.folder;
  TRY(check_database(folder));
  if (folder.is_key_open_to_others()) {
    const std::string file = folder.key_file().string();
    log::warning(file + " can be read by others: chmod 600 " + file);
  }
  TRY(folder.make());
  storage.database = TRY(sql::open_sqlite(
      folder.database().string(),
      [on_failure = std::move(on_failure)](const std::string&) { on_failure(); },
      [&folder] { folder.note_last_change(); },
      settings.has_cache ? sql::Keeping::on : sql::Keeping::off));
  TRY(sql::migrate(*storage.database, store::migrations()));
  TRY(mark_database(*storage.database, folder));
  return storage;
}

/// Where the system allows few descriptors, connections leave enough for git and the database.
http::ServerLimits server_limits() {
  http::ServerLimits limits;
  rlimit descriptors{};
  if (getrlimit(RLIMIT_NOFILE, &descriptors) != 0) return limits;
  constexpr rlim_t kept = 1024;  // of the lanes' threads at most some 4 each
  const rlim_t rest =
      descriptors.rlim_cur > 2 * kept ? descriptors.rlim_cur - kept : descriptors.rlim_cur * 3 / 8;
  limits.connection_count = std::min<size_t>(limits.connection_count, rest);
  if (descriptors.rlim_cur > 2 * kept) return limits;
  for (http::LaneLimits& lane : limits.lanes) {
    lane.threads = std::min<size_t>(lane.threads, std::max<size_t>(descriptors.rlim_cur / 32, 2));
    lane.per_place = std::min(lane.per_place, std::max<size_t>(lane.threads / 2, 1));
  }
  return limits;
}

api::Settings api_settings_of(const ServerSettings& settings,
                              core::DestinationPolicy hook_destinations, Examination& examination) {
  return {.external_url = settings.external_url,
          .external_url_is_fixed = !settings.external_url.empty(),
          .hook_destinations = std::move(hook_destinations),
          .rate_limits = settings.rate_limits,
          .version = ESCLUSA_VERSION,
          .ssh_repository_hooks = settings.ssh_repository_hooks,
          .ssh_address = settings.ssh_address,
          .examiner = &examination};
}

}  // namespace

/// All that a node is made of, in the order in which it is made; it goes in the opposite order.
/// What the handlers use is made before the server, and so outlives its last handler.
struct Node::Parts {
  Parts(const Node& node, Storage opened, core::DestinationPolicy hook_destinations,
        std::optional<Secret> metrics_token)
      : in_force(std::make_shared<const ServerSettings>(node.settings_)),
        storage(std::move(opened)),
        sealer(storage.folder->keys()),
        keys(*storage.folder, sealer),
        examination(node.settings_, storage.folder->database()),
        api_settings(api_settings_of(node.settings_, std::move(hook_destinations), examination)),
        worker(*storage.database, sealer, system_now,
               {api_settings.hook_destinations, node.settings_.webhooks_retry_scale}),
        context{.database = *storage.database,
                .sealer = sealer,
                .now = system_now,
                .boot_now = boot_now,
                .event_urls = {},
                .repositories_directory = storage.folder->repositories(),
                .committed =
                    [this](app::Topics topics) {
                      if (topics.deliveries) worker.wake();
                      if (topics.events) api.wake_streams();
                    },
                .token_use = token_use,
                .keys = &keys},
        gates(context),
        backups({.context = context,
                 .database = storage.folder->database(),
                 .scratch = storage.folder->path(),
                 .made_by = "esclusa " ESCLUSA_VERSION}),
        retention(context, node.settings_.retention, [this] { return backups.is_running(); }),
        row_recoder(context),
        api(context, api_settings),
        probe(*storage.database),
        rows(*storage.database, storage.folder->path(), system_now),
        metrics({.api = api,
                 .worker = worker,
                 .server = server,
                 .database = *storage.database,
                 .rows = rows,
                 .version = ESCLUSA_VERSION,
                 .now = system_now,
                 .threads = [this] { return threads(); }}),
        metrics_door(metrics, api, std::move(metrics_token)),
        server(root_service(
                   api, api_settings.external_url, [this] { return find_hanging(); },
                   [this, &node] { return find_unready(node); }, &metrics_door),
               server_limits()) {
    api_settings.backups = &backups;
    api_settings.retention = &retention;
    metrics.add(std::make_shared<RetentionFigures>(retention.counters()));
  }

  /// Those that are there while requests are served.
  std::vector<const SupervisedThread*> threads() {
    return {&worker.thread(), &*prober, &*housekeeper, &*gate_timer,
            &*counter,        &*pruner, &*recoder,     &rows.thread()};
  }

  /// For `/livez`. Not the prober: that the disk does not answer is for `/readyz`.
  std::optional<std::string> find_hanging() {
    const auto now = Pulse::Clock::now();
    std::string name(api.find_late_thread(now));
    if (log::is_late(now)) name = "log";
    const SupervisedThread* const threads[] = {&worker.thread(), &*housekeeper, &*gate_timer,
                                               &*counter,        &*pruner,      &*recoder};
    for (const SupervisedThread* thread : threads) {
      if (thread->is_late(now)) name = thread->name();
    }
    if (name.empty()) return std::nullopt;
    return "the thread \"" + name + "\" hangs: it has not turned for " +
           std::to_string(limits::loop_turn_time / 1s) + " seconds";
  }

  /// For `/readyz`.
  std::optional<std::string> find_unready(const Node& node) {
    if (node.is_stopping_) return "the server is stopping";
    return probe.fault(Pulse::Clock::now());
  }

  /// Fills in what needs the port, before anything is served.
  void set_url(const std::string& url) {
    api_settings.external_url = url;
    context.event_urls = {url, url, api_settings.ssh_address};
  }

  /// A rotation of the key that a stop has interrupted. While it cannot end, both keys open what
  /// they have sealed.
  void end_rotation() {
    const auto ended = app::resume_rotation(context);
    if (!ended) {
      log::error("the rotation of the key cannot go on; `esclusa secret rotate-key` tries again",
                 {{"error", ended.error().message}});
    } else if (const auto& report = *ended) {
      log::info("a rotation of the key that had been interrupted has ended",
                {{"key", report->key_id}, {"resealed", std::to_string(report->resealed)}});
    }
  }

  /// What a crash left between git and the database, and what came due meanwhile.
  void recover() {
    end_rotation();
    app::settle_left_intents(context, 0s);
    gates.look_at_all();
  }

  void start_timers() {
    probe.look();
    prober.emplace("readiness", every(limits::readiness_every, [this] { probe.look(); }));
    housekeeper.emplace("housekeeper", every(5s, [this] {
                          token_use.flush(*storage.database);
                          api.agents_seen().flush(*storage.database);
                          keys.forget_former(app::KeyKeeper::Clock::now());
                          app::settle_left_intents(context, limits::ref_intent_time);
                        }));
    gate_timer.emplace("gate timer", every(limits::gate_timer_every, [this] {
                         gates.look();
                         app::expire_claims(context);
                       }));
    counter.emplace("block counter", every(1s, [this] {
                      auto counted = app::count_deployments(context, 1);
                      if (counted) return;
                      log::error("deployments cannot be counted",
                                 {{"error", counted.error().message}});
                    }));
    pruner.emplace("retention", [this](const std::stop_token& stop) {
      std::chrono::microseconds rest = 0us;
      while (wait_unless_stopped(stop, std::chrono::ceil<std::chrono::milliseconds>(rest))) {
        rest = retention.step();
      }
    });
    recoder.emplace("row recoder", [this](const std::stop_token& stop) {
      while (wait_unless_stopped(stop, recode())) {
      }
    });
  }

  /// How long to wait until the next step.
  std::chrono::milliseconds recode() {
    const auto wait = row_recoder.step();
    if (wait) return *wait;
    log::error("rows of an earlier version cannot be written in the smaller form",
               {{"error", wait.error().message}});
    return 10s;
  }

  void reload(const ServerSettings& next) {
    ServerSettings taken = *in_force;
    const bool has_tls = !taken.tls_certificate.empty();
    if (has_tls == next.tls_certificate.empty()) {
      log::warning("TLS is switched on or off by the next start", {{"setting", "tls.certificate"}});
    } else if (has_tls && reload_tls(next, server)) {
      taken.tls_certificate = next.tls_certificate;
      taken.tls_key = next.tls_key;
    }
    if (auto token = read_metrics_token(next)) {
      metrics_door.use(*std::move(token));
    } else {
      log::error("the old token of /metrics stays", {{"error", token.error().message}});
    }
    if (const auto allowed = core::DestinationPolicy::parse(next.webhooks_allow)) {
      api_settings.hook_destinations.change_to(*allowed);
    }
    api.use(next.rate_limits);
    taken.trusted_proxies = next.trusted_proxies;
    if (auto used = use_proxies(taken, server); !used) {
      log::error("the old proxies stay trusted", {{"error", used.error().message}});
      taken.trusted_proxies = in_force->trusted_proxies;
    }
    if (!(taken.retention == next.retention)) retention.use(next.retention);
    taken.retention = next.retention;
    in_force = std::make_shared<const ServerSettings>(std::move(taken));
    examination.use(in_force);
  }

  std::shared_ptr<const ServerSettings> in_force;  ///< under the node's mutex
  Storage storage;
  Sealer sealer;
  FolderKeys keys;
  Examination examination;
  api::Settings api_settings;
  hooks::Worker worker;
  app::TokenUse token_use;
  app::Context context;
  app::GateTimer gates;
  backup::Service backups;
  app::Retention retention;
  app::RowRecoder row_recoder;
  api::Api api;
  DatabaseProbe probe;
  DatabaseFigures rows;
  Metrics metrics;
  MetricsDoor metrics_door;
  http::Server server;
  std::optional<SupervisedThread> prober;
  std::optional<SupervisedThread> housekeeper;
  std::optional<SupervisedThread> gate_timer;
  std::optional<SupervisedThread> counter;
  std::optional<MetricsListener> metrics_listener;
  std::optional<SupervisedThread> pruner;
  std::optional<SupervisedThread> recoder;
};

Node::Node(ServerSettings settings) : settings_(std::move(settings)) {}

Node::~Node() = default;

Result<void> Node::open() {
  auto hook_destinations = TRY(core::DestinationPolicy::parse(settings_.webhooks_allow));
  auto metrics_token = TRY(read_metrics_token(settings_));
  Storage storage = TRY(open_storage(settings_, [this] {
    has_storage_failed_ = true;
    stop();
  }));
  data_ = storage.folder->path();
  parts_ = std::make_unique<Parts>(*this, std::move(storage), std::move(hook_destinations),
                                   std::move(metrics_token));
  url_ = TRY(open_listeners(settings_, *parts_->storage.folder, parts_->server));
  if (!settings_.external_url.empty()) url_ = settings_.external_url;
  parts_->set_url(url_);
  TRY(app::count_old_deployments(parts_->context));
  parts_->recover();
  parts_->start_timers();
  if (!settings_.metrics_host.empty()) {
    auto& listener = parts_->metrics_listener.emplace(parts_->metrics);
    const std::string url = TRY(listener.start(settings_.metrics_host, settings_.metrics_port));
    log::info("figures for Prometheus", {{"url", url}});
  }
  first_administrator_ = TRY(app::create_first_administrator(parts_->context));
  return {};
}

Result<void> Node::run() {
  ENSURE(parts_);
  log::info("started", {{"version", ESCLUSA_VERSION}, {"url", url_}, {"data", data_.string()}});
  {
    Lock lock(mutex_);
    serving_ = &parts_->server;
    if (asked_) parts_->reload(*asked_);
    if (is_stopping_) serving_->stop();
  }
  parts_->server.run();
  {
    Lock lock(mutex_);
    serving_ = nullptr;
  }
  parts_->metrics.close();  // what it collects from goes next
  parts_.reset();
  log::info("stopped", {{"data", data_.string()}});
  if (has_storage_failed_) {
    return fail(ErrorCode::unavailable, "the storage failed; start again");
  }
  return {};
}

void Node::stop() {
  is_stopping_ = true;
  Lock lock(mutex_);
  if (serving_ != nullptr) serving_->stop();
}

void Node::reload(const ServerSettings& settings) {
  Lock lock(mutex_);
  serving_ != nullptr ? parts_->reload(settings) : void(asked_ = settings);
}

}  // namespace esclusa
