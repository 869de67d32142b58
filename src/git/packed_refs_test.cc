#include "git/packed_refs.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <random>

#include "support/temp_folder.h"

using namespace esclusa;
using git::PackedRefs;

namespace {

constexpr std::string_view sorted_header = "# pack-refs with: peeled fully-peeled sorted \n";

std::string sha_of(size_t n) {
  std::string digits = std::to_string(n);
  return std::string(40 - digits.size(), '0') + digits;
}

PackedRefs opened(const test::TempFolder& folder) {
  return *PackedRefs::open(*git::Folder::open(folder.path()));
}

std::map<std::string, std::string> visited(const PackedRefs& refs, std::string_view prefix) {
  std::map<std::string, std::string> all;
  REQUIRE(refs.visit(prefix, [&](auto name, auto sha) {
    all.emplace(name, sha);
    return true;
  }));
  return all;
}

/// Names of very different lengths; some are followed by a tag's peeled id.
struct Packed {
  explicit Packed(bool is_sorted) {
    std::mt19937 random(1);
    while (names.size() < 3000) {
      names.insert({"refs/heads/" + std::to_string(random() % 1'000'000) +
                        std::string(random() % 20 == 0 ? random() % 900 : random() % 30, 'x'),
                    sha_of(names.size())});
    }
    std::vector<std::pair<std::string, std::string>> lines(names.begin(), names.end());
    if (!is_sorted) std::ranges::shuffle(lines, random);
    std::string text(is_sorted ? sorted_header : "");
    for (const auto& [name, sha] : lines) {
      text += sha + " " + name + "\n";
      if (random() % 3 == 0) text += "^" + sha_of(9) + "\n";
    }
    folder.write("packed-refs", text);
  }
  std::map<std::string, std::string> names;
  test::TempFolder folder;
};

}  // namespace

TEST_CASE("PackedRefs: finds every ref, and no other name, sorted or not") {
  for (const bool is_sorted : {true, false}) {
    const Packed packed(is_sorted);
    const PackedRefs refs = opened(packed.folder);
    size_t n = 0;
    for (const auto& [name, sha] : packed.names) {
      if (!is_sorted && ++n % 50 != 0) continue;  // each look-up reads the whole file
      CHECK(refs.find(name).value() == sha);
      CHECK_FALSE(refs.find(name + "!").value());
    }
    CHECK_FALSE(refs.find("refs/heads/").value());
    CHECK_FALSE(refs.find("refs/zzz").value());
    CHECK(visited(refs, "") == packed.names);
    CHECK(visited(refs, "refs/heads/") == packed.names);
    auto with_7 = packed.names;
    std::erase_if(with_7, [](const auto& e) { return !e.first.starts_with("refs/heads/7"); });
    CHECK(visited(refs, "refs/heads/7") == with_7);
    CHECK(visited(refs, "refs/tags/").empty());
  }
}

TEST_CASE("PackedRefs: visits the names after a given one, until it is told to stop") {
  const Packed packed(true);
  const PackedRefs refs = opened(packed.folder);
  const auto middle = std::next(packed.names.begin(), 2000);
  std::vector<std::string> seen;
  auto visit = [&](size_t count, std::string_view after) {
    seen.clear();
    REQUIRE(refs.visit(
        "refs/heads/",
        [&](auto name, auto) {
          if (name > after) seen.emplace_back(name);
          return seen.size() < count;
        },
        after));
  };
  visit(3, middle->first);
  CHECK(seen.front() == std::next(middle)->first);
  CHECK(seen.size() == 3);
  visit(10'000, middle->first);
  CHECK(seen.size() == 999);
  visit(10'000, std::prev(packed.names.end())->first);
  CHECK(seen.empty());
  visit(10'000, "");
  CHECK(seen.size() == packed.names.size());
}

TEST_CASE("PackedRefs: no refs without a file, and none in an empty one") {
  const test::TempFolder folder;
  CHECK_FALSE(opened(folder).find("refs/heads/main").value());
  folder.write("packed-refs", "");
  CHECK_FALSE(opened(folder).find("refs/heads/main").value());
  folder.write("packed-refs", sorted_header);
  CHECK_FALSE(opened(folder).find("refs/heads/main").value());
  CHECK(visited(opened(folder), "refs/").empty());
}

TEST_CASE("PackedRefs: a format that git does not write is an error") {
  const test::TempFolder folder;
  const std::string good = sha_of(1) + " refs/heads/a\n";
  for (const std::string& text :
       {std::string("garbage\n"), good + "\n", good + sha_of(2) + "\n", good + sha_of(2) + " ",
        good + sha_of(2) + " refs/heads/cut", good + std::string(8000, 'x') + "\n"}) {
    folder.write("packed-refs", text);
    const auto found = opened(folder).find("refs/heads/none");
    REQUIRE_FALSE(found);
    CHECK(found.error().reason_code == "repository_unreadable");
  }
}

TEST_CASE("PackedRefs: a file that falsely claims to be sorted, or is large, costs no time") {
  const test::TempFolder folder;
  std::string text(sorted_header);
  for (size_t n = 3000; n > 0; --n) text += sha_of(n) + " refs/heads/" + sha_of(n) + "\n";
  const auto file = folder.write("packed-refs", text);
  CHECK(opened(folder).find("refs/heads/none"));  // must end, whatever the result
  REQUIRE(truncate(file.c_str(), 200 * 1024 * 1024) == 0);
  CHECK_FALSE(opened(folder).find("refs/heads/none"));
  REQUIRE(truncate(file.c_str(), 300 * 1024 * 1024) == 0);
  CHECK_FALSE(PackedRefs::open(*git::Folder::open(folder.path())));
}

TEST_CASE("PackedRefs: many lines that name no ref are not read") {
  const test::TempFolder folder;
  const std::string peeled = "^" + sha_of(9) + "\n";
  std::string text(sorted_header);
  for (int i = 0; i < 1000; ++i) text += peeled;
  folder.write("packed-refs", text + sha_of(1) + " refs/heads/a\n");
  for (const char* name : {"refs/heads/a", "refs/heads/none"}) {
    const auto found = opened(folder).find(name);
    REQUIRE_FALSE(found);
    CHECK(found.error().reason_code == "repository_unreadable");
  }
  CHECK_FALSE(opened(folder).visit("refs/", [](auto, auto) { return true; }));
}
