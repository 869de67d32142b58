#include "git/refs.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>

#include "git/limits.h"
#include "support/git_fixture.h"

using namespace esclusa;
using test::GitFixture;

namespace {

using Names = std::vector<std::string>;

git::Repository opened(const GitFixture& fixture) {
  auto repository = git::Repository::open(fixture.git_directory());
  REQUIRE(repository);
  return std::move(*repository);
}

Names names(const GitFixture& fixture, const std::string& prefix) {
  auto found = git::list_ref_names(opened(fixture), prefix);
  REQUIRE(found);
  return *found;
}

}  // namespace

TEST_CASE("list_ref_names: loose and packed ones, sorted, with slashes") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  fixture.branch("z", sha);
  fixture.git({"pack-refs", "--all"});
  fixture.branch("feature/b", sha);
  fixture.branch("feature/a/c", sha);
  fixture.tag("v1", sha);
  CHECK(names(fixture, "refs/heads/") ==
        Names{"refs/heads/feature/a/c", "refs/heads/feature/b", "refs/heads/main", "refs/heads/z"});
  CHECK(names(fixture, "refs/heads/fea").size() == 2);
  CHECK(names(fixture, "refs/tags/") == Names{"refs/tags/v1"});
  CHECK(names(fixture, "refs/nothing").empty());
  CHECK(names(fixture, "refs/").size() == 5);
}

TEST_CASE("list_ref_names: an empty repository has none") {
  CHECK(names(GitFixture{}, "refs/heads/").empty());
}

TEST_CASE("list_ref_names: keep-refs are hidden") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  REQUIRE(opened(fixture).keep(sha));
  CHECK(fixture.git({"for-each-ref", "refs/deployments"}).contains(sha));
  for (const bool is_packed : {false, true}) {
    if (is_packed) fixture.git({"pack-refs", "--all", "--prune"});
    CHECK(names(fixture, "refs/") == Names{"refs/heads/main"});
    CHECK(names(fixture, "refs/deployments/").empty());
    CHECK(names(fixture, "refs/dep").empty());
  }
  CHECK_FALSE(git::find_ref(opened(fixture), "refs/deployments/" + sha)->has_value());
}

TEST_CASE("list_ref_names: a prefix is not a pattern") {
  GitFixture fixture;
  fixture.commit("main", "a", "1");
  for (auto prefix : {"refs/heads/*", "refs/heads/m?in", "refs/heads/[m]ain", "refs/*", "*", "",
                      "HEAD", "refs/heads/\\main", "/refs/heads", "refs/heads/ma\nin"}) {
    CAPTURE(prefix);
    CHECK(names(fixture, prefix).empty());
  }
}

TEST_CASE("list_ref_names: an invalid entry hides none of the others") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  fixture.branch("sub/deep/er", sha);
  const auto heads = fixture.git_directory() / "refs/heads";
  std::filesystem::create_symlink(heads / "main", heads / "link");
  std::filesystem::create_directory_symlink(heads, heads / "around");
  REQUIRE(mkfifo((heads / "fifo").c_str(), 0600) == 0);
  for (const char* name : {"main.lock", ".hidden", "a..b", "a b", "a\nb", "end."}) {
    std::ofstream(heads / name) << sha << "\n";
  }
  const auto repository = git::Repository::open(fixture.git_directory());
  CHECK(git::list_ref_names(*repository, "refs/heads/").value() ==
        std::vector<std::string>{"refs/heads/main", "refs/heads/sub/deep/er"});
  CHECK(git::list_ref_names(*repository, "refs/heads/su").value() ==
        std::vector<std::string>{"refs/heads/sub/deep/er"});
  CHECK(git::list_branches(*repository).value().size() == 2);
  CHECK(repository->resolve("fifo").error().reason_code == "repository_unsafe");
  CHECK(repository->resolve("link").error().reason_code == "repository_unsafe");
  CHECK(repository->resolve("around/main").error().reason_code == "repository_unsafe");
}

TEST_CASE("list_ref_names: an error if the folder of branches is a symbolic link") {
  GitFixture fixture, victim;
  victim.commit("main", "a", "1");
  const auto heads = fixture.git_directory() / "refs/heads";
  std::filesystem::remove(heads);
  std::filesystem::create_directory_symlink(victim.git_directory() / "refs/heads", heads);
  const auto repository = git::Repository::open(fixture.git_directory());
  CHECK(git::list_ref_names(*repository, "refs/heads/").error().reason_code == "repository_unsafe");
  CHECK(repository->resolve("main").error().reason_code == "repository_unsafe");
}

