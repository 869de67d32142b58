#include "git/objects.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <fstream>

#include "base/text.h"
#include "git/library.h"
#include "git/limits.h"
#include "git/repository.h"
#include "support/git_fixture.h"

using namespace esclusa;
using test::GitFixture;
namespace fs = std::filesystem;

namespace {

using ObjectData = std::unique_ptr<git_odb_object, git::Freer<git_odb_object_free>>;

git::Repository opened(const GitFixture& fixture, std::vector<std::string> alternates = {}) {
  auto repository = git::Repository::open(fixture.git_directory(), std::move(alternates));
  REQUIRE(repository);
  return std::move(*repository);
}

struct Read {
  int error = 0;
  std::string type, data;
};

Read read(const git::Repository& repository, const std::string& sha) {
  git::OdbHandle objects;
  ObjectData object;
  const git_oid id = git::id_of(sha);
  REQUIRE(git::receive(objects, git_repository_odb, repository.handle()) == 0);
  Read result;
  result.error = git::receive(object, git_odb_read, objects.get(), &id);
  if (result.error != 0) return result;
  result.type = git_object_type2string(git_odb_object_type(object.get()));
  result.data.assign(static_cast<const char*>(git_odb_object_data(object.get())),
                     git_odb_object_size(object.get()));
  return result;
}

void check_header(const git::Repository& repository, const std::string& sha, const Read& object) {
  git::OdbHandle objects;
  const git_oid id = git::id_of(sha);
  REQUIRE(git::receive(objects, git_repository_odb, repository.handle()) == 0);
  size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  REQUIRE(git_odb_read_header(&size, &type, objects.get(), &id) == 0);
  CHECK(size == object.data.size());
  CHECK(git_object_type2string(type) == object.type);
  CHECK(git_odb_exists(objects.get(), &id) == 1);
}

/// Compares every object with the output of the git program; returns the number of objects.
size_t compare_all(const GitFixture& fixture) {
  const git::Repository repository = opened(fixture), other = opened(fixture);
  size_t count = 0;
  std::string seen;
  const std::string all = fixture.git({"cat-file", "--batch-all-objects", "--batch-check"});
  for (std::string_view line : split(all, '\n')) {
    const std::string sha(line.substr(0, 40));
    const Read object = read(repository, sha);
    REQUIRE_MESSAGE(object.error == 0, sha);
    check_header(other, sha, object);  // it has not read the object yet
    const std::string header = sha + " " + object.type + " " + std::to_string(object.data.size());
    CHECK(header == line);
    seen += header + "\n" + object.data + "\n";
    ++count;
  }
  const bool are_equal = trim(seen) == fixture.git({"cat-file", "--batch-all-objects", "--batch"});
  CHECK(are_equal);
  return count;
}

/// Similar texts, so that git stores most of them as deltas.
void grow(GitFixture& fixture, int from, int to) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "line " + std::to_string(i * i) + "\n";
  for (int i = from; i < to; ++i) {
    fixture.commit("main", "file", text.insert(static_cast<size_t>(i) * 100, "new\n"));
  }
}

fs::path only_file(const GitFixture& fixture, const std::string& ending) {
  for (const auto& entry : fs::directory_iterator(fixture.git_directory() / "objects/pack")) {
    if (entry.path().string().ends_with(ending)) return entry.path();
  }
  FAIL("there is no such file");
  return {};
}

void overwrite(const fs::path& file, size_t at, const std::string& bytes) {
  fs::permissions(file, fs::perms::owner_write, fs::perm_options::add);
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(static_cast<std::streamoff>(at));
  stream << bytes;
}

/// Writes a loose object with any content under any id.
void write_loose(const GitFixture& fixture, const std::string& sha, const std::string& inflated) {
  std::string deflated(compressBound(inflated.size()), '\0');
  uLongf size = deflated.size();
  compress(reinterpret_cast<Bytef*>(deflated.data()), &size,
           reinterpret_cast<const Bytef*>(inflated.data()), inflated.size());
  const auto file = fixture.git_directory() / "objects" / sha.substr(0, 2) / sha.substr(2);
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << deflated.substr(0, size);
}

}  // namespace

TEST_CASE("objects: loose ones, and the empty one") {
  GitFixture fixture;
  grow(fixture, 0, 5);
  fixture.git({"hash-object", "-w", "--stdin"}, "");
  fixture.annotated_tag("v1", "main");
  CHECK(compare_all(fixture) == 17);
}

TEST_CASE("objects: packed ones, with deltas by offset and by id, and both index versions") {
  GitFixture fixture;
  grow(fixture, 0, 30);
  for (const char* offsets : {"true", "false"}) {
    for (const char* version : {"1", "2"}) {
      fixture.git({"config", "repack.useDeltaBaseOffset", offsets});
      fixture.git({"config", "pack.indexVersion", version});
      fixture.git({"repack", "-q", "-a", "-d", "-f"});
      const std::string index = test::read_file(only_file(fixture, ".idx"));
      CHECK(index.starts_with("\377tOc") == (version[0] == '2'));
      CHECK(compare_all(fixture) == 90);
    }
  }
}

