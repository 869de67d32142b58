#include "git/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <doctest/doctest.h>
#include <locale.h>

#include "base/limits.h"
#include "git/limits.h"
#include "support/git_fixture.h"

using namespace esclusa;
using core::ArchiveFormat;
using test::GitFixture;

namespace {

struct Entry {
  std::string path, target, content;
  unsigned type = 0, mode = 0;
  int64_t modified_at = 0;
  bool operator==(const Entry&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Entry& entry) {
  return out << entry.path << " " << std::oct << entry.type << " " << entry.mode << std::dec << " "
             << entry.modified_at << " -> " << entry.target << ", " << entry.content.size();
}

using Reader = std::unique_ptr<archive, decltype([](archive* one) { archive_read_free(one); })>;

std::vector<Entry> entries_of(archive* reader) {
  // libarchive decodes the names of a zip for the locale.
  static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  uselocale(utf8);
  std::vector<Entry> entries;
  archive_entry* header = nullptr;
  int outcome = 0;
  // A warning says that a name is not UTF-8.
  while ((outcome = archive_read_next_header(reader, &header)) == ARCHIVE_OK ||
         outcome == ARCHIVE_WARN) {
    Entry entry;
    const char* path = archive_entry_pathname(header);
    entry.path = path != nullptr ? path : "";
    const char* target = archive_entry_symlink(header);
    entry.target = target != nullptr ? target : "";
    entry.type = archive_entry_filetype(header);
    entry.mode = archive_entry_perm(header);
    entry.modified_at = archive_entry_mtime(header);
    char buffer[4096];
    while (const auto count = archive_read_data(reader, buffer, sizeof buffer)) {
      REQUIRE(count > 0);
      entry.content.append(buffer, static_cast<size_t>(count));
    }
    entries.push_back(std::move(entry));
  }
  REQUIRE(outcome == ARCHIVE_EOF);
  return entries;
}

Reader new_reader() {
  Reader reader(archive_read_new());
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_format_tar(reader.get());
  archive_read_support_format_zip_seekable(reader.get());
  return reader;
}

std::vector<Entry> entries_of(const std::string& bytes) {
  const Reader reader = new_reader();
  REQUIRE(archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) == ARCHIVE_OK);
  return entries_of(reader.get());
}

/// What `git archive` makes of the commit.
std::vector<Entry> expected_entries(const GitFixture& fixture, const std::string& sha,
                                    const std::string& format) {
  const auto file = fixture.folder() / ("expected." + format);
  fixture.git({"archive", "--format=" + format, "--prefix=top/", "-o", file.string(), sha});
  const Reader reader = new_reader();
  REQUIRE(archive_read_open_filename(reader.get(), file.c_str(), 10240) == ARCHIVE_OK);
  return entries_of(reader.get());
}

git::Archive archive_of(const GitFixture& fixture, const std::string& sha, ArchiveFormat format) {
  core::Repository repository;
  repository.path = fixture.git_directory().string();
  return {repository, sha, "top", format};
}

/// All parts of an archive.
struct Made {
  std::string bytes;
  std::string error;  ///< empty if it is whole
  size_t part_count = 0;
  size_t longest_part = 0;
};

Made make(git::Archive archive) {
  Made made;
  while (true) {
    const auto part = archive.next();
    if (!part) {
      made.error = part.error().reason_code;
      return made;
    }
    if (!*part) return made;
    made.bytes += **part;
    ++made.part_count;
    made.longest_part = std::max(made.longest_part, (*part)->size());
  }
}

struct File {
  std::string mode, name, content;
};

/// Writes a tree of these files, in the order of their names, and of other entries as in `git
/// mktree -z`.
std::string make_tree(const GitFixture& fixture, const std::vector<File>& files,
                      const std::string& others = "") {
  std::string lines = others;
  for (const File& file : files) {
    const std::string blob = fixture.git({"hash-object", "-w", "--stdin"}, file.content);
    lines += file.mode + " blob " + blob + "\t" + file.name + '\0';
  }
  return fixture.git({"mktree", "-z", "--missing"}, lines);
}

std::string make_commit(const GitFixture& fixture, const std::string& tree) {
  return fixture.git({"commit-tree", tree, "-m", "files"});
}

std::string line(const std::string& mode_and_type, const std::string& sha,
                 const std::string& name) {
  return mode_and_type + " " + sha + "\t" + name + '\0';
}

/// Bytes that cannot be compressed.
std::string noise(size_t size) {
  std::string text(size, '\0');
  uint32_t state = 1;
  for (char& byte : text) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return text;
}

constexpr ArchiveFormat formats[] = {ArchiveFormat::tar_gz, ArchiveFormat::zip};

std::string name_of(ArchiveFormat format) {
  return format == ArchiveFormat::zip ? "zip" : "tar.gz";
}

}  // namespace