TEST_CASE("find_ref: by exact name, and tags are not peeled") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  const std::string tag = fixture.annotated_tag("v1", sha);
  fixture.tag("tree", fixture.git({"rev-parse", "main^{tree}"}));
  fixture.git({"symbolic-ref", "refs/heads/alias", "refs/heads/main"});
  fixture.git({"symbolic-ref", "refs/heads/dangling", "refs/heads/nothing"});
  const auto repository = opened(fixture);
  auto found = [&](const std::string& name) {
    auto ref = git::find_ref(repository, name);
    REQUIRE(ref);
    return *ref ? (*ref)->type + " " + (*ref)->sha : "";
  };
  CHECK(found("refs/heads/main") == "commit " + sha);
  CHECK(found("refs/heads/alias") == "commit " + sha);
  CHECK(found("refs/tags/v1") == "tag " + tag);
  CHECK(found("refs/tags/tree").starts_with("tree "));
  for (auto name : {"main", "HEAD", "refs/heads", "refs/heads/", "refs/heads/mai", "refs/heads/x",
                    "refs/heads/dangling", "refs/heads/main~0", "refs/heads/../heads/main", ""}) {
    CAPTURE(name);
    CHECK(found(name).empty());
  }
  CHECK(found("refs/heads/" + std::string(300, 'x')).empty());
}

namespace {

/// The names of all parts; each part is read with `count`.
Names names_in_parts(const git::Repository& repository, const std::string& prefix, size_t count) {
  Names names;
  std::string after;
  for (;;) {
    const auto part = git::read_refs(repository, prefix, after, count);
    REQUIRE(part);
    CHECK(part->refs.size() <= count);
    for (const auto& ref : part->refs) names.push_back(ref.full_name);
    if (part->last_name.empty()) return names;
    CHECK(part->last_name > after);
    after = part->last_name;
  }
}

}  // namespace

TEST_CASE("read_refs: all parts together are the whole list") {
  GitFixture fixture;
  const std::string first = fixture.commit("main", "a", "1");
  for (int i = 0; i < 7; ++i) fixture.branch("packed/" + std::to_string(i), first);
  fixture.annotated_tag("v1", first);
  fixture.git({"pack-refs", "--all"});
  const std::string second = fixture.commit("main", "a", "2");
  for (int i = 0; i < 5; ++i) fixture.branch("loose/" + std::to_string(i), second);
  fixture.branch("packed/3", second);  // also a loose ref
  fixture.tag("packed/9", second);
  REQUIRE(opened(fixture).keep(second));
  const auto repository = opened(fixture);
  for (const std::string prefix : {"refs/", "refs/heads/", "refs/heads/packed/", "refs/tags/",
                                   "refs/heads/none", "refs/deployments/", "refs/heads/*"}) {
    CAPTURE(prefix);
    const Names all = names(fixture, prefix);
    for (const size_t count : {1, 2, 3, 7, 16, 1000}) {
      CAPTURE(count);
      CHECK(names_in_parts(repository, prefix, count) == all);
    }
  }
  const auto part = git::read_refs(repository, "refs/heads/packed/", "refs/heads/packed/2", 1);
  REQUIRE(part->refs.size() == 1);
  CHECK(part->refs[0].full_name == "refs/heads/packed/3");
  CHECK(part->refs[0].sha == second);  // the loose ref counts
  CHECK(git::read_refs(repository, "refs/tags/v", "", 9)->refs.at(0).type == "tag");
}

TEST_CASE("read_refs: an unreadable ref hides no other ref, and ends no part too early") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  for (const char* name : {"a", "c", "e"}) fixture.branch(name, sha);
  const auto heads = fixture.git_directory() / "refs/heads";
  std::ofstream(heads / "b") << std::string(40, 'b') << "\n";
  std::ofstream(heads / "d") << "garbage\n";
  const auto repository = opened(fixture);
  const Names readable = {"refs/heads/a", "refs/heads/c", "refs/heads/e", "refs/heads/main"};
  for (const size_t count : {1, 2, 5}) {
    CAPTURE(count);
    CHECK(names_in_parts(repository, "refs/heads/", count) == readable);
  }
}

TEST_CASE("read_refs: unsorted packed refs are all listed, even if the file claims to be sorted") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  Names all;
  std::string lines;
  for (int i = 99; i >= 10; --i) {
    lines += sha + " refs/tags/" + std::to_string(i) + "\n";
    all.insert(all.begin(), "refs/tags/" + std::to_string(i));
  }
  const auto file = fixture.git_directory() / "packed-refs";
  std::ofstream(file) << lines;
  CHECK(names_in_parts(opened(fixture), "refs/tags/", 7) == all);
  std::ofstream(file) << "# pack-refs with: peeled fully-peeled sorted \n" + lines;
  CHECK(names_in_parts(opened(fixture), "refs/tags/", 7).size() <= all.size());
}

TEST_CASE("read_refs: long names end a part early") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  constexpr size_t name_bytes = 1000, count = 600;
  Names all;
  std::string lines = "# pack-refs with: peeled fully-peeled sorted \n";
  for (size_t i = 0; i < count; ++i) {
    std::string name = "refs/tags/" + std::to_string(1000 + i);
    name.resize(name_bytes, 'n');
    lines += sha + " " + name + "\n";
    all.push_back(std::move(name));
  }
  std::ofstream(fixture.git_directory() / "packed-refs") << lines;
  const auto part = git::read_refs(opened(fixture), "refs/tags/", "", count + 1);
  CHECK(part->refs.size() == limits::ref_part_bytes / name_bytes + 1);
  CHECK(names_in_parts(opened(fixture), "refs/tags/", count + 1) == all);
}
