#include "app/audit.h"
#include "api/filters.h"
#include "api/pagination.h"
#include "api/route_tables.h"
#include "core/operations/server.h"
#include "wire/audit.h"
#include "wire/list.h"

/// The audit log: of the server for its administrators, of a repository for its own.
namespace esclusa::api {
namespace {

/// The id at which a page begins. A malformed cursor is refused: to begin again at the first page
/// would make a client loop forever.
Result<std::optional<core::AuditId>> parse_cursor(const Call& call) {
  const std::string cursor = call.query_value("cursor");
  if (cursor.empty()) return std::nullopt;
  if (const auto id = parse_positive(cursor)) return core::AuditId{*id};
  return fail(ErrorCode::invalid, "cursor is invalid: take it from the Link of a page",
              "invalid_cursor");
}

Result<core::AuditQuery> parse_query(const Call& call) {
  core::AuditQuery query;
  query.at.from = TRY(time_filter(call, "since"));
  query.at.until = TRY(time_filter(call, "until"));
  query.by = call.query_value("by");
  query.action = call.query_value("action");
  query.repository = call.query_value("repo");
  const std::string target = call.query_value("target_id");
  query.target_id = parse_positive(target);
  if (!target.empty() && !query.target_id) {
    return fail(ErrorCode::invalid, "target_id is a positive number", "invalid_target_id");
  }
  query.from = TRY(parse_cursor(call));
  query.size = parse_page(call).size;
  return query;
}

http::Response page_response(const Call& call, const core::AuditPage& page) {
  JsonWriter json;
  wire::write_list(json, page.items, wire::write_audit);
  const auto next = page.next ? std::optional(std::to_string(page.next->value)) : std::nullopt;
  return with_cursors(json_response(200, std::move(json)), call, std::nullopt, next);
}

Result<http::Response> list_audit(const Call& call, app::Reader& db) {
  const auto query = TRY(parse_query(call));
  return page_response(call, TRY(app::list_audit(db, call.actor, query)));
}

Result<http::Response> list_repository_audit(const Call& call, app::Reader& db) {
  auto query = TRY(parse_query(call));
  query.repository.clear();
  return page_response(call, TRY(app::list_audit(db, call.access(), query)));
}

// clang-format off
const Route table[] = {
    {"GET", ESCLUSA "/audit", &operations::list_audit, "admin:org", Lane::rows, "", list_audit},
    {"GET", ESCLUSA REPOSITORY "/audit", &operations::list_repository_audit, "repo", Lane::rows, "",
     list_repository_audit},
    {"GET", ESCLUSA "/admin/audit", &operations::admin_list_audit, "", Lane::rows, "", list_audit},
};
// clang-format on

}  // namespace

std::span<const Route> audit_routes() { return table; }

}  // namespace esclusa::api
