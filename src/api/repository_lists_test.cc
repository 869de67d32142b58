#include <doctest/doctest.h>

#include "base/json.h"
#include "support/access_world.h"

using namespace esclusa;
using namespace esclusa::test;

namespace {

/// Sends requests as one of the world's accounts, or without a token.
struct Lists {
  AccessWorld world;
  api::Api api{world.undoing(), world.settings()};

  http::Response ask(const std::string& target, const std::string& login = "",
                     const std::string& scopes = "repo") {
    auto request = make_request("GET", target);
    if (!login.empty())
      request.headers.add("Authorization", "Bearer " + world.token(login, scopes));
    return api.serve(request);
  }
  /// The given member of each element of the list.
  std::set<std::string> names(const std::string& target, const std::string& login = "",
                              const std::string& scopes = "repo",
                              const std::string& member = "full_name") {
    const auto response = ask(target, login, scopes);
    CAPTURE(target);
    CHECK(response.status == 200);
    std::set<std::string> all;
    for (const auto& one : must(Json::parse(response.body)).elements()) {
      all.insert(one.string_at(member).value_or("?"));
    }
    return all;
  }
};

using Names = std::set<std::string>;

}  // namespace

TEST_CASE("lists of repositories: every caller sees exactly the repositories that they may open") {
  Lists lists;
  const Names all{"ada/public", "ada/private", "works/public", "works/private", "others/public"};
  size_t private_count = 0;
  for (const auto& subject : rules::subjects) {
    for (std::string_view scopes : rules::scope_sets) {
      const std::string login(subject.login), token_scopes(scopes);
      CAPTURE(login);
      CAPTURE(token_scopes);
      Names readable;
      for (const std::string& name : all) {
        if (lists.ask("/repos/" + name, login, token_scopes).status == 200) readable.insert(name);
      }
      for (const char* organization : {"works", "others"}) {
        Names expected;
        for (const std::string& name : readable) {
          if (name.starts_with(std::string(organization) + "/")) expected.insert(name);
        }
        CHECK(lists.names("/orgs/" + std::string(organization) + "/repos", login, token_scopes) ==
              expected);
      }
      for (const char* query : {"", "?visibility=private", "?affiliation=owner", "?type=member"}) {
        for (const std::string& name :
             lists.names("/user/repos" + std::string(query), login, token_scopes)) {
          CHECK(readable.contains(name));
          if (name.ends_with("private")) ++private_count;
        }
      }
      for (const std::string& name :
           lists.names("/users/ada/repos?type=all", login, token_scopes)) {
        CHECK(name == "ada/public");
      }
    }
  }
  CHECK(private_count > 20);
  CHECK(lists.names("/orgs/works/repos") == Names{"works/public"});
}

TEST_CASE(
    "a team's repositories: every caller sees those that they may open; so do counts and links") {
  Lists lists;
  const Names all{"works/public", "works/private"};
  api::Api keeping{lists.world.keeping(), lists.world.settings()};
  const std::string administrator = lists.world.token(
      "chief", "repo:invite security_events admin:org admin:public_key delete_repo");
  CHECK(keeping
            .serve(make_request("PUT", "/orgs/works/teams/team/repos/works/private",
                                {{"Authorization", "Bearer " + administrator}}))
            .status == 204);
  const std::string by_id =
      "/teams/" + lists.world.organization_names("works")["team_id"] + "/repos";
  size_t private_count = 0;
  for (const char* login : {"director", "chief", "member", "colleague"}) {
    for (std::string_view scopes : rules::scope_sets) {
      const std::string token_scopes(scopes);
      CAPTURE(login);
      CAPTURE(token_scopes);
      for (const std::string& path : {std::string("/orgs/works/teams/team/repos"), by_id}) {
        if (lists.ask(path, login, token_scopes).status == 404) continue;
        Names readable;
        for (const std::string& name : all) {
          if (lists.ask("/repos/" + name, login, token_scopes).status == 200) readable.insert(name);
        }
        CHECK(lists.names(path, login, token_scopes) == readable);
        const auto page = lists.ask(path + "?per_page=1", login, token_scopes);
        CHECK(page.headers.has("Link") == (readable.size() == 2));
        private_count += readable.contains("works/private") ? 1 : 0;
      }
    }
  }
  CHECK(private_count > 6);
  CHECK(lists.names(by_id, "director", "read:org") == Names{"works/public"});
}

