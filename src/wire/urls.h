#pragma once
#include <string>

#include "core/app.h"
#include "core/deployment.h"
#include "core/hook.h"
#include "core/repository.h"

namespace esclusa::wire {

/// The roots of links in answers. `api` is the root of the request's URL (with or without
/// `/api/v3`), `web` the server itself; neither ends in a slash. `ssh` is the SSH door, `user@host`
/// or `user@host:port`; empty if repositories are not served over SSH.
struct Urls {
  std::string api;
  std::string web;
  std::string ssh = {};

  std::string account(const core::Account& account) const;
  std::string organization(const core::Account& account) const;
  std::string avatar(const core::Account& account) const;
  /// `{owner}/{repo}` for a path: a bot's brackets are encoded.
  static std::string path_of(const core::Repository& repository);
  std::string repository(const core::Repository& repository) const;
  /// The addresses for git: `git@host:owner/repo.git`, and as a URL
  /// `ssh://git@host/owner/repo.git`. Empty if repositories are not served over SSH.
  std::string ssh_address(const core::Repository& repository) const;
  std::string ssh_url(const core::Repository& repository) const;
  std::string deployment(const core::Repository& repository, DeploymentId id) const;
  std::string hook(const core::HookOwner& owner, HookId id) const;
  /// The page of an app.
  std::string app_page(const core::App& app) const;
  std::string installation(InstallationId id) const;
};

}  // namespace esclusa::wire
