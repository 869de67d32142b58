#include "app/merges.h"

#include <fstream>

#include <doctest/doctest.h>

#include "app/ref_intents.h"
#include "base/json.h"
#include "core/dry_run.h"
#include "git/repository.h"
#include "support/app_fixture.h"

using namespace esclusa;
using namespace std::chrono_literals;
using test::AppFixture;
using test::GitFixture;
using test::must;

namespace {

core::NewDeployment to_deploy(const std::string& ref) {
  core::NewDeployment input;
  input.ref = ref;
  return input;
}

/// A repository whose branch `topic` lacks a commit of `main`. The two merge without a conflict
/// unless `main_file` is `b`.
struct Behind : GitFixture {
  explicit Behind(const std::string& main_file = "a", Layout layout = Layout::bare)
      : GitFixture(layout) {
    branch("topic", commit("main", "a", "1"));
    topic = commit("topic", "b", "1");
    main = commit("main", main_file, "2");
  }
  std::string tip(const std::string& name) const {
    return git({"rev-parse", "refs/heads/" + name});
  }
  std::string topic, main;
};

std::string reason(const Result<app::CreateOutcome>& outcome) {
  return outcome ? "" : outcome.error().reason_code;
}

}  // namespace

TEST_CASE("create_deployment: merges into a branch that is behind, and deploys nothing") {
  AppFixture app;
  Behind git;
  const auto access = app.add(git);
  const auto outcome = must(app::create_deployment(app.context, access, to_deploy("topic")));
  REQUIRE(std::holds_alternative<app::AutoMerged>(outcome));
  CHECK(std::get<app::AutoMerged>(outcome).message == "Auto-merged main into topic on deployment.");

  const std::string merge = git.tip("topic");
  CHECK(git.git({"rev-parse", merge + "^1"}) == git.topic);
  CHECK(git.git({"rev-parse", merge + "^2"}) == git.main);
  CHECK(git.git({"log", "-1", "--format=%an %s", merge}) == "ada Merge main into topic");
  CHECK(git.git({"log", "-1", "--format=%b", merge}).contains("ada asked for a deployment"));
  CHECK(git.git({"show", merge + ":a"}) == "2");
  CHECK(git.git({"show", merge + ":b"}) == "1");
  CHECK(git.git({"fsck", "--strict"}) == "");
  CHECK(app.row_count("deployment") == 0);
  CHECK(app.events("deployment").size() == 0);
  REQUIRE(app.outcomes() == "moved\n");
  CHECK(app.intents()[0].request_id == "request-1");
  CHECK(app.audits("branch.merge").size() == 1);
  CHECK(app.announced_events("push").size() == 1);
  CHECK(app.told.events);
  const auto body = must(Json::parse(lines_of(app.events(), &test::StoredEvent::body)));
  CHECK(body.string_at("ref") == "refs/heads/topic");
  CHECK(body.string_at("before") == git.topic);
  CHECK(body.string_at("after") == merge);
  CHECK(body.string_at("head_commit", "id") == merge);
  CHECK(body.string_at("head_commit", "author", "username") == "ada");
  CHECK(body.string_at("pusher", "name") == "ada");
  const auto commits = body.find("commits")->elements();
  REQUIRE(commits.size() == 2);
  CHECK(commits[0].string_at("id") == git.main);
  CHECK(commits[0].find("distinct")->boolean() == false);
  CHECK(commits[1].find("distinct")->boolean() == true);

  // The client sends the request again, which deploys the merge commit.
  CHECK(app.deploy(access, to_deploy("topic")).sha == merge);
}

TEST_CASE("create_deployment: the merge message names the ref as the client sent it") {
  AppFixture app;
  Behind git;
  const auto access = app.add(git);
  const auto outcome =
      must(app::create_deployment(app.context, access, to_deploy("refs/heads/topic")));
  CHECK(std::get<app::AutoMerged>(outcome).message ==
        "Auto-merged main into refs/heads/topic on deployment.");
}

