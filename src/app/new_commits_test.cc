#include "app/new_commits.h"

#include <doctest/doctest.h>

using namespace esclusa;
using app::NewCommits;

namespace {

NewCommits::Walk walk(size_t count) {
  const NewCommits::Commits commits(count, {std::string(40, 'a'), Timestamp()});
  return {std::make_shared<const NewCommits::Commits>(commits)};
}

}  // namespace

TEST_CASE("new commits: what was walked is kept, also that a walk is too long") {
  NewCommits kept(1'000'000);
  CHECK_FALSE(kept.find("a"));
  kept.keep("a", walk(3));
  kept.keep("b", {});
  CHECK(kept.find("a").value().commits->size() == 3);
  CHECK(kept.find("b").value().commits == nullptr);
}

TEST_CASE("new commits: what was not used for long goes, and nothing that is too large stays") {
  NewCommits kept(100'000);
  kept.keep("large", walk(100'000));
  CHECK_FALSE(kept.find("large"));
  kept.keep("used", walk(1));
  kept.keep("unused", walk(1));
  for (int i = 0; i < 1000; ++i) {
    kept.keep(std::to_string(i), walk(10));
    CHECK(kept.find("used"));
  }
  CHECK_FALSE(kept.find("unused"));
  CHECK_FALSE(kept.find("1"));
  CHECK(kept.find("999"));
}