TEST_CASE("lists of repositories: filtered by the caller's relation to the repository") {
  Lists lists;
  auto own = [&](const std::string& login, const std::string& query) {
    return lists.names("/user/repos" + query, login);
  };
  const Names adas{"ada/private", "ada/public"}, of_works{"works/private", "works/public"};
  const Names granted{"ada/private", "ada/public", "others/public"};
  CHECK(own("ada", "") == adas);
  CHECK(own("ada", "?type=member").empty());
  CHECK(own("reader", "") == granted);
  CHECK(own("reader", "?affiliation=collaborator") == granted);
  CHECK(own("reader", "?affiliation=owner, organization_member").empty());
  CHECK(own("reader", "?type=private") == Names{"ada/private"});
  CHECK(own("reader", "?visibility=public&affiliation=owner,collaborator") ==
        Names{"ada/public", "others/public"});
  CHECK(own("director", "") == of_works);
  CHECK(own("director", "?affiliation=organization_member") == of_works);
  CHECK(own("director", "?affiliation=collaborator").empty());
  CHECK(own("member", "").empty());
  CHECK(own("chief", "").empty());  // may read all of them, but has no relation to any
  CHECK(lists.names("/orgs/works/repos?type=member", "colleague") == of_works);
  CHECK(lists.names("/orgs/works/repos?type=member", "member").empty());
  CHECK(lists.names("/orgs/works/repos?type=member").empty());
  CHECK(lists.names("/orgs/works/repos?type=forks", "director").empty());
  CHECK(lists.names("/orgs/works/repos?type=sources", "director") == of_works);
  CHECK(lists.names("/users/reader/repos").empty());
  CHECK(lists.names("/users/reader/repos?type=member") == Names{"ada/public", "others/public"});
  CHECK(lists.names("/users/director/repos?type=all", "director").empty());
}

TEST_CASE("lists of repositories: permissions, links to pages, and invalid parameters") {
  Lists lists;
  const auto response = lists.ask("/user/repos?per_page=1&page=2", "triager");
  CHECK(response.headers.find("Link").value_or("").starts_with(
      "<http://h/user/repos?per_page=1&page=1>; rel=\"prev\""));
  const auto body = must(Json::parse(response.body)).elements().at(0);
  CHECK(body.string_at("full_name") == "ada/public");
  CHECK(body.string_at("default_branch") == "main");
  CHECK(found(body.find("permissions")).text() ==
        R"({"admin":false,"maintain":false,"push":false,"triage":true,"pull":true})");
  for (const char* target :
       {"/user/repos?visibility=open", "/user/repos?affiliation=friend", "/user/repos?type=forks",
        "/user/repos?type=owner&visibility=all", "/user/repos?type=all&affiliation=owner",
        "/user/repos?sort=name", "/user/repos?direction=up", "/user/repos?since=yesterday",
        "/orgs/works/repos?type=owner", "/users/ada/repos?type=public"}) {
    CAPTURE(target);
    CHECK(lists.ask(target, "ada").status == 422);
  }
  CHECK(lists.ask("/orgs/ada/repos", "ada").status == 404);
  CHECK(lists.ask("/orgs/absent/repos").status == 404);
  CHECK(lists.ask("/users/absent/repos").status == 404);
  CHECK(lists.names("/organizations/" + lists.world.organization_names("works")["org_id"] +
                    "/repos") == Names{"works/public"});
  CHECK(lists.names("/user/repos?since=2000-01-01T00:00:00Z", "ada").size() == 2);
  CHECK(lists.names("/user/repos?before=2000-01-01T00:00:00Z", "ada").empty());
}

TEST_CASE("lists of organizations: the caller's own, and those shared with another user") {
  Lists lists;
  auto of = [&](const std::string& target, const std::string& login, const std::string& scopes) {
    return lists.names(target, login, scopes, "login");
  };
  CHECK(of("/user/orgs", "member", "read:org") == Names{"works"});
  CHECK(of("/user/orgs", "member", "workflow user") == Names{"works"});
  CHECK(of("/user/orgs", "ada", "read:org").empty());
  CHECK(lists.ask("/user/orgs", "member", "repo").status == 403);
  CHECK(lists.ask("/user/orgs").status == 401);
  CHECK(of("/users/member/orgs", "member", "") == Names{"works"});
  CHECK(of("/users/member/orgs", "colleague", "read:org") == Names{"works"});
  CHECK(of("/users/member/orgs", "colleague", "repo").empty());
  CHECK(of("/users/member/orgs", "stranger", "read:org").empty());
  CHECK(of("/users/member/orgs", "chief", "write:org") == Names{"works"});
  CHECK(lists.names("/users/member/orgs", "", "", "login").empty());
  CHECK(lists.ask("/users/absent/orgs").status == 404);
}
