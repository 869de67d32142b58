#include "api/route_tables.h"
#include "base/crypto.h"
#include "core/operations/server.h"

/// Routes that clients call besides those of deployments: the index, the server's metadata.
namespace esclusa::api {
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

constexpr std::string_view sentences[] = {
    "Close one gate before you open the next.",
    "What was deployed should still be known tomorrow.",
    "A quiet rollout is a good rollout.",
    "Small changes pass the lock together.",
    "Write down who asked, and what for.",
    "The way back is part of the way.",
    "Silence is no success.",
    "First the water, then the boat.",
};

Result<http::Response> get_root(const Call& call) {
  JsonWriter json;
  json.begin_object();
  for (const RootLink& link : root_links) json.member(link.name, call.urls.api + link.path);
  json.member("current_user_authorizations_html_url", call.urls.web + "/").end_object();
  return json_response(200, std::move(json));
}

Result<http::Response> get_meta(const Call&) {
  JsonWriter json;
  // Clients infer the features of an Enterprise server from this version: it is the one that
  // Esclusa follows.
  json.begin_object()
      .member("verifiable_password_authentication", false)
      .member("installed_version", "3.19.0");
  // Only the operator knows from which addresses deliveries are sent.
  for (const char* name : {"hooks", "web", "api", "git"}) json.key(name).begin_array().end_array();
  json.end_object();
  return json_response(200, std::move(json));
}

Result<http::Response> get_versions(const Call&) {
  JsonWriter json;
  json.begin_array();
  for (const auto& [version, name] : core::enum_names<wire::ApiVersion>::values) json.value(name);
  json.end_array();
  return json_response(200, std::move(json));
}

Result<http::Response> get_zen(const Call&) {
  const auto choice = static_cast<unsigned char>(random_bytes(1)[0]) % std::size(sentences);
  return http::Response{
      200, {{"Content-Type", "text/plain;charset=utf-8"}}, std::string(sentences[choice])};
}

// clang-format off
const Route table[] = {
    {"GET", "/", &operations::get_root, "", Lane::loop, "meta/meta#github-api-root", get_root},
    {"GET", "/meta", &operations::get_meta, "", Lane::loop, "meta/meta#get-apiname-meta-information",
     get_meta},
    {"GET", "/versions", &operations::get_versions, "", Lane::loop, "meta/meta#get-all-api-versions",
     get_versions},
    {"GET", "/zen", &operations::get_zen, "", Lane::loop, "meta/meta#get-the-zen-of-github",
     get_zen},
};
// clang-format on

}  // namespace

std::span<const Route> meta_routes() { return table; }

}  // namespace esclusa::api
