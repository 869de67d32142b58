// What a deployment relies on is on the disk before it counts: a file's content, and its name in
// the folder. A crash of the machine must lose neither.
#include <doctest/doctest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>

#include "git/folder.h"
#include "git/merge.h"
#include "git/ref_update.h"
#include "support/git_fixture.h"
#include "support/opened.h"

using namespace esclusa;
using test::GitFixture;
using test::opened;
namespace fs = std::filesystem;

namespace {

/// While it lives, notes what this program syncs, and what is there at that moment.
class Disk {
 public:
  Disk() { current_ = this; }
  Disk(const Disk&) = delete;
  ~Disk() { current_ = nullptr; }

  static void note(int descriptor) {
    if (current_ == nullptr) return;
    const fs::path path = fs::read_symlink("/proc/self/fd/" + std::to_string(descriptor));
    if (!fs::is_directory(path)) {
      current_->contents_[path] = test::read_file(path);
      return;
    }
    for (const auto& entry : fs::directory_iterator(path)) {
      current_->names_[entry.path()] = entry.is_regular_file() ? test::read_file(entry) : "";
    }
  }

  /// Whether the folder was synced when it had an entry of that name.
  bool has_name(const fs::path& path) const { return names_.contains(path); }
  /// The same for a file; its content at that moment, which was also synced.
  bool has_file(const fs::path& path, const std::string& content) const {
    const auto name = names_.find(path);
    return name != names_.end() && name->second == content &&
           std::ranges::any_of(contents_, [&](const auto& synced) {
             return synced.second == content && synced.first.parent_path() == path.parent_path();
           });
  }

 private:
  static inline Disk* current_ = nullptr;
  std::map<fs::path, std::string> contents_;  ///< of each synced file, whatever its name is later
  std::map<fs::path, std::string> names_;     ///< of the files in each synced folder
};

}  // namespace

/// Takes the place of the C library's function in this program.
extern "C" int fsync(int descriptor) {
  Disk::note(descriptor);
  return static_cast<int>(syscall(SYS_fsync, descriptor));
}

TEST_CASE("keep: the keep-ref and its new folder are on the disk") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  const Disk disk;
  REQUIRE(opened(fixture).keep(sha));
  const fs::path folder = fixture.git_directory() / "refs/deployments";
  CHECK(disk.has_name(folder));
  CHECK(disk.has_file(folder / sha, sha + "\n"));
}

TEST_CASE("keep: what another process may not have synced is synced before its lock goes") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  fixture.git({"update-ref", "refs/deployments/" + sha, sha});
  const std::string lock = "repository/refs/deployments/" + sha + ".lock";
  fixture.folder().write(lock, sha + "\n");
  const Disk disk;
  REQUIRE(opened(fixture).keep(sha));
  CHECK(disk.has_name(fixture.folder() / lock));
  CHECK_FALSE(fs::exists(fixture.folder() / lock));
}

TEST_CASE("move_ref: the moved ref is on the disk") {
  GitFixture fixture;
  const std::string first = fixture.commit("main", "a", "1");
  const std::string second = fixture.commit("main", "a", "2");
  fixture.branch("topic", first);
  const auto folder = git::Folder::open(fixture.git_directory());
  REQUIRE(folder);
  const Disk disk;
  const std::string entry = "Ada <ada@example.com> 1700000000 +0000\tmerged";
  REQUIRE(git::move_ref(*folder, "refs/heads/topic", first, second, entry).value() ==
          git::RefMove::moved);
  CHECK(disk.has_file(fixture.git_directory() / "refs/heads/topic", second + "\n"));
}

TEST_CASE("make_merge_commit: the new objects and their new folders are on the disk") {
  GitFixture fixture;
  fixture.branch("topic", fixture.commit("main", "a", "1"));
  const std::string tip = fixture.commit("topic", "b", "2"),
                    other = fixture.commit("main", "c", "3");
  const auto list_objects = [&] {
    std::map<fs::path, bool> paths;  // whether it is a file
    for (const auto& entry :
         fs::recursive_directory_iterator(fixture.git_directory() / "objects")) {
      paths[entry.path()] = entry.is_regular_file();
    }
    return paths;
  };
  const auto before = list_objects();
  const Disk disk;
  const auto author =
      git::MergeAuthor{"Ada", "ada@example.com", from_micros(1'700'000'000'000'000)};
  REQUIRE(git::make_merge_commit(opened(fixture), tip, other, "merge\n", author).value());
  size_t file_count = 0;
  for (const auto& [path, is_file] : list_objects()) {
    if (before.contains(path)) continue;
    CAPTURE(path);
    CHECK((is_file ? disk.has_file(path, test::read_file(path)) : disk.has_name(path)));
    file_count += is_file ? 1 : 0;
  }
  CHECK(file_count == 2);  // a tree and a commit
}
