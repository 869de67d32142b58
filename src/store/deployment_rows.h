#pragma once
#include <string>
#include <string_view>

#include "core/deployment.h"
#include "sql/connection.h"

namespace esclusa::store {

/// `select` of deployments `d`, with all that `read_deployment` reads. `condition` begins with
/// `where`.
std::string select_deployments(std::string_view condition);
core::Deployment read_deployment(const sql::Row& row);

}  // namespace esclusa::store
