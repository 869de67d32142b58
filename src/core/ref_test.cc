#include "core/ref.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "base/process.h"

using namespace esclusa;
using namespace esclusa::core;

namespace {

bool git_accepts(const std::string& full_name) {
  ProcessSpec spec;
  spec.arguments = {"git", "check-ref-format", full_name};
  spec.environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C"};
  auto outcome = run_process(spec);
  REQUIRE(outcome);
  REQUIRE(outcome->exit_code);
  return outcome->succeeded();
}

}  // namespace

TEST_CASE("candidate_ref_names: a short name is a branch before it is a tag") {
  CHECK(candidate_ref_names("main") ==
        std::vector<std::string>{"refs/heads/main", "refs/tags/main"});
  CHECK(candidate_ref_names("feature/x") ==
        std::vector<std::string>{"refs/heads/feature/x", "refs/tags/feature/x"});
}

TEST_CASE("candidate_ref_names: a full name means only itself") {
  CHECK(candidate_ref_names("refs/heads/main") == std::vector<std::string>{"refs/heads/main"});
  CHECK(candidate_ref_names("refs/pull/1/head") == std::vector<std::string>{"refs/pull/1/head"});
  CHECK(candidate_ref_names("heads/main").front() == "refs/heads/heads/main");
}

TEST_CASE("candidate_ref_names: HEAD is a name like any other") {
  CHECK(candidate_ref_names("HEAD") ==
        std::vector<std::string>{"refs/heads/HEAD", "refs/tags/HEAD"});
}

TEST_CASE("candidate_ref_names: names that look like options or commands are only names") {
  for (std::string name : {"--exec=id", "$(id)", "-h", "`id`", ";id", "|id", "a&&b", "%00"}) {
    CAPTURE(name);
    CHECK(candidate_ref_names(name).front() == "refs/heads/" + name);
  }
}

TEST_CASE("candidate_ref_names: a hidden ref has no candidates") {
  for (auto name : {"refs/deployments", "refs/deployments/x", "refs/deployments/a/b",
                    "refs/heads/../deployments/x", "refs//deployments/x", "refs/./deployments/x"}) {
    CAPTURE(name);
    CHECK(candidate_ref_names(name).empty());
  }
  CHECK_FALSE(candidate_ref_names("refs/deploymentsx").empty());
  CHECK_FALSE(candidate_ref_names("deployments/x").empty());
}

TEST_CASE("candidate_ref_names: empty, too long and @ have no candidates") {
  CHECK(candidate_ref_names("").empty());
  CHECK(candidate_ref_names("@").empty());
  CHECK_FALSE(candidate_ref_names(std::string(limits::ref_bytes, 'a')).empty());
  CHECK(candidate_ref_names(std::string(limits::ref_bytes + 1, 'a')).empty());
  CHECK(candidate_ref_names(std::string_view("a\0b", 3)).empty());
}

TEST_CASE("candidate_ref_names: agrees with git check-ref-format") {
  const std::string corpus[] = {"main",
                                "a/b",
                                "a/b/c",
                                "a..b",
                                "..",
                                "...",
                                "..a",
                                "a..",
                                ".a",
                                "a.",
                                ".",
                                "a/.b",
                                "a/b.",
                                "a./b",
                                "a.b",
                                "a b",
                                " a",
                                "a ",
                                "a\tb",
                                "a\nb",
                                "a\rb",
                                "a\x01",
                                "a\x1f",
                                "a\x7f",
                                "\xc3\xa9t\xc3\xa9",
                                "\xe2\x98\x83",
                                "\xff",
                                "\xc2\x80",
                                "a~1",
                                "a^",
                                "a^{}",
                                "a:b",
                                ":/text",
                                "a?",
                                "a*",
                                "*",
                                "a[b",
                                "a]b",
                                "a\\b",
                                "/a",
                                "a/",
                                "/",
                                "//",
                                "a//b",
                                "a.lock",
                                "a.lock/b",
                                "a/b.lock",
                                ".lock",
                                "a.LOCK",
                                "a.lockx",
                                "a.lock.",
                                "@{",
                                "a@{1}",
                                "a@{upstream}",
                                "a@b",
                                "@a",
                                "@@",
                                "a{b}",
                                "@/a",
                                "HEAD",
                                "HEAD~1",
                                "-h",
                                "--exec=id",
                                "$(id)",
                                "`id`",
                                "a'b",
                                "a\"b",
                                "a;b",
                                "a|b",
                                "a&b",
                                "a<b>",
                                "a,b",
                                "a#b",
                                "a%b",
                                "a!b",
                                "a=b",
                                "refs",
                                "heads/x"};
  for (const std::string& name : corpus) {
    CAPTURE(name);
    CHECK(!candidate_ref_names(name).empty() == git_accepts("refs/heads/" + name));
    CHECK(!candidate_ref_names("refs/" + name).empty() == git_accepts("refs/" + name));
  }
}

TEST_CASE("is_full_sha and is_abbreviated_sha: hex digits of either case") {
  const std::string sha = "0123456789abcdef0123456789ABCDEF01234567";
  CHECK(is_full_sha(sha));
  CHECK_FALSE(is_full_sha(sha + "0"));
  CHECK_FALSE(is_full_sha(sha.substr(1)));
  CHECK_FALSE(is_full_sha(sha.substr(1) + "g"));
  CHECK_FALSE(is_abbreviated_sha(sha));
  CHECK(is_abbreviated_sha(sha.substr(1)));
  CHECK(is_abbreviated_sha(sha.substr(0, 7)));
  CHECK_FALSE(is_abbreviated_sha(sha.substr(0, 6)));
  CHECK_FALSE(is_abbreviated_sha("0123456x"));
  CHECK_FALSE(is_abbreviated_sha(""));
}

TEST_CASE("kind_of_full_name: by the folder of the name") {
  CHECK(kind_of_full_name("refs/heads/a") == RefKind::branch);
  CHECK(kind_of_full_name("refs/tags/a") == RefKind::tag);
  CHECK(kind_of_full_name("refs/pull/1/head") == RefKind::other_ref);
  CHECK(kind_of_full_name("") == RefKind::commit);
}

TEST_CASE("keep_ref_name: a hidden ref, in lower case") {
  const std::string name = keep_ref_name("ABCDEF0123456789abcdef0123456789abcdef01");
  CHECK(name == "refs/deployments/abcdef0123456789abcdef0123456789abcdef01");
  CHECK(is_hidden_ref(name));
  CHECK_FALSE(is_hidden_ref("refs/heads/deployments/x"));
}
