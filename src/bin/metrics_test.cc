#include "bin/metrics.h"

#include <doctest/doctest.h>

#include <atomic>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <thread>

#include "api/serve.h"
#include "base/text.h"
#include "bin/metrics_door.h"
#include "hooks/worker.h"
#include "store/agents_seen.h"
#include "support/claim_fixture.h"
#include "support/served_repository.h"
#include "support/temp_folder.h"
#include "support/wrapping_database.h"

using namespace esclusa;
using namespace std::chrono_literals;
using test::make_request;
using test::must;

namespace {

/// A database whose reads hang while the test wants it.
class HangingDatabase : public test::WrappingDatabase {
 public:
  explicit HangingDatabase(sql::Database& real) : WrappingDatabase(real) {}
  void hang(bool hangs) {
    hangs_ = hangs;
    hangs_.notify_all();
  }
  std::atomic<int> read_count = 0;

 protected:
  Result<void> do_read(const ReadWork& work) override {
    ++read_count;
    hangs_.wait(true);
    return read_real([&](sql::Reader& db) { work(db); });
  }
  Result<void> do_write(const WriteWork& work) override {
    return write_real([&](sql::Writer& tx) { work(tx); });
  }

 private:
  std::atomic<bool> hangs_ = false;
};

/// The parts of a node that have figures, and what Prometheus would read.
struct Fixture : test::ClaimFixture {
  Fixture() { metrics.add(part); }

  /// The samples, by their name with its labels.
  std::map<std::string, double> scrape() {
    text = *metrics.scrape();
    std::map<std::string, double> samples;
    for (const std::string_view line : split(text, '\n')) {
      if (line.empty() || line.starts_with('#')) continue;
      const size_t at = line.rfind(' ');
      samples[std::string(line.substr(0, at))] = std::strtod(line.data() + at + 1, nullptr);
    }
    return samples;
  }
  http::Plan plan(MetricsDoor& door, const http::Request& request) {
    auto made = door.plan(request);
    REQUIRE(made);
    return *std::move(made);
  }

  /// What another part would add.
  struct Part : prometheus::Collectable {
    std::vector<prometheus::MetricFamily> Collect() const override {
      prometheus::ClientMetric metric;
      metric.gauge.value = 7;
      return {{"esclusa_of_another_part", "A figure.", prometheus::MetricType::Gauge, {metric}}};
    }
  };

  std::string text;
  std::shared_ptr<Part> part = std::make_shared<Part>();
  HangingDatabase hanging{context.database};
  api::Settings settings{.external_url = "http://h", .hook_destinations = {}};
  api::Api api{context, settings};
  hooks::Worker worker{
      context.database,
      test::sealer(),
      system_now,
      {.destinations = core::DestinationPolicy::parse(std::vector<std::string>{}).value()}};
  http::Server server{http::Service{}};
  DatabaseFigures rows{hanging, folder.path(), system_now};
  Metrics metrics{{.api = api,
                   .worker = worker,
                   .server = server,
                   .database = context.database,
                   .rows = rows,
                   .version = "1.2.3",
                   .now = [this] { return now; },
                   .threads =
                       [this] {
                         return std::vector<const SupervisedThread*>{&worker.thread(),
                                                                     &rows.thread()};
                       }}};
};

}  // namespace

TEST_CASE("Metrics: the text has a name, a help and a type for each figure, and values") {
  Fixture fixture;
  fixture.deploy();
  const auto samples = fixture.scrape();
  CHECK(samples.at(R"(esclusa_build_info{version="1.2.3"})") == 1);
  CHECK(samples.at("esclusa_database_up") == 1);
  CHECK(samples.at(R"(esclusa_deployments_created_total{environment_kind="production"})") == 1);
  CHECK(samples.at(R"(esclusa_deployments_created_total{environment_kind="other"})") == 0);
  CHECK(samples.at(
            R"(esclusa_deployments_unfinished{state="none",environment_kind="production"})") == 1);
  CHECK(samples.at(R"(esclusa_deliveries_total{outcome="dead"})") == 0);
  CHECK(samples.at("esclusa_writer_transactions_total") > 0);
  CHECK(samples.at("esclusa_disk_size_bytes") > 0);
  CHECK(samples.at("process_resident_memory_bytes") > 1'000'000);
  CHECK(samples.at("process_open_fds") > 3);
  CHECK(samples.at("process_start_time_seconds") > 1.7e9);
  CHECK(samples.at("esclusa_of_another_part") == 7);
  for (const MetricRow& row : metric_table()) {
    CAPTURE(row.name);
    const bool is_only_with_tls = row.name.starts_with("esclusa_tls_");
    const bool is_only_with_agents = row.name.starts_with("esclusa_agent_");
    const bool is_only_after_requests = row.name.starts_with("esclusa_http_");
    const bool is_here = fixture.text.contains("# TYPE " + std::string(row.name) + " ");
    CHECK(is_here != (is_only_with_tls || is_only_with_agents || is_only_after_requests));
  }
}

