#include "wire/commit_status.h"

#include <doctest/doctest.h>

#include "wire/check_run.h"

using namespace esclusa;
using namespace esclusa::wire;

namespace {

const std::string sha(40, 'a');
const Urls urls{"http://h/api/v3", "http://h"};

core::Repository some_repository() {
  core::Repository repository;
  repository.id = {7};
  repository.owner.id = {3};
  repository.owner.login = "ada";
  repository.name = "application";
  return repository;
}

core::CommitStatus some_status(int64_t id, core::CommitState state) {
  core::CommitStatus status;
  status.id = {id};
  status.sha = sha;
  status.context = "ci";
  status.state = state;
  status.creator = some_repository().owner;
  return status;
}

Json parsed(JsonWriter& json) {
  auto value = Json::parse(json.text());
  REQUIRE(value);
  return *value;
}

std::string refusal(const Result<core::NewCommitStatus>& input) {
  return input ? "" : input.error().message;
}
std::string refusal(const Result<core::CheckRunInput>& input) {
  return input ? "" : input.error().message;
}

}  // namespace

TEST_CASE("parse_new_commit_status: GitHub's defaults and refusals") {
  const auto input = parse_new_commit_status(R"({"state":"success","x":1})");
  REQUIRE(input);
  CHECK(input->state == core::CommitState::success);
  CHECK(input->context == "default");
  CHECK_FALSE(input->description.has_value());
  const auto full = parse_new_commit_status(
      R"({"state":"error","context":"a","description":"","target_url":null})");
  REQUIRE(full);
  CHECK(full->description == "");
  CHECK_FALSE(full->target_url.has_value());
  CHECK(refusal(parse_new_commit_status("{}")) == "Invalid request.\n\n\"state\" wasn't supplied.");
  const auto unknown = parse_new_commit_status(R"({"state":"Success"})");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().message == "Validation Failed");
  CHECK(unknown.error().fields.at(0).message == "State is not included in the list");
}

TEST_CASE("write_commit_status: GitHub's members in GitHub's order, null for absent ones") {
  JsonWriter json;
  write_commit_status(json, some_status(5, core::CommitState::success), some_repository(), urls);
  CHECK(json.text().starts_with(
      R"({"url":"http://h/api/v3/repos/ada/application/statuses/)" + sha +
      R"(","avatar_url":"http://h/avatars/u/3","id":5,"node_id":"SC_kwAHBQ","state":"success",)"
      R"("description":null,"target_url":null,"context":"ci","created_at":"1970-01-01T00:00:00Z",)"
      R"("updated_at":"1970-01-01T00:00:00Z","creator":{"login":"ada")"));
}

TEST_CASE("write_combined_status: the combined state of all contexts, and one page of statuses") {
  const std::vector<core::CommitStatus> latest = {some_status(5, core::CommitState::failure),
                                                  some_status(6, core::CommitState::success),
                                                  some_status(7, core::CommitState::success)};
  JsonWriter json;
  write_combined_status(json, sha, latest, {.number = 2, .size = 2}, some_repository(), urls);
  const Json value = parsed(json);
  CHECK(value.string_at("state") == "failure");
  CHECK(value.integer_at("total_count") == 3);
  REQUIRE(value.find("statuses")->elements().size() == 1);
  const Json status = value.find("statuses")->elements()[0];
  CHECK(status.integer_at("id") == 7);
  CHECK_FALSE(status.find("creator"));
  CHECK(value.string_at("sha") == sha);
  CHECK(value.string_at("repository", "full_name") == "ada/application");
  CHECK(value.string_at("commit_url") == "http://h/api/v3/repos/ada/application/commits/" + sha);
  CHECK(value.string_at("url") ==
        "http://h/api/v3/repos/ada/application/commits/" + sha + "/status");
}

TEST_CASE("parse_new_check_run: reads every member, with times and annotations") {
  const auto input = parse_new_check_run(R"({"name":"lint","head_sha":")" + sha + R"(",
    "status":"completed","conclusion":"timed_out","details_url":"https://ci.example",
    "external_id":"42","started_at":"2026-11-21T08:30:00Z","completed_at":null,"actions":[],
    "output":{"title":"t","summary":"s","annotations":[{"path":"a","start_line":1,"end_line":2,
      "annotation_level":"notice","message":"m"}]}})");
  REQUIRE(input);
  CHECK(input->head_sha == sha);
  CHECK(input->name == "lint");
  CHECK(input->status == core::CheckStatus::completed);
  CHECK(input->conclusion == core::CheckConclusion::timed_out);
  CHECK(input->external_id == "42");
  CHECK(input->started_at == parse_time("2026-11-21T08:30:00Z"));
  CHECK_FALSE(input->completed_at.has_value());
  REQUIRE(input->output.has_value());
  CHECK(input->output->title == "t");
  CHECK_FALSE(input->output->text.has_value());
  CHECK(input->annotations.size() == 1);
}

