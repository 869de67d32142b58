#pragma once
#include <optional>
#include <vector>

#include "core/deployment_status.h"
#include "core/live.h"
#include "sql/connection.h"

/// The table `live`: a row for each environment and task. It follows from the deployments and their
/// statuses alone, so it can be made again (`rebuild_live`): docs/decisions/0042-live.md.
namespace esclusa::store {

/// After the insertion of a deployment, which got this id.
void follow_insertion(sql::Writer& tx, const core::Deployment& deployment, DeploymentId id);
/// After the insertion of a status. `before` is the deployment as it was.
void follow_status(sql::Writer& tx, const core::Deployment& before,
                   const core::DeploymentStatus& status);
/// After the deletion of a deployment that was there last.
void follow_deletion(sql::Writer& tx, EnvironmentNameId environment, std::string_view task);

/// A row without its deployments.
struct LiveRow {
  core::LivePosition position;
  RepositoryId repository_id;
  std::string environment;
};
/// The rows after that position, in the order of the positions: of all repositories, of one, or of
/// one environment.
std::vector<LiveRow> list_live(sql::Reader& db, const core::LivePosition& after, int count);
std::vector<LiveRow> list_live(sql::Reader& db, RepositoryId repository,
                               const core::LivePosition& after, int count);
std::vector<LiveRow> list_live(sql::Reader& db, EnvironmentNameId environment,
                               const core::LivePosition& after, int count);
/// The row with its deployments; nothing if there is none.
std::optional<core::Live> find_live(sql::Reader& db, const core::LivePosition& position);

/// Makes the next `count` rows after that position again, from the deployments.
struct LiveRepair {
  std::optional<core::LivePosition> last;  ///< that was looked at; nothing: there was none
  int64_t wrong = 0;                       ///< rows that were not right
};
LiveRepair repair_live(sql::Writer& tx, const core::LivePosition& after, int count);

}  // namespace esclusa::store