TEST_CASE("Archive: it has what git archive has: modes, links, odd names, submodules, folders") {
  GitFixture fixture;
  const std::string deep = make_tree(fixture, {{"100644", std::string(200, 'd') + ".txt", "deep\n"},
                                               {"120000", "link", "../" + std::string(150, 'l')}});
  const std::string middle =
      make_tree(fixture, {}, line("040000 tree", deep, std::string(180, 'm')));
  const std::string sub = fixture.commit("main", "a", "a");
  const std::string tree =
      make_tree(fixture,
                {{"100644", "-rf", "dashes\n"},
                 {"100644", "$(touch x)", "x"},
                 {"100644", "a\\b", "backslash"},
                 {"100644", "caf\xc3\xa9", "UTF-8"},
                 {"100644", "empty", ""},
                 {"100644", "new\nline", "two lines"},
                 {"100755", "run.sh", "#!/bin/sh\n"},
                 {"120000", "to", "run.sh"}},
                line("040000 tree", middle, "middle") + line("160000 commit", sub, "module"));
  const std::string sha = make_commit(fixture, tree);
  for (const ArchiveFormat format : formats) {
    CAPTURE(name_of(format));
    const Made made = make(archive_of(fixture, sha, format));
    CHECK(made.error.empty());
    auto entries = entries_of(made.bytes);
    auto expected = expected_entries(fixture, sha, name_of(format));
    if (format == ArchiveFormat::zip) {  // there, git gives no modes to most files
      for (Entry& entry : expected) {
        if (entry.type == AE_IFREG) entry.mode = entry.path == "top/run.sh" ? 0775 : 0664;
        if (entry.type == AE_IFDIR) entry.mode = 0775;
      }
    }
    REQUIRE(entries.size() == expected.size());
    CHECK(entries.size() == 14);
    for (size_t i = 0; i < entries.size(); ++i) CHECK(entries[i] == expected[i]);
    CHECK(make(archive_of(fixture, sha, format)).bytes == made.bytes);
  }
}

TEST_CASE("Archive: names that are not UTF-8 keep their bytes") {
  GitFixture fixture;
  const std::string sha =
      make_commit(fixture, make_tree(fixture, {{"100644", "caf\xe9", "Latin 1"}}));
  for (const ArchiveFormat format : formats) {
    const Made made = make(archive_of(fixture, sha, format));
    CHECK(made.bytes.contains("top/caf\xe9") == (format == ArchiveFormat::zip));
    CHECK(entries_of(made.bytes).back().path == "top/caf\xe9");
    CHECK(make(archive_of(fixture, sha, format)).bytes == made.bytes);
  }
}

TEST_CASE("Archive: a long file is made in many parts, none of which is long") {
  GitFixture fixture;
  const std::string content = noise(3 * 1024 * 1024);
  const std::string sha = make_commit(
      fixture, make_tree(fixture, {{"100644", "a", "first"}, {"100644", "b", content}}));
  for (const ArchiveFormat format : formats) {
    const Made made = make(archive_of(fixture, sha, format));
    CHECK(made.part_count > 5);
    CHECK(made.longest_part < 2 * 512 * 1024);
    const auto entries = entries_of(made.bytes);
    REQUIRE(entries.size() == 3);
    CHECK(entries[2].content == content);
  }
}

TEST_CASE("Archive: it breaks off at a name that leads out of its folder") {
  GitFixture fixture;
  for (const char* name : {"..", ".", ".git", ".GIT", "../x", "/x", "a/b"}) {
    CAPTURE(name);
    // git mktree refuses some of these names, so the tree is written as bytes.
    const std::string blob = fixture.git({"hash-object", "-w", "--stdin"}, "evil");
    std::string tree = std::string("100644 ") + name + '\0';
    for (size_t i = 0; i < blob.size(); i += 2) {
      tree += static_cast<char>(std::stoi(blob.substr(i, 2), nullptr, 16));
    }
    const std::string id =
        fixture.git({"hash-object", "-w", "--literally", "-t", "tree", "--stdin"}, tree);
    for (const ArchiveFormat format : formats) {
      const Made made = make(archive_of(fixture, make_commit(fixture, id), format));
      CHECK(made.error == "repository_unreadable");
      CHECK_FALSE(made.bytes.contains("evil"));
    }
  }
}

TEST_CASE("Archive: it breaks off where an object is missing or no link") {
  GitFixture fixture;
  const std::string missing(40, '1');
  const std::string trees[] = {
      make_tree(fixture, {}, line("100644 blob", missing, "lost")),
      make_tree(fixture, {}, line("040000 tree", missing, "lost")),
      make_tree(fixture, {{"120000", "link", std::string(5000, 'x')}}),
  };
  for (const std::string& tree : trees) {
    const Made made = make(archive_of(fixture, make_commit(fixture, tree), ArchiveFormat::zip));
    CHECK(made.error == "repository_unreadable");
  }
}

TEST_CASE("Archive: folders that contain each other many times end at a limit") {
  GitFixture fixture;
  std::string tree = make_tree(fixture, {{"100644", "file", "x"}});
  for (int depth = 0; depth < 8; ++depth) {
    std::string lines;
    for (int i = 0; i < 20; ++i) {
      lines += line("040000 tree", tree, std::string(2000, static_cast<char>('a' + i)));
    }
    tree = make_tree(fixture, {}, lines);
  }
  git::Archive archive = archive_of(fixture, make_commit(fixture, tree), ArchiveFormat::tar_gz);
  size_t part_count = 0;
  auto part = archive.next();
  for (; part && *part; part = archive.next()) ++part_count;
  REQUIRE_FALSE(part);
  CHECK(part.error().reason_code == "repository_unreadable");
  CHECK(part_count > 3);
}
