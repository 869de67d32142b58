#include "app/ref_intents.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>

#include "app/deploy_keys.h"
#include "base/descriptor.h"
#include "support/app_fixture.h"
#include "support/public_keys.h"

using namespace esclusa;
using namespace std::chrono_literals;
using test::GitFixture;
using test::must;

namespace {

const std::string topic_ref = "refs/heads/topic";

/// A repository whose branch `topic` is at `first`, and a commit `second` on top of it.
struct IntentFixture : test::AppFixture {
  IntentFixture() { git.branch("topic", first); }

  core::DeployKey make_key() {
    core::NewDeployKey input;
    input.key = test::public_key("ci");
    return must(app::create_deploy_key(context, access, input));
  }
  core::RefIntent begin(const core::Actor& actor, const std::string& session) {
    core::RefIntent intent{.id = {},
                           .repository_id = access.repository.id,
                           .change = {topic_ref, first, second},
                           .actor = actor,
                           .sender = access.actor.sender(),
                           .session = session,
                           .created_at = now};
    must(app::begin_intents(context, {&intent, 1}));
    return intent;
  }
  core::RefIntent begin_merge() { return begin(access.actor, ""); }
  core::RefIntent begin_push() {
    return begin(core::Actor::by_deploy_key(key.id).in_request("request-7"), "session");
  }
  size_t pushes() { return announced_events("push").size(); }

  GitFixture git;
  std::string first = git.commit("main", "a", "1");
  std::string second = git.commit("main", "a", "2");
  app::RepositoryAccess access = add(git);
  core::DeployKey key = make_key();
};

}  // namespace

TEST_CASE("begin_intents: sets the ids") {
  IntentFixture app;
  const auto merge = app.begin_merge(), push = app.begin_push();
  CHECK(merge.id);
  CHECK(push.id.value > merge.id.value);
  CHECK(app.outcomes() == "open\nopen\n");
  CHECK(app.pushes() == 0);
}

TEST_CASE("settle_left_intents: a merge acts by the token that asked for it") {
  IntentFixture app;
  app.begin_merge();
  app.git.branch("topic", app.second);
  app.now += 1s;
  app::settle_left_intents(app.context, 0s);
  CHECK(app.outcomes() == "moved\n");
  REQUIRE(app.audits("branch.merge").size() == 1);
  const test::StoredAudit audit = app.audits("branch.merge")[0];
  CHECK(audit.actor == app.access.actor.sender().id);
  CHECK(audit.actor_token == app.access.actor.token()->id);
  CHECK_FALSE(audit.deploy_key);
  CHECK(audit.request_id == "request-1");
  REQUIRE(app.events("push").size() == 1);
  CHECK(app.events("push")[0].actor == app.access.actor.sender().id);
  CHECK(app.events("push")[0].actor_token == app.access.actor.token()->id);
}

TEST_CASE("settle_left_intents: a merge waits for its request, and a push for its git") {
  IntentFixture app;
  app.begin_merge();
  app.begin_push();
  {
    const Descriptor folder(
        ::open(app.git.git_directory().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(flock(folder.get(), LOCK_SH) == 0);
    app::settle_left_intents(app.context, 1min);
    CHECK(app.outcomes() == "open\nopen\n");
    app.now += 2min;
    app::settle_left_intents(app.context, 1min);
    CHECK(app.outcomes() == "abandoned\nopen\n");
  }
  app.begin_merge();
  app::settle_left_intents(app.context, 1min);
  CHECK(app.outcomes() == "abandoned\nabandoned\nopen\n");
}

TEST_CASE("settle_left_intents: of a push and a merge of the same change, one sends the event") {
  IntentFixture app;
  app.begin_merge();
  const auto push = app.begin_push();
  app.git.branch("topic", app.second);
  const auto git = must(git::Repository::open(app.access.repository));
  must(app::settle_intent(app.context, app.access.repository, push,
                          must(app::read_push(app.context, git, push))));
  app.now += 1s;
  app::settle_left_intents(app.context, 0s);
  CHECK(app.outcomes() == "abandoned\nmoved\n");
  CHECK(app.pushes() == 1);
}
