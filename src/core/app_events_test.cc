#include "core/app_events.h"

#include <doctest/doctest.h>

using namespace esclusa;

TEST_CASE("may_hear: an event needs the permission to read what it shows") {
  const auto permissions = [](std::string_view text) {
    return core::Permissions::parse(text).value();
  };
  CHECK(core::may_hear(permissions("deployments=read"), "deployment"));
  CHECK(core::may_hear(permissions("deployments=write"), "deployment_status"));
  CHECK_FALSE(core::may_hear(permissions("metadata=read,contents=write"), "deployment"));
  CHECK(core::may_hear(permissions("contents=read"), "push"));
  CHECK_FALSE(core::may_hear(permissions("statuses=write"), "push"));
  CHECK_FALSE(core::may_hear(permissions("metadata=read"), "deploy_key"));
  CHECK(core::may_hear(permissions("metadata=read"), "repository"));
}
