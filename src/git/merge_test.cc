#include "git/merge.h"

#include <fstream>

#include <doctest/doctest.h>

#include "git/lock.h"
#include "git/repository.h"
#include "support/git_fixture.h"

namespace esclusa::git {
namespace {

using test::GitFixture;

const MergeAuthor author{"tooling", "tooling@esclusa.invalid", from_micros(1'700'000'000'000'000)};

/// main and topic with a common base; both went on.
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

TEST_CASE("make_merge_commit: merges both sides and moves no ref") {
  Diverged diverged;
  auto merge = make_merge_commit(diverged.repository.git_directory(), diverged.tip, diverged.other,
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

TEST_CASE("make_merge_commit: a conflict gives nothing and leaves nothing") {
  Diverged diverged("main.txt");
  const size_t before = diverged.object_count();
  auto merge = make_merge_commit(diverged.repository.git_directory(), diverged.tip, diverged.other,
                                 "m", author);
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
  auto merge = make_merge_commit(diverged.repository.git_directory(), diverged.tip,
                                 std::string(40, 'a'), "m", author);
  REQUIRE_FALSE(merge.has_value());
  CHECK(merge.error().code == ErrorCode::unavailable);
}

TEST_CASE("move_branch: moves it only from where it was") {
  Diverged diverged;
  const auto path = diverged.repository.git_directory();
  auto merge = make_merge_commit(path, diverged.tip, diverged.other, "m", author);
  REQUIRE(merge.value().has_value());
  CHECK(move_branch(path, "refs/heads/topic", diverged.other, **merge, author).value() ==
        BranchMove::changed);
  CHECK(diverged.repository.git({"rev-parse", "refs/heads/topic"}) == diverged.tip);
  CHECK(move_branch(path, "refs/heads/topic", diverged.tip, **merge, author).value() ==
        BranchMove::moved);
  CHECK(diverged.repository.git({"rev-parse", "refs/heads/topic"}) == **merge);
  CHECK(move_branch(path, "refs/heads/gone", diverged.tip, **merge, author).value() ==
        BranchMove::changed);
}

TEST_CASE("move_branch: leaves a branch alone that somebody has checked out") {
  Diverged diverged("topic.txt", GitFixture::Layout::work_tree);
  const auto path = diverged.repository.git_directory();
  auto onto_main = make_merge_commit(path, diverged.other, diverged.tip, "m", author);
  REQUIRE(onto_main.value().has_value());
  CHECK(move_branch(path, "refs/heads/main", diverged.other, **onto_main, author).value() ==
        BranchMove::checked_out);
  auto onto_topic = make_merge_commit(path, diverged.tip, diverged.other, "m", author);
  CHECK(move_branch(path, "refs/heads/topic", diverged.tip, **onto_topic, author).value() ==
        BranchMove::moved);
}

TEST_CASE("remove_left_lock: removes the lock of a move to this commit, and no other") {
  Diverged diverged;
  const auto path = diverged.repository.git_directory();
  const auto lock = path / "refs/heads/topic.lock";
  auto leave = [&](const std::string& text) { std::ofstream(lock) << text; };
  const std::string merge =
      make_merge_commit(path, diverged.tip, diverged.other, "m", author).value().value();
  CHECK_FALSE(remove_left_lock(path, "refs/heads/topic", merge));
  for (const std::string& foreign : {std::string(), diverged.other + "\n"}) {
    leave(foreign);
    CHECK_FALSE(remove_left_lock(path, "refs/heads/topic", merge));
    CHECK(std::filesystem::exists(lock));
    CHECK(move_branch(path, "refs/heads/topic", diverged.tip, merge, author).value() ==
          BranchMove::locked);
  }
  leave(merge + "\n");
  CHECK(remove_left_lock(path, "refs/heads/topic", merge));
  CHECK_FALSE(std::filesystem::exists(lock));
  CHECK(move_branch(path, "refs/heads/topic", diverged.tip, merge, author).value() ==
        BranchMove::moved);
}

TEST_CASE("make_merge_commit: runs no merge driver, hook or filter of the repository") {
  Diverged diverged;
  const auto path = diverged.repository.git_directory();
  const std::string mark = (diverged.repository.folder().path() / "ran").string();
  diverged.repository.git({"config", "merge.evil.driver", "touch " + mark});
  diverged.repository.git({"config", "core.hooksPath", path.string() + "/hooks"});
  const std::string attributes = "* merge=evil\n";
  const std::string base = diverged.repository.commit("main", ".gitattributes", attributes);
  diverged.repository.branch("other", base);
  const std::string tip = diverged.repository.commit("other", "b.txt", "1\n");
  const std::string main = diverged.repository.commit("main", "c.txt", "2\n");
  CHECK(make_merge_commit(path, tip, main, "m", author).value().has_value());
  CHECK_FALSE(std::filesystem::exists(mark));
}

}  // namespace
}  // namespace esclusa::git
