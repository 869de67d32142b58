#include "wire/urls.h"

#include "base/text.h"

namespace esclusa::wire {

std::string Urls::account(const core::Account& account) const {
  return api + "/users/" + percent_encode(account.login);
}

std::string Urls::organization(const core::Account& account) const {
  return api + "/orgs/" + percent_encode(account.login);
}

std::string Urls::avatar(const core::Account& account) const {
  return web + "/avatars/u/" + std::to_string(account.id.value);
}

std::string Urls::path_of(const core::Repository& repository) {
  return percent_encode(repository.full_name(), "/");
}

std::string Urls::repository(const core::Repository& repository) const {
  return api + "/repos/" + path_of(repository);
}

std::string Urls::ssh_address(const core::Repository& repository) const {
  const size_t colon = ssh.rfind(':');
  // A closing bracket ends an IPv6 address, which contains colons too.
  const bool has_port = colon != ssh.npos && ssh.find(']', colon) == ssh.npos;
  if (ssh.empty() || has_port) return ssh_url(repository);
  return ssh + ":" + path_of(repository) + ".git";
}

std::string Urls::ssh_url(const core::Repository& repository) const {
  return ssh.empty() ? "" : "ssh://" + ssh + "/" + path_of(repository) + ".git";
}

std::string Urls::deployment(const core::Repository& repository, DeploymentId id) const {
  return this->repository(repository) + "/deployments/" + std::to_string(id.value);
}

std::string Urls::hook(const core::HookOwner& owner, HookId id) const {
  auto* repository = std::get_if<core::Repository>(&owner);
  return (repository != nullptr ? this->repository(*repository)
                                : organization(std::get<core::Account>(owner))) +
         "/hooks/" + std::to_string(id.value);
}

std::string Urls::app_page(const core::App& app) const {
  return web + "/apps/" + percent_encode(app.slug);
}

std::string Urls::installation(InstallationId id) const {
  return api + "/app/installations/" + std::to_string(id.value);
}

}  // namespace esclusa::wire
