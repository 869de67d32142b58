#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>

#include <cstdio>
#include <fstream>
#include <functional>
#include <random>
#include <thread>

#include "backup/file.h"
#include "backup/service.h"
#include "backup/tar.h"
#include "support/backup_fixture.h"

using namespace esclusa;
using test::BackupFixture;
using test::must;
using test::names_in;
using test::nothing;
using test::push;
using test::restore;
namespace fs = std::filesystem;

namespace {

Result<backup::File> open(const fs::path& path) { return backup::File::open(path, nothing); }

/// The reason for which a file with these bytes is refused.
std::string refusal(const test::TempFolder& folder, std::string_view bytes) {
  const auto opened = open(folder.write("refused.tar", bytes));
  return opened ? "none" : opened.error().reason_code;
}

}  // namespace

TEST_CASE("backup: is a tar file with the database, bundles, refs and a manifest") {
  BackupFixture app;
  test::GitFixture git;
  git.commit("main", "a", "1");
  app.add(git, false);
  const auto made = app.add_bare("made");
  push(git, made);
  app.add_bare("empty");
  const fs::path path = app.make_file();
  CHECK_FALSE(app.has_leftovers());

  const auto file = must(open(path));
  CHECK(file.manifest().identity == test::data_identity);
  CHECK(file.manifest().key_digest == store::key_digest(BackupFixture::key(), test::data_identity));
  CHECK(file.manifest().made_by == "esclusa test");
  REQUIRE(file.manifest().repositories.size() == 2);
  for (const auto& repository : file.manifest().repositories) {
    CAPTURE(repository.full_name);
    const bool is_empty = repository.full_name == "ada/empty";
    CHECK(repository.member == (is_empty ? "" : backup::bundle_name(made.repository.id)));
    CHECK(repository.problem == "");
    CHECK(repository.head == "refs/heads/main");
  }
  const auto registered = must(file.registered());
  REQUIRE(registered.size() == 1);
  CHECK(registered[0].full_name == "ada/application");
  CHECK(registered[0].refs.size() == 1);
  CHECK(registered[0].refs[0].first == "refs/heads/main");
  CHECK(registered[0].refs[0].second == git.git({"rev-parse", "main"}));
  const auto verified = must(backup::verify(path, BackupFixture::keys(), nothing));
  CHECK(verified.contents.repositories == 3);
}

