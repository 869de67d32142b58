#pragma once
#include <utility>

#include <doctest/doctest.h>

#include "git/repository.h"
#include "support/git_fixture.h"

namespace esclusa::test {

/// Opens the fixture's repository as the server does.
inline git::Repository opened(const GitFixture& fixture) {
  auto repository = git::Repository::open(fixture.git_directory());
  REQUIRE(repository);
  return std::move(*repository);
}

}  // namespace esclusa::test
