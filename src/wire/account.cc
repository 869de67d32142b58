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

}  // namespace

void write_account(JsonWriter& json, const core::Account& account, const Urls& urls) {
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
      .member("site_admin", account.site_admin)
      .end_object();
}

}  // namespace esclusa::wire
