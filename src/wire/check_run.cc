#include "wire/check_run.h"

#include <algorithm>
#include "wire/json_body.h"

#include "base/text.h"
#include "wire/account.h"
#include "wire/enums.h"
#include "wire/node_id.h"
#include "wire/repository.h"
#include "wire/time_member.h"

namespace esclusa::wire {
namespace {

/// Checks the type of a member that may be absent or null.
Result<void> check_optional(const Json& annotation, const char* name, bool is_text) {
  const auto member = annotation.find(name);
  if (!member || member->is_null()) return {};
  if (is_text ? member->is_string() : member->integer().has_value()) return {};
  return wrong_type(name, *member, is_text ? "a string" : "an integer");
}

/// Checks that an annotation has its required members: position, level and message.
Result<void> check_annotation(const Json& annotation) {
  for (const char* name : {"path", "annotation_level", "message"}) {
    const auto member = annotation.find(name);
    if (!member) return fail_request("\"" + std::string(name) + "\" wasn't supplied.");
    if (!member->string()) return wrong_type(name, *member, "a string");
  }
  for (const char* name : {"start_line", "end_line"}) {
    const auto member = annotation.find(name);
    if (!member) return fail_request("\"" + std::string(name) + "\" wasn't supplied.");
    if (!member->integer()) return wrong_type(name, *member, "an integer");
  }
  for (const char* name : {"start_column", "end_column"}) {
    TRY(check_optional(annotation, name, false));
  }
  for (const char* name : {"title", "raw_details"}) TRY(check_optional(annotation, name, true));
  const std::string level = *annotation.string_at("annotation_level");
  constexpr std::string_view levels[] = {"notice", "warning", "failure"};
  if (std::ranges::count(levels, level) > 0) return {};
  return fail_request(level + " is not a member of [\"notice\", \"warning\", \"failure\"].");
}

Result<void> parse_output(const JsonBody& body, core::CheckRunInput& input) {
  const auto member = body.find("output");
  if (!member || member->is_null()) return {};
  if (!member->is_object()) return wrong_type("output", *member, "an object");
  const JsonBody output = TRY(JsonBody::parse(*body.raw_member("output")));
  input.output.emplace();
  input.output->title = TRY(output.optional_string("title"));
  input.output->summary = TRY(output.optional_string("summary"));
  input.output->text = TRY(output.optional_string("text"));
  const auto annotations = output.find("annotations");
  if (!annotations || annotations->is_null()) return {};
  if (!annotations->is_array()) return wrong_type("annotations", *annotations, "an array");
  for (const Json& annotation : annotations->elements()) {
    TRY(check_annotation(annotation));
    input.annotations.push_back(annotation.text());
  }
  return {};
}

Result<core::CheckRunInput> parse_fields(const JsonBody& body) {
  core::CheckRunInput input;
  input.name = TRY(body.optional_string("name"));
  input.status = TRY(optional_enum<core::CheckStatus>(body, "status"));
  input.conclusion = TRY(optional_enum<core::CheckConclusion>(body, "conclusion"));
  input.details_url = TRY(body.optional_string("details_url"));
  input.external_id = TRY(body.optional_string("external_id"));
  input.started_at = TRY(optional_time(body, "started_at"));
  input.completed_at = TRY(optional_time(body, "completed_at"));
  TRY(parse_output(body, input));
  return input;
}

}  // namespace

Result<core::CheckRunInput> parse_new_check_run(std::string_view text) {
  const JsonBody body = TRY(JsonBody::parse(text));
  TRY(body.required_string("name"));
  core::CheckRunInput input;
  const std::string head_sha = TRY(body.required_string("head_sha"));
  input = TRY(parse_fields(body));
  input.head_sha = head_sha;
  return input;
}

Result<core::CheckRunInput> parse_check_run_changes(std::string_view text) {
  return parse_fields(TRY(JsonBody::parse(text)));
}

namespace {

std::string html_url_of(const core::CheckRun& run, const core::Repository& repository,
                        const Urls& urls) {
  return urls.web + "/" + Urls::path_of(repository) + "/runs/" + std::to_string(run.id.value);
}

std::string suite_url_of(const core::CheckRun& run, const core::Repository& repository,
                         const Urls& urls) {
  return urls.repository(repository) + "/check-suites/" + std::to_string(run.id.value);
}

std::optional<std::string_view> conclusion_of(const core::CheckRun& run) {
  if (!run.conclusion) return std::nullopt;
  return core::to_name(*run.conclusion);
}

/// The members that both forms of a run have. The caller closes the object.
void begin_check_run(JsonWriter& json, const core::CheckRun& run,
                     const core::Repository& repository, const Urls& urls,
                     const std::optional<std::string>& details_url) {
  const std::string url =
      urls.repository(repository) + "/check-runs/" + std::to_string(run.id.value);
  json.begin_object()
      .member("id", run.id.value)
      .member("name", run.name)
      .member("node_id", node_id("CR", {repository.id.value, run.id.value}))
      .member("head_sha", run.sha)
      .member("external_id", run.external_id)
      .member("url", url)
      .member("html_url", html_url_of(run, repository, urls))
      .member("details_url", details_url)
      .member("status", core::to_name(run.status))
      .member("conclusion", conclusion_of(run))
      .member("started_at", run.started_at)
      .member("completed_at", run.completed_at);
  json.key("output")
      .begin_object()
      .member("title", run.output.title)
      .member("summary", run.output.summary)
      .member("text", run.output.text)
      .member("annotations_count", run.annotation_count)
      .member("annotations_url", url + "/annotations")
      .end_object();
  json.key("pull_requests").begin_array().end_array();
}

/// The account that reported the run, as GitHub's `app`.
void write_app(JsonWriter& json, const core::Account& account, const Urls& urls) {
  const std::string html_url = urls.web + "/" + percent_encode(account.login);
  json.key("app")
      .begin_object()
      .member("id", account.id.value)
      .member("slug", account.login)
      .member("node_id", node_id("A", {account.id.value}))
      .key("owner");
  write_account(json, account, urls);
  json.member("name", account.login)
      .member("description", nullptr)
      .member("external_url", html_url)
      .member("html_url", html_url)
      .member("created_at", account.created_at)
      .member("updated_at", account.updated_at);
  json.key("permissions").begin_object().end_object();
  json.key("events").begin_array().end_array();
  json.end_object();
}

}  // namespace

void write_check_run(JsonWriter& json, const core::CheckRun& run,
                     const core::Repository& repository, const Urls& urls) {
  begin_check_run(json, run, repository, urls, run.details_url);
  // Some clients require a check suite.
  json.key("check_suite").begin_object().member("id", run.id.value).end_object();
  write_app(json, run.creator, urls);
  json.end_object();
}

namespace {

/// The members that both forms of a suite have. The caller closes the object.
void begin_check_suite(JsonWriter& json, const core::CheckRun& run,
                       const std::optional<std::string_view>& conclusion,
                       const core::Repository& repository, const Urls& urls) {
  json.begin_object()
      .member("id", run.id.value)
      .member("node_id", node_id("CS", {repository.id.value, run.id.value}))
      .member("head_branch", nullptr)
      .member("head_sha", run.sha)
      .member("status", core::to_name(run.status))
      .member("conclusion", conclusion)
      .member("url", suite_url_of(run, repository, urls))
      .member("before", nullptr)
      .member("after", run.sha);
  json.key("pull_requests").begin_array().end_array();
  write_app(json, run.creator, urls);
  json.member("created_at", run.created_at)
      .member("updated_at", run.completed_at.value_or(run.created_at));
}

/// GitHub's `simple-commit`.
void write_head_commit(JsonWriter& json, const core::Commit& head) {
  json.key("head_commit")
      .begin_object()
      .member("id", head.sha)
      .member("tree_id", head.tree_sha)
      .member("message", head.message)
      .member("timestamp", head.committer.at);
  for (const auto& [name, person] :
       {std::pair("author", &head.author), std::pair("committer", &head.committer)}) {
    json.key(name)
        .begin_object()
        .member("name", person->name)
        .member("email", person->email)
        .end_object();
  }
  json.end_object();
}

}  // namespace

void write_event_check_run(JsonWriter& json, const core::CheckRun& run,
                           const core::Repository& repository, const Urls& urls) {
  begin_check_run(json, run, repository, urls,
                  run.details_url.value_or(html_url_of(run, repository, urls)));
  // The schema of events has no `skipped` conclusion for suites.
  const bool is_skipped = run.conclusion == core::CheckConclusion::skipped;
  json.key("check_suite");
  begin_check_suite(json, run,
                    is_skipped ? std::optional(core::to_name(core::CheckConclusion::neutral))
                               : conclusion_of(run),
                    repository, urls);
  json.end_object();
  write_app(json, run.creator, urls);
  json.end_object();
}

void write_check_suite(JsonWriter& json, const core::CheckRun& run, const core::Commit& head,
                       const core::Repository& repository, const Urls& urls) {
  begin_check_suite(json, run, conclusion_of(run), repository, urls);
  json.member("latest_check_runs_count", 1)
      .member("check_runs_url", suite_url_of(run, repository, urls) + "/check-runs");
  write_head_commit(json, head);
  json.key("repository");
  write_minimal_repository(json, repository, urls);
  json.end_object();
}

void write_annotation(JsonWriter& json, const Json& annotation, const core::CheckRun& run,
                      const core::Repository& repository, const Urls& urls) {
  auto copied = [&](const char* name) {
    const auto member = annotation.find(name);
    json.key(name).raw(member ? member->text() : "null");
  };
  const std::string path = annotation.string_at("path").value_or("");
  json.begin_object();
  for (const char* name : {"path", "start_line", "end_line", "start_column", "end_column",
                           "annotation_level", "title", "message", "raw_details"}) {
    copied(name);
  }
  json.member("blob_href", urls.web + "/" + Urls::path_of(repository) + "/blob/" + run.sha + "/" +
                               percent_encode(path, "/"))
      .end_object();
}

}  // namespace esclusa::wire