TEST_CASE("parse_new_check_run: refuses invalid bodies with GitHub's texts") {
  auto said = [](const std::string& members) {
    return refusal(parse_new_check_run("{" + members + "}"));
  };
  const std::string minimal = R"("name":"lint","head_sha":"a")";
  CHECK(said(minimal) == "");
  CHECK(said(R"("head_sha":"a")") == "Invalid request.\n\n\"name\" wasn't supplied.");
  CHECK(said(R"("name":"lint")") == "Invalid request.\n\n\"head_sha\" wasn't supplied.");
  CHECK(said(minimal + R"(,"status":"waiting")").contains("waiting is not a member of"));
  CHECK(said(minimal + R"(,"conclusion":"stale")").contains("stale is not a member of"));
  CHECK(said(minimal + R"(,"started_at":"noon")").contains("noon is not a valid date-time."));
  CHECK(said(minimal + R"(,"output":[])").contains("is not an object"));
  auto annotated = [&](const std::string& annotation) {
    return said(minimal + R"(,"output":{"annotations":[)" + annotation + "]}");
  };
  CHECK(annotated("1").contains("\"path\" wasn't supplied."));
  CHECK(annotated(R"({"path":"a","annotation_level":"notice","message":"m","start_line":1})")
            .contains("\"end_line\" wasn't supplied."));
  CHECK(annotated(R"({"path":"a","annotation_level":"loud","message":"m","start_line":1,)"
                  R"("end_line":1})")
            .contains("loud is not a member of"));
  // These members are optional. Answers repeat them, so their types must be GitHub's.
  auto with = [&](const std::string& member) {
    return annotated(R"({"path":"a","annotation_level":"notice","message":"m","start_line":1,)"
                     R"("end_line":1,)" +
                     member + "}");
  };
  CHECK(with(R"("title":null,"start_column":null)") == "");
  CHECK(with(R"("title":"t","raw_details":"r","start_column":1,"end_column":2)") == "");
  CHECK(with(R"("title":[])").contains("'properties/title', [] is not a string."));
  CHECK(with(R"("raw_details":1)").contains("'properties/raw_details', 1 is not a string."));
  CHECK(with(R"("start_column":"1")").contains("is not an integer."));
  CHECK(with(R"("end_column":1.5)").contains("is not an integer."));
}

TEST_CASE("write_check_run: has its own suite, its app, and a conclusion only if it has ended") {
  core::CheckRun run;
  run.creator.id = {4};
  run.creator.login = "ci";
  run.id = {9};
  run.sha = sha;
  run.name = "lint";
  JsonWriter queued;
  write_check_run(queued, run, some_repository(), urls);
  Json value = parsed(queued);
  CHECK(value.string_at("status") == "queued");
  CHECK(value.find("conclusion")->is_null());
  CHECK(value.integer_at("check_suite", "id") == 9);
  CHECK(value.integer_at("app", "id") == 4);
  CHECK(value.string_at("app", "slug") == "ci");
  CHECK(value.string_at("app", "owner", "login") == "ci");
  CHECK(value.string_at("url") == "http://h/api/v3/repos/ada/application/check-runs/9");
  CHECK(value.string_at("output", "annotations_url") ==
        "http://h/api/v3/repos/ada/application/check-runs/9/annotations");
  run.conclusion = core::CheckConclusion::action_required;
  JsonWriter done;
  write_check_run(done, run, some_repository(), urls);
  CHECK(parsed(done).string_at("conclusion") == "action_required");
}

TEST_CASE("write_annotation: the members as sent, null for absent ones, and a link to the file") {
  core::CheckRun run;
  run.sha = sha;
  JsonWriter json;
  write_annotation(json,
                   *Json::parse(R"({"path":"a b/c","start_line":1,"end_line":2,"message":"m"})"),
                   run, some_repository(), urls);
  const Json value = parsed(json);
  CHECK(value.integer_at("end_line") == 2);
  CHECK(value.find("title")->is_null());
  CHECK(value.string_at("blob_href") == "http://h/ada/application/blob/" + sha + "/a%20b/c");
}
