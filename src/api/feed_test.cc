#include <doctest/doctest.h>

#include <condition_variable>

#include "base/json.h"
#include "support/served_repository.h"

using namespace esclusa;
using namespace std::chrono_literals;
using test::make_request;
using test::must;

namespace {

/// Reads a stream as an HTTP connection does.
class StreamReader {
 public:
  explicit StreamReader(std::shared_ptr<http::BodyStream> stream) : stream_(std::move(stream)) {
    stream_->attach([this] {
      std::lock_guard lock(mutex_);
      told_ = true;
      changed_.notify_all();
    });
    take();
  }
  ~StreamReader() { stream_->close(); }

  const std::string& wait_for(std::string_view part) {
    while (!text_.contains(part) && !ended_) wait();
    return text_;
  }
  const std::string& wait_for_end() {
    while (!ended_) wait();
    return text_;
  }
  const std::string& text() const { return text_; }

 private:
  void wait() {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return told_; });
      told_ = false;
    }
    take();
  }
  void take() {
    auto piece = stream_->take();
    text_ += piece.bytes;
    ended_ = piece.is_last;
  }

  std::shared_ptr<http::BodyStream> stream_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool told_ = false;
  bool ended_ = false;
  std::string text_;
};

/// A second account, besides ada, may read her repository.
struct Fixture : test::ServedRepository {
  Fixture() {
    must(app::create_account(context, administrator, {.login = "reader", .human = ""}));
    must(app::grant_role(context, administrator, "ada", "application", "reader", core::Role::read));
    context.committed = [this](app::Topics topics) {
      if (topics.events) api.wake_streams();
    };
  }
  core::Deployment deploy() {
    core::NewDeployment input;
    input.ref = "main";
    input.environment = "staging";
    input.auto_merge = false;
    return test::AppFixture::deploy(access, input);
  }
  void report(const core::Deployment& deployment, core::DeploymentState state) {
    core::NewDeploymentStatus input;
    input.state = state;
    must(app::create_status(context, access, deployment.id, input));
  }
  http::Response get(const std::string& target, const std::string& token,
                     http::Headers headers = {}) {
    if (!token.empty()) headers.add("Authorization", "Bearer " + token);
    return api.serve(make_request("GET", target, std::move(headers)));
  }
  http::Response stream(const std::string& target, const std::string& token,
                        http::Headers headers = {}) {
    headers.add("Accept", "text/event-stream");
    return get(target, token, std::move(headers));
  }
  /// `1 deployment, 2 deployment_status`
  static std::string listed(const http::Response& response) {
    REQUIRE(response.status == 200);
    std::string text;
    for (const Json& event : must(Json::parse(response.body)).find("events")->elements()) {
      text += (text.empty() ? "" : ", ") + std::to_string(*event.integer_at("seq")) + " " +
              *event.string_at("event");
    }
    return text;
  }
  static int64_t next(const http::Response& response) {
    return must(Json::parse(response.body)).integer_at("next").value();
  }
};

const std::string all = "/esclusa/events";
const std::string of_one = "/esclusa/repos/ada/application/events";

}  // namespace

TEST_CASE_FIXTURE(
    Fixture,
    "GET events: after a number, the oldest comes first, also events that no webhook asked for") {
  const std::string repo = token("ada", "repo");
  const auto first = deploy(), second = deploy();
  report(first, core::DeploymentState::success);
  report(second, core::DeploymentState::success);  // makes the first deployment inactive
  const std::string expected =
      "1 deployment, 2 deployment, 3 deployment_status, 4 deployment_status, "
      "5 deployment_status";
  for (const std::string& path : {all, of_one}) {
    CHECK(listed(get(path + "?after=0", repo)) == expected);
    CHECK(listed(get(path + "?after=3", repo)) == "4 deployment_status, 5 deployment_status");
    const auto page = get(path + "?after=0&limit=2", repo);
    CHECK(listed(page) == "1 deployment, 2 deployment");
    CHECK(next(page) == 2);
    CHECK(listed(get(path + "?after=5", repo)).empty());
    const auto now = get(path, repo);  // without a number, the feed begins at its end
    CHECK(listed(now).empty());
    CHECK(next(now) == 5);
  }
  const auto body = get(all + "?after=4", repo).body;
  CHECK(body.contains(R"("state":"inactive")"));
  CHECK(body.contains(R"("repository":"ada/application")"));
  CHECK(get(all + "?after=0", repo).headers.find("Cache-Control") == "no-store");
}

