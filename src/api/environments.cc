#include <algorithm>

#include "api/pagination.h"
#include "api/route_tables.h"
#include "app/environments.h"
#include "core/operations/deployments.h"
#include "wire/environment.h"
#include "wire/error.h"
#include "wire/list.h"

/// `/repos/{owner}/{repo}/environments…`.
namespace esclusa::api {
namespace {

const std::string& name_of(const Call& call) { return call.parameter("environment_name"); }

http::Response environment_response(const Call& call, const core::EnvironmentDetails& environment) {
  JsonWriter json;
  wire::write_environment(json, environment, call.repository(), call.urls);
  return json_response(200, std::move(json));
}

http::Response policy_response(const Call& call, const core::BranchPolicy& policy) {
  JsonWriter json;
  wire::write_branch_policy(json, policy, call.repository());
  return json_response(200, std::move(json));
}

Result<http::Response> list_environments(const Call& call, app::Reader& db) {
  const core::Page page = parse_page(call);
  const auto listing = app::list_environments(db, call.access(), page);
  JsonWriter json;
  wire::write_counted_list(json, listing.total_count, "environments", listing.items,
                           [&](JsonWriter& to, const core::EnvironmentDetails& environment) {
                             wire::write_environment(to, environment, call.repository(), call.urls);
                           });
  return with_link(json_response(200, std::move(json)), call, page, listing.total_count);
}

Result<http::Response> get_environment(const Call& call, app::Reader& db) {
  return environment_response(call, TRY(app::get_environment(db, call.access(), name_of(call))));
}

Result<http::Response> put_environment(const Call& call) {
  const auto change = TRY(wire::parse_environment_change(call.request.body));
  return environment_response(
      call, TRY(app::put_environment(call.context, call.access(), name_of(call), change)));
}

Result<http::Response> delete_environment(const Call& call) {
  TRY(app::delete_environment(call.context, call.access(), name_of(call)));
  return no_content();
}

Result<http::Response> list_branch_policies(const Call& call, app::Reader& db) {
  const core::Page page = parse_page(call);
  const auto policies = TRY(app::list_branch_policies(db, call.access(), name_of(call)));
  const auto total = static_cast<int64_t>(policies.size());
  JsonWriter json;
  wire::write_counted_list(json, total, "branch_policies", page.cut(policies),
                           [&](JsonWriter& to, const core::BranchPolicy& policy) {
                             wire::write_branch_policy(to, policy, call.repository());
                           });
  return with_link(json_response(200, std::move(json)), call, page, total);
}

Result<http::Response> create_branch_policy(const Call& call) {
  const auto input = TRY(wire::parse_new_branch_policy(call.request.body));
  const auto created =
      TRY(app::create_branch_policy(call.context, call.access(), name_of(call), input));
  if (created.is_new) return policy_response(call, created.policy);
  // As GitHub does: a 303 to the policy that already exists.
  const std::string url =
      wire::branch_policy_url(call.urls, call.repository(), name_of(call), created.policy.id);
  JsonWriter json;
  wire::write_redirect(json, "See Other", url,
                       "https://docs.github.com/rest/deployments/"
                       "branch-policies#create-a-deployment-branch-policy");
  http::Response response = json_response(303, std::move(json));
  response.headers.add("Location", url);
  return response;
}

Result<http::Response> get_branch_policy(const Call& call, app::Reader& db) {
  const auto id = TRY(call.id<BranchPolicyId>("branch_policy_id"));
  return policy_response(call, TRY(app::get_branch_policy(db, call.access(), name_of(call), id)));
}

Result<http::Response> update_branch_policy(const Call& call) {
  const auto id = TRY(call.id<BranchPolicyId>("branch_policy_id"));
  const std::string name = TRY(wire::parse_branch_policy_name(call.request.body));
  return policy_response(
      call, TRY(app::rename_branch_policy(call.context, call.access(), name_of(call), id, name)));
}

Result<http::Response> delete_branch_policy(const Call& call) {
  const auto id = TRY(call.id<BranchPolicyId>("branch_policy_id"));
  TRY(app::delete_branch_policy(call.context, call.access(), name_of(call), id));
  return no_content();
}

#define ENVIRONMENT REPOSITORY "/environments/{environment_name}"
#define BRANCH_POLICY ENVIRONMENT "/deployment-branch-policies/{branch_policy_id}"

// clang-format off
const Route table[] = {
    {"GET", REPOSITORY "/environments", &operations::list_environments, "", Lane::rows,
     "deployments/environments#list-environments", list_environments},
    {"GET", ENVIRONMENT, &operations::get_environment, "", Lane::loop,
     "deployments/environments#get-an-environment", get_environment},
    {"PUT", ENVIRONMENT, &operations::put_environment, "", Lane::commit,
     "deployments/environments#create-or-update-an-environment", put_environment},
    {"DELETE", ENVIRONMENT, &operations::delete_environment, "", Lane::commit,
     "deployments/environments#delete-an-environment", delete_environment},
    {"GET", ENVIRONMENT "/deployment-branch-policies", &operations::list_branch_policies, "",
     Lane::rows, "deployments/branch-policies#list-deployment-branch-policies",
     list_branch_policies},
    {"POST", ENVIRONMENT "/deployment-branch-policies", &operations::create_branch_policy, "",
     Lane::commit, "deployments/branch-policies#create-a-deployment-branch-policy",
     create_branch_policy},
    {"GET", BRANCH_POLICY, &operations::get_branch_policy, "", Lane::loop,
     "deployments/branch-policies#get-a-deployment-branch-policy", get_branch_policy},
    {"PUT", BRANCH_POLICY, &operations::update_branch_policy, "", Lane::commit,
     "deployments/branch-policies#update-a-deployment-branch-policy", update_branch_policy},
    {"DELETE", BRANCH_POLICY, &operations::delete_branch_policy, "", Lane::commit,
     "deployments/branch-policies#delete-a-deployment-branch-policy", delete_branch_policy},
};
// clang-format on

}  // namespace

std::span<const Route> environments_routes() { return table; }

}  // namespace esclusa::api