TEST_CASE("create_deployment: a conflict is a 409 each time, and leaves nothing behind") {
  AppFixture app;
  Behind git("b");
  const auto access = app.add(git);
  const std::string objects = git.git({"count-objects"});
  for (int i = 0; i < 3; ++i) {
    auto refused = app::create_deployment(app.context, access, to_deploy("topic"));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == ErrorCode::conflict);
    CHECK(refused.error().message == "Conflict merging main into topic.");
    CHECK(refused.error().fields.empty());
  }
  CHECK(git.tip("topic") == git.topic);
  CHECK(git.git({"count-objects"}) == objects);
  CHECK(git.git({"for-each-ref", "refs/deployments"}) == "");
  CHECK(app.row_count("ref_intent") == 0);
}

TEST_CASE("create_deployment: a tag or a commit that is behind cannot be merged into") {
  AppFixture app;
  Behind git;
  git.tag("v1", git.topic);
  const auto access = app.add(git);
  for (const std::string& ref : {std::string("v1"), git.topic}) {
    CAPTURE(ref);
    auto refused = app::create_deployment(app.context, access, to_deploy(ref));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message == "Conflict merging main into " + ref + ".");
    CHECK(refused.error().reason_code == "merge_conflict");
  }
  CHECK(git.tip("topic") == git.topic);
}

TEST_CASE("create_deployment: never moves a branch that a work tree has checked out") {
  AppFixture app;
  Behind git("a", GitFixture::Layout::work_tree);
  git.git({"symbolic-ref", "HEAD", "refs/heads/topic"});
  auto access = app.add(git);
  access.repository.default_branch = "main";
  CHECK(reason(app::create_deployment(app.context, access, to_deploy("topic"))) ==
        "branch_checked_out");
  CHECK(git.tip("topic") == git.topic);
  CHECK(app.outcomes() == "abandoned\n");
  CHECK(app.events().size() == 0);
}

TEST_CASE("create_deployment: a request that will be refused merges nothing") {
  AppFixture app;
  Behind git;
  const auto access = app.add(git);
  auto unexpected = to_deploy("topic");
  unexpected.expected_sha = git.main;
  CHECK(reason(app::create_deployment(app.context, access, unexpected)) == "expected_sha_mismatch");
  auto too_long = to_deploy("topic");
  too_long.task = std::string(1000, 'x');
  CHECK(reason(app::create_deployment(app.context, access, too_long)) == "too_long");
  CHECK(git.tip("topic") == git.topic);
}

TEST_CASE("settle_left_intents: after a crash the database agrees with the branch") {
  AppFixture app;
  Behind git;
  const auto access = app.add(git);
  auto intend = [&](const std::string& to) {
    core::RefIntent intent{.id = {},
                           .repository_id = access.repository.id,
                           .change = {"refs/heads/topic", git.topic, to},
                           .actor = access.actor.in_request("request-9"),
                           .sender = access.actor.sender(),
                           .session = "",
                           .created_at = app.now};
    must(app::begin_intents(app.context, {&intent, 1}));
    return intent.id;
  };
  auto outcome = [&](RefIntentId id) {
    return lines_of(with(app.intents(), &test::StoredIntent::id, id), &test::StoredIntent::outcome);
  };
  const auto never = intend(std::string(40, 'a'));  // crash before git had the commit
  const auto elsewhere = intend(git.main);          // crash before the branch moved
  app.now += 1s;
  app::settle_left_intents(app.context, 1min);
  CHECK(outcome(never) == "open\n");  // too recent: its request may still be running
  app::settle_left_intents(app.context, 0s);
  CHECK(outcome(never) == "abandoned\n");
  CHECK(outcome(elsewhere) == "abandoned\n");
  CHECK(app.audits("branch.merge").size() == 0);

  const auto moved = intend(git.commit("topic", "c", "1"));
  git.commit("topic", "c", "2");  // and somebody has pushed another commit since
  app.now += 1s;
  app::settle_left_intents(app.context, 0s);
  app::settle_left_intents(app.context, 0s);
  CHECK(outcome(moved) == "moved\n");
  REQUIRE(app.audits("branch.merge").size() == 1);
  CHECK(app.audits("branch.merge")[0].request_id == "request-9");
  // The event is inserted once, as without a crash.
  CHECK(app.events().size() == 1);
  const auto body = must(Json::parse(lines_of(app.events(), &test::StoredEvent::body)));
  CHECK(body.string_at("before") == git.topic);
  CHECK(body.string_at("sender", "login") == "ada");
}

