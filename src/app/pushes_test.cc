#include "app/pushes.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>

#include <fstream>

#include "app/blocking.h"
#include "app/deploy_keys.h"
#include "app/ref_intents.h"
#include "app/repositories.h"
#include "base/descriptor.h"
#include "base/json.h"
#include "git/head.h"
#include "store/deploy_keys.h"
#include "support/app_fixture.h"
#include "support/public_keys.h"

using namespace esclusa;
using namespace std::chrono_literals;
using core::GitService;
using core::RefChange;
using test::GitFixture;
using test::must;

namespace {

const std::string zeros(core::zero_sha);
const std::string main_ref = "refs/heads/main";

/// A repository with a deploy key that may write, and a session of that key.
struct PushFixture : test::AppFixture {
  PushFixture() {
    git.branch("main", first);  // not pushed yet
    told = {};
  }
  core::DeployKey make_key() {
    core::NewDeployKey input;
    input.key = test::public_key("ci");
    return must(app::create_deploy_key(context, access, input));
  }
  app::SshSession start(GitService service = GitService::receive_pack) {
    return must(
        app::start_ssh_session(context, key.id, {service, "ada", "application"}, "request-7"));
  }
  void begin(const std::vector<RefChange>& changes) {
    must(app::begin_push(context, session, changes, "request-7"));
  }
  Result<core::DeployKey> find_opening_key(const std::string& line) {
    return read([&](store::Reader& db) { return app::find_opening_key(context, db, line); });
  }
  size_t pushes() { return announced_events("push").size(); }

  GitFixture git;
  std::string first = git.commit("main", "a", "1");
  app::RepositoryAccess access = add(git);
  core::DeployKey key = make_key();
  app::SshSession session = start();
  std::string second = git.commit("main", "a", "2");
};

}  // namespace

TEST_CASE("finish_push: each change of git gets one event and one audit row, by the key") {
  PushFixture app;
  const RefChange change{main_ref, app.first, app.second},
      other{"refs/heads/new", zeros, app.second};
  app.begin({change, other});
  CHECK(app.outcomes() == "open\nopen\n");
  CHECK(app.pushes() == 0);
  app.git.branch("main", app.second);
  for (int i = 0; i < 2; ++i) must(app::finish_push(app.context, app.session.id, {change}));
  CHECK(app.outcomes() == "moved\nopen\n");
  CHECK(app.pushes() == 1);
  CHECK(app.told.events);
  const auto body = must(Json::parse(app.events("push").at(0).body));
  CHECK(body.string_at("ref") == main_ref);
  CHECK(body.string_at("head_commit", "id") == app.second);
  CHECK(body.string_at("pusher", "name") == "ada");
  CHECK_FALSE(app.events("push")[0].actor);
  REQUIRE(app.audits("ref.push").size() == 1);
  const test::StoredAudit audit = app.audits("ref.push")[0];
  CHECK_FALSE(audit.actor);
  CHECK(audit.deploy_key == app.key.id);
  CHECK(audit.request_id == "request-7");
  // Git refused the change that it did not report.
  must(app::end_push(app.context, app.session.id, app::GitEnd::reported));
  CHECK(app.outcomes() == "moved\nabandoned\n");
  CHECK(app.pushes() == 1);
}

TEST_CASE("finish_push: HEAD of a repository made by Esclusa follows the first push") {
  PushFixture app;
  const auto made =
      must(app::create_repository(app.context, app.administrator,
                                  {.owner = "demo", .name = "new", .path = "", .auto_merge = {}}))
          .repository;
  const auto push = [&](const std::string& branch) {
    app.session.repository = made;
    const RefChange change{"refs/heads/" + branch, zeros, app.first};
    app.begin({change});
    app.git.git({"push", "-q", made.path, app.first + ":refs/heads/" + branch});
    must(app::finish_push(app.context, app.session.id, {change}));
    return must(app.read([&](store::Reader& db) {
             return test::found(store::find_repository(db, made.id));
           }))
        .default_branch;
  };
  CHECK(push("trunk") == "trunk");
  CHECK(must(git::read_head_branch(made.path)) == "trunk");
  CHECK(push("master") == "trunk");
  CHECK(must(git::read_head_branch(made.path)) == "trunk");
}

