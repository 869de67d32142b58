#include "app/administration.h"

#include <doctest/doctest.h>

#include "git/repository.h"
#include "support/app_fixture.h"

using namespace esclusa;
using test::AppFixture;
using test::at;
using test::must;
using namespace std::chrono_literals;

namespace {

/// The reason why something is refused.
template <class T>
std::string reason(const Result<T>& result) {
  return result ? "no error" : result.error().reason_code;
}

app::NewRepository repository_input(const std::string& name, const std::string& path = "") {
  app::NewRepository input;
  input.owner = "team";
  input.name = name;
  input.path = path;
  return input;
}

app::NewToken token_input(const std::string& login, const std::string& scopes) {
  app::NewToken input;
  input.login = login;
  input.scopes = scopes;
  return input;
}

}  // namespace

TEST_CASE("create_account: a user, an organization, and a bot with its human") {
  AppFixture app;
  const auto audits = app.row_count("audit");
  auto create = [&](const std::string& login, core::AccountKind kind, const std::string& human) {
    return app::create_account(app.context, app.nobody,
                               {.login = login, .kind = kind, .human = human});
  };
  CHECK(must(create("bob", core::AccountKind::user, "")).kind == core::AccountKind::user);
  CHECK(must(create("team", core::AccountKind::organization, "")).kind ==
        core::AccountKind::organization);
  const auto bot = must(create("ci[bot]", core::AccountKind::bot, "ADA"));
  CHECK(bot.human_id == must(app::list_accounts(app.context)).at(0).id);
  CHECK(app.row_count("audit") == audits + 3);
  CHECK(must(app::list_accounts(app.context)).size() == 4);
}

TEST_CASE("create_account: refuses a login that is taken, malformed or reserved") {
  AppFixture app;
  auto create = [&](const std::string& login, const std::string& human = "") {
    return reason(app::create_account(app.context, app.nobody, {.login = login, .human = human}));
  };
  const auto audits = app.row_count("audit");
  CHECK(create("ADA") == "login_taken");
  CHECK(create("../etc") == "invalid_name");
  CHECK(create("") == "invalid_name");
  CHECK(create("repos") == "invalid_name");
  CHECK(create("bob", "nobody-there") == "account_not_found");
  CHECK(app.row_count("account") == 1);
  CHECK(app.row_count("audit") == audits);
}

TEST_CASE("set_member: only for an organization, and with a role that exists") {
  AppFixture app;
  must(
      app::create_account(app.context, app.nobody,
                          {.login = "team", .kind = core::AccountKind::organization, .human = ""}));
  auto set = [&](const std::string& team, const std::string& login, const std::string& role) {
    return reason(app::set_member(app.context, app.nobody, team, login, role));
  };
  CHECK(set("team", "ada", "owner") == "invalid_role");
  CHECK(set("ada", "ada", "member") == "not_an_organization");
  CHECK(set("none", "ada", "member") == "account_not_found");
  CHECK(set("team", "none", "member") == "account_not_found");
  CHECK(app.row_count("organization_member") == 0);
  CHECK(set("team", "ada", "admin") == "no error");
  CHECK(app.row_count("audit where action = 'organization.set_member'") == 1);
}

TEST_CASE("create_token: its text opens the account, and only its digest is stored") {
  AppFixture app;
  const auto minted =
      must(app::create_token(app.context, app.nobody, token_input("ada", "repo:status")));
  CHECK(core::has_token_shape(minted.text.reveal()));
  CHECK(app.texts("select digest from token") == core::token_digest(minted.text.reveal()) + "\n");
  CHECK(must(app::authenticate(app.context, minted.text.reveal())).token.value().id ==
        minted.token.id);
  CHECK_FALSE(minted.token.expires_at.has_value());
  CHECK(app.row_count("audit where action = 'token.create'") == 1);
  CHECK(app.texts("select detail from audit").find(minted.text.reveal()) == std::string::npos);
}

TEST_CASE("create_token: expires when it was asked to") {
  AppFixture app;
  auto input = token_input("ada", "");
  input.expires_in = 90s;
  const auto minted = must(app::create_token(app.context, app.nobody, input));
  CHECK(minted.token.expires_at == at(0) + 90s);
}

