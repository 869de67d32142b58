#pragma once
#include <filesystem>
#include <functional>

#include "app/token_use.h"
#include "base/boot_clock.h"
#include "base/crypto.h"
#include "base/time.h"
#include "core/principal.h"
#include "store/database.h"
#include "wire/urls.h"

namespace esclusa::app {

/// What every use case needs; made once at start. Any thread.
struct Context {
  store::Database& database;
  const Sealer& sealer;
  Clock now;
  BootClock boot_now;
  wire::Urls event_urls;                         ///< links in frozen event bodies
  std::filesystem::path repositories_directory;  ///< where `repo create` makes bare repositories
  /// Called after a commit that inserted events or deliveries, to wake the delivery worker and the
  /// feed.
  std::function<void()> events_committed;
  TokenUse& token_use;
};

/// The principal of one request in one repository; its access is already judged.
struct RepositoryAccess {
  core::Principal principal;
  core::Repository repository;
  core::Role role = core::Role::none;  ///< the effective role
};

/// The principal of one request in one organization; its access is already judged.
struct OrganizationAccess {
  core::Principal principal;
  core::Account organization;
  core::MemberRole role = core::MemberRole::member;  ///< the effective role

  bool is_owner() const { return role == core::MemberRole::admin; }
};

/// GitHub's answer for what does not exist or is not visible to the caller.
inline std::unexpected<Error> not_found() { return fail(ErrorCode::not_found, "Not Found"); }

}  // namespace esclusa::app