TEST_CASE("finish_push: skips changes that were not stored, or by another session") {
  PushFixture app;
  app.begin({{main_ref, app.first, app.second}});
  must(app::finish_push(app.context, "another", {{main_ref, app.first, app.second}}));
  must(app::finish_push(app.context, app.session.id, {{main_ref, app.second, app.first}}));
  CHECK(app.outcomes() == "open\n");
  CHECK(app.pushes() == 0);
}

TEST_CASE("begin_push: refuses what is not a change of a pushable ref, and stores nothing") {
  PushFixture app;
  const std::pair<RefChange, const char*> rows[] = {
      {{"main", app.first, app.second}, "ref_not_pushable"},
      {{"refs/deployments/" + app.second, zeros, app.second}, "ref_not_pushable"},
      {{"refs/replace/" + app.first, zeros, app.second}, "ref_not_pushable"},
      {{"refs/heads/a..b", app.first, app.second}, "invalid_ref_change"},
      {{main_ref, app.first, "x"}, "invalid_ref_change"}};
  for (const auto& [bad, reason] : rows) {
    CAPTURE(bad.ref);
    const auto refused = app::begin_push(app.context, app.session,
                                         {{main_ref, app.first, app.second}, bad}, "request-7");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().reason_code == reason);
  }
  CHECK(app.row_count("ref_intent") == 0);
}

