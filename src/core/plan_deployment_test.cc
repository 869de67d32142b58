#include <doctest/doctest.h>

#include "core/deployment.h"

// The decision over a create, as a table: each row is a sentence, and says in full what is asked
// for, what is so, and what follows. Nothing here is computed from the code under test.

using namespace esclusa;
using namespace esclusa::core;

namespace {

const std::string sha = "0123456789abcdef0123456789abcdef01234567";
const std::string other_sha = "89abcdef0123456789abcdef0123456789abcdef";

constexpr auto merge = MergePolicy::merge;
constexpr auto refuse = MergePolicy::refuse;
constexpr auto ignore = MergePolicy::ignore;
constexpr auto branch = RefKind::branch;
constexpr auto tag = RefKind::tag;
constexpr auto other_ref = RefKind::other_ref;
constexpr auto commit = RefKind::commit;

using Names = std::vector<std::string>;
const std::optional<Names> all;  // `required_contexts` absent or null
const Names none;                // `required_contexts: []`

using Contexts = std::vector<ContextState>;
const Contexts green = {{"ci", "success"}};
const Contexts red = {{"ci", "failure"}};

struct Row {
  const char* sentence;
  std::string ref;
  bool auto_merge;
  std::optional<Names> required;
  std::optional<RefKind> resolved;  ///< nothing: there is no such ref
  MergePolicy policy;
  size_t behind;
  Contexts contexts;
  std::string verdict;         ///< `insert`, `merge`, or the refusal: `409 message` / `422 message`
  std::string evaluated = "";  ///< the contexts in the refusal: `ci=failure …`
  std::optional<std::string> expected_sha = {};
};

const std::string no_ref = "422 No ref found for: topic";
const std::string conflict = "409 Conflict merging main into topic.";
const std::string checks = "409 Conflict: Commit status checks failed for topic.";
const std::string moved =
    "409 Conflict: topic is at " + sha + ", not at the expected " + other_sha + ".";

// clang-format off
const Row rows[] = {
    // The ref.
    {"an unknown ref is refused", "topic", true, all, {}, merge, 0, {}, no_ref},
    {"an unknown ref is refused without auto_merge too", "topic", false, none, {}, ignore, 0, {}, no_ref},
    {"an unknown ref is refused before a merge is thought of", "topic", true, all, {}, merge, 7, {}, no_ref},
    {"an unknown ref is refused before contexts are looked at", "topic", true, Names{"ci"}, {}, merge, 0, red, no_ref},
    {"an unknown ref is refused before the expected commit is compared", "topic", true, all, {}, merge, 0, {}, no_ref, "", other_sha},
    {"the refusal names the ref as it was sent", "refs/heads/topic", true, all, {}, merge, 0, {}, "422 No ref found for: refs/heads/topic"},

    // expected_sha.
    {"the expected commit is deployed", "topic", false, none, branch, ignore, 0, {}, "insert", "", sha},
    {"the expected commit may be written in capitals", "topic", false, none, branch, ignore, 0, {}, "insert", "", "0123456789ABCDEF0123456789ABCDEF01234567"},
    {"an unexpected commit is refused", "topic", false, none, branch, ignore, 0, {}, moved, "", other_sha},
    {"an unexpected commit of a tag is refused", "topic", false, none, tag, ignore, 0, {}, moved, "", other_sha},
    {"an unexpected commit is refused before a merge", "topic", true, all, branch, merge, 3, {}, moved, "", other_sha},
    {"an unexpected commit is refused before a conflict is found", "topic", true, all, tag, merge, 3, {}, moved, "", other_sha},
    {"an unexpected commit is refused before contexts are looked at", "topic", true, all, branch, merge, 0, red, moved, "", other_sha},
    {"the expected commit that is behind is still merged into first", "topic", true, all, branch, merge, 1, {}, "merge", "", sha},

    // auto_merge, policy merge.
    {"a branch that is level is deployed", "topic", true, all, branch, merge, 0, {}, "insert"},
    {"a branch that is behind by one is merged into first", "topic", true, all, branch, merge, 1, {}, "merge"},
    {"a branch that is far behind is merged into first", "topic", true, all, branch, merge, 4000, {}, "merge"},
    {"a branch by its full name is merged into too", "refs/heads/topic", true, all, branch, merge, 2, {}, "merge"},
    {"a tag that is behind is a conflict", "topic", true, all, tag, merge, 1, {}, conflict},
    {"a commit that is behind is a conflict", "topic", true, all, commit, merge, 1, {}, conflict},
    {"a pull request's ref that is behind is a conflict", "topic", true, all, other_ref, merge, 1, {}, conflict},
    {"the conflict names the ref as it was sent", "refs/tags/v1", true, all, tag, merge, 1, {}, "409 Conflict merging main into refs/tags/v1."},
    {"a tag that is level is deployed", "topic", true, all, tag, merge, 0, {}, "insert"},
    {"a commit that is level is deployed", "topic", true, all, commit, merge, 0, {}, "insert"},
    {"a pull request's ref that is level is deployed", "topic", true, all, other_ref, merge, 0, {}, "insert"},
    {"without auto_merge a branch that is behind is deployed as it is", "topic", false, all, branch, merge, 5, {}, "insert"},
    {"without auto_merge a tag that is behind is deployed as it is", "topic", false, all, tag, merge, 5, {}, "insert"},
    {"without auto_merge a commit that is behind is deployed as it is", "topic", false, all, commit, merge, 5, {}, "insert"},
    {"a branch is merged into whatever was reported about its old commit", "topic", true, all, branch, merge, 1, red, "merge"},
    {"a branch is merged into even if required contexts are missing so far", "topic", true, Names{"ci"}, branch, merge, 1, {}, "merge"},
    {"a conflict comes before failing contexts", "topic", true, all, tag, merge, 1, red, conflict},

    // The other policies.
    {"refuse: a branch that is behind is refused", "topic", true, all, branch, refuse, 1, {}, conflict},
    {"refuse: a tag that is behind is refused", "topic", true, all, tag, refuse, 1, {}, conflict},
    {"refuse: a commit that is behind is refused", "topic", true, all, commit, refuse, 1, {}, conflict},
    {"refuse: a branch that is level is deployed", "topic", true, all, branch, refuse, 0, {}, "insert"},
    {"refuse: without auto_merge a branch that is behind is deployed", "topic", false, all, branch, refuse, 1, {}, "insert"},
    {"ignore: a branch that is behind is deployed as it is", "topic", true, all, branch, ignore, 1, {}, "insert"},
    {"ignore: a tag that is behind is deployed as it is", "topic", true, all, tag, ignore, 1, {}, "insert"},
    {"ignore: a commit that is behind is deployed as it is", "topic", true, all, commit, ignore, 1, {}, "insert"},
    {"ignore: contexts are looked at all the same", "topic", true, all, branch, ignore, 1, red, checks, "ci=failure"},

    // All contexts are required.
    {"nothing reported requires nothing", "topic", true, all, branch, merge, 0, {}, "insert"},
    {"one success lets it pass", "topic", true, all, branch, merge, 0, green, "insert"},
    {"many successes let it pass", "topic", true, all, branch, merge, 0, {{"a", "success"}, {"b", "success"}}, "insert"},
    {"a failure blocks", "topic", true, all, branch, merge, 0, red, checks, "ci=failure"},
    {"an error blocks", "topic", true, all, branch, merge, 0, {{"ci", "error"}}, checks, "ci=error"},
    {"what is pending blocks", "topic", true, all, branch, merge, 0, {{"ci", "pending"}}, checks, "ci=pending"},
    {"a skipped check blocks", "topic", true, all, branch, merge, 0, {{"ci", "skipped"}}, checks, "ci=skipped"},
    {"a cancelled check blocks", "topic", true, all, branch, merge, 0, {{"ci", "cancelled"}}, checks, "ci=cancelled"},
    {"a neutral check blocks", "topic", true, all, branch, merge, 0, {{"ci", "neutral"}}, checks, "ci=neutral"},
    {"a check that timed out blocks", "topic", true, all, branch, merge, 0, {{"ci", "timed_out"}}, checks, "ci=timed_out"},
    {"a check that wants an action blocks", "topic", true, all, branch, merge, 0, {{"ci", "action_required"}}, checks, "ci=action_required"},
    {"one failure among successes blocks, and all are shown", "topic", true, all, branch, merge, 0, {{"a", "success"}, {"b", "failure"}, {"c", "success"}}, checks, "a=success b=failure c=success"},
    {"a status and a check of one name both count", "topic", true, all, branch, merge, 0, {{"ci", "success"}, {"ci", "pending"}}, checks, "ci=success ci=pending"},
    {"contexts block a tag as well", "topic", false, all, tag, ignore, 0, red, checks, "ci=failure"},
    {"contexts block a commit as well", "topic", false, all, commit, ignore, 0, red, checks, "ci=failure"},
    {"contexts block without auto_merge as well", "topic", false, all, branch, merge, 9, red, checks, "ci=failure"},

    // A list is required.
    {"the required context that succeeded lets it pass", "topic", true, Names{"ci"}, branch, merge, 0, green, "insert"},
    {"the required context that failed blocks", "topic", true, Names{"ci"}, branch, merge, 0, red, checks, "ci=failure"},
    {"a required context that nobody reported blocks as missing", "topic", true, Names{"ci"}, branch, merge, 0, {}, checks, "ci=missing"},
    {"a required context is missing though others succeeded", "topic", true, Names{"deploy-ok"}, branch, merge, 0, green, checks, "deploy-ok=missing"},
    {"a failure that is not required does not block", "topic", true, Names{"a"}, branch, merge, 0, {{"a", "success"}, {"b", "failure"}}, "insert"},
    {"of the required ones all are shown, missing and successful ones too", "topic", true, Names{"a", "b", "c"}, branch, merge, 0, {{"a", "success"}, {"b", "pending"}, {"d", "failure"}}, checks, "a=success b=pending c=missing"},
    {"required contexts compare without regard to case", "topic", true, Names{"CI/Build"}, branch, merge, 0, {{"ci/build", "success"}}, "insert"},
    {"a context is shown in the spelling that was reported", "topic", true, Names{"CI"}, branch, merge, 0, red, checks, "ci=failure"},
    {"a required name must succeed as status and as check", "topic", true, Names{"ci"}, branch, merge, 0, {{"ci", "success"}, {"CI", "failure"}}, checks, "ci=success CI=failure"},
    {"a context that is required twice is shown twice", "topic", true, Names{"ci", "ci"}, branch, merge, 0, {}, checks, "ci=missing ci=missing"},
    {"a required context that is a mere prefix is missing", "topic", true, Names{"ci"}, branch, merge, 0, {{"ci/build", "success"}}, checks, "ci=missing"},

    // No context is required.
    {"an empty list ignores failures", "topic", true, none, branch, merge, 0, red, "insert"},
    {"an empty list ignores what is pending", "topic", true, none, branch, merge, 0, {{"ci", "pending"}}, "insert"},
    {"an empty list does not spare the merge", "topic", true, none, branch, merge, 1, {}, "merge"},
    {"an empty list does not spare the conflict", "topic", true, none, tag, merge, 1, {}, conflict},
};
// clang-format on

std::string shown(const Result<DeploymentPlan>& plan) {
  if (plan) return plan->step == DeploymentStep::merge ? "merge" : "insert";
  const char* status = plan.error().code == ErrorCode::conflict  ? "409 "
                       : plan.error().code == ErrorCode::invalid ? "422 "
                                                                 : "??? ";
  return status + plan.error().message;
}

std::string shown_contexts(const Result<DeploymentPlan>& plan) {
  if (plan) return "";
  std::string text;
  for (const FieldError& field : plan.error().fields) {
    CHECK(field.resource == "Deployment");
    CHECK(field.field == "required_contexts");
    CHECK(field.code == "invalid");
    for (const ContextState& each : field.contexts) {
      text += (text.empty() ? "" : " ") + each.context + "=" + each.state;
    }
  }
  return text;
}

}  // namespace

TEST_CASE("plan_deployment: the table of decisions") {
  static_assert(std::size(rows) >= 60);
  for (const Row& row : rows) {
    CAPTURE(row.sentence);
    NewDeployment input;
    input.ref = row.ref;
    input.auto_merge = row.auto_merge;
    input.required_contexts = row.required;
    input.expected_sha = row.expected_sha;
    DeploymentFacts facts;
    facts.default_branch = "main";
    facts.default_sha = other_sha;
    facts.merge_policy = row.policy;
    facts.behind_count = row.behind;
    facts.contexts = row.contexts;
    if (row.resolved) facts.resolved = ResolvedRef{*row.resolved, "", sha};
    const auto plan = plan_deployment(input, facts);
    CHECK(shown(plan) == row.verdict);
    CHECK(shown_contexts(plan) == row.evaluated);
    if (plan) CHECK(plan->sha == sha);
  }
}
