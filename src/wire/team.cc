#include "wire/team.h"

#include "base/text.h"
#include "wire/node_id.h"

namespace esclusa::wire {

std::string team_url(const Urls& urls, const core::Team& team) {
  return urls.organization(team.organization) + "/teams/" + percent_encode(team.slug);
}

void write_team(JsonWriter& json, const core::Team& team, const Urls& urls) {
  const std::string url = team_url(urls, team);
  const std::string& login = team.organization.login;
  json.begin_object()
      .member("name", team.name)
      .member("id", team.id.value)
      .member("node_id", node_id("T", {team.organization.id.value, team.id.value}))
      .member("slug", team.slug);
  json.key("description");
  if (team.description.empty()) {
    json.value(nullptr);
  } else {
    json.value(team.description);
  }
  json.member("privacy", core::to_name(team.privacy))
      .member("url", url)
      .member("html_url",
              urls.web + "/orgs/" + percent_encode(login) + "/teams/" + percent_encode(team.slug))
      .member("members_url", url + "/members{/member}")
      .member("repositories_url", url + "/repos")
      .member("type", "organization")
      .member("organization_id", team.organization.id.value)
      .member("permission", "pull")
      .member("parent", nullptr)
      .end_object();
}

}  // namespace esclusa::wire
