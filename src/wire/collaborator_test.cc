#include "wire/collaborator.h"

#include <doctest/doctest.h>

#include "base/json.h"

using namespace esclusa;
using namespace esclusa::wire;

namespace {

const Urls urls{"http://h/api/v3", "http://h"};

core::Collaborator ada(core::Role role) {
  core::Collaborator collaborator;
  collaborator.account.id = {3};
  collaborator.account.login = "ada";
  collaborator.role = role;
  return collaborator;
}

template <class Write>
Json written(Write write) {
  JsonWriter json;
  write(json);
  return Json::parse(json.take()).value();
}

}  // namespace

TEST_CASE("write_collaborator: an account with its permissions and the name of its role") {
  const auto json =
      written([](auto& out) { write_collaborator(out, ada(core::Role::triage), urls); });
  CHECK(json.string_at("login") == "ada");
  CHECK(json.string_at("url") == "http://h/api/v3/users/ada");
  CHECK(json.string_at("role_name") == "triage");
  CHECK(json.find("permissions")->text() ==
        R"({"admin":false,"maintain":false,"push":false,"triage":true,"pull":true})");
}

TEST_CASE("write_collaborator_permission: the role's older name and its present name") {
  struct Row {
    core::Role role;
    const char* permission;
    const char* role_name;
  };
  const Row rows[] = {
      {core::Role::none, "none", "none"},          {core::Role::read, "read", "read"},
      {core::Role::triage, "read", "triage"},      {core::Role::write, "write", "write"},
      {core::Role::maintain, "write", "maintain"}, {core::Role::admin, "admin", "admin"}};
  for (const Row& row : rows) {
    const auto json =
        written([&](auto& out) { write_collaborator_permission(out, ada(row.role), urls); });
    CAPTURE(row.role_name);
    CHECK(json.string_at("permission") == row.permission);
    CHECK(json.string_at("role_name") == row.role_name);
    CHECK(json.string_at("user", "role_name") == row.role_name);
    CHECK(json.string_at("user", "login") == "ada");
  }
}
