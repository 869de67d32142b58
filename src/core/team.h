#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "core/account.h"
#include "core/repository.h"

/// Organizations from within: their members, and their teams.
namespace esclusa::core {

/// What a member is to the organization. Its admins are its owners.
enum class MemberRole { member, admin };

/// Of an account in an organization.
struct Member {
  Account account;
  MemberRole role = MemberRole::member;
};

/// Who sees a team: its own members and the owners, or every member of the organization.
enum class TeamPrivacy { secret, closed };

/// Whether members are told when the team is mentioned. It is kept for clients that set it: nothing
/// here mentions a team.
enum class TeamNotifications { enabled, disabled };

/// What a member is to the team. A maintainer may do no more than others here.
enum class TeamRole { member, maintainer };

/// Some of an organization's members. The slug is its name in paths, and no other team's.
struct Team {
  TeamId id;
  Account organization;
  std::string name;
  std::string slug;
  std::string description;  ///< empty: none
  TeamPrivacy privacy = TeamPrivacy::secret;
  TeamNotifications notification_setting = TeamNotifications::enabled;
  Timestamp created_at{};
  Timestamp updated_at{};
};

/// How an address names a team: by its slug, in its organization, or by its id.
using TeamAddress = std::variant<std::string, TeamId>;

/// Of an account in a team. The organization's owners count as maintainers.
struct TeamMember {
  Account account;
  TeamRole role = TeamRole::member;
};

/// A repository with the role that a team has in it.
struct TeamRepository {
  Repository repository;
  Role role = Role::none;
};

/// A team with its role in one repository.
struct TeamGrant {
  Team team;
  Role role = Role::none;
};

/// The body of a `POST`.
struct NewTeam {
  std::string name;
  std::string description;
  TeamPrivacy privacy = TeamPrivacy::secret;
  TeamNotifications notification_setting = TeamNotifications::enabled;
  std::vector<std::string> maintainers;  ///< logins
  std::vector<std::string> repo_names;   ///< `owner/name`
};

/// The body of a `PATCH`; what is absent stays.
struct TeamChanges {
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::optional<TeamPrivacy> privacy;
  std::optional<TeamNotifications> notification_setting;
};

/// A team's name in paths, as GitHub documents it: in lower case, without accents, `-` for what is
/// neither letter, digit nor `_`. Empty if nothing is left.
std::string team_slug(std::string_view name);

/// A name that has a slug, and a description: one line each, and not too long.
Result<void> check_team(const Team& team);

/// GitHub's `Name must be unique for this org`: another team has that slug.
std::unexpected<Error> team_exists();

template <>
struct enum_names<MemberRole> {
  static constexpr NameTable<MemberRole, 2> values{
      {{MemberRole::member, "member"}, {MemberRole::admin, "admin"}}};
};

template <>
struct enum_names<TeamPrivacy> {
  static constexpr NameTable<TeamPrivacy, 2> values{
      {{TeamPrivacy::secret, "secret"}, {TeamPrivacy::closed, "closed"}}};
};

template <>
struct enum_names<TeamNotifications> {
  static constexpr NameTable<TeamNotifications, 2> values{
      {{TeamNotifications::enabled, "notifications_enabled"},
       {TeamNotifications::disabled, "notifications_disabled"}}};
};

template <>
struct enum_names<TeamRole> {
  static constexpr NameTable<TeamRole, 2> values{
      {{TeamRole::member, "member"}, {TeamRole::maintainer, "maintainer"}}};
};

}  // namespace esclusa::core
