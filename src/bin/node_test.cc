#include "bin/node.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <thread>

#include "base/crypto.h"
#include "client/api.h"
#include "support/temp_folder.h"

using namespace esclusa;

namespace {

ServerSettings settings_for(const std::filesystem::path& data) {
  init_crypto();
  ServerSettings settings;
  settings.listen_port = 0;
  settings.data = data;
  return settings;
}

/// A node that serves, from a thread of its own.
class ServingNode {
 public:
  explicit ServingNode(const std::filesystem::path& data) : node_(settings_for(data)) {
    node_.open().value();
    thread_ = std::jthread([this] { outcome_ = node_.run(); });
  }
  ~ServingNode() { node_.stop(); }

  const Node& node() const { return node_; }
  /// What `run` returned.
  Result<void> stop() {
    node_.stop();
    thread_.join();
    return outcome_;
  }
  /// Makes an account through the administrator's socket, and a token of it.
  std::string make_account(const std::string& login) {
    const client::Api administrator({.base_url = "http://local",
                                     .token = {},
                                     .unix_socket = node_.data() / "run" / "admin.sock"});
    const std::string users = "/esclusa/admin/users";
    administrator.call("POST", users, "{\"login\":\"" + login + "\"}").value();
    return administrator.call("POST", users + "/" + login + "/tokens", R"({"scopes":"repo"})")
        .value()
        .body.string_at("token")
        .value();
  }
  /// Whose token it is; the error's message where it is nobody's.
  std::string owner_of(const std::string& token) const {
    const client::Api api({.base_url = node_.url(), .token = Secret(token)});
    const auto answer = api.call("GET", "/user");
    return answer ? answer->body.string_at("login").value() : answer.error().message;
  }

 private:
  Node node_;
  Result<void> outcome_;
  std::jthread thread_;
};

/// What a process has once, as a text.
std::string state_of_process() {
  const mode_t mask = umask(0);
  umask(mask);
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  std::string text =
      "umask " + std::to_string(mask) + ", descriptors " + std::to_string(descriptors.rlim_cur);
  sigset_t blocked;
  pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) {
    struct sigaction action;
    sigaction(number, nullptr, &action);
    text += ", signal " + std::to_string(number) + " handler " +
            std::to_string(reinterpret_cast<uintptr_t>(action.sa_handler)) +
            (sigismember(&blocked, number) == 1 ? " blocked" : "");
  }
  return text;
}

}  // namespace

TEST_CASE("Node: two in one process share nothing, and end one by one") {
  const test::TempFolder folder;
  ServingNode first(folder / "first");
  ServingNode second(folder / "second");
  CHECK(first.node().url() != second.node().url());
  const std::string ada = first.make_account("ada"), bob = second.make_account("bob");
  CHECK(first.owner_of(ada) == "ada");
  CHECK(second.owner_of(bob) == "bob");
  CHECK(first.owner_of(bob) == "Bad credentials");
  CHECK(second.owner_of(ada) == "Bad credentials");
  const auto administrator = first.node().first_administrator();
  REQUIRE(administrator);
  CHECK(first.owner_of(administrator->text.reveal()) == "admin");
  CHECK(second.owner_of(administrator->text.reveal()) == "Bad credentials");

  CHECK(first.stop());
  CHECK(second.owner_of(bob) == "bob");
  {
    const ServingNode again(folder / "first");
    CHECK(again.owner_of(ada) == "ada");
    CHECK_FALSE(again.node().first_administrator());
  }
  CHECK(second.owner_of(bob) == "bob");
  CHECK(second.stop());
}

TEST_CASE("Node: refuses the folder of another one, which goes on") {
  const test::TempFolder folder;
  ServingNode first(folder / "data");
  const std::string token = first.make_account("ada");
  Node second(settings_for(folder / "data"));
  const auto opened = second.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == ErrorCode::unavailable);
  CHECK(first.owner_of(token) == "ada");
  CHECK(first.stop());
}

TEST_CASE("Node: a stop before `run` makes it return") {
  const test::TempFolder folder;
  Node node(settings_for(folder / "data"));
  SUBCASE("before it is open") {
    node.stop();
    REQUIRE(node.open());
  }
  SUBCASE("when it is open") {
    REQUIRE(node.open());
    node.stop();
  }
  CHECK(node.run());
  CHECK_FALSE(std::filesystem::exists(node.data() / "run" / "admin.sock"));
}

TEST_CASE("Node: changes nothing that belongs to the process") {
  const std::string before = state_of_process();
  const test::TempFolder folder;
  ServingNode node(folder / "data");
  node.make_account("ada");
  CHECK(state_of_process() == before);
  CHECK(node.stop());
}

TEST_CASE("Node: a reload counts at once, also one before `run`") {
  const test::TempFolder folder;
  Node node(settings_for(folder / "data"));
  REQUIRE(node.open());
  ServerSettings next = settings_for(folder / "data");
  next.rate_limits.enabled = true;
  next.rate_limits.anonymous_per_hour = 7;
  node.reload(next);
  const std::jthread serving([&] { CHECK(node.run()); });
  const client::Api api({.base_url = node.url(), .token = {}});
  const auto limit = [&] {
    const auto answer = api.call("GET", "/rate_limit");
    const auto rate = answer ? answer->body.find("rate") : std::nullopt;
    return rate ? rate->integer_at("limit").value_or(0) : 0;
  };
  CHECK(limit() == 7);
  next.rate_limits.anonymous_per_hour = 8;
  node.reload(next);
  CHECK(limit() == 8);
  node.stop();
}
