#include "wire/contents.h"

#include <doctest/doctest.h>

#include "base/json.h"

using namespace esclusa;
using namespace esclusa::wire;

namespace {

const Urls urls{"http://h/api/v3", "http://h"};
const std::string sha(40, 'a');

struct Fixture {
  Fixture() {
    repository.owner.login = "demo";
    repository.name = "shop";
  }
  core::Repository repository;
  ContentsPlace place{repository, urls, "topic/é"};

  Json content(const core::TreeEntry& entry, const std::string& text = "") const {
    JsonWriter json;
    write_content(json, entry, text, place);
    return Json::parse(json.text()).value();
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "write_content: a file, and links to the same ref") {
  const Json file = content({"a b/c.txt", "100644", "blob", sha, 4}, "four");
  CHECK(file.string_at("type") == "file");
  CHECK(file.string_at("name") == "c.txt");
  CHECK(file.string_at("path") == "a b/c.txt");
  CHECK(file.string_at("content") == "Zm91cg==");
  CHECK(file.string_at("encoding") == "base64");
  CHECK(file.string_at("url") ==
        "http://h/api/v3/repos/demo/shop/contents/a%20b/c.txt?ref=topic/%C3%A9");
  CHECK(file.string_at("_links", "self") == file.string_at("url"));
  CHECK(file.string_at("git_url") == "http://h/api/v3/repos/demo/shop/git/blobs/" + sha);
}

TEST_CASE_FIXTURE(Fixture, "write_content: a file that was not read has the encoding none") {
  const Json file = content({"c", "100644", "blob", sha, 4});
  CHECK(file.string_at("content") == "");
  CHECK(file.string_at("encoding") == "none");
  CHECK(content({"c", "100644", "blob", sha, 0}).string_at("encoding") == "base64");
}

TEST_CASE_FIXTURE(Fixture, "write_content: symbolic links and submodules have their own types") {
  const Json link = content({"c", "120000", "blob", sha, 4}, "../x");
  CHECK(link.string_at("type") == "symlink");
  CHECK(link.string_at("target") == "../x");
  CHECK_FALSE(link.find("content"));
  const Json submodule = content({"c", "160000", "commit", sha});
  CHECK(submodule.string_at("type") == "submodule");
  CHECK(submodule.find("git_url")->is_null());
}

TEST_CASE_FIXTURE(Fixture, "write_directory: each entry with its type and links") {
  JsonWriter json;
  write_directory(json,
                  {{"a", "100755", "blob", sha, 1},
                   {"b", "040000", "tree", sha},
                   {"c", "120000", "blob", sha, 2},
                   {"d", "160000", "commit", sha}},
                  place);
  const auto entries = Json::parse(json.text()).value().elements();
  std::string types;
  for (const Json& entry : entries) types += entry.string_at("type").value() + " ";
  CHECK(types == "file dir symlink file ");
  CHECK(entries.at(1).string_at("git_url")->contains("/git/trees/"));
}
