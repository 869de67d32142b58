#pragma once
#include "app/apps.h"
#include "app/authentication.h"
#include "app/blocking.h"
#include "app/installations.h"
#include "core/app_claims.h"
#include "core/operations/apps.h"
#include "core/operations/code.h"
#include "core/operations/hooks.h"
#include "core/operations/people.h"
#include "support/app_fixture.h"
#include "support/app_jwt.h"
#include "support/app_rows.h"

namespace esclusa::test {

/// The app `shop` of bob, installed at ada, who has the private repository `application`.
class InstalledApp : public AppFixture {
 public:
  explicit InstalledApp(const std::string& permissions = "deployments=write,metadata=read") {
    must(app::create_account(context, administrator, {.login = "bob", .human = ""}));
    app = create_app("shop", app_key(), permissions).app;
    add_bare("application");
    installation = must(app::install_app(context, administrator, {"shop", "ada"}, {}));
  }

  app::AppOverview create_app(const std::string& name, const RsaKeyPair& key,
                              const std::string& permissions = "deployments=write") {
    return must(app::create_app(context, administrator,
                                {.name = name,
                                 .owner = "bob",
                                 .permissions = permissions_of(permissions),
                                 .events = {"deployment"},
                                 .public_key = key.public_key.pem}));
  }

  int64_t seconds() const {
    return std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  }
  /// A JWT of the app.
  std::string jwt() const { return make_jwt(claims_for(std::to_string(app.id.value), seconds())); }
  Result<core::Actor> authenticate(std::string_view credential) {
    return read([&](store::Reader& db) { return app::authenticate(context, db, credential); });
  }
  app::CreatedInstallationToken mint(const core::NewInstallationToken& input = {}) {
    return must(try_to_mint(input));
  }
  Result<app::CreatedInstallationToken> try_to_mint(const core::NewInstallationToken& input) {
    return app::create_installation_token(context, core::Actor::by_app(app), installation.id,
                                          input);
  }
  Result<app::RepositoryAccess> enter(const core::Actor& actor, const core::Operation& operation,
                                      const std::string& repository = "application") {
    return read([&](store::Reader& db) {
      return app::enter(db, actor, app::RepositoryName{"ada", repository}, operation);
    });
  }

  core::App app;
  core::Installation installation;
};

}  // namespace esclusa::test
