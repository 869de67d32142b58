#include <doctest/doctest.h>

#include "base/text.h"
#include "core/deployment.h"

// The decision about a create request, as a table. Each row is a sentence, the request, the facts
// and the expected outcome, all written out: nothing is computed from the code under test.

using namespace esclusa;
using namespace esclusa::core;

namespace {

const std::string sha = "0123456789abcdef0123456789abcdef01234567";
const std::string other_sha = "89abcdef0123456789abcdef0123456789abcdef";

struct Row {
  const char* sentence;
  /// The ref, the repository's merge policy, and what differs from GitHub's defaults: `behind=N`
  /// commits, `as_it_is` (no auto_merge), `requires=a,b` (contexts; `requires=` is the empty list),
  /// `expects=it|IT|another` (expected_sha), `ref=…` (default `topic`), `unborn` (the default
  /// branch does not exist).
  const char* given;
  const char* reported;  ///< `context=state …`
  const char* verdict;   ///< insert, merge, or the status and message of the refusal
};

const Row rows[] = {
    // The ref.
    {"an unknown ref is refused", "unknown merge", "", "422 No ref found for: topic"},
    {"an unknown ref is refused without auto_merge too", "unknown ignore as_it_is requires=", "",
     "422 No ref found for: topic"},
    {"an unknown ref is refused before a merge is thought of", "unknown merge behind=7", "",
     "422 No ref found for: topic"},
    {"an unknown ref is refused before contexts are looked at", "unknown merge requires=ci",
     "ci=failure", "422 No ref found for: topic"},
    {"an unknown ref is refused before the expected commit is compared",
     "unknown merge expects=another", "", "422 No ref found for: topic"},
    {"the refusal names the ref as it was sent", "unknown merge ref=refs/heads/topic", "",
     "422 No ref found for: refs/heads/topic"},

    // expected_sha.
    {"the expected commit is deployed", "branch ignore as_it_is requires= expects=it", "",
     "insert"},
    {"the expected commit may be written in capitals",
     "branch ignore as_it_is requires= expects=IT", "", "insert"},
    {"an unexpected commit is refused", "branch ignore as_it_is requires= expects=another", "",
     "409 moved"},
    {"an unexpected commit of a tag is refused", "tag ignore as_it_is requires= expects=another",
     "", "409 moved"},
    {"an unexpected commit is refused before a merge", "branch merge behind=3 expects=another", "",
     "409 moved"},
    {"an unexpected commit is refused before a conflict is found",
     "tag merge behind=3 expects=another", "", "409 moved"},
    {"an unexpected commit is refused before contexts are looked at",
     "branch merge expects=another", "ci=failure", "409 moved"},
    {"the expected commit that is behind is still merged into first",
     "branch merge behind=1 expects=it", "", "merge"},

    // auto_merge, policy merge.
    {"a branch that is level is deployed", "branch merge", "", "insert"},
    {"a branch that is behind by one is merged into first", "branch merge behind=1", "", "merge"},
    {"a branch that is far behind is merged into first", "branch merge behind=4000", "", "merge"},
    {"a branch by its full name is merged into too", "branch merge behind=2 ref=refs/heads/topic",
     "", "merge"},
    {"a tag that is behind is a conflict", "tag merge behind=1", "",
     "409 Conflict merging main into topic."},
    {"a commit that is behind is a conflict", "commit merge behind=1", "",
     "409 Conflict merging main into topic."},
    {"a pull request's ref that is behind is a conflict", "other_ref merge behind=1", "",
     "409 Conflict merging main into topic."},
    {"the conflict names the ref as it was sent", "tag merge behind=1 ref=refs/tags/v1", "",
     "409 Conflict merging main into refs/tags/v1."},
    {"a tag that is level is deployed", "tag merge", "", "insert"},
    {"a commit that is level is deployed", "commit merge", "", "insert"},
    {"a pull request's ref that is level is deployed", "other_ref merge", "", "insert"},
    {"without auto_merge a branch that is behind is deployed as it is",
     "branch merge behind=5 as_it_is", "", "insert"},
    {"without auto_merge a tag that is behind is deployed as it is", "tag merge behind=5 as_it_is",
     "", "insert"},
    {"without auto_merge a commit that is behind is deployed as it is",
     "commit merge behind=5 as_it_is", "", "insert"},
    {"a branch is merged into whatever was reported about its old commit", "branch merge behind=1",
     "ci=failure", "merge"},
    {"a branch is merged into even if required contexts are missing so far",
     "branch merge behind=1 requires=ci", "", "merge"},
    {"a conflict comes before failing contexts", "tag merge behind=1", "ci=failure",
     "409 Conflict merging main into topic."},

    // The default branch does not exist: no ref is taken for up to date.
    {"what would be compared with a branch that is not there is refused", "branch merge unborn", "",
     "409 no default branch"},
    {"a tag too", "tag merge unborn", "", "409 no default branch"},
    {"refuse: what would be compared with a branch that is not there is refused",
     "branch refuse unborn", "", "409 no default branch"},
    {"it is refused before contexts are looked at", "branch merge unborn", "ci=failure",
     "409 no default branch"},
    {"an unexpected commit is refused before the default branch is missed",
     "branch merge unborn expects=another", "", "409 moved"},
    {"without auto_merge no default branch is needed", "branch merge unborn as_it_is", "",
     "insert"},
    {"ignore: no default branch is needed", "branch ignore unborn", "", "insert"},

    // The other policies.
    {"refuse: a branch that is behind is refused", "branch refuse behind=1", "",
     "409 Conflict merging main into topic."},
    {"refuse: a tag that is behind is refused", "tag refuse behind=1", "",
     "409 Conflict merging main into topic."},
    {"refuse: a commit that is behind is refused", "commit refuse behind=1", "",
     "409 Conflict merging main into topic."},
    {"refuse: a branch that is level is deployed", "branch refuse", "", "insert"},
    {"refuse: without auto_merge a branch that is behind is deployed",
     "branch refuse behind=1 as_it_is", "", "insert"},
    {"ignore: a branch that is behind is deployed as it is", "branch ignore behind=1", "",
     "insert"},
    {"ignore: a tag that is behind is deployed as it is", "tag ignore behind=1", "", "insert"},
    {"ignore: a commit that is behind is deployed as it is", "commit ignore behind=1", "",
     "insert"},
    {"ignore: contexts are looked at all the same", "branch ignore behind=1", "ci=failure",
     "409 checks: ci=failure"},

    // All contexts are required.
    {"nothing reported requires nothing", "branch merge", "", "insert"},
    {"one success lets it pass", "branch merge", "ci=success", "insert"},
    {"many successes let it pass", "branch merge", "a=success b=success", "insert"},
    {"a failure blocks", "branch merge", "ci=failure", "409 checks: ci=failure"},
    {"an error blocks", "branch merge", "ci=error", "409 checks: ci=error"},
    {"what is pending blocks", "branch merge", "ci=pending", "409 checks: ci=pending"},
    {"a skipped check blocks", "branch merge", "ci=skipped", "409 checks: ci=skipped"},
    {"a cancelled check blocks", "branch merge", "ci=cancelled", "409 checks: ci=cancelled"},
    {"a neutral check blocks", "branch merge", "ci=neutral", "409 checks: ci=neutral"},
    {"a check that timed out blocks", "branch merge", "ci=timed_out", "409 checks: ci=timed_out"},
    {"a check that wants an action blocks", "branch merge", "ci=action_required",
     "409 checks: ci=action_required"},
    {"one failure among successes blocks, and all are shown", "branch merge",
     "a=success b=failure c=success", "409 checks: a=success b=failure c=success"},
    {"a status and a check of one name both count", "branch merge", "ci=success ci=pending",
     "409 checks: ci=success ci=pending"},
    {"contexts block a tag as well", "tag ignore as_it_is", "ci=failure", "409 checks: ci=failure"},
    {"contexts block a commit as well", "commit ignore as_it_is", "ci=failure",
     "409 checks: ci=failure"},
    {"contexts block without auto_merge as well", "branch merge behind=9 as_it_is", "ci=failure",
     "409 checks: ci=failure"},

    // A list is required.
    {"the required context that succeeded lets it pass", "branch merge requires=ci", "ci=success",
     "insert"},
    {"the required context that failed blocks", "branch merge requires=ci", "ci=failure",
     "409 checks: ci=failure"},
    {"a required context that nobody reported blocks as missing", "branch merge requires=ci", "",
     "409 checks: ci=missing"},
    {"a required context is missing though others succeeded", "branch merge requires=deploy-ok",
     "ci=success", "409 checks: deploy-ok=missing"},
    {"a failure that is not required does not block", "branch merge requires=a",
     "a=success b=failure", "insert"},
    {"of the required ones all are shown, missing and successful ones too",
     "branch merge requires=a,b,c", "a=success b=pending d=failure",
     "409 checks: a=success b=pending c=missing"},
    {"required contexts compare without regard to case", "branch merge requires=CI/Build",
     "ci/build=success", "insert"},
    {"a context is shown in the spelling that was reported", "branch merge requires=CI",
     "ci=failure", "409 checks: ci=failure"},
    {"a required name must succeed as status and as check", "branch merge requires=ci",
     "ci=success CI=failure", "409 checks: ci=success CI=failure"},
    {"a context that is required twice is shown twice", "branch merge requires=ci,ci", "",
     "409 checks: ci=missing ci=missing"},
    {"a required context that is a mere prefix is missing", "branch merge requires=ci",
     "ci/build=success", "409 checks: ci=missing"},

    // No context is required.
    {"an empty list ignores failures", "branch merge requires=", "ci=failure", "insert"},
    {"an empty list ignores what is pending", "branch merge requires=", "ci=pending", "insert"},
    {"an empty list does not spare the merge", "branch merge behind=1 requires=", "", "merge"},
    {"an empty list does not spare the conflict", "tag merge behind=1 requires=", "",
     "409 Conflict merging main into topic."},
};

std::vector<std::string> words_of(std::string_view text, char separator = ' ') {
  std::vector<std::string> words;
  for (std::string_view word : split(text, separator)) {
    if (!word.empty()) words.emplace_back(word);
  }
  return words;
}

/// `a=b` as {a, b}.
std::pair<std::string, std::string> cut(const std::string& word) {
  const size_t at = word.find('=');
  return {word.substr(0, at), at == word.npos ? "" : word.substr(at + 1)};
}

struct Case {
  NewDeployment input;
  DeploymentFacts facts;
};

Case read(const Row& row) {
  Case read;
  read.input.ref = "topic";
  read.facts.default_branch = "main";
  read.facts.default_sha = other_sha;
  const auto words = words_of(row.given);
  for (const auto& [kind, name] : {std::pair(RefKind::branch, "branch"),
                                   {RefKind::tag, "tag"},
                                   {RefKind::commit, "commit"},
                                   {RefKind::other_ref, "other_ref"}}) {
    if (words.at(0) == name) read.facts.resolved = ResolvedRef{kind, "", sha};
  }
  REQUIRE((read.facts.resolved.has_value() || words.at(0) == "unknown"));
  read.facts.merge_policy = from_name<MergePolicy>(words.at(1)).value();
  for (size_t i = 2; i < words.size(); ++i) {
    const auto [name, value] = cut(words[i]);
    if (name == "behind") read.facts.behind_count = std::stoul(value);
    if (name == "unborn") {
      read.facts.no_default_branch = Error{ErrorCode::conflict, "no default branch", {}, {}, {}};
    }
    if (name == "as_it_is") read.input.auto_merge = false;
    if (name == "requires") read.input.required_contexts = words_of(value, ',');
    if (name == "ref") read.input.ref = value;
    if (name != "expects") continue;
    read.input.expected_sha = value == "another" ? other_sha : sha;
    if (value == "IT") read.input.expected_sha = "0123456789ABCDEF0123456789ABCDEF01234567";
  }
  for (const std::string& word : words_of(row.reported)) {
    const auto [context, state] = cut(word);
    read.facts.contexts.push_back({context, state});
  }
  return read;
}

std::string shown(const Result<DeploymentPlan>& plan) {
  if (plan) return plan->step == DeploymentStep::merge ? "merge" : "insert";
  const Error& error = plan.error();
  if (error.message ==
      "Conflict: topic is at " + sha + ", not at the expected " + other_sha + ".") {
    return "409 moved";
  }
  std::string text = error.code == ErrorCode::conflict  ? "409 "
                     : error.code == ErrorCode::invalid ? "422 "
                                                        : "??? ";
  if (error.message != "Conflict: Commit status checks failed for topic.") {
    CHECK(error.fields.empty());
    return text + error.message;
  }
  text += "checks:";
  REQUIRE(error.fields.size() == 1);
  CHECK(error.fields[0].resource == "Deployment");
  CHECK(error.fields[0].field == "required_contexts");
  CHECK(error.fields[0].code == "invalid");
  for (const ContextState& each : error.fields[0].contexts) {
    text += " " + each.context + "=" + each.state;
  }
  return text;
}

}  // namespace

TEST_CASE("plan_deployment: the table of decisions") {
  static_assert(std::size(rows) >= 60);
  for (const Row& row : rows) {
    CAPTURE(row.sentence);
    const Case given = read(row);
    const auto plan = plan_deployment(given.input, given.facts);
    CHECK(shown(plan) == row.verdict);
    if (plan) CHECK(plan->sha == sha);
  }
}
