#include "backup/service.h"

#include "api/route_tables.h"
#include "core/operations/server.h"

/// The stream that `esclusa backup` writes to a file: backup/manifest.h says what is in it.
namespace esclusa::api {
namespace {

Result<http::Response> make_backup(const Call& call) {
  if (call.settings.backups == nullptr) {
    return fail(ErrorCode::unavailable, "This server's data is not in a folder of its own.",
                "no_backups");
  }
  http::Response response{
      200, {{"Content-Type", "application/x-tar"}, {"Cache-Control", "no-store"}}, {}};
  response.stream = TRY(call.settings.backups->begin(call.actor));
  return response;
}

// clang-format off
const Route table[] = {
    {"GET", ESCLUSA "/admin/backup", &operations::admin_make_backup, "", Lane::commit, "",
     make_backup},
};
// clang-format on

}  // namespace

std::span<const Route> backup_routes() { return table; }

}  // namespace esclusa::api