TEST_CASE("backup: what is not whole is refused, whichever byte it is") {
  BackupFixture app;
  const std::string whole = app.make();
  const test::TempFolder folder;
  CHECK(refusal(folder, whole) == "none");
  std::mt19937 random(1);
  const auto somewhere = [&](size_t end) {
    return std::uniform_int_distribution<size_t>(0, end - 1)(random);
  };
  for (int i = 0; i < 200; ++i) {
    // Half of them in what is not the database, which is most of it.
    const size_t at = i % 2 == 0
                          ? somewhere(whole.size())
                          : whole.size() - 1 - somewhere(std::min<size_t>(8192, whole.size()));
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << somewhere(8)));
    CAPTURE(at);
    CHECK(refusal(folder, flipped) != "none");
    CHECK(refusal(folder, std::string_view(whole).substr(0, at)) != "none");
  }
  CHECK(refusal(folder, whole + '\0') == "backup_cut_short");
  CHECK(refusal(folder, std::string_view(whole).substr(0, whole.size() - 1)) == "backup_cut_short");
  CHECK(refusal(folder, std::string_view(whole).substr(0, whole.size() / 2)) == "backup_cut_short");
  CHECK(open(folder / "none.tar").error().reason_code == "backup_unreadable");
  CHECK(refusal(folder, "") == "no_backup");
  CHECK(refusal(folder, std::string(10'000, 'x')) == "no_backup");
  std::string changed = whole;
  changed[whole.size() / 2] ^= 1;
  CHECK(refusal(folder, changed) == "backup_damaged");
}

namespace {

/// A tar file with the right end: only its members are wrong.
class HostileTar {
 public:
  HostileTar() : archive_(archive_write_new()) {
    REQUIRE(archive_write_set_format_pax(archive_) == ARCHIVE_OK);
    REQUIRE(archive_write_set_bytes_per_block(archive_, 0) == ARCHIVE_OK);
    REQUIRE(archive_write_set_bytes_in_last_block(archive_, 1) == ARCHIVE_OK);
    const auto append = [](archive*, void* bytes, const void* data, size_t size) -> la_ssize_t {
      static_cast<std::string*>(bytes)->append(static_cast<const char*>(data), size);
      return static_cast<la_ssize_t>(size);
    };
    REQUIRE(archive_write_open(archive_, &bytes_, nullptr, append, nullptr) == ARCHIVE_OK);
    add("format.json", R"({"format":1,"made_by":"esclusa"})");
  }
  ~HostileTar() { archive_write_free(archive_); }
  HostileTar(const HostileTar&) = delete;

  void add(
      const std::string& name, const std::string& content, unsigned type = AE_IFREG,
      const std::function<void(archive_entry*)>& change = [](archive_entry*) {}) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_filetype(entry, type);
    archive_entry_set_perm(entry, 0600);
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    change(entry);
    REQUIRE(archive_write_header(archive_, entry) == ARCHIVE_OK);
    archive_entry_free(entry);
    archive_write_data(archive_, content.data(), content.size());
    REQUIRE(archive_write_finish_entry(archive_) == ARCHIVE_OK);
  }
  /// The file, after `change` of its bytes.
  std::string take(const std::function<void(std::string&)>& change = [](std::string&) {}) {
    std::string bytes = bytes_;
    change(bytes);
    return bytes + backup::end_text(hex(sha256(bytes)));
  }

 private:
  std::string bytes_;
  archive* archive_;
};

}  // namespace

TEST_CASE("backup: a hostile file writes nothing outside, and nothing at all") {
  const test::TempFolder folder;
  const auto refused = [&](const std::string& bytes) {
    const fs::path file = folder.write("hostile.tar", bytes);
    const fs::path target = folder / "restored";
    const auto restored = restore(file, target);
    CHECK_FALSE(restored.has_value());
    CHECK(names_in(folder.path()) == std::vector<std::string>{"hostile.tar"});
    return restored ? std::string() : restored.error().message;
  };
  SUBCASE("names that lead elsewhere") {
    for (const char* name : {"../evil", "/tmp/esclusa-evil", "repositories/../../evil.bundle",
                             "repositories/07.bundle", "repositories/1.bundle/x", "secret.key"}) {
      HostileTar tar;
      tar.add("esclusa.db", "x");
      tar.add(name, "x");
      CHECK(refused(tar.take()).contains("unknown member"));
    }
  }
  SUBCASE("links") {
    for (const bool is_hard : {false, true}) {
      HostileTar tar;
      tar.add("esclusa.db", "", is_hard ? AE_IFREG : AE_IFLNK, [&](archive_entry* entry) {
        is_hard ? archive_entry_set_hardlink(entry, "/etc/passwd")
                : archive_entry_set_symlink(entry, "/etc/passwd");
      });
      CHECK(refused(tar.take()).contains("not a plain file"));
    }
  }
  SUBCASE("a device, and a folder") {
    for (const unsigned type : {static_cast<unsigned>(AE_IFCHR), static_cast<unsigned>(AE_IFDIR)}) {
      HostileTar tar;
      tar.add("esclusa.db", "", type);
      CHECK(refused(tar.take()).contains("not a plain file"));
    }
  }
  SUBCASE("a size that the file cannot have") {
    HostileTar tar;
    tar.add("esclusa.db", "x");
    CHECK(refused(tar.take([](std::string& bytes) {
            // The header's size in octal digits, and its checksum.
            const size_t header = bytes.find("esclusa.db");
            bytes.replace(header + 124, 11, "77777777777");
            bytes.replace(header + 148, 8, 8, ' ');
            unsigned sum = 0;
            for (size_t i = 0; i < 512; ++i) sum += static_cast<unsigned char>(bytes[header + i]);
            char text[8];
            std::snprintf(text, sizeof text, "%06o", sum);
            bytes.replace(header + 148, 7, text, 7);
          })).contains("a size that it can have"));
  }
  SUBCASE("a sparse file of a terabyte") {
    HostileTar tar;
    tar.add("esclusa.db", "", AE_IFREG, [](archive_entry* entry) {
      archive_entry_set_size(entry, int64_t{1} << 40);
      archive_entry_sparse_add_entry(entry, 0, 0);
    });
    CHECK(refused(tar.take()) != "");
  }
  SUBCASE("no manifest") {
    HostileTar tar;
    tar.add("esclusa.db", "x");
    CHECK(refused(tar.take()).contains("no manifest"));
  }
  SUBCASE("a manifest that is not the members'") {
    HostileTar tar;
    tar.add("esclusa.db", "x");
    tar.add("registered.json", "[]");
    tar.add("manifest.json",
            R"({"format":1,"made_by":"x","created_at":"2026-01-01T00:00:00Z","schema":"x",)"
            R"("identity":"x","key_digest":"x","repositories":[],"members":[]})");
    CHECK(refused(tar.take()).contains("differs from the one in the manifest"));
  }
  SUBCASE("a newer format") {
    const test::TempFolder other;
    backup::TarWriter tar(Timestamp{});
    const std::string text = R"({"format":2,"made_by":"esclusa 9"})";
    must(tar.begin_member("format.json", static_cast<int64_t>(text.size())));
    must(tar.write(text));
    must(tar.finish_member());
    const auto opened = open(other.write("newer.tar", tar.take()));
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().reason_code == "backup_too_new");
    CHECK(opened.error().message.contains("esclusa 9"));
  }
}

