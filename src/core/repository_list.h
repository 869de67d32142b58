#pragma once
#include <optional>

#include "base/ids.h"
#include "base/time.h"
#include "core/account.h"
#include "core/name_search.h"
#include "core/repository.h"

/// Lists of repositories: their owners and their viewers.
namespace esclusa::core {

enum class RepositorySort { created, updated, pushed, full_name };
enum class SortDirection { asc, desc };

/// How an account is related to a repository. Neither a server administrator's access nor the
/// access of everybody to a public repository counts. At least one of the three is true.
struct RepositoryAffiliation {
  AccountId account;
  bool owner = true;                ///< the account owns it
  bool collaborator = true;         ///< a role was granted to the account itself
  bool organization_member = true;  ///< by a team, or as an owner of the organization
};

/// What a token of an installation reaches: the repositories of the account, and of these only
/// those that were selected for the installation, and for the token.
struct InstallationReach {
  AccountId account;
  std::optional<InstallationId> selected_for = {};
  std::optional<InstallationTokenId> selected_for_token = {};
};

/// The filters and the order of a list.
struct RepositoryFilter {
  std::optional<AccountId> owner = {};
  std::optional<RepositoryAffiliation> affiliation = {};
  std::optional<InstallationReach> reach = {};
  std::optional<Visibility> visibility = {};
  std::optional<NameSearch> search = {};  ///< in `owner/name`
  std::optional<Timestamp> updated_after = {};
  std::optional<Timestamp> updated_before = {};
  RepositorySort sort = RepositorySort::full_name;
  SortDirection direction = SortDirection::asc;
};

/// Who views a list. A list contains only repositories that the viewer may read.
struct RepositoryViewer {
  std::optional<AccountId> account = {};
  bool sees_private = false;  ///< the token's scopes open private repositories
  bool sees_all = false;      ///< a site administrator
  /// Of an installation, which sees what it reaches, and what is public.
  std::optional<InstallationReach> reach = {};
};

/// A repository of a list, with the role granted to the viewer.
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