TEST_CASE_FIXTURE(
    Fixture, "GET events: a token sees the events that its scopes open, and skips the others") {
  deploy();
  must(change(access.actor, [&](app::Change& change) -> Result<void> {
    for (const char* kind : {"status", "push", "check_run"}) {
      change.raise(change.new_event(access.repository.id, kind), "{}");
    }
    change.skip_audit();
    return {};
  }));
  auto seen = [&](const std::string& login, const std::string& scopes) {
    const auto page = get(all + "?after=0", token(login, scopes));
    CHECK(next(page) == 4);
    return listed(page);
  };
  CHECK(seen("reader", "repo") == "1 deployment, 2 status, 3 push, 4 check_run");
  CHECK(seen("reader", "repo_deployment") == "1 deployment");
  CHECK(seen("reader", "repo:status") == "2 status");
  CHECK(seen("reader", "public_repo admin:repo_hook").empty());
  must(app::create_account(context, administrator, {.login = "stranger", .human = ""}));
  CHECK(seen("stranger", "repo").empty());
  CHECK(get(of_one, token("stranger", "repo")).status == 404);
  CHECK(get(of_one, "").status == 404);
  CHECK(get(all, "").status == 401);
}

TEST_CASE_FIXTURE(
    Fixture,
    "GET events: malformed numbers are refused, and so are numbers that no event has yet") {
  const std::string repo = token("ada", "repo");
  deploy();
  for (const char* query :
       {"after=-1", "after=x", "limit=x", "wait=-1", "after=99999999999999999999"}) {
    CHECK(get(all + "?" + query, repo).status == 422);
  }
  CHECK(get(all + "?after=1?limit=1", repo).status == 200);
  const auto ahead = get(all + "?after=2", repo);
  CHECK(ahead.status == 422);
  CHECK(ahead.body.contains("unknown_cursor"));
  CHECK(get(all + "?after=1&wait=999999&limit=999999", repo).stream);
}

TEST_CASE_FIXTURE(Fixture, "GET events with wait: the answer is sent with the first event") {
  const std::string repo = token("ada", "repo");
  auto response = get(of_one + "?after=0&wait=60", repo);
  CHECK(response.status == 200);
  REQUIRE(response.stream);
  CHECK_FALSE(response.headers.has("ETag"));
  StreamReader reader(response.stream);
  CHECK(reader.text().empty());
  deploy();
  response.body = reader.wait_for_end();
  CHECK(listed(response) == "1 deployment");
  CHECK(next(response) == 1);
  CHECK_FALSE(get(of_one + "?after=0&wait=60", repo).stream);  // events exist
}

TEST_CASE_FIXTURE(Fixture,
                  "GET events with wait: the answer is an empty page when the time is over") {
  deploy();
  auto response = get(all + "?after=1&wait=1", token("ada", "repo"));
  REQUIRE(response.stream);
  response.body = StreamReader(response.stream).wait_for_end();
  CHECK(listed(response).empty());
  CHECK(next(response) == 1);
}

TEST_CASE_FIXTURE(
    Fixture, "GET events with wait: an event that the token may not see does not end the wait") {
  auto response = get(all + "?after=0&wait=60", token("reader", "repo:status"));
  REQUIRE(response.stream);
  StreamReader reader(response.stream);
  deploy();
  response.stream->ask_to_end();  // as the server does when it stops
  response.body = reader.wait_for_end();
  CHECK(listed(response).empty());
}

TEST_CASE_FIXTURE(Fixture,
                  "GET events as a stream: from Last-Event-ID on, one event after another") {
  const std::string repo = token("ada", "repo");
  deploy();
  deploy();
  const auto response = stream(all + "?after=0", repo, {{"Last-Event-ID", "1"}});
  CHECK(response.status == 200);
  CHECK(response.headers.find("Content-Type") == "text/event-stream");
  REQUIRE(response.stream);
  StreamReader reader(response.stream);
  CHECK(reader.wait_for("id: 2\n").starts_with("retry: 2000\nid: 1\n\nid: 2\nevent: deployment\n"));
  report(deploy(), core::DeploymentState::in_progress);
  const std::string& text = reader.wait_for("id: 4\n");
  CHECK(text.contains("id: 3\nevent: deployment\ndata: {\"seq\":3,"));
  CHECK(text.contains("id: 4\nevent: deployment_status\ndata: {\"seq\":4,"));
  response.stream->ask_to_end();
  CHECK(reader.wait_for_end().ends_with("}\n\n"));
}

