#pragma once
#include <string>

#include "api/serve.h"
#include "support/api_fixture.h"
#include "support/app_fixture.h"

namespace esclusa::test {

/// The API of a server with ada's private repository `application`, which has one commit.
struct ServedRepository : AppFixture {
  std::string token(const std::string& login, const std::string& scopes) {
    return must(app::create_token(
                    context, administrator,
                    {.login = login, .name = "t", .scopes = scopes, .expires_in = std::nullopt}))
        .text.reveal();
  }

  GitFixture git;
  std::string sha = git.commit("main", "a.txt", "one");
  app::RepositoryAccess access = add(git);
  api::Settings settings{.external_url = "http://h", .hook_destinations = {}};
  api::Api api{context, settings};
};

}  // namespace esclusa::test
