#include "core/app_change.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace esclusa::core;

namespace {

/// The permissions and events of an installation that had the first ones, and whose app now has
/// the second ones.
std::string adapted(std::string_view had, std::string_view has, bool accepted = false) {
  Installation installation;
  installation.permissions = Permissions::parse(had).value();
  installation.events = {"deployment", "push"};
  App app;
  app.permissions = Permissions::parse(has).value();
  app.events = {"push", "status"};
  const Installation after = adapt_installation(installation, app, accepted);
  std::string text = after.permissions.to_text() + ";";
  for (const std::string& event : after.events) text += " " + event;
  return text;
}

}  // namespace

TEST_CASE("adapt_installation: keeps what both have, by the lower level") {
  CHECK(adapted("", "") == "; push");
  CHECK(adapted("deployments=write", "") == "; push");
  CHECK(adapted("deployments=write", "checks=write") == "; push");
  CHECK(adapted("deployments=write", "deployments=read") == "deployments=read; push");
  CHECK(adapted("deployments=read", "deployments=write") == "deployments=read; push");
  CHECK(adapted("organization_projects=admin", "organization_projects=write") ==
        "organization_projects=write; push");
  CHECK(adapted("checks=read,deployments=write", "deployments=write,statuses=write") ==
        "deployments=write; push");
}

TEST_CASE("adapt_installation: has what the app has, if that is accepted") {
  CHECK(adapted("checks=write,deployments=read", "deployments=write", true) ==
        "deployments=write; push status");
}
