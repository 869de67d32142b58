#include "git/examine.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <functional>

#include "git/config.h"
#include "support/git_fixture.h"

namespace esclusa::git {
namespace {

namespace fs = std::filesystem;
using test::GitFixture;

Folder opened(const GitFixture& fixture) {
  auto folder = Folder::open(fixture.git_directory());
  REQUIRE(folder);
  return std::move(*folder);
}

/// The refusal of a repository; empty if it is accepted.
std::string refusal(const GitFixture& fixture, const std::vector<std::string>& alternates = {},
                    bool objects_alone = false) {
  const auto examine = objects_alone ? examine_objects : examine_repository;
  const auto examined = examine(opened(fixture), fixture.git_directory().string(), alternates);
  if (examined) return {};
  CHECK(examined.error().code == ErrorCode::unavailable);
  CHECK(examined.error().reason_code == "repository_unsafe");
  CHECK_FALSE(examined.error().message.contains(fixture.git_directory().string()));
  return examined.error().message;
}

struct Entry {
  const char* name;
  bool is_of_objects;
};

constexpr Entry entries[] = {{"HEAD", false},
                             {"packed-refs", false},
                             {"shallow", false},
                             {"refs", false},
                             {"refs/heads", false},
                             {"refs/heads/main", false},
                             {"refs/heads/x/y", false},
                             {"refs/deployments", false},
                             {"logs", false},
                             {"logs/refs/heads/main", false},
                             {"worktrees/w/HEAD", false},
                             {"objects/ab", true},
                             {"objects/ab/cdef", true},
                             {"objects/pack", true},
                             {"objects/pack/pack-1.pack", true},
                             {"objects/info", true},
                             {"objects/info/alternates", true},
                             {"objects/info/commit-graph", true}};

/// Puts such an entry at each place in turn; each must be refused by its name.
void check_all_refused(const std::string& kind, const std::function<void(const fs::path&)>& make) {
  for (const Entry& entry : entries) {
    CAPTURE(entry.name);
    const GitFixture fixture;
    const fs::path place = fixture.git_directory() / entry.name;
    fs::create_directories(place.parent_path());
    fs::remove_all(place);
    make(place);
    const std::string sentence = std::string(entry.name) + " in the git repository is " + kind;
    CHECK(refusal(fixture).starts_with(sentence));
    if (entry.is_of_objects) CHECK(refusal(fixture, {}, true).starts_with(sentence));
  }
}

}  // namespace

TEST_CASE("examine_repository: accepts what git itself makes") {
  for (auto layout : {GitFixture::Layout::bare, GitFixture::Layout::work_tree}) {
    GitFixture fixture(layout);
    CHECK(refusal(fixture) == "");
    const std::string sha = fixture.commit("main", "a.txt", "one\n");
    fixture.git({"update-ref", "refs/heads/a/b/c", sha});
    fixture.git({"pack-refs", "--all"});
    fixture.git({"update-ref", "--create-reflog", "refs/heads/logged", sha});
    fixture.git({"worktree", "add", "-q", (fixture.folder() / "w").string(), "logged"});
    fixture.git({"repack", "-adq"});
    fixture.git({"commit-graph", "write", "--reachable"});
    CHECK(refusal(fixture) == "");
  }
}

TEST_CASE("examine_repository: symbolic links are refused at every place that git opens") {
  const test::TempFolder elsewhere;
  check_all_refused("a symbolic link",
                    [&](const fs::path& place) { fs::create_symlink(elsewhere.path(), place); });
}

TEST_CASE("examine_repository: FIFOs and sockets are refused at every place that git opens") {
  check_all_refused("a FIFO",
                    [](const fs::path& place) { REQUIRE(mkfifo(place.c_str(), 0600) == 0); });
  check_all_refused("a socket", [](const fs::path& place) {
    REQUIRE(mknod(place.c_str(), S_IFSOCK | 0600, 0) == 0);
  });
}

TEST_CASE("examine_objects: accepts only declared alternates, nested ones too") {
  GitFixture fixture, lender, lender_of_lender;
  const auto objects = [](const GitFixture& of) {
    return (of.git_directory() / "objects").string();
  };
  const auto borrow = [&](const GitFixture& by, const std::string& text) {
    by.folder().write("repository/objects/info/alternates", text);
  };
  const std::string first = objects(lender), second = objects(lender_of_lender);
  borrow(fixture, "# a comment\n" + first + "\n\n");
  CHECK(refusal(fixture).contains(first));
  CHECK(refusal(fixture, {}, true).contains(first));
  CHECK(refusal(fixture, {first}) == "");
  CHECK(refusal(fixture, {second}).contains(first));
  CHECK(refusal(fixture, {objects(fixture)}).contains(first));

  borrow(lender, second + "\n");
  CHECK(refusal(fixture, {first}).contains(second));
  CHECK(refusal(fixture, {first, second}) == "");
  // A cycle, and one alternate that is named twice.
  borrow(lender_of_lender, first + "\n" + objects(fixture) + "\n" + first + "\n");
  CHECK(refusal(fixture, {first, second, objects(fixture)}) == "");
  fs::create_symlink("/", fs::path(second) / "ab");
  CHECK(refusal(fixture, {first, second, objects(fixture)}).contains("ab in the git repository"));
}

TEST_CASE("examine_objects: a relative alternate is relative to the object folder") {
  GitFixture fixture;
  const std::string lender = (fixture.folder() / "lender/objects").string();
  fs::create_directories(lender);
  for (const char* line : {"../../lender/objects", "../../lender/./objects/", "../../../../x"}) {
    CAPTURE(line);
    fixture.folder().write("repository/objects/info/alternates", line);
    const bool is_declared = std::string_view(line).contains("lender");
    CHECK(refusal(fixture, {lender}).empty() == is_declared);
    CHECK(refusal(fixture).contains(std::string("names ") + line + ","));
  }
  // Git would accept a quoted path; here it is an undeclared one.
  fixture.folder().write("repository/objects/info/alternates", "\"" + lender + "\"");
  CHECK_FALSE(refusal(fixture, {lender}).empty());
}

TEST_CASE(
    "examine_objects: an alternate may be named by a link; the link's target must be declared") {
  GitFixture fixture, lender, other;
  const auto objects = [](const GitFixture& of) {
    return (of.git_directory() / "objects").string();
  };
  const fs::path link = fixture.folder() / "link";
  fs::create_directory_symlink(lender.git_directory(), link);
  fixture.folder().write("repository/objects/info/alternates", (link / "objects/").string());
  CHECK(refusal(fixture, {objects(lender)}) == "");
  CHECK(refusal(fixture, {objects(other)}).contains("not declared"));
  // The declaration is for the folder, not for whatever a link leads to later.
  CHECK(refusal(fixture, {link / "objects"}).contains("not declared"));
  fs::remove(link);
  fs::create_directory_symlink(other.git_directory(), link);
  CHECK(refusal(fixture, {objects(lender)}).contains("not declared"));
  // `..` after a link is the parent of the link's target.
  fixture.folder().write("repository/objects/info/alternates",
                         (link / "objects/../objects").string());
  CHECK(refusal(fixture, {objects(other)}) == "");
  fs::remove(link);
  CHECK(refusal(fixture, {objects(lender)}).contains("cannot be found"));
}

TEST_CASE("read_configuration: returns every value of a key; nothing is included or applied") {
  GitFixture fixture;
  const auto included = fixture.folder().write("included", "[core]\n\tbare = false\n");
  fixture.git({"config", "include.path", included.string()});
  fixture.git({"config", "--add", "transfer.hideRefs", "refs/a"});
  fixture.git({"config", "--add", "transfer.hideRefs", "!refs/a/b"});
  fixture.git({"config", "branch.Main.description", "two\nlines"});
  const auto configuration = read_configuration(opened(fixture));
  REQUIRE(configuration);
  CHECK(configuration->find("core.bare")->second == "true");
  CHECK(configuration->count("core.bare") == 1);
  CHECK(configuration->find("branch.Main.description")->second == "two\nlines");
  std::vector<std::string> hidden;
  const auto [begin, end] = configuration->equal_range("transfer.hiderefs");
  for (auto at = begin; at != end; ++at) hidden.push_back(at->second);
  CHECK(hidden == std::vector<std::string>{"refs/a", "!refs/a/b"});

  fixture.folder().write("repository/config", "[core\n");
  CHECK(read_configuration(opened(fixture)).error().reason_code == "repository_unreadable");
  fs::remove(fixture.git_directory() / "config");
  CHECK(read_configuration(opened(fixture))->empty());
  fs::create_symlink(included, fixture.git_directory() / "config");
  CHECK(read_configuration(opened(fixture)).error().reason_code == "repository_unsafe");
}

}  // namespace esclusa::git
