#pragma once
#include <string>

#include "base/json.h"
#include "cli/commands.h"
#include "client/api.h"

namespace esclusa::cli {

/// `gates` shows what holds a deployment; `review` approves, rejects, or bypasses the gates.
void add_gates(CLI::App& app, Action& action);
void add_review(CLI::App& app, Action& action);

/// Prints the `gates` of a report or of a dry run as a table; nothing if there are none.
void print_gates(const Json& gates);

/// Says if the deployment has created its environment, and what it waits for, if it waits.
void print_wait(const client::Api& api, const std::string& repository, int64_t deployment);

}  // namespace esclusa::cli
