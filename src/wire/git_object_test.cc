#include "wire/git_object.h"

#include <doctest/doctest.h>

#include "base/json.h"

using namespace esclusa;
using namespace esclusa::wire;

namespace {

const Urls urls{"http://h/api/v3", "http://h"};
const std::string git = "http://h/api/v3/repos/demo/shop/git/";

core::Repository some_repository() {
  core::Repository repository;
  repository.id = {3};
  repository.owner.login = "demo";
  repository.name = "shop";
  return repository;
}

}  // namespace

TEST_CASE("write_git_tree: each entry with its URL, except submodules") {
  const core::Tree tree{std::string(40, 'a'),
                        {{"a.txt", "100644", "blob", std::string(40, 'b'), 4},
                         {"sub", "040000", "tree", std::string(40, 'c')},
                         {"caf\xe9", "160000", "commit", std::string(40, 'd')}},
                        true};
  JsonWriter json;
  write_git_tree(json, tree, some_repository(), urls);
  CHECK(json.text() ==
        R"({"sha":")" + tree.sha + R"(","url":")" + git + "trees/" + tree.sha +
            R"(","tree":[{"path":"a.txt","mode":"100644","type":"blob","sha":")" +
            std::string(40, 'b') + R"(","size":4,"url":")" + git + "blobs/" + std::string(40, 'b') +
            R"("},{"path":"sub","mode":"040000","type":"tree","sha":")" + std::string(40, 'c') +
            R"(","url":")" + git + "trees/" + std::string(40, 'c') +
            "\"},{\"path\":\"caf\xef\xbf\xbd\"" + R"(,"mode":"160000","type":"commit","sha":")" +
            std::string(40, 'd') + R"("}],"truncated":true})");
}

TEST_CASE("write_git_blob: any bytes, in base64") {
  JsonWriter json;
  const std::string bytes("\0\xff\n", 3);
  write_git_blob(json, {std::string(40, 'a'), 3, bytes}, some_repository(), urls);
  const Json written = Json::parse(json.text()).value();
  CHECK(written.string_at("content") == "AP8K");
  CHECK(written.string_at("encoding") == "base64");
  CHECK(written.integer_at("size") == 3);
  CHECK(written.string_at("url") == git + "blobs/" + std::string(40, 'a'));
}
