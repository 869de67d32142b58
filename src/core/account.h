#pragma once
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/time.h"
#include "core/enum_names.h"

namespace esclusa::core {

enum class AccountKind { user, organization, bot };

/// An account owns repositories and acts. `login` keeps its spelling and is unique
/// case-insensitively.
struct Account {
  AccountId id;
  std::string login;
  AccountKind kind = AccountKind::user;
  bool site_admin = false;
  /// The human who is responsible for a bot. The self-review check compares this person.
  std::optional<AccountId> human_id;
  std::optional<Timestamp> blocked_at;
  Timestamp created_at{};
  Timestamp updated_at{};
};

/// An account and the number of repositories that it owns.
struct Profile {
  Account account;
  int64_t public_repository_count = 0;
  int64_t private_repository_count = 0;
};

/// An account's role in one repository; each role includes those before it.
enum class Role { none, read, triage, write, maintain, admin };

template <>
struct enum_names<AccountKind> {
  static constexpr NameTable<AccountKind, 3> values{{{AccountKind::user, "user"},
                                                     {AccountKind::organization, "organization"},
                                                     {AccountKind::bot, "bot"}}};
};

template <>
struct enum_names<Role> {
  static constexpr NameTable<Role, 6> values{{{Role::none, "none"},
                                              {Role::read, "read"},
                                              {Role::triage, "triage"},
                                              {Role::write, "write"},
                                              {Role::maintain, "maintain"},
                                              {Role::admin, "admin"}}};
};

}  // namespace esclusa::core
