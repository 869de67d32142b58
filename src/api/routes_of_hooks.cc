#include "api/route_tables.h"

#include "api/hook_deliveries.h"
#include "api/hooks.h"

/// Routes of the webhooks of repositories and organizations.
namespace esclusa::api {
namespace {

using core::Role;
using core::Scope;
using core::Scopes;

const Scopes hook_read_scopes{Scope::repo, Scope::public_repo, Scope::read_repo_hook};
const Scopes hook_write_scopes{Scope::repo, Scope::public_repo, Scope::write_repo_hook};
const Scopes hook_admin_scopes{Scope::repo, Scope::public_repo, Scope::admin_repo_hook};
const Scopes organization_hook_scopes{Scope::admin_org_hook};
constexpr std::string_view reads_hooks =
    "admin:repo_hook, public_repo, read:repo_hook, repo, write:repo_hook";
constexpr std::string_view writes_hooks = "admin:repo_hook, public_repo, repo, write:repo_hook";
constexpr std::string_view org_hooks = "admin:org_hook";

#define HOOK REPOSITORY "/hooks/{hook_id}"
#define ORG_HOOKS "/orgs/{org}/hooks"
#define ORG_HOOK ORG_HOOKS "/{hook_id}"

// clang-format off
const Route table[] = {
    {"GET", REPOSITORY "/hooks", Audience::repository, {Role::admin, hook_read_scopes},
     reads_hooks, Waits::no, "repos/webhooks#list-repository-webhooks", list_hooks},
    {"POST", REPOSITORY "/hooks", Audience::repository, {Role::admin, hook_write_scopes},
     writes_hooks, Waits::yes, "repos/webhooks#create-a-repository-webhook", create_hook},
    {"GET", HOOK, Audience::repository, {Role::admin, hook_read_scopes},
     reads_hooks, Waits::no, "repos/webhooks#get-a-repository-webhook", get_hook},
    {"PATCH", HOOK, Audience::repository, {Role::admin, hook_write_scopes},
     writes_hooks, Waits::yes, "repos/webhooks#update-a-repository-webhook", update_hook},
    {"DELETE", HOOK, Audience::repository, {Role::admin, hook_admin_scopes},
     "admin:repo_hook, public_repo, repo", Waits::yes,
     "repos/webhooks#delete-a-repository-webhook", delete_hook},
    {"POST", HOOK "/pings", Audience::repository, {Role::admin, hook_read_scopes},
     reads_hooks, Waits::yes, "repos/webhooks#ping-a-repository-webhook", ping_hook},
    {"POST", HOOK "/tests", Audience::repository, {Role::admin, hook_read_scopes},
     reads_hooks, Waits::yes, "repos/webhooks#test-the-push-repository-webhook", test_hook},
    {"POST", HOOK "/test", Audience::repository, {Role::admin, hook_read_scopes},
     reads_hooks, Waits::yes, "repos/webhooks#test-the-push-repository-webhook", test_hook},
    {"GET", HOOK "/config", Audience::repository, {Role::admin, hook_read_scopes},
     reads_hooks, Waits::no, "repos/webhooks#get-a-webhook-configuration-for-a-repository",
     get_hook_config},
    {"PATCH", HOOK "/config", Audience::repository, {Role::admin, hook_write_scopes},
     writes_hooks, Waits::yes,
     "repos/webhooks#update-a-webhook-configuration-for-a-repository", update_hook_config},
    {"GET", HOOK "/deliveries", Audience::repository, {Role::admin, hook_read_scopes},
     reads_hooks, Waits::no, "repos/webhooks#list-deliveries-for-a-repository-webhook",
     list_hook_deliveries},
    {"GET", HOOK "/deliveries/{delivery_id}", Audience::repository,
     {Role::admin, hook_read_scopes}, reads_hooks, Waits::no,
     "repos/webhooks#get-a-delivery-for-a-repository-webhook", get_hook_delivery},
    {"POST", HOOK "/deliveries/{delivery_id}/attempts", Audience::repository,
     {Role::admin, hook_write_scopes}, writes_hooks, Waits::yes,
     "repos/webhooks#redeliver-a-delivery-for-a-repository-webhook", redeliver},
    {"GET", ESCLUSA HOOK "/deliveries", Audience::repository, {Role::admin, hook_read_scopes},
     reads_hooks, Waits::no, "", list_event_deliveries},
    {"POST", ESCLUSA HOOK "/replay", Audience::repository, {Role::admin, hook_write_scopes},
     writes_hooks, Waits::yes, "", replay_deliveries},
    {"PUT", ESCLUSA HOOK "/secret", Audience::repository, {Role::admin, hook_write_scopes},
     writes_hooks, Waits::yes, "", rotate_hook_secret},
    {"PUT", ESCLUSA HOOK "/owner", Audience::repository, {Role::admin, hook_write_scopes},
     writes_hooks, Waits::yes, "", adopt_hook},

    {"GET", ORG_HOOKS, Audience::organization, {Role::admin, organization_hook_scopes},
     org_hooks, Waits::no, "orgs/webhooks#list-organization-webhooks", list_hooks},
    {"POST", ORG_HOOKS, Audience::organization, {Role::admin, organization_hook_scopes},
     org_hooks, Waits::yes, "orgs/webhooks#create-an-organization-webhook", create_hook},
    {"GET", ORG_HOOK, Audience::organization, {Role::admin, organization_hook_scopes},
     org_hooks, Waits::no, "orgs/webhooks#get-an-organization-webhook", get_hook},
    {"PATCH", ORG_HOOK, Audience::organization, {Role::admin, organization_hook_scopes},
     org_hooks, Waits::yes, "orgs/webhooks#update-an-organization-webhook", update_hook},
    {"DELETE", ORG_HOOK, Audience::organization, {Role::admin, organization_hook_scopes},
     org_hooks, Waits::yes, "orgs/webhooks#delete-an-organization-webhook", delete_hook},
    {"POST", ORG_HOOK "/pings", Audience::organization, {Role::admin, organization_hook_scopes},
     org_hooks, Waits::yes, "orgs/webhooks#ping-an-organization-webhook", ping_hook},
    {"GET", ORG_HOOK "/config", Audience::organization, {Role::admin, organization_hook_scopes},
     org_hooks, Waits::no, "orgs/webhooks#get-a-webhook-configuration-for-an-organization",
     get_hook_config},
    {"PATCH", ORG_HOOK "/config", Audience::organization, {Role::admin, organization_hook_scopes},
     org_hooks, Waits::yes, "orgs/webhooks#update-a-webhook-configuration-for-an-organization",
     update_hook_config},
    {"GET", ORG_HOOK "/deliveries", Audience::organization,
     {Role::admin, organization_hook_scopes}, org_hooks, Waits::no,
     "orgs/webhooks#list-deliveries-for-an-organization-webhook", list_hook_deliveries},
    {"GET", ORG_HOOK "/deliveries/{delivery_id}", Audience::organization,
     {Role::admin, organization_hook_scopes}, org_hooks, Waits::no,
     "orgs/webhooks#get-a-webhook-delivery-for-an-organization-webhook", get_hook_delivery},
    {"POST", ORG_HOOK "/deliveries/{delivery_id}/attempts", Audience::organization,
     {Role::admin, organization_hook_scopes}, org_hooks, Waits::yes,
     "orgs/webhooks#redeliver-a-delivery-for-an-organization-webhook", redeliver},
    {"GET", ESCLUSA ORG_HOOK "/deliveries", Audience::organization,
     {Role::admin, organization_hook_scopes}, org_hooks, Waits::no, "", list_event_deliveries},
    {"POST", ESCLUSA ORG_HOOK "/replay", Audience::organization,
     {Role::admin, organization_hook_scopes}, org_hooks, Waits::yes, "", replay_deliveries},
    {"PUT", ESCLUSA ORG_HOOK "/secret", Audience::organization,
     {Role::admin, organization_hook_scopes}, org_hooks, Waits::yes, "", rotate_hook_secret},
    {"PUT", ESCLUSA ORG_HOOK "/owner", Audience::organization,
     {Role::admin, organization_hook_scopes}, org_hooks, Waits::yes, "", adopt_hook},
};
// clang-format on

}  // namespace

std::span<const Route> routes_of_hooks() { return table; }

}  // namespace esclusa::api
