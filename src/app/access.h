#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "app/context.h"
#include "core/access.h"

/// The one way into a repository or an organization: an operation is judged for an actor, and what
/// comes of it is an access, which nobody else can make.
namespace esclusa::app {

struct RepositoryName {
  std::string owner;
  std::string name;
};
/// A repository by its name or id.
using RepositoryPlace = std::variant<RepositoryName, RepositoryId>;
/// An organization by its login or id, or by the id of one of its teams.
using OrganizationPlace = std::variant<std::string, AccountId, TeamId>;

/// An actor in a repository, admitted for an operation.
class RepositoryAccess {
 public:
  core::Actor actor;
  core::Repository repository;
  core::Role role = core::Role::none;  ///< the one that counts

 private:
  friend Result<RepositoryAccess> enter(Reader& db, const core::Actor& actor,
                                        const RepositoryPlace& place,
                                        const core::Operation& operation);
  RepositoryAccess(core::Actor actor, core::Repository repository, core::Role role)
      : actor(std::move(actor)), repository(std::move(repository)), role(role) {}
};

/// An actor in an organization, admitted for an operation.
class OrganizationAccess {
 public:
  core::Actor actor;
  core::Account organization;
  core::MemberRole role = core::MemberRole::member;  ///< the one that counts

  bool is_owner() const { return role == core::MemberRole::admin; }

 private:
  friend Result<OrganizationAccess> enter(Reader& db, const core::Actor& actor,
                                          const OrganizationPlace& place,
                                          const core::Operation& operation);
  OrganizationAccess(core::Actor actor, core::Account organization, core::MemberRole role)
      : actor(std::move(actor)), organization(std::move(organization)), role(role) {}
};

/// Admits the actor to the repository for the operation, as core::check_access judges it.
/// `not_found` for what the actor may not see, as if it were absent.
Result<RepositoryAccess> enter(Reader& db, const core::Actor& actor, const RepositoryPlace& place,
                               const core::Operation& operation);

/// Admits the actor to the organization for the operation, as core::check_organization_access
/// judges it. `not_found` for a team that the actor may not see, before any other refusal, so that
/// none tells that the team is there.
Result<OrganizationAccess> enter(Reader& db, const core::Actor& actor,
                                 const OrganizationPlace& place, const core::Operation& operation);

/// The role that the actor was granted in the repository; an installation that reaches it has
/// `write`, so that it never looks like an administrator. None for agents, and for whoever is no
/// account.
core::Role granted_role(Reader& db, const core::Actor& actor, const core::Repository& repository);

/// The repository that had this name once, and has another one now. Nothing if there is none, or if
/// the actor may not see it: a redirect must not tell that it is there.
std::optional<RepositoryId> find_renamed(Reader& db, const core::Actor& actor,
                                         const RepositoryName& former,
                                         const core::Operation& operation);

}  // namespace esclusa::app