TEST_CASE("backup: a repository that cannot be read is named, and the rest is there") {
  BackupFixture app;
  const auto made = app.add_bare("made");
  fs::remove_all(made.repository.path);
  const auto file = must(open(app.make_file()));
  REQUIRE(file.manifest().repositories.size() == 1);
  CHECK(file.manifest().repositories[0].member == "");
  CHECK(file.manifest().repositories[0].problem != "");
}

TEST_CASE("backup: a repository with a damaged object is named, and the rest is there") {
  BackupFixture app;
  test::GitFixture git;
  git.commit("main", "a", "1");
  for (int i = 0; i < 20; ++i) git.commit("main", "file", std::string(2000, 'a' + i));
  const auto good = app.add_bare("good");
  push(git, good);
  const auto bad = app.add_bare("bad");
  push(git, bad);
  git.git({"--git-dir", bad.repository.path, "repack", "-adq"});
  fs::path pack;
  for (const auto& entry : fs::directory_iterator(bad.repository.path + "/objects/pack")) {
    if (entry.path().extension() == ".pack") pack = entry.path();
  }
  REQUIRE(!pack.empty());
  fs::permissions(pack, fs::perms::owner_all);
  {
    // The last object before the digest of the pack: git packs blobs and trees last.
    std::fstream stream(pack, std::ios::in | std::ios::out | std::ios::binary);
    const auto at = static_cast<std::streamoff>(fs::file_size(pack)) - 24;
    stream.seekg(at);
    const char byte = static_cast<char>(stream.get() ^ 1);
    stream.seekp(at);
    stream.put(byte);
    REQUIRE(stream.flush());
  }
  const auto file = must(open(app.make_file()));
  CHECK_FALSE(app.has_leftovers());
  REQUIRE(file.manifest().repositories.size() == 2);
  for (const auto& repository : file.manifest().repositories) {
    CAPTURE(repository.full_name);
    CAPTURE(repository.problem);
    const bool is_bad = repository.id == bad.repository.id;
    CHECK(repository.problem.empty() != is_bad);
    CHECK(repository.member.empty() == is_bad);
  }
}

TEST_CASE("backup: one that is cancelled leaves nothing") {
  BackupFixture app;
  backup::Making making(app.source());
  REQUIRE(must(making.next()).has_value());
  making.cancel();
  CHECK(making.next().error().reason_code == "cancelled");
  CHECK_FALSE(app.has_leftovers());
}

TEST_CASE("backup service: begins nothing that has no room") {
  BackupFixture app;
  auto source = app.source();
  source.database = app.folder.write("vast.db", "");
  fs::resize_file(source.database, uintmax_t{1} << 43);  // no byte of it takes any
  backup::Service service(source);
  const auto begun = service.begin(core::Actor::local_administrator());
  REQUIRE_FALSE(begun.has_value());
  CHECK(begun.error().reason_code == "storage_full");
  CHECK(begun.error().message.contains((app.folder / "scratch").string()));
}

TEST_CASE("backup service: one at a time, until its reader is gone") {
  BackupFixture app;
  app.folder.write("scratch/backup.db", "left by a kill");
  app.folder.write("scratch/backup.bundle/bundle.pack", "left by a kill");
  backup::Service service(app.source());
  CHECK_FALSE(app.has_leftovers());
  const auto actor = core::Actor::local_administrator();
  const auto first = must(service.begin(actor));
  CHECK(service.begin(actor).error().reason_code == "backup_running");
  first->close();
  // The thread needs a moment to see it.
  std::shared_ptr<http::BodyStream> second;
  while (!second) {
    auto begun = service.begin(actor);
    if (begun) second = *begun;
  }
  CHECK(app.audits("backup.").empty());

  std::string bytes;
  for (bool is_over = false; !is_over;) {
    const auto piece = second->take();
    bytes += piece.bytes;
    is_over = piece.is_last;
    CHECK_FALSE(piece.is_aborted);
    if (piece.bytes.empty()) std::this_thread::yield();
  }
  must(open(app.folder.write("service.tar", bytes)));
  backup::StreamCheck check;
  for (const char c : bytes) check.add({&c, 1});
  CHECK(check.is_whole());
  CHECK(check.failure() == "");
  const auto audits = app.audits("backup.create");
  REQUIRE(audits.size() == 1);
  CHECK(audits[0].detail.contains(check.sha256()));
  CHECK(audits[0].detail.contains(std::to_string(bytes.size())));
}

TEST_CASE("backup service: says in the stream why it could not complete a backup") {
  BackupFixture app;
  backup::Service service(app.source());
  const auto stream = must(service.begin(core::Actor::local_administrator()));
  stream->ask_to_end();
  backup::StreamCheck check;
  for (bool is_over = false; !is_over;) {
    const auto piece = stream->take();
    check.add(piece.bytes);
    is_over = piece.is_aborted;
    if (!is_over) std::this_thread::yield();
  }
  CHECK(check.failure() == "the backup was cancelled");
  CHECK_FALSE(check.is_whole());
  CHECK(app.audits("backup.").empty());
  CHECK_FALSE(app.has_leftovers());
}
