#include "wire/meta.h"

#include "wire/api_version.h"
#include "wire/list.h"

namespace esclusa::wire {
namespace {

/// GitHub's index of the API: name and URL template of each member, in GitHub's order.
struct RootLink {
  const char* name;
  const char* path;
};
constexpr RootLink root_links[] = {
    {"current_user_url", "/user"},
    {"authorizations_url", "/authorizations"},
    {"code_search_url", "/search/code?q={query}{&page,per_page,sort,order}"},
    {"commit_search_url", "/search/commits?q={query}{&page,per_page,sort,order}"},
    {"emails_url", "/user/emails"},
    {"emojis_url", "/emojis"},
    {"events_url", "/events"},
    {"feeds_url", "/feeds"},
    {"followers_url", "/user/followers"},
    {"following_url", "/user/following{/target}"},
    {"gists_url", "/gists{/gist_id}"},
    {"hub_url", "/hub"},
    {"issue_search_url", "/search/issues?q={query}{&page,per_page,sort,order}"},
    {"issues_url", "/issues"},
    {"keys_url", "/user/keys"},
    {"label_search_url", "/search/labels?q={query}&repository_id={repository_id}{&page,per_page}"},
    {"notifications_url", "/notifications"},
    {"organization_url", "/orgs/{org}"},
    {"organization_repositories_url", "/orgs/{org}/repos{?type,page,per_page,sort}"},
    {"organization_teams_url", "/orgs/{org}/teams"},
    {"public_gists_url", "/gists/public"},
    {"rate_limit_url", "/rate_limit"},
    {"repository_url", "/repos/{owner}/{repo}"},
    {"repository_search_url", "/search/repositories?q={query}{&page,per_page,sort,order}"},
    {"current_user_repositories_url", "/user/repos{?type,page,per_page,sort}"},
    {"starred_url", "/user/starred{/owner}{/repo}"},
    {"starred_gists_url", "/gists/starred"},
    {"topic_search_url", "/search/topics?q={query}{&page,per_page}"},
    {"user_url", "/users/{user}"},
    {"user_organizations_url", "/user/orgs"},
    {"user_repositories_url", "/users/{user}/repos{?type,page,per_page,sort}"},
    {"user_search_url", "/search/users?q={query}{&page,per_page,sort,order}"},
};

}  // namespace

void write_root(JsonWriter& json, const Urls& urls) {
  json.begin_object();
  for (const RootLink& link : root_links) json.member(link.name, urls.api + link.path);
  json.member("current_user_authorizations_html_url", urls.web + "/").end_object();
}

void write_meta(JsonWriter& json) {
  // Clients infer the features of an Enterprise server from this version: it is the one that
  // Esclusa follows.
  json.begin_object()
      .member("verifiable_password_authentication", false)
      .member("installed_version", "3.19.0");
  // Only the operator knows from which addresses deliveries are sent.
  for (const char* name : {"hooks", "web", "api", "git"}) json.key(name).begin_array().end_array();
  json.end_object();
}

void write_feeds(JsonWriter& json, const Urls& urls) {
  struct Feed {
    std::string name, address;
  };
  const Feed feeds[] = {{"timeline", urls.web + "/timeline"}, {"user", urls.web + "/{user}"}};
  json.begin_object();
  for (const Feed& feed : feeds) json.member(feed.name + "_url", feed.address);
  json.key("_links").begin_object();
  for (const Feed& feed : feeds) {
    json.key(feed.name)
        .begin_object()
        .member("href", feed.address)
        .member("type", "application/atom+xml")
        .end_object();
  }
  json.end_object().end_object();
}

void write_api_versions(JsonWriter& json) {
  write_list(json, core::enum_names<ApiVersion>::values,
             [](JsonWriter& to, const auto& version) { to.value(version.second); });
}

}  // namespace esclusa::wire
