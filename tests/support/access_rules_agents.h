#pragma once
#include "support/access_rules.h"

/// What agents may do by their tokens, written by hand from docs/decisions/0034. Nothing here may
/// be derived from the program's operations.
namespace esclusa::test::rules {

inline constexpr Verdict names_no_environment{
    403, "An agent lists the deployments of its environments: name one as `environment`."};

/// A route that an agent may use in its repository: the answer by a token for the environment of
/// the deployment, and by one for another environment of the same repository.
struct AgentRoute {
  std::string_view method;
  std::string_view below;
  Verdict of_environment;
  Verdict of_other;
  std::string_view root = "";
  std::string_view query = "";
  bool only_public = false;  ///< on a private repository it is hidden from both
};
// clang-format off
inline constexpr AgentRoute agent_routes[] = {
    {"GET",    "/deployments", {200, ""}, names_no_environment, "", "environment=production"},
    {"GET",    "/deployments/{deployment_id}",           {200, ""}, hidden},
    {"GET",    "/deployments/{deployment_id}/statuses",  {200, ""}, hidden},
    {"POST",   "/deployments/{deployment_id}/statuses",  {201, ""}, hidden},
    {"GET",    "/deployments/{deployment_id}/statuses/{status_id}", {200, ""}, hidden},
    // The feed has only events of its own deployments.
    {"GET",    "/events",                                {200, ""}, {200, ""}, "/esclusa"},
    {"PATCH",  "/deployments/{deployment_id}/log",       {200, ""}, hidden, "/esclusa"},
    {"GET",    "/deployments/{deployment_id}/claim",     {200, ""}, hidden, "/esclusa"},
    {"POST",   "/deployments/{deployment_id}/claim",     {201, ""}, hidden, "/esclusa"},
    // Without a fence both are told that it is missing, before anything is looked up.
    {"PUT",    "/deployments/{deployment_id}/claim",     {400, ""}, {400, ""}, "/esclusa"},
    {"DELETE", "/deployments/{deployment_id}/claim",     {400, ""}, {400, ""}, "/esclusa"},
    {"POST",   "/deployments/{deployment_id}/claim/secrets", {400, ""}, {400, ""}, "/esclusa"},
    // No operations of agents: they read here what everybody may read, but not what is of another
    // environment. The run that is asked for is of that of the second token.
    {"GET",    "/actions/runs/{run_id}",                 hidden, {200, ""}, "", "", true},
    {"GET",    "/actions/runs/{run_id}/jobs",            hidden, {200, ""}, "", "", true},
    {"GET",    "/actions/runs/{run_id}/artifacts",       hidden, {200, ""}, "", "", true},
    {"GET",    "/actions/workflows/{workflow_id}",       hidden, {200, ""}, "", "", true},
};
// clang-format on

}  // namespace esclusa::test::rules
