#pragma once
#include <string>

#include "cli/commands.h"
#include "client/api.h"

namespace CLI {
class Option;
}

namespace esclusa::cli {

/// `esclusa deploy` and `esclusa history`.
void add_deploy(CLI::App& app, Action& action);
void add_history(CLI::App& app, Action& action);

/// `rollback to 4`, `redeploy of 4`, `promotion of 4`.
std::string describe(const core::Repeats& repeats);

/// What a command does after it has created a deployment.
struct FollowOptions {
  bool wait = false;  ///< print every status until the outcome
  int timeout_seconds = 3600;
};
/// `--wait` and `--timeout`, and the exit codes in the footer; returns the option `--wait`.
CLI::Option* add_follow_options(CLI::App& command, FollowOptions& options);
/// Prints the deployment and what it waits for, and follows it if asked; returns the exit code.
int follow_created(const client::Api& api, const std::string& repository,
                   const client::Deployment& deployment, const FollowOptions& options);

}  // namespace esclusa::cli
