#include "wire/account.h"

#include "base/text.h"
#include "wire/node_id.h"

namespace esclusa::wire {
namespace {

struct KindNames {
  const char* type;
  const char* node_prefix;
};

KindNames names_of(core::AccountKind kind) {
  switch (kind) {
    case core::AccountKind::user: return {"User", "U"};
    case core::AccountKind::organization: return {"Organization", "O"};
    case core::AccountKind::bot: return {"Bot", "BOT"};
  }
  return {"User", "U"};
}

/// Profile members that Esclusa does not have; they are null.
void write_blanks(JsonWriter& json, std::initializer_list<const char*> names) {
  for (const char* name : names) json.member(name, nullptr);
}

}  // namespace

void begin_account(JsonWriter& json, const core::Account& account, const Urls& urls) {
  const std::string url = urls.account(account);
  const KindNames names = names_of(account.kind);
  json.begin_object()
      .member("login", account.login)
      .member("id", account.id.value)
      .member("node_id", node_id(names.node_prefix, {account.id.value}))
      .member("avatar_url", urls.avatar(account))
      .member("gravatar_id", "")
      .member("url", url)
      .member("html_url", urls.web + "/" + percent_encode(account.login))
      .member("followers_url", url + "/followers")
      .member("following_url", url + "/following{/other_user}")
      .member("gists_url", url + "/gists{/gist_id}")
      .member("starred_url", url + "/starred{/owner}{/repo}")
      .member("subscriptions_url", url + "/subscriptions")
      .member("organizations_url", url + "/orgs")
      .member("repos_url", url + "/repos")
      .member("events_url", url + "/events{/privacy}")
      .member("received_events_url", url + "/received_events")
      .member("type", names.type)
      .member("site_admin", account.site_admin);
}

void write_account(JsonWriter& json, const core::Account& account, const Urls& urls) {
  begin_account(json, account, urls);
  json.end_object();
}

void write_team_member(JsonWriter& json, const core::TeamMember& member, const Urls& urls) {
  begin_account(json, member.account, urls);
  json.member("role", core::to_name(member.role)).member("inherited", false).end_object();
}

void write_user(JsonWriter& json, const core::Profile& profile, View view, const Urls& urls) {
  begin_account(json, profile.account, urls);
  json.member("user_view_type", view == View::is_private ? "private" : "public");
  write_blanks(json, {"name", "company"});
  json.member("blog", "");
  write_blanks(json, {"location", "email", "hireable", "bio", "twitter_username"});
  json.member("public_repos", profile.public_repository_count)
      .member("public_gists", 0)
      .member("followers", 0)
      .member("following", 0)
      .member("created_at", profile.account.created_at)
      .member("updated_at", profile.account.updated_at);
  if (view == View::is_private) {
    json.member("private_gists", 0)
        .member("total_private_repos", profile.private_repository_count)
        .member("owned_private_repos", profile.private_repository_count)
        .member("disk_usage", 0)
        .member("collaborators", 0)
        .member("two_factor_authentication", false);
  }
  json.end_object();
}

namespace {

/// The members that both forms of an organization begin with. The caller closes the object.
void begin_organization(JsonWriter& json, const core::Account& account, const Urls& urls) {
  const std::string url = urls.organization(account);
  json.begin_object()
      .member("login", account.login)
      .member("id", account.id.value)
      .member("node_id", node_id(names_of(account.kind).node_prefix, {account.id.value}))
      .member("url", url)
      .member("repos_url", url + "/repos")
      .member("events_url", url + "/events")
      .member("hooks_url", url + "/hooks")
      .member("issues_url", url + "/issues")
      .member("members_url", url + "/members{/member}")
      .member("public_members_url", url + "/public_members{/member}")
      .member("avatar_url", urls.avatar(account))
      .member("description", nullptr);
}

}  // namespace

void write_simple_organization(JsonWriter& json, const core::Account& account, const Urls& urls) {
  begin_organization(json, account, urls);
  json.end_object();
}

void write_organization(JsonWriter& json, const core::Profile& profile, const Urls& urls) {
  const core::Account& account = profile.account;
  begin_organization(json, account, urls);
  json.member("has_organization_projects", false)
      .member("has_repository_projects", false)
      .member("public_repos", profile.public_repository_count)
      .member("public_gists", 0)
      .member("followers", 0)
      .member("following", 0)
      .member("html_url", urls.web + "/" + percent_encode(account.login))
      .member("created_at", account.created_at)
      .member("updated_at", account.updated_at)
      .member("archived_at", nullptr)
      .member("type", names_of(account.kind).type)
      .end_object();
}

}  // namespace esclusa::wire