TEST_CASE("Metrics: the table's names are well formed, and each has a help of its own") {
  std::set<std::string_view> names, helps;
  const std::regex form("(esclusa|process)_[a-z][a-z_]*");
  for (const MetricRow& row : metric_table()) {
    CAPTURE(row.name);
    CHECK(std::regex_match(std::string(row.name), form));
    CHECK(names.insert(row.name).second);
    CHECK(helps.insert(row.help).second);
    CHECK(row.help.ends_with('.'));
    CHECK(row.series_max > 0);
    const bool is_counter = row.type == prometheus::MetricType::Counter;
    CHECK(row.name.ends_with("_total") == is_counter);
    // One series needs no label, and a label needs more than one series.
    CHECK((row.series_max > 1 || row.name == "esclusa_build_info") == !row.labels.empty());
  }
}

TEST_CASE("Metrics: the series stay within the table, whatever clients ask for and however many") {
  Fixture fixture;
  constexpr int many = 1000;
  for (int i = 0; i < many; ++i) {
    const std::string number = std::to_string(i);
    for (const char* path : {"/nothing/", "/users/nobody-", "/repos/ada/none-", "/orgs/none-"}) {
      fixture.api.serve(make_request("GET", path + number));
    }
    fixture.api.serve(make_request("M" + number, "/"));
  }
  // Every route, by nobody.
  std::set<std::string_view> operations;
  for (const api::Route& route : api::routes()) {
    fixture.api.serve(make_request(std::string(route.method), std::string(route.pattern)));
    operations.insert(route.operation->name);
  }
  for (int i = 0; i < 150; ++i) {
    const auto minted = fixture.mint({"production"}, "agent \"" + std::to_string(i) + "\"");
    must(fixture.write([&](store::Writer& tx) {
      store::note_agent_seen(tx, minted.grant.token.id,
                             {fixture.now, fixture.now, "10.0.0.7", "", "read_events"});
    }));
  }
  const auto samples = fixture.scrape();
  std::map<std::string, std::set<std::string>> series;
  for (const auto& [name, value] : samples) {
    // A histogram's samples are those of one series.
    static const std::regex parts("_(bucket|sum|count)(\\{|$)"), bound(",?le=\"[^\"]*\"");
    std::string family = name.substr(0, name.find('{'));
    std::string labels = std::regex_replace(name.substr(family.size()), bound, "");
    if (labels == "{}") labels.clear();
    for (const char* part : {"_bucket", "_sum", "_count"}) {
      if (family.ends_with(part)) family.resize(family.size() - std::string_view(part).size());
    }
    series[family].insert(labels);
  }
  for (const MetricRow& row : metric_table()) {
    CAPTURE(row.name);
    CHECK(series[std::string(row.name)].size() <= row.series_max);
  }
  CHECK(operations.size() < 300);  // what the table allows
  CHECK(series["esclusa_agent_last_seen_timestamp_seconds"].size() == 100);
  CHECK(samples.at(R"(esclusa_agents{seen="now"})") == 150);  // the others are counted
  CHECK(series["esclusa_http_requests_total"].size() < 3 * operations.size());
  CHECK(samples.size() < 10'000);
  CHECK(fixture.text.find("none-999") == std::string::npos);
}

TEST_CASE("Metrics: while the database hangs a scrape says so, and leaves out only its figures") {
  Fixture fixture;
  REQUIRE(fixture.scrape().contains("esclusa_deliveries_pending"));
  fixture.hanging.hang(true);
  const auto samples = fixture.scrape();
  CHECK(samples.at("esclusa_database_up") == 0);
  CHECK_FALSE(samples.contains("esclusa_deliveries_pending"));
  CHECK_FALSE(samples.contains("esclusa_disk_free_bytes"));
  CHECK(samples.contains("esclusa_writer_waiting"));
  CHECK(samples.contains("process_cpu_seconds_total"));
  fixture.hanging.hang(false);
  std::map<std::string, double> after;
  do {
    after = fixture.scrape();
  } while (after.at("esclusa_database_up") == 0);
  CHECK(after.contains("esclusa_deliveries_pending"));
}

TEST_CASE("Metrics: however many scrape, the database is looked at once at a time") {
  Fixture fixture;
  const int before = fixture.hanging.read_count;
  fixture.hanging.hang(true);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        const auto text = fixture.metrics.scrape();
        CHECK(text->contains("esclusa_database_up 0"));
      });
    }
  }
  fixture.scrape();
  CHECK(fixture.hanging.read_count == before + 1);
  fixture.hanging.hang(false);
}

