#include "wire/repository.h"

#include <doctest/doctest.h>

#include "wire/json.h"

using namespace esclusa;
using namespace esclusa::wire;

namespace {

Json written(const core::Repository& repository, std::optional<core::Role> role,
             ApiVersion version = {}) {
  JsonWriter json;
  write_repository(json, repository, {"http://h/api/v3", "http://h"}, role, version);
  return Json::parse(json.text()).value();
}

core::Repository some_repository() {
  core::Repository repository;
  repository.id = {3};
  repository.owner.id = {1};
  repository.owner.login = "demo";
  repository.name = "shop";
  repository.default_branch = "trunk";
  return repository;
}

}  // namespace

TEST_CASE("write_repository: permissions follow the viewer's role") {
  struct Row {
    core::Role role;
    const char* expected;
  };
  const Row rows[] = {
      {core::Role::read,
       R"({"admin":false,"maintain":false,"push":false,"triage":false,"pull":true})"},
      {core::Role::triage,
       R"({"admin":false,"maintain":false,"push":false,"triage":true,"pull":true})"},
      {core::Role::write,
       R"({"admin":false,"maintain":false,"push":true,"triage":true,"pull":true})"},
      {core::Role::maintain,
       R"({"admin":false,"maintain":true,"push":true,"triage":true,"pull":true})"},
      {core::Role::admin,
       R"({"admin":true,"maintain":true,"push":true,"triage":true,"pull":true})"},
  };
  for (const Row& row : rows) {
    CAPTURE(core::to_name(row.role));
    CHECK(written(some_repository(), row.role).find("permissions")->text() == row.expected);
  }
}

TEST_CASE("write_repository: version 2026-03-10 has no has_downloads") {
  const Json before = written(some_repository(), core::Role::read);
  const Json after = written(some_repository(), core::Role::read, ApiVersion::of_2026_03_10);
  CHECK(before.find("has_downloads"));
  CHECK_FALSE(after.find("has_downloads"));
  CHECK(after.find("has_wiki"));
  CHECK(written(some_repository(), std::nullopt).find("has_downloads"));  // events have no version
}

TEST_CASE("write_repository: an answer has the members that only full-repository has") {
  const Json answer = written(some_repository(), core::Role::read);
  const Json event = written(some_repository(), std::nullopt);
  for (auto name : {"permissions", "network_count", "subscribers_count"}) {
    CAPTURE(name);
    CHECK(answer.find(name));
    CHECK_FALSE(event.find(name));
  }
}

TEST_CASE("write_repository: names, visibility and links") {
  core::Repository repository = some_repository();
  repository.visibility = core::Visibility::is_public;
  const Json json = written(repository, std::nullopt);
  CHECK(json.string_at("full_name") == "demo/shop");
  CHECK(json.find("private")->boolean() == false);
  CHECK(json.string_at("visibility") == "public");
  CHECK(json.string_at("default_branch") == "trunk");
  CHECK(json.string_at("url") == "http://h/api/v3/repos/demo/shop");
  CHECK(json.string_at("html_url") == "http://h/demo/shop");
  CHECK(json.string_at("deployments_url") == "http://h/api/v3/repos/demo/shop/deployments");
  CHECK(json.string_at("statuses_url") == "http://h/api/v3/repos/demo/shop/statuses/{sha}");
}

TEST_CASE("write_repository: the path on the server's disk is nobody's business") {
  core::Repository repository = some_repository();
  repository.path = "/srv/git/hidden.git";
  CHECK(written(repository, core::Role::admin).text().find("hidden") == std::string::npos);
}