TEST_CASE_FIXTURE(Fixture, "GET events as a stream: it ends when the token is revoked") {
  const auto minted = must(app::create_token(
      context, administrator,
      {.login = "reader", .name = "t", .scopes = "repo", .expires_in = std::nullopt}));
  const auto response = stream(of_one, minted.text.reveal());
  REQUIRE(response.stream);
  StreamReader reader(response.stream);
  must(app::revoke_token(context, administrator, minted.token.id));
  deploy();
  CHECK_FALSE(reader.wait_for_end().contains("deployment"));
}

TEST_CASE_FIXTURE(
    Fixture, "GET events as a stream: it ends when the account loses access to the repository") {
  const auto response = stream(of_one, token("reader", "repo"));
  REQUIRE(response.stream);
  StreamReader reader(response.stream);
  deploy();
  reader.wait_for("id: 1\n");
  must(app::grant_role(context, administrator, "ada", "application", "reader", core::Role::none));
  deploy();
  CHECK_FALSE(reader.wait_for_end().contains("id: 2\n"));
}

TEST_CASE_FIXTURE(Fixture, "GET events as a stream: a row that cannot be read ends one, no other") {
  const auto broken = stream(all, token("reader", "repo")),
             whole = stream(all, token("ada", "repo"));
  StreamReader reader_of_broken(broken.stream), reader_of_whole(whole.stream);
  must(context.database.write([](store::Writer& tx) {
    tx.execute("update account set kind = 'unknown' where login = 'reader'");
  }));
  deploy();
  CHECK_FALSE(reader_of_broken.wait_for_end().contains("deployment"));
  CHECK(reader_of_whole.wait_for("id: 1\n").contains("event: deployment"));
}

TEST_CASE_FIXTURE(Fixture, "GET events: an account has at most as many streams as it leaves") {
  const std::string repo = token("ada", "repo"), other = token("reader", "repo");
  std::vector<std::unique_ptr<StreamReader>> readers;
  for (size_t i = 0; i < limits::feed_streams / 2; ++i) {
    readers.push_back(std::make_unique<StreamReader>(stream(all, repo).stream));
  }
  const auto refused = stream(all, repo);
  CHECK(refused.status == 503);
  CHECK(refused.body.contains("too_many_streams"));
  CHECK(stream(all, other).status == 200);
  readers.clear();  // the places are free again once the thread has looked
  while (stream(all, repo).status != 200) std::this_thread::yield();
}

TEST_CASE_FIXTURE(Fixture,
                  "GET events: an event whose body was pruned says so; the others follow") {
  const std::string repo = token("ada", "repo");
  deploy();
  deploy();
  test::write(store.database(),
              [](sql::Writer& tx) { tx.execute("delete from event_body where event_id = 1"); });
  const auto page = get(all + "?after=0", repo);
  CHECK(page.status == 200);
  CHECK(listed(page) == "1 deployment, 2 deployment");
  CHECK(page.body.contains(R"("payload":null,"reason_code":"body_pruned"})"));
}

TEST_CASE_FIXTURE(Fixture,
                  "GET events: the text of an event that was read before is the present one") {
  const std::string repo = token("ada", "repo");
  deploy();
  const auto read = [&] { return get(all + "?after=0", repo).body; };
  CHECK(read().contains(R"("repository":"ada/application")"));
  test::write(store.database(), [](sql::Writer& tx) {
    tx.execute("update repository set name = 'shop', name_key = 'shop' where id = 1");
  });
  CHECK(read().contains(R"("repository":"ada/shop")"));
  test::write(store.database(),
              [](sql::Writer& tx) { tx.execute("delete from event_body where event_id = 1"); });
  CHECK(read().contains(R"("payload":null,"reason_code":"body_pruned"})"));
}
