#include "wire/repository.h"

#include "wire/account.h"
#include "wire/enums.h"
#include "wire/json_body.h"
#include "wire/node_id.h"

namespace esclusa::wire {
namespace {

/// The link templates of a repository, in GitHub's order: member name and path below its URL.
struct Link {
  const char* name;
  const char* path;
};
constexpr Link links[] = {
    {"forks_url", "/forks"},
    {"keys_url", "/keys{/key_id}"},
    {"collaborators_url", "/collaborators{/collaborator}"},
    {"teams_url", "/teams"},
    {"hooks_url", "/hooks"},
    {"issue_events_url", "/issues/events{/number}"},
    {"events_url", "/events"},
    {"assignees_url", "/assignees{/user}"},
    {"branches_url", "/branches{/branch}"},
    {"tags_url", "/tags"},
    {"blobs_url", "/git/blobs{/sha}"},
    {"git_tags_url", "/git/tags{/sha}"},
    {"git_refs_url", "/git/refs{/sha}"},
    {"trees_url", "/git/trees{/sha}"},
    {"statuses_url", "/statuses/{sha}"},
    {"languages_url", "/languages"},
    {"stargazers_url", "/stargazers"},
    {"contributors_url", "/contributors"},
    {"subscribers_url", "/subscribers"},
    {"subscription_url", "/subscription"},
    {"commits_url", "/commits{/sha}"},
    {"git_commits_url", "/git/commits{/sha}"},
    {"comments_url", "/comments{/number}"},
    {"issue_comment_url", "/issues/comments{/number}"},
    {"contents_url", "/contents/{+path}"},
    {"compare_url", "/compare/{base}...{head}"},
    {"merges_url", "/merges"},
    {"archive_url", "/{archive_format}{/ref}"},
    {"downloads_url", "/downloads"},
    {"issues_url", "/issues{/number}"},
    {"pulls_url", "/pulls{/number}"},
    {"milestones_url", "/milestones{/number}"},
    {"notifications_url", "/notifications{?since,all,participating}"},
    {"labels_url", "/labels{/name}"},
    {"releases_url", "/releases{/id}"},
    {"deployments_url", "/deployments"},
};

/// The members that every form of a repository begins with. The caller closes the object.
void begin_repository(JsonWriter& json, const core::Repository& repository, const Urls& urls) {
  const std::string url = urls.repository(repository);
  json.begin_object()
      .member("id", repository.id.value)
      .member("node_id", node_id("R", {repository.id.value}))
      .member("name", repository.name)
      .member("full_name", repository.full_name())
      .member("private", repository.visibility == core::Visibility::is_private);
  json.key("owner");
  write_account(json, repository.owner, urls);
  json.member("html_url", urls.web + "/" + Urls::path_of(repository))
      .member("description", repository.description)
      .member("fork", false)
      .member("url", url);
  for (const Link& link : links) json.member(link.name, url + link.path);
}

enum class Form { of_event, with_discussions, of_team };

/// The members that the longer forms share. The caller closes the object.
void begin_long_repository(JsonWriter& json, const core::Repository& repository, const Urls& urls,
                           Form form, ApiVersion version) {
  const std::string html_url = urls.web + "/" + Urls::path_of(repository);
  // The schema of events requires a URI for `git_url` and `clone_url`.
  const bool needs_uri = form == Form::of_event && urls.ssh.empty();
  const std::string clone_url = needs_uri ? html_url : urls.ssh_url(repository);
  begin_repository(json, repository, urls);
  json.member("created_at", repository.created_at)
      .member("updated_at", repository.updated_at)
      .member("pushed_at", repository.updated_at)
      .member("git_url", clone_url)
      .member("ssh_url", urls.ssh_address(repository))
      .member("clone_url", clone_url)
      .member("svn_url", html_url)
      .member("homepage", nullptr)
      .member("size", 0)
      .member("stargazers_count", 0)
      .member("watchers_count", 0)
      .member("language", nullptr)
      .member("has_issues", false)
      .member("has_projects", false);
  if (version == ApiVersion::of_2022_11_28) json.member("has_downloads", false);
  json.member("has_wiki", false).member("has_pages", false);
  if (form != Form::of_team) json.member("has_discussions", false);
  json.member("forks_count", 0)
      .member("mirror_url", nullptr)
      .member("archived", false)
      .member("disabled", false)
      .member("open_issues_count", 0)
      .member("license", nullptr)
      .member("allow_forking", false)
      .member("is_template", false)
      .member("web_commit_signoff_required", false);
  json.key("topics").begin_array().end_array();
  json.member("visibility", core::to_name(repository.visibility))
      .member("forks", 0)
      .member("open_issues", 0)
      .member("watchers", 0)
      .member("default_branch", repository.default_branch);
}

}  // namespace

Result<core::RepositoryChange> parse_repository_change(std::string_view text) {
  const JsonBody body = TRY(JsonBody::parse(text));
  core::RepositoryChange change;
  change.name = TRY(body.optional_string("name"));
  if (body.has("description")) change.description = TRY(body.optional_string("description"));
  change.visibility = TRY(optional_enum<core::Visibility>(body, "visibility"));
  if (const auto is_private = TRY(body.optional_boolean("private")); is_private) {
    const auto wanted = *is_private ? core::Visibility::is_private : core::Visibility::is_public;
    if (change.visibility && *change.visibility != wanted) {
      return fail_request("\"private\" and \"visibility\" contradict each other.");
    }
    change.visibility = wanted;
  }
  if (auto branch = TRY(body.optional_string("default_branch"))) change.default_branch = branch;
  if (TRY(body.boolean_or("archived", false))) {
    return fail_request("A repository cannot be archived here.", "archive_not_supported");
  }
  return change;
}

std::string_view permission_name(core::Role role) {
  switch (role) {
    case core::Role::read: return "pull";
    case core::Role::write: return "push";
    default: return core::to_name(role);
  }
}

Result<core::Role> parse_permission_name(std::string_view name) {
  for (const core::Role role : {core::Role::read, core::Role::triage, core::Role::write,
                                core::Role::maintain, core::Role::admin}) {
    if (permission_name(role) == name) return role;
  }
  return fail_request(std::string(name) +
                      R"( is not a member of ["pull", "triage", "push", "maintain", "admin"].)");
}

Result<core::Role> parse_permission(std::string_view text, core::Role otherwise) {
  const JsonBody body = TRY(JsonBody::parse(text));
  const auto name = TRY(body.optional_string("permission"));
  if (!name) return otherwise;
  return parse_permission_name(*name);
}

void write_permissions(JsonWriter& json, core::Role role) {
  json.key("permissions")
      .begin_object()
      .member("admin", role >= core::Role::admin)
      .member("maintain", role >= core::Role::maintain)
      .member("push", role >= core::Role::write)
      .member("triage", role >= core::Role::triage)
      .member("pull", role >= core::Role::read)
      .end_object();
}

void write_minimal_repository(JsonWriter& json, const core::Repository& repository,
                              const Urls& urls, std::optional<core::Role> role) {
  begin_repository(json, repository, urls);
  if (role) {
    write_permissions(json, *role);
    json.member("role_name", core::to_name(*role));
  }
  json.end_object();
}

void write_listed_repository(JsonWriter& json, const core::Repository& repository, core::Role role,
                             const Urls& urls, ApiVersion version) {
  begin_long_repository(json, repository, urls, Form::with_discussions, version);
  write_permissions(json, role);
  json.end_object();
}

void write_found_repository(JsonWriter& json, const core::Repository& repository, core::Role role,
                            const Urls& urls, ApiVersion version) {
  begin_long_repository(json, repository, urls, Form::with_discussions, version);
  write_permissions(json, role);
  json.member("score", 1).end_object();
}

void write_team_repository(JsonWriter& json, const core::Repository& repository, core::Role role,
                           const Urls& urls, ApiVersion version) {
  begin_long_repository(json, repository, urls, Form::of_team, version);
  write_permissions(json, role);
  json.member("role_name", core::to_name(role)).end_object();
}

void write_repository(JsonWriter& json, const core::Repository& repository, const Urls& urls,
                      std::optional<core::Role> viewer_role, ApiVersion version) {
  begin_long_repository(json, repository, urls,
                        viewer_role ? Form::with_discussions : Form::of_event, version);
  if (viewer_role) write_permissions(json, *viewer_role);
  json.key("custom_properties").begin_object().end_object();
  // `full-repository` requires both members; the webhook schema forbids them.
  if (viewer_role) json.member("network_count", 0).member("subscribers_count", 0);
  json.end_object();
}

}  // namespace esclusa::wire