TEST_CASE("Metrics: after `close` there is no scrape any more") {
  Fixture fixture;
  fixture.metrics.close();
  CHECK(fixture.metrics.scrape()->empty());
}

TEST_CASE(
    "MetricsDoor: without a token the main address has no /metrics, with one it asks for it") {
  Fixture fixture;
  const std::string token = "0123456789abcdef";
  MetricsDoor closed(fixture.metrics, fixture.api, std::nullopt);
  MetricsDoor open(fixture.metrics, fixture.api, Secret(token));
  auto request = make_request("GET", "/metrics");
  CHECK_FALSE(closed.plan(request));
  CHECK_FALSE(open.plan(make_request("POST", "/metrics")));
  CHECK_FALSE(open.plan(make_request("GET", "/metrics/")));
  const auto ask = [&](const std::string& authorization) {
    request.headers.clear();
    if (!authorization.empty()) request.headers.add("Authorization", authorization);
    return fixture.plan(open, request).answer();
  };
  CHECK(ask("").status == 401);
  CHECK(ask("").body.contains("Requires authentication"));
  CHECK(ask("").headers.has("X-GitHub-Request-Id"));
  for (const char* wrong : {"Bearer 0123456789abcde", "Bearer 0123456789abcdef0", "Bearer ",
                            "Basic 0123456789abcdef", "0123456789abcdef"}) {
    CAPTURE(wrong);
    CHECK(ask(wrong).status == 401);
    CHECK(ask(wrong).body.contains("Bad credentials"));
  }
  for (const char* scheme : {"Bearer ", "bearer ", "BEARER  "}) {
    auto answer = ask(scheme + token);
    CHECK(answer.status == 200);
    CHECK(answer.headers.find("Content-Type") == Metrics::content_type);
    answer.join();
    CHECK(answer.body.starts_with("# HELP esclusa_build_info "));
  }
  // The administrator's socket needs no token; OpenSSH's helpers have nothing to do here.
  request.headers.clear();
  request.door = http::Door::local_admin;
  CHECK(fixture.plan(closed, request).answer().status == 200);
  request.door = http::Door::ssh;
  CHECK_FALSE(open.plan(request));
}

TEST_CASE("MetricsDoor: the answer is text, for who takes text") {
  Fixture fixture;
  MetricsDoor door(fixture.metrics, fixture.api, std::nullopt);
  auto request = make_request("GET", "/metrics");
  request.door = http::Door::local_admin;
  const auto status_for = [&](const char* accept) {
    request.headers = {{"Accept", accept}};
    return fixture.plan(door, request).answer().status;
  };
  CHECK(status_for("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5") ==
        200);
  CHECK(status_for("*/*") == 200);
  CHECK(status_for("text/*") == 200);
  CHECK(status_for("application/json") == 406);
}

TEST_CASE("read_metrics_token: one token from a file, and an error that says what to do") {
  const test::TempFolder folder;
  ServerSettings settings;
  CHECK_FALSE(must(read_metrics_token(settings)));
  settings.metrics_token_file = folder / "token";
  CHECK_FALSE(read_metrics_token(settings));
  const auto with = [&](const std::string& text) {
    std::ofstream(folder / "token") << text;
    return read_metrics_token(settings);
  };
  CHECK(must(with("0123456789abcdef\n"))->reveal() == "0123456789abcdef");
  CHECK_FALSE(with("short"));
  CHECK_FALSE(with("0123456789 abcdef"));
  CHECK(with("").error().message.contains("openssl rand -hex 32"));
}
