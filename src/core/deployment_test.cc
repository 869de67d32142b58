#include "core/deployment.h"

#include <doctest/doctest.h>

#include <set>

#include "base/limits.h"

using namespace esclusa;
using namespace esclusa::core;

namespace {

const std::string sha = "0123456789abcdef0123456789abcdef01234567";

NewDeployment some_input() {
  NewDeployment input;
  input.ref = "feature/x";
  return input;
}

DeploymentFacts some_facts(RefKind kind = RefKind::branch) {
  DeploymentFacts facts;
  facts.resolved = ResolvedRef{kind, kind == RefKind::commit ? "" : "refs/heads/feature/x", sha};
  facts.default_branch = "main";
  return facts;
}

/// The one field that a refusal names; empty if there is no refusal.
std::string refused_field(const Result<void>& result) {
  if (result || result.error().fields.size() != 1) return "";
  CHECK(result.error().code == ErrorCode::invalid);
  CHECK(result.error().fields[0].resource == "Deployment");
  return result.error().fields[0].field;
}

}  // namespace

TEST_CASE("plan_deployment: 422 with GitHub's text when the ref resolves to nothing") {
  NewDeployment input = some_input();
  input.ref = "no/such";
  DeploymentFacts facts;
  facts.merge_policy = MergePolicy::merge;
  facts.behind_count = 3;  // has no effect here
  auto plan = plan_deployment(input, facts);
  REQUIRE_FALSE(plan);
  CHECK(plan.error().code == ErrorCode::invalid);
  CHECK(plan.error().message == "No ref found for: no/such");
  CHECK(plan.error().reason_code == "ref_not_found");
  CHECK(plan.error().fields.empty());
}

TEST_CASE("plan_deployment: a ref that is behind, by policy, kind of ref and auto_merge") {
  struct Row {
    MergePolicy policy;
    RefKind kind;
    const char* reason;  ///< of the refusal when auto_merge is on and the ref is behind
    ErrorCode code;
  };
  constexpr ErrorCode none = ErrorCode::internal;
  const Row rows[] = {
      {MergePolicy::merge, RefKind::branch, "", none},
      {MergePolicy::merge, RefKind::tag, "merge_conflict", ErrorCode::conflict},
      {MergePolicy::merge, RefKind::commit, "merge_conflict", ErrorCode::conflict},
      {MergePolicy::merge, RefKind::other_ref, "merge_conflict", ErrorCode::conflict},
      {MergePolicy::refuse, RefKind::branch, "auto_merge_refused", ErrorCode::conflict},
      {MergePolicy::refuse, RefKind::tag, "auto_merge_refused", ErrorCode::conflict},
      {MergePolicy::refuse, RefKind::commit, "auto_merge_refused", ErrorCode::conflict},
      {MergePolicy::ignore, RefKind::branch, "", none},
      {MergePolicy::ignore, RefKind::tag, "", none},
      {MergePolicy::ignore, RefKind::commit, "", none},
  };
  for (const Row& row : rows) {
    for (size_t behind : {0, 2}) {
      for (bool auto_merge : {false, true}) {
        CAPTURE(to_name(row.policy));
        CAPTURE(static_cast<int>(row.kind));
        CAPTURE(behind);
        CAPTURE(auto_merge);
        NewDeployment input = some_input();
        input.auto_merge = auto_merge;
        DeploymentFacts facts = some_facts(row.kind);
        facts.merge_policy = row.policy;
        facts.behind_count = behind;
        auto plan = plan_deployment(input, facts);
        if (row.code == none || behind == 0 || !auto_merge) {
          REQUIRE(plan);
          CHECK(plan->sha == sha);
          continue;
        }
        REQUIRE_FALSE(plan);
        CHECK(plan.error().code == row.code);
        CHECK(plan.error().reason_code == row.reason);
        CHECK(plan.error().fields.empty());
        if (row.code == ErrorCode::conflict) {
          CHECK(plan.error().message == "Conflict merging main into feature/x.");
        }
      }
    }
  }
}

TEST_CASE("needs_behind_count: only where the ref could be merged or refused") {
  NewDeployment input = some_input();
  CHECK(needs_behind_count(input, MergePolicy::merge));
  CHECK(needs_behind_count(input, MergePolicy::refuse));
  CHECK_FALSE(needs_behind_count(input, MergePolicy::ignore));
  input.auto_merge = false;
  CHECK_FALSE(needs_behind_count(input, MergePolicy::merge));
  CHECK_FALSE(needs_behind_count(input, MergePolicy::refuse));
}

TEST_CASE("plan_deployment: 409 when contexts are required and none is reported") {
  NewDeployment input;
  input.ref = "main";
  input.auto_merge = false;
  DeploymentFacts facts;
  facts.resolved = ResolvedRef{RefKind::branch, "refs/heads/main", std::string(40, 'a')};
  input.required_contexts = {{"ci/build", "ci/test"}};
  auto plan = plan_deployment(input, facts);
  REQUIRE_FALSE(plan.has_value());
  CHECK(plan.error().code == ErrorCode::conflict);
  CHECK(plan.error().message == "Conflict: Commit status checks failed for main.");
  REQUIRE(plan.error().fields.size() == 1);
  REQUIRE(plan.error().fields[0].contexts.size() == 2);
  CHECK(plan.error().fields[0].contexts[1].context == "ci/test");
  CHECK(plan.error().fields[0].contexts[1].state == "missing");
  for (auto none :
       {std::optional<std::vector<std::string>>(), std::optional(std::vector<std::string>())}) {
    input.required_contexts = none;
    CHECK(plan_deployment(input, facts).has_value());
  }
}