TEST_CASE("settle_left_intents: settles what a crash left open from the refs, once") {
  PushFixture app;
  app.begin({{main_ref, app.first, app.second},
             {"refs/heads/new", zeros, app.second},
             {"refs/heads/gone", app.first, zeros}});
  SUBCASE("git had changed them") {
    app.git.branch("main", app.second);
    app.git.branch("new", app.second);
    for (int i = 0; i < 2; ++i) app::settle_left_intents(app.context, 10min);
    CHECK(app.outcomes() == "moved\nmoved\nmoved\n");
    CHECK(app.pushes() == 3);
  }
  SUBCASE("git had changed none") {
    app.git.branch("gone", app.first);
    for (int i = 0; i < 2; ++i) app::settle_left_intents(app.context, 10min);
    CHECK(app.outcomes() == "abandoned\nabandoned\nabandoned\n");
    CHECK(app.pushes() == 0);
  }
  SUBCASE("the key is deleted by now") {
    app.git.branch("main", app.second);
    must(app::delete_deploy_key(app.context, app.access, app.key.id));
    app::settle_left_intents(app.context, 10min);
    CHECK(app.outcomes() == "moved\nabandoned\nmoved\n");
  }
  SUBCASE("git is still at work: it is left to it") {
    {
      const Descriptor folder(
          ::open(app.git.git_directory().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      REQUIRE(flock(folder.get(), LOCK_SH) == 0);
      app::settle_left_intents(app.context, 10min);
      CHECK(app.outcomes() == "open\nopen\nopen\n");
    }
    app::settle_left_intents(app.context, 10min);
    CHECK(app.outcomes() == "abandoned\nabandoned\nmoved\n");
  }
  SUBCASE("a killed git's lock goes, another's stays") {
    const auto lock = app.git.git_directory() / "refs/heads/main.lock";
    const auto strange = app.git.git_directory() / "refs/heads/new.lock";
    std::ofstream(lock) << app.second << "\n";
    std::ofstream(strange) << app.first << "\n";
    app::settle_left_intents(app.context, 10min);
    CHECK_FALSE(std::filesystem::exists(lock));
    CHECK(std::filesystem::exists(strange));
  }
  SUBCASE("the repository cannot be read: for the next time") {
    const auto away = app.git.folder() / "away";
    std::filesystem::rename(app.git.path(), away);
    app::settle_left_intents(app.context, 10min);
    CHECK(app.outcomes() == "open\nopen\nopen\n");
    std::filesystem::rename(away, app.git.path());
    app::settle_left_intents(app.context, 10min);
    CHECK(app.outcomes() == "abandoned\nabandoned\nmoved\n");
  }
}

TEST_CASE("end_push: of two pushes of the same change, one inserts the event") {
  PushFixture app;
  const RefChange change{main_ref, app.first, app.second};
  app.begin({change});
  const app::SshSession late = app.start();
  must(app::begin_push(app.context, late, {change}, "request-8"));
  app.git.branch("main", app.second);
  must(app::finish_push(app.context, app.session.id, {change}));
  SUBCASE("git refused the other") {
    must(app::end_push(app.context, late.id, app::GitEnd::reported));
  }
  SUBCASE("nobody knows what became of the other") {
    must(app::end_push(app.context, late.id, app::GitEnd::unknown));
  }
  CHECK(app.outcomes() == "moved\nabandoned\n");
  CHECK(app.pushes() == 1);
}

TEST_CASE("find_opening_key: finds the key, unless it gives no access") {
  PushFixture app;
  const std::string line = test::public_key("ci");
  const size_t audits = app.audits().size();
  CHECK(must(app.find_opening_key(line)).id == app.key.id);
  CHECK(must(app.find_opening_key(line + " a comment\n")).id == app.key.id);
  const auto refused = [&](const std::string& text) {
    return !app.find_opening_key(text).has_value();
  };
  CHECK(refused(test::public_key("other")));
  CHECK(refused(""));
  CHECK(refused("command=\"sh\" " + line));
  CHECK(refused("ssh-rsa " + line.substr(line.find(' ') + 1)));
  must(app.write([&](store::Writer& tx) { test::set_expiry(tx, app.key.id, app.now); }));
  CHECK(refused(line));
  must(app.write([&](store::Writer& tx) {
    test::set_expiry(tx, app.key.id, std::nullopt);
    store::set_blocked(tx, app.access.actor.sender().id, app.now);
  }));
  CHECK(refused(line));
  CHECK(app.audits().size() == audits);
}

TEST_CASE("start_ssh_session: notes the use of the key, and the audit log names the key") {
  PushFixture app;
  const auto last_used = [&] {
    return must(app.read([&](store::Reader& db) {
             return test::found(store::find_deploy_key(db, app.key.id));
           }))
        .last_used_at;
  };
  const Timestamp began = app.now;
  CHECK(last_used() == began);
  REQUIRE(app.audits("ssh.session").size() == 1);
  CHECK_FALSE(app.audits("ssh.session")[0].actor);
  CHECK(app.audits("ssh.session")[0].deploy_key == app.key.id);
  CHECK(app.session.repository.path == app.access.repository.path);
  app.now += std::chrono::minutes(1);
  const auto elsewhere = app::start_ssh_session(
      app.context, app.key.id, {GitService::upload_pack, "ada", "none"}, "request-8");
  REQUIRE_FALSE(elsewhere.has_value());
  CHECK(elsewhere.error().reason_code == "wrong_repository");
  CHECK(last_used() == began);  // a refusal does not count as a use
}

TEST_CASE("check_ssh_session: refuses a session when its key or its right to write is gone") {
  PushFixture app;
  const auto reason = [&](GitService service) {
    const auto checked = app.read([&](store::Reader& db) {
      return app::check_ssh_session(app.context, db, app.session.id, app.key.id, service);
    });
    return checked ? "" : checked.error().reason_code;
  };
  CHECK(reason(GitService::receive_pack) == "");
  app.set_repository(app.access.repository.id,
                     [](core::Repository& repository) { repository.writable = false; });
  CHECK(reason(GitService::receive_pack) == "repository_read_only");
  CHECK(reason(GitService::upload_pack) == "");
  must(app::delete_deploy_key(app.context, app.access, app.key.id));
  CHECK(reason(GitService::upload_pack) == "key_disabled");
}
