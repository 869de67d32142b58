#pragma once
#include <optional>

#include "base/ids.h"
#include "base/time.h"
#include "core/account.h"
#include "core/repository.h"

/// Lists of repositories: whose they are, and who looks.
namespace esclusa::core {

enum class RepositorySort { created, updated, pushed, full_name };
enum class SortDirection { asc, desc };

/// By what an account belongs to a repository. Being an administrator of the server is none of
/// these, and neither is that everybody may read it. At least one of the three is asked for.
struct RepositoryAffiliation {
  AccountId account;
  bool owner = true;                ///< it is the account's own
  bool collaborator = true;         ///< a role was granted to the account in person
  bool organization_member = true;  ///< by a team, or as an owner of the organization
};

/// What a list is narrowed to, and its order.
struct RepositoryFilter {
  std::optional<AccountId> owner = {};
  std::optional<RepositoryAffiliation> affiliation = {};
  std::optional<Visibility> visibility = {};
  std::optional<Timestamp> updated_after = {};
  std::optional<Timestamp> updated_before = {};
  RepositorySort sort = RepositorySort::full_name;
  SortDirection direction = SortDirection::asc;
};

/// Who looks at a list: nothing is there that may not be read.
struct RepositoryViewer {
  std::optional<AccountId> account = {};
  bool sees_private = false;  ///< the token's scopes open private repositories
  bool sees_all = false;      ///< a site administrator
};

/// A repository of a list, with what was granted to the viewer there.
struct ListedRepository {
  Repository repository;
  Role granted = Role::none;
};

template <>
struct enum_names<RepositorySort> {
  static constexpr NameTable<RepositorySort, 4> values{{{RepositorySort::created, "created"},
                                                        {RepositorySort::updated, "updated"},
                                                        {RepositorySort::pushed, "pushed"},
                                                        {RepositorySort::full_name, "full_name"}}};
};

template <>
struct enum_names<SortDirection> {
  static constexpr NameTable<SortDirection, 2> values{
      {{SortDirection::asc, "asc"}, {SortDirection::desc, "desc"}}};
};

}  // namespace esclusa::core