TEST_CASE("create_token: refuses unknown scopes, unknown accounts, organizations and long names") {
  AppFixture app;
  must(
      app::create_account(app.context, app.nobody,
                          {.login = "team", .kind = core::AccountKind::organization, .human = ""}));
  auto create = [&](const app::NewToken& input) {
    return reason(app::create_token(app.context, app.nobody, input));
  };
  CHECK(create(token_input("ada", "everything")) == "unknown_scope");
  CHECK(create(token_input("nobody-there", "repo")) == "account_not_found");
  CHECK(create(token_input("team", "repo")) == "no_tokens");
  auto long_name = token_input("ada", "repo");
  long_name.name = std::string(256, 'x');
  CHECK(create(long_name) == "too_long");
  CHECK(app.row_count("token") == 0);
}

TEST_CASE("revoke_token: once; a second time there is nothing to revoke") {
  AppFixture app;
  const auto minted = must(app::create_token(app.context, app.nobody, token_input("ada", "repo")));
  must(app::revoke_token(app.context, app.nobody, minted.token.id));
  CHECK(must(app::list_tokens(app.context, "ada")).at(0).revoked_at == at(0));
  CHECK(reason(app::revoke_token(app.context, app.nobody, minted.token.id)) == "token_not_found");
  CHECK(reason(app::revoke_token(app.context, app.nobody, TokenId{99})) == "token_not_found");
  CHECK(reason(app::list_tokens(app.context, "nobody-there")) == "account_not_found");
}

TEST_CASE("create_first_administrator: on an empty database, and never again") {
  AppFixture app;
  CHECK_FALSE(must(app::create_first_administrator(app.context)).has_value());
  test::write(app.context.database,
              [](store::Connection& tx) { tx.execute("delete from account"); });
  const auto minted = must(app::create_first_administrator(app.context));
  REQUIRE(minted.has_value());
  const auto admin = must(app::authenticate(app.context, minted->text.reveal()));
  CHECK(admin.account.value().login == "admin");
  CHECK(admin.account->site_admin);
  CHECK(admin.token.value().scopes.has(core::Scope::repo));
  CHECK_FALSE(must(app::create_first_administrator(app.context)).has_value());
  CHECK(app.row_count("account") == 1);
  CHECK(app.row_count("token") == 1);
}

TEST_CASE("create_repository: registers an existing one, and makes its owner an organization") {
  AppFixture app;
  test::GitFixture git(test::GitFixture::Layout::work_tree, "trunk");
  git.commit("trunk", "a", "1");
  const auto made = must(app::create_repository(
      app.context, app.nobody, repository_input("Application", git.path().string())));
  CHECK(made.full_name() == "team/Application");
  CHECK(made.path == git.git_directory().string());
  CHECK(made.default_branch == "trunk");
  CHECK_FALSE(made.writable);
  CHECK(made.auto_merge == core::MergePolicy::ignore);
  CHECK(made.visibility == core::Visibility::is_private);
  CHECK(made.owner.kind == core::AccountKind::organization);
  CHECK(app.row_count("audit where action = 'repository.create'") == 1);
  CHECK(app.row_count("audit where action = 'account.create'") == 2);

  auto writable = repository_input("second", git.path().string());
  writable.writable = true;
  const auto second = must(app::create_repository(app.context, app.nobody, writable));
  CHECK(second.writable);
  CHECK(second.auto_merge == core::MergePolicy::merge);
  CHECK(second.owner.id == made.owner.id);
  CHECK(must(app::list_repositories(app.context)).size() == 2);
}

TEST_CASE("create_repository: makes a bare one in the folder for them, under a name of no one's") {
  AppFixture app;
  const auto made =
      must(app::create_repository(app.context, app.nobody, repository_input("application")));
  CHECK(std::filesystem::path(made.path).parent_path() == app.context.repositories_directory);
  CHECK(made.path.find("application") == std::string::npos);
  CHECK(made.writable);
  CHECK(made.auto_merge == core::MergePolicy::merge);
  CHECK(made.default_branch == "main");
  const auto inspection = must(git::inspect(made.path));
  CHECK(inspection.bare);
}

