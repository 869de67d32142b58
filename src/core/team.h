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

/// The members and teams of organizations.
namespace esclusa::core {

/// A member's role in the organization. `admin` means owner.
enum class MemberRole { member, admin };

/// A member of an organization.
struct Member {
  Account account;
  MemberRole role = MemberRole::member;
};

/// Who sees a team: its members and the owners (`secret`), or all members of the organization.
enum class TeamPrivacy { secret, closed };

/// Whether members are notified when the team is mentioned. Stored for clients that set it; Esclusa
/// has no mentions.
enum class TeamNotifications { enabled, disabled };

/// A member's role in the team. Here a maintainer has no more rights than a member.
enum class TeamRole { member, maintainer };

/// A group of an organization's members. The slug is its name in paths, unique in the organization.
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

/// How a path names a team: by its slug within its organization, or by its id.
using TeamAddress = std::variant<std::string, TeamId>;

/// A member of a team. The organization's owners count as maintainers.
struct TeamMember {
  Account account;
  TeamRole role = TeamRole::member;
};

/// A repository and the team's role in it.
struct TeamRepository {
  Repository repository;
  Role role = Role::none;
};

/// A team and its role in one repository.
struct TeamGrant {
  Team team;
  Role role = Role::none;
};

/// The body of a `POST` that makes a team.
struct NewTeam {
  std::string name;
  std::string description;
  TeamPrivacy privacy = TeamPrivacy::secret;
  TeamNotifications notification_setting = TeamNotifications::enabled;
  std::vector<std::string> maintainers;  ///< logins
  std::vector<std::string> repo_names;   ///< `owner/name`
};

/// The body of a `PATCH`; absent fields stay unchanged.
struct TeamChanges {
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::optional<TeamPrivacy> privacy;
  std::optional<TeamNotifications> notification_setting;
};

/// A team's name in paths, as GitHub documents it: lower case, without accents, `-` for characters
/// that are no letter, digit or `_`. Empty if nothing is left.
std::string team_slug(std::string_view name);

/// Checks that the name has a slug, and that name and description are single lines within the
/// limits.
Result<void> check_team(const Team& team);

/// GitHub's `Name must be unique for this org`: another team has the same slug.
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
