#include "wire/repository.h"

#include <doctest/doctest.h>

#include "base/json.h"

using namespace esclusa;
using namespace esclusa::wire;

namespace {

Json written(const core::Repository& repository, std::optional<core::Role> role,
             ApiVersion version = {}, const std::string& ssh = {}) {
  JsonWriter json;
  write_repository(json, repository, {"http://h/api/v3", "http://h", ssh}, role, version);
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

TEST_CASE("write_repository: git URLs lead to SSH, and are empty without it") {
  const core::Repository repository = some_repository();
  const Json nowhere = written(repository, core::Role::read);
  for (auto name : {"ssh_url", "clone_url", "git_url"}) CHECK(nowhere.string_at(name) == "");
  // The schema of events requires a URI; without SSH it is the web page, which does exist.
  const Json event = written(repository, std::nullopt);
  CHECK(event.string_at("ssh_url") == "");
  CHECK(event.string_at("clone_url") == "http://h/demo/shop");
  for (auto role : {std::optional<core::Role>(core::Role::read), std::optional<core::Role>()}) {
    const Json served = written(repository, role, {}, "git@deploy.example.org");
    CHECK(served.string_at("ssh_url") == "git@deploy.example.org:demo/shop.git");
    CHECK(served.string_at("clone_url") == "ssh://git@deploy.example.org/demo/shop.git");
    CHECK(served.string_at("git_url") == "ssh://git@deploy.example.org/demo/shop.git");
  }
}

TEST_CASE("write_repository: the description, or null") {
  core::Repository repository = some_repository();
  CHECK(written(repository, std::nullopt).find("description")->is_null());
  repository.description = "What customers see";
  CHECK(written(repository, std::nullopt).string_at("description") == "What customers see");
}

TEST_CASE("parse_repository_change: absent members stay, and null clears the description") {
  auto change = parse_repository_change("{}").value();
  CHECK_FALSE(change.name.has_value());
  CHECK_FALSE(change.description.has_value());
  CHECK_FALSE(change.visibility.has_value());
  CHECK_FALSE(change.default_branch.has_value());
  change = parse_repository_change(R"({"name": "new", "description": null, "private": false,
                                       "default_branch": "trunk", "has_wiki": true})")
               .value();
  CHECK(change.name == "new");
  REQUIRE(change.description.has_value());
  CHECK_FALSE(change.description->has_value());
  CHECK(change.visibility == core::Visibility::is_public);
  CHECK(change.default_branch.value() == "trunk");
  CHECK_FALSE(parse_repository_change(R"({"default_branch": null})")->default_branch.has_value());
}

TEST_CASE("parse_repository_change: refuses contradictions, wrong types, and archiving") {
  auto reason = [](const char* text) {
    const auto change = parse_repository_change(text);
    return change ? "" : change.error().reason_code;
  };
  CHECK(reason(R"({"private": true, "visibility": "private"})").empty());
  CHECK(reason(R"({"private": true, "visibility": "public"})") == "invalid_request");
  CHECK(reason(R"({"visibility": "internal"})") == "invalid_request");
  CHECK(reason(R"({"default_branch": 1})") == "invalid_request");
  CHECK(reason(R"({"archived": true})") == "archive_not_supported");
  CHECK(reason(R"({"archived": false})").empty());
}

TEST_CASE("write_repository: never shows the path on the server's disk") {
  core::Repository repository = some_repository();
  repository.path = "/srv/git/hidden.git";
  CHECK(written(repository, core::Role::admin).text().find("hidden") == std::string::npos);
}

TEST_CASE("parse_permission: GitHub's older names, and the default") {
  CHECK(parse_permission("", core::Role::read) == core::Role::read);
  CHECK(parse_permission(R"({"permission": null})", core::Role::write) == core::Role::write);
  CHECK(parse_permission(R"({"permission": "push"})", core::Role::read) == core::Role::write);
  CHECK(parse_permission(R"({"permission": "maintain"})", core::Role::read) ==
        core::Role::maintain);
  CHECK_FALSE(parse_permission(R"({"permission": "write"})", core::Role::read));
  CHECK_FALSE(parse_permission(R"({"permission": "none"})", core::Role::read));
  for (const char* name : {"pull", "triage", "push", "maintain", "admin"}) {
    CHECK(permission_name(parse_permission_name(name).value()) == name);
  }
}