TEST_CASE("objects: in several packs, and with 64-bit offsets") {
  GitFixture fixture;
  fixture.git({"config", "pack.indexVersion", "2"});
  grow(fixture, 0, 10);
  fixture.git({"repack", "-q", "-d"});
  grow(fixture, 10, 20);
  fixture.git({"repack", "-q", "-d"});
  grow(fixture, 20, 25);
  CHECK(compare_all(fixture) == 75);
  // Makes an index in which all offsets but the first have 64 bits.
  fixture.git({"repack", "-q", "-a", "-d"});
  const auto index = only_file(fixture, ".idx");
  auto pack = index;
  fs::permissions(index, fs::perms::owner_write, fs::perm_options::add);
  fixture.git({"index-pack", "--index-version=2,0x10", "-o", index.string(),
               pack.replace_extension(".pack").string()});
  CHECK(compare_all(fixture) == 75);
}

TEST_CASE("objects: an alternate is read only if it is named") {
  GitFixture origin;
  const std::string sha = origin.commit("main", "a", "1");
  GitFixture fixture;
  const std::string objects = origin.git_directory() / "objects";
  fixture.folder().write("repository/objects/info/alternates", objects + "\n");
  CHECK(read(opened(fixture), sha).error == GIT_ENOTFOUND);
  CHECK(read(opened(fixture, {objects}), sha).type == "commit");
  CHECK(git::Repository::open(fixture.git_directory(), {objects + "/none"}).error().reason_code ==
        "repository_unreadable");
}

TEST_CASE("objects: an object whose content does not match its id is an error") {
  GitFixture fixture;
  const std::string sha = fixture.commit("main", "a", "1");
  const std::string other = fixture.commit("main", "a", "2");
  fs::copy_file(fixture.git_directory() / "objects" / sha.substr(0, 2) / sha.substr(2),
                fixture.git_directory() / "objects" / other.substr(0, 2) / other.substr(2),
                fs::copy_options::overwrite_existing);
  CHECK(read(opened(fixture), other).error != 0);
}

TEST_CASE("objects: neither the stated size nor the content of an object inflates without limit") {
  const GitFixture fixture;
  const std::string sha(40, 'a');
  const std::string bomb(limits::git_object_bytes + 1, 'x');
  for (const std::string& text :
       {"blob " + std::to_string(bomb.size()) + '\0' + bomb,
        "blob 16" + std::string(1, '\0') + bomb, "blob 99999999999999999999" + std::string(1, '\0'),
        std::string("blob 5\0abc", 10), std::string("nothing 1\0a", 11),
        std::string("blob -1\0a", 9), std::string(100, 'x'), std::string()}) {
    write_loose(fixture, sha, text);
    CHECK(read(opened(fixture), sha).error != 0);
  }
}

TEST_CASE("objects: an index with false data is ignored") {
  GitFixture fixture;
  grow(fixture, 0, 10);
  fixture.git({"gc", "-q"});
  const std::string sha = fixture.git({"rev-parse", "main"});
  const auto index = only_file(fixture, ".idx");
  const std::string good = test::read_file(index);
  const std::string full(4, '\xff');
  overwrite(index, 8 + 255 * 4, full);  // the number of objects
  CHECK(read(opened(fixture), sha).error == GIT_ENOTFOUND);
  overwrite(index, 0, good);
  overwrite(index, 8 + 1024 + 30 * 24, std::string(30 * 4, '\x7f'));  // the offsets
  CHECK(read(opened(fixture), sha).error != 0);
  overwrite(index, 8 + 1024 + 30 * 24, std::string(30 * 4, '\xff'));
  CHECK(read(opened(fixture), sha).error != 0);
  fs::resize_file(index, 500);
  CHECK(read(opened(fixture), sha).error == GIT_ENOTFOUND);
}

TEST_CASE("objects: a pack that is cut or broken anywhere is an error, not a crash") {
  GitFixture fixture;
  grow(fixture, 0, 10);
  fixture.git({"gc", "-q"});
  std::vector<std::string> shas;
  const std::string all =
      fixture.git({"cat-file", "--batch-all-objects", "--batch-check=%(objectname)"});
  for (std::string_view line : split(all, '\n')) shas.emplace_back(line);
  const auto pack = only_file(fixture, ".pack");
  const std::string good = test::read_file(pack);
  for (size_t at = 0; at < good.size(); at += 1 + good.size() / 40) {
    overwrite(pack, at, std::string(3, static_cast<char>(~good[at])));
    const git::Repository repository = opened(fixture);
    for (const std::string& sha : shas) read(repository, sha);  // libgit2 compares the hash
    overwrite(pack, 0, good);
  }
  const git::Repository repository = opened(fixture);
  CHECK(read(repository, shas[0]).error == 0);
  fs::resize_file(pack, 20);  // while it is open: with mmap, a signal would end the program
  for (const std::string& sha : shas) read(repository, sha);
}
