#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/time.h"
#include "sql/connection.h"

namespace esclusa::store {

/// Sizes and positions in a log are in bytes.
struct DeploymentLog {
  int64_t size = 0;
  int64_t part_count = 0;
};
std::optional<DeploymentLog> find_log(sql::Reader& db, DeploymentId deployment);
/// The bytes from `begin` up to `end`, exclusive, as far as the log has them.
std::string read_log(sql::Reader& db, DeploymentId deployment, int64_t begin, int64_t end);
/// Appends a part at the end that `known` has. If the log is already longer, changes nothing and
/// returns false.
bool append_log(sql::Writer& tx, DeploymentId deployment, const DeploymentLog& known,
                std::string_view text, Timestamp now);
void delete_log(sql::Writer& tx, DeploymentId deployment);

}  // namespace esclusa::store
