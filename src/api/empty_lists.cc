#include "api/route_tables.h"
#include "api/users.h"
#include "app/accounts.h"
#include "core/operations/code.h"
#include "core/operations/server.h"
#include "wire/meta.h"

/// Lists of what does not exist here, and whose addresses our answers contain. GitHub answers the
/// same where nobody has made any.
namespace esclusa::api {
namespace {

Result<http::Response> list_nothing(const Call&) { return empty_list(); }

Result<http::Response> show_nothing(const Call&) { return empty_object(200); }

Result<http::Response> list_nothing_of_repository(const Call&, app::Reader&) {
  return empty_list();
}

Result<http::Response> list_languages(const Call&, app::Reader&) { return empty_object(200); }

Result<http::Response> list_nothing_of_user(const Call& call, app::Reader& db) {
  TRY(app::get_profile(db, call.parameter("username")));
  return empty_list();
}

Result<http::Response> list_nothing_of_organization(const Call& call, app::Reader& db) {
  TRY(find_organization(call, db));
  return empty_list();
}

Result<http::Response> get_feeds(const Call& call) {
  JsonWriter json;
  wire::write_feeds(json, call.urls);
  return json_response(200, std::move(json));
}

// clang-format off
#define OF_REPOSITORY(path, documentation)                                                \
  {"GET", REPOSITORY path, &operations::list_nothing_of_repository, "repo", Lane::loop,    \
   documentation, list_nothing_of_repository}
#define OF_USER(path, documentation)                                                      \
  {"GET", "/users/{username}" path, &operations::list_nothing_of_user, "", Lane::loop,     \
   documentation, list_nothing_of_user}
#define OF_ORGANIZATION(path, documentation)                                              \
  {"GET", "/orgs/{org}" path, &operations::list_nothing_of_organization, "", Lane::loop,   \
   documentation, list_nothing_of_organization}
#define OF_CALLER(path, documentation)                                                    \
  {"GET", path, &operations::list_nothing_of_caller, "", Lane::loop, documentation, list_nothing}
#define OF_ALL(path, documentation)                                                       \
  {"GET", path, &operations::list_nothing, "", Lane::loop, documentation, list_nothing}

const Route table[] = {
    {"GET", REPOSITORY "/languages", &operations::list_languages, "repo", Lane::loop,
     "repos/repos#list-repository-languages", list_languages},
    OF_REPOSITORY("/forks", "repos/forks#list-forks"),
    OF_REPOSITORY("/stargazers", "activity/starring#list-stargazers"),
    OF_REPOSITORY("/subscribers", "activity/watching#list-watchers"),
    OF_REPOSITORY("/contributors", "repos/repos#list-repository-contributors"),
    OF_REPOSITORY("/events", "activity/events#list-repository-events"),
    OF_REPOSITORY("/notifications", "activity/notifications"
                  "#list-repository-notifications-for-the-authenticated-user"),
    OF_REPOSITORY("/issues", "issues/issues#list-repository-issues"),
    OF_REPOSITORY("/issues/comments", "issues/comments#list-issue-comments-for-a-repository"),
    OF_REPOSITORY("/issues/events", "issues/events#list-issue-events-for-a-repository"),
    OF_REPOSITORY("/assignees", "issues/assignees#list-assignees"),
    OF_REPOSITORY("/labels", "issues/labels#list-labels-for-a-repository"),
    OF_REPOSITORY("/milestones", "issues/milestones#list-milestones"),
    OF_REPOSITORY("/pulls", "pulls/pulls#list-pull-requests"),
    OF_REPOSITORY("/releases", "releases/releases#list-releases"),
    OF_REPOSITORY("/comments", "commits/comments#list-commit-comments-for-a-repository"),

    OF_USER("/followers", "users/followers#list-followers-of-a-user"),
    OF_USER("/following", "users/followers#list-the-people-a-user-follows"),
    OF_USER("/subscriptions", "activity/watching#list-repositories-watched-by-a-user"),
    OF_USER("/starred", "activity/starring#list-repositories-starred-by-a-user"),
    OF_USER("/gists", "gists/gists#list-gists-for-a-user"),
    OF_USER("/events", "activity/events#list-events-for-the-authenticated-user"),
    OF_USER("/events/public", "activity/events#list-public-events-for-a-user"),
    OF_USER("/received_events",
            "activity/events#list-events-received-by-the-authenticated-user"),

    OF_ORGANIZATION("/events", "activity/events#list-public-organization-events"),
    OF_ORGANIZATION("/issues",
                    "issues/issues#list-organization-issues-assigned-to-the-authenticated-user"),
    OF_ORGANIZATION("/public_members", "orgs/members#list-public-organization-members"),

    OF_CALLER("/user/emails", "users/emails#list-email-addresses-for-the-authenticated-user"),
    OF_CALLER("/user/followers", "users/followers#list-followers-of-the-authenticated-user"),
    OF_CALLER("/user/following", "users/followers#list-the-people-the-authenticated-user-follows"),
    OF_CALLER("/user/keys", "users/keys#list-public-ssh-keys-for-the-authenticated-user"),
    OF_CALLER("/user/starred",
              "activity/starring#list-repositories-starred-by-the-authenticated-user"),
    OF_CALLER("/issues", "issues/issues#list-issues-assigned-to-the-authenticated-user"),
    OF_CALLER("/notifications",
              "activity/notifications#list-notifications-for-the-authenticated-user"),
    OF_CALLER("/gists", "gists/gists#list-gists-for-the-authenticated-user"),
    OF_CALLER("/gists/starred", "gists/gists#list-starred-gists"),

    OF_ALL("/events", "activity/events#list-public-events"),
    OF_ALL("/gists/public", "gists/gists#list-public-gists"),
    {"GET", "/emojis", &operations::get_emojis, "", Lane::loop, "emojis/emojis#get-emojis",
     show_nothing},
    {"GET", "/feeds", &operations::get_feeds, "", Lane::loop, "activity/feeds#get-feeds",
     get_feeds},
};
// clang-format on

}  // namespace

std::span<const Route> empty_lists_routes() { return table; }

}  // namespace esclusa::api
