#include "git/object_reads.h"

#include <doctest/doctest.h>

#include <new>

#include "git/guarded.h"
#include "git/objects.h"
#include "git/repository.h"
#include "support/git_fixture.h"
#include "support/no_descriptors.h"

using namespace esclusa;
using test::GitFixture;
namespace fs = std::filesystem;

namespace {

int read(git_repository* repository, const std::string& sha) {
  git::OdbHandle objects;
  std::unique_ptr<git_odb_object, git::Freer<git_odb_object_free>> object;
  const git_oid id = git::id_of(sha);
  REQUIRE(git::receive(objects, git_repository_odb, repository) == 0);
  return git::receive(object, git_odb_read, objects.get(), &id);
}

int read_header(const git::Repository& repository, const std::string& sha) {
  git::OdbHandle objects;
  const git_oid id = git::id_of(sha);
  size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  REQUIRE(git::receive(objects, git_repository_odb, repository.handle()) == 0);
  return git_odb_read_header(&size, &type, objects.get(), &id);
}

git::Repository opened(const GitFixture& fixture) {
  auto repository = git::Repository::open(fixture.git_directory());
  REQUIRE(repository);
  return std::move(*repository);
}

std::string lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "line " + std::to_string(i * i) + "\n";
  return text;
}

int throw_bad_alloc(int) { throw std::bad_alloc(); }

}  // namespace

TEST_CASE("objects: all reads of an open repository share one limit, loose or packed") {
  GitFixture fixture;
  const std::string text = lines(20'000);  // some 300 KB
  const std::string one = fixture.git({"hash-object", "-w", "--stdin"}, text);
  const std::string other = fixture.git({"hash-object", "-w", "--stdin"}, text + "more\n");
  for (const bool is_packed : {false, true}) {
    if (is_packed) {
      fixture.git({"update-ref", "refs/tags/one", one});
      fixture.git({"update-ref", "refs/tags/other", other});
      fixture.git({"repack", "-q", "-a", "-d"});
    }
    CAPTURE(is_packed);
    const git::Folder folder = git::Folder::open(fixture.git_directory()).value();
    std::vector<git::Folder> folders;
    folders.push_back(folder.folder("objects").value().value());
    git::start_library();
    const auto repository =
        git::open_objects(folder, std::move(folders), 6 * text.size() + 1000).value();
    int good = 0;
    while (good < 100 && read(repository.get(), good % 2 == 0 ? one : other) == 0) ++good;
    CHECK(good >= 4);
    CHECK(good < 100);
    CHECK(read(repository.get(), one) == GIT_ERROR);
  }
}

TEST_CASE("ObjectReads: caches bases of 16 MiB in all, for all packs, and no large one") {
  git::ObjectReads reads;
  const auto object =
      std::make_shared<git::RawObject>(GIT_OBJECT_BLOB, std::string(size_t{3} * 1024 * 1024, 'x'));
  for (int i = 0; i < 100; ++i) reads.keep_base(reads.new_pack(), 12, object);
  CHECK(object.use_count() <= 1 + 16 / 3);
  CHECK(reads.find_base(99, 12) == object);
  CHECK_FALSE(reads.find_base(99, 13));
  const auto large =
      std::make_shared<git::RawObject>(GIT_OBJECT_BLOB, std::string(size_t{5} * 1024 * 1024, 'x'));
  reads.keep_base(0, 1, large);
  CHECK(large.use_count() == 1);
}

TEST_CASE("objects: if no descriptor is left, an object is not reported as missing") {
  for (const bool is_packed : {false, true}) {
    GitFixture fixture;
    const std::string sha = fixture.commit("main", "a", "1");
    if (is_packed) fixture.git({"gc", "-q"});
    const std::string absent(40, 'e');
    for (int left = 0; left < 6; ++left) {
      CAPTURE(left);
      const git::Repository repository = opened(fixture);
      int first = 0, second = 0;
      {
        const test::NoDescriptors none(left);
        first = read(repository.handle(), sha);
        second = read_header(repository, sha);
      }
      CHECK((first == 0 || first == GIT_ERROR));
      CHECK((second == 0 || second == GIT_ERROR));
      CHECK(read(repository.handle(), sha) == 0);
      CHECK(read_header(repository, absent) == GIT_ENOTFOUND);
    }
    // A pack was added since, and cannot be looked for without a descriptor.
    const git::Repository repository = opened(fixture);
    CHECK(read_header(repository, absent) == GIT_ENOTFOUND);
    const std::string later = fixture.commit("main", "a", "2");
    fixture.git({"repack", "-q", "-a", "-d"});
    int missed = 0;
    {
      const test::NoDescriptors none(1);  // enough for a loose object
      missed = read_header(repository, later);
    }
    CHECK(missed == GIT_ERROR);
    CHECK(read_header(repository, later) == 0);
  }
}

TEST_CASE("objects: an index that repeats one object many times costs no time") {
  const GitFixture fixture;
  constexpr uint64_t count = 0x0fff'ffff;
  std::string head("\xfftOc\0\0\0\2", 8);
  for (int i = 0; i < 256; ++i) head += "\x0f\xff\xff\xff";
  const std::string name = "repository/objects/pack/pack-" + std::string(40, '1');
  const fs::path index = fixture.folder().write(name + ".idx", head);
  fixture.folder().write(name + ".pack", "PACK");
  fs::resize_file(index, 8 + 1024 + 28 * count + 40);  // a sparse file: all of its ids are zero
  const git::Repository repository = opened(fixture);
  const auto found = repository.resolve("0000000");
  REQUIRE_FALSE(found);
  CHECK(found.error().reason_code == "repository_unreadable");
}

TEST_CASE("Guarded: an exception does not pass through libgit2") {
  CHECK(git::Guarded<throw_bad_alloc, GIT_ERROR>::call(1) == GIT_ERROR);
  CHECK(git::Guarded<throw_bad_alloc, 0>::call(1) == 0);
}
