#pragma once
#include <string>
#include <vector>

#include "app/agent_tokens.h"
#include "app/claims.h"
#include "app/environments.h"
#include "support/app_fixture.h"

namespace esclusa::test {

/// ada's private repository `application`, and agents of it.
struct ClaimFixture : AppFixture {
  /// A token of an agent.
  core::MintedAgentToken mint(const std::vector<std::string>& environments = {"production"},
                              const std::string& name = "web-1",
                              std::optional<std::chrono::seconds> expires_in = {}) {
    return must(app::create_agent_token(context, administrator,
                                        {.owner = "ada",
                                         .repository = "application",
                                         .environments = environments,
                                         .name = name,
                                         .expires_in = expires_in}));
  }
  Result<core::Actor> authenticate(const core::MintedAgentToken& minted) {
    return read(
        [&](store::Reader& db) { return app::authenticate(context, db, minted.text.reveal()); });
  }
  /// The repository as an agent by a token sees it.
  app::RepositoryAccess enter(const core::MintedAgentToken& minted) {
    const core::Actor actor = must(authenticate(minted)).in_request("agent-1");
    return must(read([&](store::Reader& db) {
      return app::enter(db, actor, ada.repository.id, core::operations::create_claim);
    }));
  }
  app::RepositoryAccess agent(const std::vector<std::string>& environments = {"production"},
                              const std::string& name = "web-1") {
    return enter(mint(environments, name));
  }

  core::Deployment deploy(const std::string& environment = "production",
                          const std::string& task = "deploy") {
    core::NewDeployment input;
    input.ref = "main";
    input.environment = environment;
    input.task = task;
    return AppFixture::deploy(ada, input);
  }
  void require_claims(const std::string& environment = "production") {
    core::EnvironmentChange change;
    change.requires_claim = true;
    must(app::put_environment(context, ada, environment, change));
  }

  Result<core::DeploymentClaim> try_claim(const app::RepositoryAccess& who,
                                          const core::Deployment& deployment,
                                          std::optional<int64_t> seconds = {}) {
    return app::create_claim(context, who, deployment.id, {seconds});
  }
  core::DeploymentClaim claim(const app::RepositoryAccess& who, const core::Deployment& deployment,
                              std::optional<int64_t> seconds = {}) {
    return must(try_claim(who, deployment, seconds));
  }
  Result<core::DeploymentClaim> beat(const app::RepositoryAccess& who,
                                     const core::DeploymentClaim& claim) {
    return app::renew_claim(context, who, claim.deployment_id, claim.id);
  }
  /// The deployment's live claim.
  std::optional<core::DeploymentClaim> live(const core::Deployment& deployment) {
    auto found = read(
        [&](store::Reader& db) { return app::get_claim(db, ada, deployment.id, {now, boot}); });
    return found ? std::optional(*std::move(found)) : std::nullopt;
  }
  Result<core::DeploymentStatus> try_report(const app::RepositoryAccess& who,
                                            const core::Deployment& deployment,
                                            core::DeploymentState state,
                                            const core::DeploymentClaim* by = nullptr,
                                            std::optional<std::string> environment = {}) {
    core::NewDeploymentStatus input;
    input.state = state;
    input.environment = std::move(environment);
    return app::create_status(context, who, deployment.id, input, {},
                              by != nullptr ? std::optional(by->id) : std::nullopt);
  }
  void report(const app::RepositoryAccess& who, const core::Deployment& deployment,
              core::DeploymentState state, const core::DeploymentClaim* by = nullptr) {
    must(try_report(who, deployment, state, by));
  }
  core::Deployment get(const core::Deployment& deployment) {
    return must(
        read([&](store::Reader& db) { return app::get_deployment(db, ada, deployment.id); }));
  }

  GitFixture git;
  const std::string first_commit = git.commit("main", "a", "1");
  app::RepositoryAccess ada = add(git);
};

}  // namespace esclusa::test
