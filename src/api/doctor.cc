#include "app/doctor.h"
#include "api/examiner.h"
#include "api/route_tables.h"
#include "core/operations/server.h"
#include "wire/finding.h"
#include "wire/list.h"

/// What `esclusa doctor` asks a running server, through the administrator's unix socket.
namespace esclusa::api {
namespace {

Result<http::Response> admin_examine(const Call& call) {
  core::Findings findings = TRY(app::examine(call.context));
  std::vector<core::Component> components;
  if (Examiner* examiner = call.settings.examiner; examiner != nullptr) {
    for (core::Finding& finding : examiner->examine()) findings.push_back(std::move(finding));
    components = examiner->components();
  }
  JsonWriter json;
  json.begin_object().member("version", call.settings.version).key("findings");
  wire::write_list(json, findings, wire::write_finding);
  json.key("components");
  wire::write_list(json, components, wire::write_component);
  json.end_object();
  return json_response(200, std::move(json));
}

Result<http::Response> admin_list_tables(const Call& call) {
  std::vector<std::string> tables;
  if (call.settings.examiner != nullptr) tables = TRY(call.settings.examiner->tables());
  JsonWriter json;
  wire::write_texts(json, tables);
  return json_response(200, std::move(json));
}

Result<http::Response> admin_check_table(const Call& call) {
  if (call.settings.examiner == nullptr) return app::not_found();
  const auto problem = TRY(call.settings.examiner->check_table(call.parameter("table")));
  JsonWriter json;
  json.begin_object().member("problem", problem).end_object();
  return json_response(200, std::move(json));
}

// clang-format off
const Route table[] = {
    {"GET", ESCLUSA "/admin/doctor", &operations::admin_examine, "", Lane::rows, "",
     admin_examine},
    {"GET", ESCLUSA "/admin/doctor/tables", &operations::admin_list_tables, "", Lane::rows, "",
     admin_list_tables},
    {"GET", ESCLUSA "/admin/doctor/tables/{table}", &operations::admin_check_table, "", Lane::rows,
     "", admin_check_table},
};
// clang-format on

}  // namespace

std::span<const Route> doctor_routes() { return table; }

}  // namespace esclusa::api