TEST_CASE("create_deployment: two requests never make the same merge") {
  AppFixture app;
  Behind git;
  auto access = app.add(git);
  std::vector<std::string> merges;
  for (const char* request : {"request-1", "request-2"}) {  // in the same second
    access.actor = access.actor.in_request(request);
    CHECK(reason(app::create_deployment(app.context, access, to_deploy("topic"))) == "");
    merges.push_back(git.tip("topic"));
    git.branch("topic", git.topic);
  }
  CHECK(merges[0] != merges[1]);
}

TEST_CASE("create_deployment: the error names a locked branch, and the intent is abandoned") {
  AppFixture app;
  Behind git;
  const auto access = app.add(git);
  std::ofstream(git.git_directory() / "refs/heads/topic.lock");
  auto refused = app::create_deployment(app.context, access, to_deploy("topic"));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::unavailable);
  CHECK(refused.error().reason_code == "branch_locked");
  CHECK(refused.error().message.contains("refs/heads/topic.lock"));
  CHECK(app.outcomes() == "abandoned\n");
}

TEST_CASE("settle_left_intents: an unreadable repository keeps its intents") {
  AppFixture app;
  std::optional<Behind> git(std::in_place);
  const auto access = app.add(*git);
  core::RefIntent intent{.id = {},
                         .repository_id = access.repository.id,
                         .change = {"refs/heads/topic", git->topic, git->main},
                         .actor = access.actor,
                         .sender = access.actor.sender(),
                         .session = "",
                         .created_at = app.now};
  must(app::begin_intents(app.context, {&intent, 1}));
  git.reset();
  app.now += 1s;
  app::settle_left_intents(app.context, 0s);
  CHECK(app.outcomes() == "open\n");
}

TEST_CASE("dry_run: says `refused`, with the reason, when the create would be a 409") {
  auto run = [](const GitFixture& git, const std::string& checked_out = "main") {
    AppFixture app;
    const auto access = app.add(git);
    git.git({"symbolic-ref", "HEAD", "refs/heads/" + checked_out});
    const auto before = git.git({"for-each-ref"}) + git.git({"count-objects"});
    const auto foreseen = must(app::dry_run(app.context, access, to_deploy("topic")));
    CHECK(git.git({"for-each-ref"}) + git.git({"count-objects"}) == before);
    CHECK(app.row_count("ref_intent") == 0);
    const auto created = app::create_deployment(app.context, access, to_deploy("topic"));
    const bool refused = foreseen.outcome == core::DryRunOutcome::refused;
    CHECK(refused == !created.has_value());
    if (refused) CHECK(foreseen.refusal.value().message == created.error().message);
    return refused ? foreseen.refusal.value().reason_code : std::string("merged");
  };
  CHECK(run(Behind()) == "merged");
  CHECK(run(Behind("b")) == "merge_conflict");
  CHECK(run(Behind("a", GitFixture::Layout::work_tree), "topic") == "branch_checked_out");
  GitFixture orphan;
  orphan.commit("main", "a", "1");
  orphan.commit("topic", "b", "1");
  CHECK(run(orphan) == "merge_conflict");
}
