#include "api/pagination.h"
#include "api/route_tables.h"
#include "app/agents_seen.h"
#include "core/operations/server.h"
#include "wire/agent_seen.h"

/// When agents were last heard of.
namespace esclusa::api {
namespace {

http::Response page_of(const Call& call, const std::vector<core::ListedAgent>& agents) {
  const core::Page page = parse_page(call);
  JsonWriter json;
  wire::write_list(json, page.cut(agents), wire::write_listed_agent);
  return with_link(json_response(200, std::move(json)), call, page,
                   static_cast<int64_t>(agents.size()));
}

Result<http::Response> list_agents(const Call& call, app::Reader& db) {
  return page_of(call, TRY(app::list_agents(db, call.actor)));
}

Result<http::Response> list_repository_agents(const Call& call, app::Reader& db) {
  return page_of(call, app::list_agents(db, call.access()));
}

// clang-format off
const Route table[] = {
    {"GET", ESCLUSA "/agents", &operations::list_agents, "admin:org", Lane::rows, "", list_agents},
    {"GET", ESCLUSA REPOSITORY "/agents", &operations::list_repository_agents, "repo", Lane::rows,
     "", list_repository_agents},
};
// clang-format on

}  // namespace

std::span<const Route> agents_routes() { return table; }

}  // namespace esclusa::api
