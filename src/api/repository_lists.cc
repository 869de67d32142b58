#include <algorithm>

#include "api/filters.h"
#include "api/pagination.h"
#include "api/route_tables.h"
#include "api/users.h"
#include "app/accounts.h"
#include "app/repository_lists.h"
#include "base/text.h"
#include "core/operations/server.h"
#include "wire/account.h"
#include "wire/repository.h"

/// Lists of the repositories and organizations of accounts that the caller may read.
namespace esclusa::api {
namespace {

using core::RepositorySort;
using core::SortDirection;

/// The value of a parameter that must be one of `words`; the first word if the parameter is absent.
Result<std::string> word_of(const Call& call, const std::string& name,
                            std::initializer_list<std::string_view> words) {
  const std::string text = call.query_value(name);
  if (text.empty()) return std::string(*words.begin());
  if (std::ranges::count(words, text) > 0) return text;
  std::vector<std::string> quoted;
  for (std::string_view word : words) quoted.push_back("\"" + std::string(word) + "\"");
  return fail_request(text + " is not a member of [" + join(quoted, ", ") + "].");
}

/// By default names are ascending and times descending; `direction` overrides that.
Result<void> parse_order(const Call& call, RepositorySort otherwise,
                         core::RepositoryFilter& filter) {
  filter.sort = TRY(enum_filter<RepositorySort>(call, "sort")).value_or(otherwise);
  const bool by_name = filter.sort == RepositorySort::full_name;
  filter.direction = TRY(enum_filter<SortDirection>(call, "direction"))
                         .value_or(by_name ? SortDirection::asc : SortDirection::desc);
  return {};
}

/// `affiliation`: a comma-separated list of words.
Result<void> parse_affiliation(const Call& call, core::RepositoryAffiliation& affiliation) {
  const std::string text = call.query_value("affiliation");
  if (text.empty()) return {};
  affiliation.owner = affiliation.collaborator = affiliation.organization_member = false;
  for (const std::string_view part : split(text, ',')) {
    const std::string_view word = trim(part);
    if (word == "owner") {
      affiliation.owner = true;
    } else if (word == "collaborator") {
      affiliation.collaborator = true;
    } else if (word == "organization_member") {
      affiliation.organization_member = true;
    } else {
      return fail_request(std::string(word) + R"( is not a member of ["owner", "collaborator", )"
                                              R"("organization_member"].)");
    }
  }
  return {};
}

/// `type` of the caller's own repositories, which may not be combined with `visibility` or
/// `affiliation`.
Result<void> parse_own_type(const Call& call, core::RepositoryFilter& filter) {
  const std::string type =
      TRY(word_of(call, "type", {"all", "owner", "public", "private", "member"}));
  const bool has_newer =
      !call.query_value("visibility").empty() || !call.query_value("affiliation").empty();
  if (!call.query_value("type").empty() && has_newer) {
    return fail_request("If you specify visibility or affiliation, you cannot specify type.");
  }
  if (type == "public") filter.visibility = core::Visibility::is_public;
  if (type == "private") filter.visibility = core::Visibility::is_private;
  if (type == "owner") {
    filter.affiliation->collaborator = filter.affiliation->organization_member = false;
  }
  if (type == "member") filter.affiliation->owner = false;
  return {};
}

Result<http::Response> repositories_response(const Call& call, app::Reader& db,
                                             const core::RepositoryFilter& filter) {
  const core::Page page = parse_page(call);
  const auto listing = TRY(app::list_repositories(db, call.actor, filter, page));
  return list_response(call, page, listing, [&](auto& json, const app::ViewedRepository& one) {
    wire::write_listed_repository(json, one.repository, one.role, call.urls, call.version);
  });
}

Result<http::Response> organizations_response(const Call& call, app::Reader& db, AccountId member) {
  const core::Page page = parse_page(call);
  const auto listing = TRY(app::list_organizations(db, call.actor, member, page));
  return list_response(call, page, listing, [&](auto& json, const core::Account& organization) {
    wire::write_simple_organization(json, organization, call.urls);
  });
}

Result<core::Account> find_user(const Call& call, app::Reader& db) {
  return TRY(app::get_profile(db, call.parameter("username"))).account;
}

/// The repositories that the caller owns or has access to by a role.
Result<http::Response> list_own_repositories(const Call& call, app::Reader& db) {
  core::RepositoryFilter filter;
  filter.affiliation = {.account = call.actor.sender().id};
  filter.visibility = TRY(enum_filter<core::Visibility>(call, "visibility"));
  TRY(parse_affiliation(call, *filter.affiliation));
  TRY(parse_own_type(call, filter));
  TRY(parse_order(call, RepositorySort::full_name, filter));
  filter.updated_after = TRY(time_filter(call, "since"));
  filter.updated_before = TRY(time_filter(call, "before"));
  return repositories_response(call, db, filter);
}

Result<http::Response> list_organization_repositories(const Call& call, app::Reader& db) {
  const core::Account organization = TRY(find_organization(call, db)).account;
  core::RepositoryFilter filter;
  filter.owner = organization.id;
  const std::string type =
      TRY(word_of(call, "type", {"all", "public", "private", "forks", "sources", "member"}));
  if (type == "public") filter.visibility = core::Visibility::is_public;
  if (type == "private") filter.visibility = core::Visibility::is_private;
  TRY(parse_order(call, RepositorySort::created, filter));
  const bool is_nobodys = type == "member" && call.actor.account() == nullptr;
  if (type == "forks" || is_nobodys) {  // there are no forks here
    return list_response(call, {}, core::Listing<core::Repository>{}, [](auto&, const auto&) {});
  }
  if (type == "member") filter.affiliation = {.account = call.actor.sender().id};
  return repositories_response(call, db, filter);
}

/// Only public repositories, as on GitHub.
Result<http::Response> list_user_repositories(const Call& call, app::Reader& db) {
  const core::Account user = TRY(find_user(call, db));
  core::RepositoryFilter filter;
  filter.visibility = core::Visibility::is_public;
  const std::string type = TRY(word_of(call, "type", {"owner", "all", "member"}));
  // What a user sees through a team is not shown to others.
  filter.affiliation = {.account = user.id,
                        .owner = type != "member",
                        .collaborator = type != "owner",
                        .organization_member = false};
  TRY(parse_order(call, RepositorySort::full_name, filter));
  return repositories_response(call, db, filter);
}

Result<http::Response> list_own_organizations(const Call& call, app::Reader& db) {
  return organizations_response(call, db, call.actor.sender().id);
}

Result<http::Response> list_user_organizations(const Call& call, app::Reader& db) {
  return organizations_response(call, db, TRY(find_user(call, db)).id);
}

// clang-format off
const Route table[] = {
    {"GET", "/orgs/{org}/repos", &operations::list_organization_repositories, "", Lane::rows,
     "repos/repos#list-organization-repositories", list_organization_repositories},
    {"GET", "/users/{username}/repos", &operations::list_user_repositories, "", Lane::rows,
     "repos/repos#list-repositories-for-a-user", list_user_repositories},
    {"GET", "/users/{username}/orgs", &operations::list_user_organizations, "", Lane::rows,
     "orgs/orgs#list-organizations-for-a-user", list_user_organizations},
    {"GET", "/user/repos", &operations::list_own_repositories, "", Lane::rows,
     "repos/repos#list-repositories-for-the-authenticated-user", list_own_repositories},
    {"GET", "/user/orgs", &operations::list_own_organizations,
     "admin:org, read:org, user, write:org", Lane::rows,
     "orgs/orgs#list-organizations-for-the-authenticated-user", list_own_organizations},
};
// clang-format on

}  // namespace

std::span<const Route> repository_lists_routes() { return table; }

}  // namespace esclusa::api
