#include "core/ref_intent.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace esclusa::core;

namespace {

const std::string a(40, 'a'), b(40, 'b'), c(40, 'c'), zeros(zero_sha);

}  // namespace

TEST_CASE("is_ref_change: a ref below refs/ that is not hidden, and two different SHAs") {
  CHECK(is_ref_change({"refs/heads/main", a, b}));
  CHECK(is_ref_change({"refs/heads/größer/-x", zeros, b}));
  CHECK(is_ref_change({"refs/tags/v1", a, zeros}));
  CHECK(is_ref_change({"refs/notes/commits", a, b}));
  CHECK_FALSE(is_ref_change({"main", a, b}));
  CHECK_FALSE(is_ref_change({"HEAD", a, b}));
  CHECK_FALSE(is_ref_change({"refs/heads/a..b", a, b}));
  CHECK_FALSE(is_ref_change({"refs/heads/a b", a, b}));
  CHECK_FALSE(is_ref_change({"refs/deployments/" + a, zeros, a}));
  CHECK_FALSE(is_ref_change({"refs/heads/main", a, a}));
  CHECK_FALSE(is_ref_change({"refs/heads/main", "", b}));
  for (const char capital : {'A', 'B', 'F'}) {
    CHECK_FALSE(is_ref_change({"refs/heads/main", a, std::string(40, capital)}));
  }
  CHECK_FALSE(is_ref_change({"refs/heads/main", a, std::string(39, 'b')}));
  CHECK_FALSE(is_ref_change({"refs/heads/" + std::string(2000, 'x'), a, b}));
}

TEST_CASE("has_changed: whether the ref shows that an unreported change happened") {
  struct Row {
    const char* what;
    RefChange change;
    RefFacts facts;
    bool made;
  };
  const Row rows[] = {
      {"moved", {"r", a, b}, {b, true, false}, true},
      {"still where it was", {"r", a, b}, {a, false, false}, false},
      {"moved, and on", {"r", a, b}, {c, true, false}, true},
      {"elsewhere", {"r", a, b}, {c, false, false}, false},
      {"gone", {"r", a, b}, {std::nullopt, false, false}, false},
      {"led back", {"r", a, b}, {b, true, true}, true},
      {"not led back, and on", {"r", a, b}, {c, true, true}, false},
      {"made", {"r", zeros, b}, {b, true, false}, true},
      {"made, and on", {"r", zeros, b}, {c, true, false}, true},
      {"never made", {"r", zeros, b}, {std::nullopt, false, false}, false},
      {"deleted", {"r", a, zeros}, {std::nullopt, false, false}, true},
      {"not deleted", {"r", a, zeros}, {a, false, false}, false},
      {"not deleted, and on", {"r", a, zeros}, {c, false, false}, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK(has_changed(row.change, row.facts) == row.made);
  }
}

TEST_CASE("check_pushable: only branches, tags and notes") {
  for (const char* ref : {"refs/heads/main", "refs/heads/replace/x", "refs/tags/v1", "refs/notes/x",
                          "refs/heads/-topic"}) {
    CAPTURE(ref);
    CHECK(check_pushable(ref).has_value());
  }
  for (const char* ref :
       {"refs/replace/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "refs/deployments/x", "refs/stash",
        "refs/remotes/origin/main", "refs/pull/1/head", "refs/bisect/bad", "refs/worktree/x",
        "refs/original/refs/heads/main", "refs/headsx/main", "refs/heads", "HEAD", "", "main"}) {
    CAPTURE(ref);
    const auto checked = check_pushable(ref);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == ErrorCode::forbidden);
    CHECK(checked.error().reason_code == "ref_not_pushable");
    CHECK(checked.error().message.starts_with(std::string(ref) + " cannot be pushed"));
  }
}
