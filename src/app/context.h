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

/// What every use case works with; made once, at the start. Any thread.
struct Context {
  store::Database& database;
  const Sealer& sealer;
  Clock now;
  BootClock boot_now;
  wire::Urls event_urls;                         ///< links in frozen event bodies
  std::filesystem::path repositories_directory;  ///< where `repo create` makes bare repositories
  /// Called after a commit that made events or deliveries: whoever passes them on looks at once.
  std::function<void()> events_committed;
  TokenUse& token_use;
};

/// One request's principal in one repository, access already judged.
struct RepositoryAccess {
  core::Principal principal;
  core::Repository repository;
  core::Role role = core::Role::none;  ///< the one that counts
};

/// One request's principal in one organization, access already judged.
struct OrganizationAccess {
  core::Principal principal;
  core::Account organization;
  core::MemberRole role = core::MemberRole::member;  ///< the one that counts

  bool is_owner() const { return role == core::MemberRole::admin; }
};

/// What is absent, or not visible to the caller: GitHub's words.
inline std::unexpected<Error> not_found() { return fail(ErrorCode::not_found, "Not Found"); }

}  // namespace esclusa::app
