#include "git/merge.h"

#include <fstream>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "git/lock.h"
#include "git/repository.h"
#include "support/git_fixture.h"
#include "support/opened.h"

namespace esclusa::git {
namespace {

using test::GitFixture;
using test::opened;

const MergeAuthor author{"tooling", "tooling@esclusa.invalid", from_micros(1'700'000'000'000'000)};

/// The branches main and topic with a common base; each has its own later commit.
struct Diverged {
  explicit Diverged(const std::string& topic_file = "topic.txt",
                    GitFixture::Layout layout = GitFixture::Layout::bare)
      : repository(layout) {
    const std::string base = repository.commit("main", "a.txt", "one\n");
    repository.branch("topic", base);
    tip = repository.commit("topic", topic_file, "from topic\n");
    other = repository.commit("main", "main.txt", "from main\n");
  }
  size_t object_count() const {
    size_t count = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(repository.git_directory() / "objects")) {
      count += entry.is_regular_file() ? 1 : 0;
    }
    return count;
  }
  GitFixture repository;
  std::string tip, other;
};

TEST_CASE("make_merge_commit: merges both sides, and moves no ref") {
  Diverged diverged;
  auto merge = make_merge_commit(opened(diverged.repository), diverged.tip, diverged.other,
                                 "Merge main into topic\n", author);
  REQUIRE(merge.has_value());
  REQUIRE(merge->has_value());
  CHECK(diverged.repository.git({"rev-parse", "refs/heads/topic"}) == diverged.tip);
  CHECK(diverged.repository.git({"show", **merge + ":topic.txt"}) == "from topic");
  CHECK(diverged.repository.git({"show", **merge + ":main.txt"}) == "from main");
  CHECK(diverged.repository.git({"show", "-s", "--format=%P|%an|%ae|%s", **merge}) ==
        diverged.tip + " " + diverged.other +
            "|tooling|tooling@esclusa.invalid|Merge main into topic");
  CHECK(diverged.repository.git({"fsck", "--strict"}).find("error") == std::string::npos);
}

TEST_CASE("make_merge_commit: a conflict returns nothing and leaves nothing behind") {
  Diverged diverged("main.txt");
  const size_t before = diverged.object_count();
  auto merge =
      make_merge_commit(opened(diverged.repository), diverged.tip, diverged.other, "m", author);
  REQUIRE(merge.has_value());
  CHECK_FALSE(merge->has_value());
  CHECK(diverged.object_count() == before);
  for (const auto& entry :
       std::filesystem::directory_iterator(diverged.repository.git_directory() / "objects")) {
    CHECK(entry.path().filename().string().find("tmp_objdir") == std::string::npos);
  }
}

TEST_CASE("make_merge_commit: an unknown commit is an error, not a conflict") {
  Diverged diverged;
  auto merge = make_merge_commit(opened(diverged.repository), diverged.tip, std::string(40, 'a'),
                                 "m", author);
  REQUIRE_FALSE(merge.has_value());
  CHECK(merge.error().code == ErrorCode::unavailable);
}

TEST_CASE("move_branch: moves the branch only if it is at the expected commit") {
  Diverged diverged;
  const auto path = diverged.repository.git_directory();
  auto merge =
      make_merge_commit(opened(diverged.repository), diverged.tip, diverged.other, "m", author);
  REQUIRE(merge.value().has_value());
  CHECK(
      move_branch(opened(diverged.repository), "refs/heads/topic", diverged.other, **merge, author)
          .value() == BranchMove::changed);
  CHECK(diverged.repository.git({"rev-parse", "refs/heads/topic"}) == diverged.tip);
  CHECK(move_branch(opened(diverged.repository), "refs/heads/topic", diverged.tip, **merge, author)
            .value() == BranchMove::moved);
  CHECK(diverged.repository.git({"rev-parse", "refs/heads/topic"}) == **merge);
  CHECK(move_branch(opened(diverged.repository), "refs/heads/gone", diverged.tip, **merge, author)
            .value() == BranchMove::changed);
}

TEST_CASE("move_branch: does not move a branch that is checked out") {
  Diverged diverged("topic.txt", GitFixture::Layout::work_tree);
  const auto path = diverged.repository.git_directory();
  auto onto_main =
      make_merge_commit(opened(diverged.repository), diverged.other, diverged.tip, "m", author);
  REQUIRE(onto_main.value().has_value());
  CHECK(move_branch(opened(diverged.repository), "refs/heads/main", diverged.other, **onto_main,
                    author)
            .value() == BranchMove::checked_out);
  auto onto_topic =
      make_merge_commit(opened(diverged.repository), diverged.tip, diverged.other, "m", author);
  CHECK(move_branch(opened(diverged.repository), "refs/heads/topic", diverged.tip, **onto_topic,
                    author)
            .value() == BranchMove::moved);
}

TEST_CASE("check_merge: a branch that a rebase or bisection will restore counts as checked out") {
  const Diverged busy("topic.txt", GitFixture::Layout::work_tree);
  const GitFixture& fixture = busy.repository;
  const auto is_free = [&](const std::string& branch) {
    return check_merge(opened(fixture), "refs/heads/" + branch, busy.tip, busy.other).value() ==
           MergeCheck::clean;
  };
  const std::string more = (fixture.folder() / "more").string();
  const auto git_there = [&](std::vector<std::string> arguments) {
    arguments.insert(
        arguments.begin(),
        {"-C", more, "--git-dir=" + (fixture.git_directory() / "worktrees/more").string(),
         "--work-tree=" + more});
    return fixture.git(arguments);
  };
  fixture.git({"worktree", "add", "-q", more, "topic"});
  fixture.branch("below", fixture.git({"rev-parse", "topic~"}));
  git_there(
      {"-c", "sequence.editor=sed -i 1ibreak", "rebase", "-q", "-i", "--update-refs", "--root"});
  REQUIRE(git_there({"rev-parse", "--abbrev-ref", "HEAD"}) == "HEAD");
  CHECK_FALSE(is_free("topic"));
  CHECK_FALSE(is_free("below"));
  git_there({"rebase", "--abort"});
  git_there({"bisect", "start"});
  git_there({"switch", "-q", "--detach"});
  CHECK_FALSE(is_free("topic"));
  CHECK(is_free("below"));
  git_there({"bisect", "reset"});
  git_there({"switch", "-q", "--detach"});
  CHECK(is_free("topic"));
}

TEST_CASE("move_branch: a .git folder is not bare, unless its configuration says so") {
  Diverged diverged("topic.txt", GitFixture::Layout::work_tree);
  const GitFixture& fixture = diverged.repository;
  const auto merge =
      make_merge_commit(opened(fixture), diverged.other, diverged.tip, "m", author).value().value();
  const auto move = [&] {
    return move_branch(opened(fixture), "refs/heads/main", diverged.other, merge, author).value();
  };
  fixture.git({"config", "--unset", "core.bare"});
  CHECK(move() == BranchMove::checked_out);
  CHECK(check_merge(opened(fixture), "refs/heads/main", diverged.other, diverged.tip).value() ==
        MergeCheck::checked_out);
  fixture.git({"config", "core.bare", "NO"});
  CHECK(move() == BranchMove::checked_out);
  CHECK(fixture.git({"rev-parse", "refs/heads/main"}) == diverged.other);
  fixture.git({"config", "core.bare", "true"});
  CHECK(move() == BranchMove::moved);
}

TEST_CASE("move_branch: a folder with another name is bare if its configuration does not say") {
  Diverged diverged;
  const GitFixture& fixture = diverged.repository;
  const auto merge =
      make_merge_commit(opened(fixture), diverged.other, diverged.tip, "m", author).value().value();
  fixture.git({"config", "--unset", "core.bare"});
  CHECK(move_branch(opened(fixture), "refs/heads/main", diverged.other, merge, author).value() ==
        BranchMove::moved);
}

TEST_CASE("remove_left_lock: removes the lock of a move to this commit, and no other") {
  Diverged diverged;
  const auto path = diverged.repository.git_directory();
  const auto lock = path / "refs/heads/topic.lock";
  auto leave = [&](const std::string& text) { std::ofstream(lock) << text; };
  const std::string merge =
      make_merge_commit(opened(diverged.repository), diverged.tip, diverged.other, "m", author)
          .value()
          .value();
  CHECK_FALSE(remove_left_lock(opened(diverged.repository), "refs/heads/topic", merge));
  for (const std::string& foreign : {std::string(), diverged.other + "\n"}) {
    leave(foreign);
    CHECK_FALSE(remove_left_lock(opened(diverged.repository), "refs/heads/topic", merge));
    CHECK(std::filesystem::exists(lock));
    CHECK(move_branch(opened(diverged.repository), "refs/heads/topic", diverged.tip, merge, author)
              .value() == BranchMove::locked);
  }
  leave(merge + "\n");
  CHECK(remove_left_lock(opened(diverged.repository), "refs/heads/topic", merge));
  CHECK_FALSE(std::filesystem::exists(lock));
  CHECK(move_branch(opened(diverged.repository), "refs/heads/topic", diverged.tip, merge, author)
            .value() == BranchMove::moved);
}

/// A repository in which both sides changed one file, so that git looks for a merge driver.
struct BothChanged {
  explicit BothChanged(GitFixture::Layout layout) : repository(layout) {
    const std::string base = repository.commit("main", "a.txt", "1\n2\n3\n4\n5\n6\n");
    repository.branch("topic", base);
    tip = repository.commit("topic", "a.txt", "one\n2\n3\n4\n5\n6\n");
    other = repository.commit("main", "a.txt", "1\n2\n3\n4\n5\nsix\n");
  }
  void configure(const std::string& key, const std::string& value) const {
    repository.git({"config", key, value});
  }
  /// Adds a file to the git directory, not to the work tree.
  std::string write(const std::string& name, const std::string& content) const {
    const auto path = repository.git_directory() / name;
    std::ofstream(path) << content;
    return path.string();
  }
  /// A command that makes a file, which shows that the command was run.
  std::string program() const { return "touch " + mark.string(); }
  bool has_run() const { return std::filesystem::exists(mark); }

  GitFixture repository;
  std::filesystem::path mark = repository.folder() / "ran";
  std::string tip, other;
};

using Trap = void (*)(const BothChanged&);
const std::vector<std::pair<std::string, Trap>> traps = {
    {"a driver for all files",
     [](const BothChanged& it) {
       it.configure("merge.default", "evil");
       it.configure("merge.evil.driver", it.program());
     }},
    {"info/attributes",
     [](const BothChanged& it) {
       it.configure("merge.evil.driver", it.program());
       it.write("info/attributes", "* merge=evil\n");
     }},
    {"core.attributesFile",
     [](const BothChanged& it) {
       it.configure("merge.evil.driver", it.program());
       it.configure("core.attributesFile", it.write("attributes", "* merge=evil\n"));
     }},
    {"include.path",
     [](const BothChanged& it) {
       it.configure("include.path",
                    it.write("more", "[merge]\ndefault = evil\n[merge \"evil\"]\ndriver = " +
                                         it.program() + "\n"));
     }},
    {"hooks, a file system monitor and an ssh command",
     [](const BothChanged& it) {
       for (const char* key : {"core.fsmonitor", "core.sshCommand", "core.alternateRefsCommand"}) {
         it.configure(key, it.program());
       }
       it.configure("core.hooksPath", it.repository.git_directory() / "hooks");
     }},
};

TEST_CASE("make_merge_commit: runs no program that the repository's configuration names") {
  for (const auto layout : {GitFixture::Layout::bare, GitFixture::Layout::work_tree}) {
    for (const auto& [name, set] : traps) {
      CAPTURE(name);
      const BothChanged it(layout);
      set(it);
      const auto merge = make_merge_commit(opened(it.repository), it.tip, it.other, "m", author);
      CHECK_FALSE(it.has_run());
      REQUIRE(merge.has_value());
      REQUIRE(merge->has_value());
      CHECK(it.repository.git({"show", **merge + ":a.txt"}) == "one\n2\n3\n4\n5\nsix");
    }
  }
}

TEST_CASE("make_merge_commit: does not fetch a missing object") {
  const BothChanged it(GitFixture::Layout::bare);
  it.configure("core.repositoryFormatVersion", "1");
  it.configure("extensions.partialClone", "evil");
  it.configure("remote.evil.promisor", "true");
  it.configure("remote.evil.url", "ext::" + it.program());
  it.configure("protocol.ext.allow", "always");
  const auto merge =
      make_merge_commit(opened(it.repository), it.tip, std::string(40, 'a'), "m", author);
  CHECK_FALSE(it.has_run());
  CHECK(merge.error().code == ErrorCode::unavailable);
}

TEST_CASE("make_merge_commit: unrelated commits conflict") {
  GitFixture fixture;
  const std::string main = fixture.commit("main", "a.txt", "1\n");
  const std::string orphan = fixture.commit("gh-pages", "b.txt", "2\n");
  CHECK_FALSE(make_merge_commit(opened(fixture), orphan, main, "m", author).value().has_value());
  CHECK(check_merge(opened(fixture), "refs/heads/gh-pages", orphan, main).value() ==
        MergeCheck::conflict);
}

TEST_CASE("check_merge: predicts the result of a merge, and writes nothing") {
  const Diverged clean, conflicting("main.txt"), busy("topic.txt", GitFixture::Layout::work_tree);
  const auto check = [](const Diverged& it, const std::string& branch) {
    const size_t before = it.object_count();
    const auto found = check_merge(opened(it.repository), branch, it.tip, it.other);
    CHECK(it.object_count() == before);
    return found.value();
  };
  CHECK(check(clean, "refs/heads/topic") == MergeCheck::clean);
  CHECK(check(conflicting, "refs/heads/topic") == MergeCheck::conflict);
  CHECK(check(busy, "refs/heads/topic") == MergeCheck::clean);
  CHECK(check(busy, "refs/heads/main") == MergeCheck::checked_out);
  busy.repository.git(
      {"worktree", "add", "-q", (busy.repository.folder() / "more").string(), "topic"});
  CHECK(check(busy, "refs/heads/topic") == MergeCheck::checked_out);
}

TEST_CASE("check_merge: the objects are examined anew for each merge") {
  const Diverged diverged, foreign;
  const Repository repository = opened(diverged.repository);
  const auto check = [&] {
    return check_merge(repository, "refs/heads/topic", diverged.tip, diverged.other);
  };
  CHECK(check().value() == MergeCheck::clean);
  diverged.repository.folder().write(
      "repository/objects/info/alternates",
      (foreign.repository.git_directory() / "objects").string() + "\n");
  const auto refused = check();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason_code == "repository_unsafe");
}

TEST_CASE("check_merge: an error of git is no conflict") {
  const Diverged pool;
  const GitFixture borrower;
  const auto objects = pool.repository.git_directory() / "objects";
  const auto repository = Repository::open(borrower.git_directory(), {objects.string()});
  REQUIRE(repository);
  const auto check = [&] {
    return check_merge(*repository, "refs/heads/topic", pool.tip, pool.other);
  };
  CHECK(check().value() == MergeCheck::clean);
  // The open repository still reads the commits, but git does not find them.
  std::filesystem::rename(objects, pool.repository.folder() / "aside");
  std::filesystem::create_directory(objects);
  const auto failed = check();
  REQUIRE_FALSE(failed);
  CHECK(failed.error().reason_code == "merge_failed");
}

TEST_CASE("make_merge_commit: new objects have the modes of their repository") {
  Diverged diverged;
  diverged.repository.git({"config", "core.sharedRepository", "group"});
  const mode_t before = umask(077);  // the server sets this umask
  const auto merge =
      make_merge_commit(opened(diverged.repository), diverged.tip, diverged.other, "m", author);
  umask(before);
  const std::string sha = merge.value().value();
  const auto fan = diverged.repository.git_directory() / "objects" / sha.substr(0, 2);
  struct stat info{};
  REQUIRE(stat(fan.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 02775);
  REQUIRE(stat((fan / sha.substr(2)).c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0444);
}

TEST_CASE("make_merge_commit: works if the folder's name has the separator of git's folder lists") {
  Diverged diverged;
  const auto odd = diverged.repository.folder() / "a:b \"c\" \\d";
  std::filesystem::rename(diverged.repository.git_directory(), odd);
  const auto merge =
      make_merge_commit(*Repository::open(odd), diverged.tip, diverged.other, "m", author);
  REQUIRE(merge.has_value());
  CHECK(merge->has_value());
}

}  // namespace
}  // namespace esclusa::git