TEST_CASE("plan_deployment: production_environment defaults to whether the name is production") {
  struct Row {
    const char* environment;
    std::optional<bool> asked;
    bool expected;
  };
  const Row rows[] = {
      {"production", std::nullopt, true},   {"Production", std::nullopt, true},
      {"PRODUCTION", std::nullopt, true},   {"staging", std::nullopt, false},
      {"production2", std::nullopt, false}, {"production ", std::nullopt, false},
      {"production", false, false},         {"staging", true, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.environment);
    NewDeployment input = some_input();
    input.environment = row.environment;
    input.production_environment = row.asked;
    auto plan = plan_deployment(input, some_facts());
    REQUIRE(plan);
    CHECK(plan->production_environment == row.expected);
  }
}

TEST_CASE("check_new_deployment: GitHub's defaults pass") {
  CHECK(check_new_deployment(some_input()));
}

TEST_CASE("check_new_deployment: each field has its limit; texts for people count in characters") {
  struct Row {
    const char* field;
    size_t limit;
    const char* unit;
    void (*set)(NewDeployment&, std::string);
  };
  const Row rows[] = {
      {"ref", limits::ref_bytes, "a", [](auto& input, auto text) { input.ref = text; }},
      {"task", limits::task_chars, "é", [](auto& input, auto text) { input.task = text; }},
      {"description", limits::description_chars, "\xf0\x9f\x9a\x80",
       [](auto& input, auto text) { input.description = text; }},
      {"payload", limits::payload_bytes, "1", [](auto& input, auto text) { input.payload = text; }},
      {"environment", limits::environment_chars, "é",
       [](auto& input, auto text) { input.environment = text; }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.field);
    std::string text;
    for (size_t i = 0; i < row.limit; ++i) text += row.unit;
    NewDeployment input = some_input();
    row.set(input, text);
    CHECK(check_new_deployment(input));
    row.set(input, text + row.unit);
    CHECK(refused_field(check_new_deployment(input)) == row.field);
  }
}

TEST_CASE("check_new_deployment: ref, task and environment may not be empty, a description may") {
  NewDeployment input = some_input();
  input.ref = "";
  CHECK(refused_field(check_new_deployment(input)) == "ref");
  input = some_input();
  input.task = "";
  CHECK(refused_field(check_new_deployment(input)) == "task");
  input = some_input();
  input.environment = "";
  CHECK(refused_field(check_new_deployment(input)) == "environment");
  input = some_input();
  input.description = "";
  CHECK(check_new_deployment(input));
}

TEST_CASE("check_new_deployment: a task is one line of text, a description may have several") {
  for (const char* text : {"a\nb", "\t", "a\x1b[2J", "\x7f"}) {
    CAPTURE(text);
    NewDeployment input = some_input();
    input.description = text;
    CHECK(check_new_deployment(input));
    input.task = text;
    CHECK(refused_field(check_new_deployment(input)) == "task");
    CHECK(check_new_deployment(input).error().reason_code == "invalid_task");
  }
}

TEST_CASE("check_deletable: only an active deployment among others cannot be deleted") {
  for (const auto& [state, name] : enum_names<DeploymentState>::values) {
    CAPTURE(name);
    Deployment deployment;
    deployment.state = state;
    CHECK(check_deletable(deployment, true));
    CHECK(check_deletable(deployment, false).has_value() == (state != DeploymentState::success));
  }
  Deployment untouched;
  CHECK(check_deletable(untouched, false));
}

TEST_CASE("check_deletable: refuses in GitHub's shape, with errors as an array of strings") {
  Deployment active;
  active.state = DeploymentState::success;
  auto refused = check_deletable(active, false);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::invalid);
  CHECK(refused.error().message == "Validation Failed");
  CHECK(refused.error().fields.empty());
  CHECK(refused.error().details ==
        std::vector<std::string>{"We cannot delete an active deployment unless it is the only "
                                 "deployment in a given environment."});
}

TEST_CASE("enum_names: every state, phase and kind has one name, which leads back to it") {
  std::set<std::string_view> names;
  for (const auto& [state, name] : enum_names<DeploymentState>::values) {
    CHECK(from_name<DeploymentState>(name) == state);
    CHECK(to_name(state) == name);
    names.insert(name);
  }
  CHECK(names.size() == 8);
  CHECK(to_name(DeploymentState::in_progress) == "in_progress");
  CHECK_FALSE(from_name<DeploymentState>("Success"));
  CHECK_FALSE(from_name<DeploymentState>(""));
  CHECK(from_name<DeploymentPhase>("held") == DeploymentPhase::held);
  CHECK(from_name<DeploymentKind>("rollback") == DeploymentKind::rollback);
}
