#pragma once
#include <optional>

#include "core/account.h"

namespace esclusa::core {

/// An account with the role that it has in a repository.
struct Collaborator {
  Account account;
  Role role = Role::none;
};

/// How an account got its role. `outside`: it is not a member of the organization that owns the
/// repository. `direct`: the role was granted to the account itself, not through a team or as an
/// owner of the organization.
enum class CollaboratorAffiliation { outside, direct };

/// Which collaborators a list contains.
struct CollaboratorFilter {
  std::optional<CollaboratorAffiliation> affiliation;
  Role at_least = Role::read;
};

template <>
struct enum_names<CollaboratorAffiliation> {
  static constexpr NameTable<CollaboratorAffiliation, 2> values{
      {{CollaboratorAffiliation::outside, "outside"}, {CollaboratorAffiliation::direct, "direct"}}};
};

}  // namespace esclusa::core