TEST_CASE("create_repository: a name that is taken is refused, and makes no folder") {
  AppFixture app;
  must(app::create_repository(app.context, app.nobody, repository_input("application")));
  auto folders = [&] {
    return std::distance(std::filesystem::directory_iterator(app.context.repositories_directory),
                         {});
  };
  CHECK(folders() == 1);
  CHECK(reason(app::create_repository(app.context, app.nobody, repository_input("APPLICATION"))) ==
        "repository_exists");
  CHECK(folders() == 1);
  CHECK(app.row_count("repository") == 1);
}

TEST_CASE("create_repository: refuses bad names, what is no repository, and merging read-only") {
  AppFixture app;
  auto create = [&](const app::NewRepository& input) {
    return reason(app::create_repository(app.context, app.nobody, input));
  };
  CHECK(create(repository_input("..")) == "invalid_name");
  auto bad_owner = repository_input("application");
  bad_owner.owner = "a/b";
  CHECK(create(bad_owner) == "invalid_name");
  CHECK(create(repository_input("application", (app.folder / "none").string())) ==
        "repository_refused");
  test::GitFixture git;
  auto merging = repository_input("application", git.path().string());
  merging.auto_merge = core::MergePolicy::merge;
  CHECK(create(merging) == "not_writable");
  CHECK(app.row_count("repository") == 0);
  CHECK(app.row_count("account") == 1);  // no owner was made on the way
}

TEST_CASE("rename_repository: keeps the id, and leaves one audit row") {
  AppFixture app;
  const auto made =
      must(app::create_repository(app.context, app.nobody, repository_input("application")));
  app.now = at(7);
  const auto renamed =
      must(app::rename_repository(app.context, app.nobody, "TEAM", "Application", "Shop"));
  CHECK(renamed.id == made.id);
  CHECK(renamed.full_name() == "team/Shop");
  CHECK(renamed.path == made.path);
  CHECK(renamed.updated_at == at(7));
  CHECK(must(app::list_repositories(app.context)).at(0).full_name() == "team/Shop");
  CHECK(app.row_count("audit where action = 'repository.rename'") == 1);
  // Again the same changes nothing, and a new spelling alone leaves no former name.
  must(app::rename_repository(app.context, app.nobody, "team", "shop", "Shop"));
  CHECK(app.row_count("audit where action = 'repository.rename'") == 1);
  must(app::rename_repository(app.context, app.nobody, "team", "shop", "SHOP"));
  CHECK(must(app::list_repositories(app.context)).at(0).name == "SHOP");
  CHECK(app.row_count("repository_former_name") == 1);
}

TEST_CASE("rename_repository: refuses what is not there, what is taken, and bad names") {
  AppFixture app;
  must(app::create_repository(app.context, app.nobody, repository_input("one")));
  must(app::create_repository(app.context, app.nobody, repository_input("two")));
  auto rename = [&](const std::string& name, const std::string& new_name) {
    return reason(app::rename_repository(app.context, app.nobody, "team", name, new_name));
  };
  CHECK(rename("none", "three") == "repository_not_found");
  CHECK(rename("one", "TWO") == "repository_exists");
  CHECK(rename("one", "..") == "invalid_name");
  CHECK(rename("one", "a/b") == "invalid_name");
  CHECK(app.row_count("repository_former_name") == 0);
  CHECK(app.row_count("audit where action = 'repository.rename'") == 0);
  // A former name is no name: it is not followed here, and may be given to another.
  CHECK(rename("one", "three") == "no error");
  CHECK(rename("one", "four") == "repository_not_found");
  CHECK(rename("two", "one") == "no error");
}

TEST_CASE("grant_role: in a repository that exists, to an account that exists") {
  AppFixture app;
  must(app::create_repository(app.context, app.nobody, repository_input("application")));
  auto grant = [&](const std::string& name, const std::string& login) {
    return reason(app::grant_role(app.context, app.nobody, "team", name, login, core::Role::write));
  };
  CHECK(grant("none", "ada") == "repository_not_found");
  CHECK(grant("application", "nobody-there") == "account_not_found");
  CHECK(app.row_count("repository_role") == 0);
  CHECK(grant("application", "ada") == "no error");
  CHECK(app.row_count("audit where action = 'repository.grant'") == 1);
}
