#include "wire/node_id.h"

#include <doctest/doctest.h>

#include "base/crypto.h"

using namespace esclusa;
using namespace esclusa::wire;

namespace {

/// The bytes of a node id without its prefix, in hex.
std::string decoded(const std::string& id) {
  std::string text = id.substr(id.find('_') + 1);
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  while (text.size() % 4 != 0) text += '=';
  auto bytes = base64_decode(text);
  REQUIRE(bytes);
  return hex(*bytes);
}

}  // namespace

TEST_CASE("node_id: equals the ids in GitHub's own answers") {
  // docs.github.com, "Migrating GraphQL global node IDs": MDQ6VXNlcjM0MDczMDM= became this.
  CHECK(node_id("U", {3'407'303}) == "U_kgDOADP9xw");
  CHECK(node_id("DE", {4'294'967'295, 1'000'000}).starts_with("DE_kwDO"));
}

TEST_CASE("node_id: the msgpack array [0, parent, id], each number in its shortest form") {
  struct Row {
    std::initializer_list<int64_t> ids;
    const char* bytes;
  };
  const Row rows[] = {
      {{1}, "920001"},
      {{1, 2}, "93000102"},
      {{127}, "92007f"},
      {{128}, "9200cc80"},
      {{255}, "9200ccff"},
      {{256}, "9200cd0100"},
      {{65'535}, "9200cdffff"},
      {{65'536}, "9200ce00010000"},
      {{0xffffffff}, "9200ceffffffff"},
      {{0x100000000}, "9200cf0000000100000000"},
      {{0x12345678, 0x1fffffffffffff}, "9300ce12345678cf001fffffffffffff"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    CHECK(decoded(node_id("DE", row.ids)) == row.bytes);
  }
}

TEST_CASE("node_id: a prefix, and base64url without padding") {
  const std::string id = node_id("DES", {0xfbffffff, 0xffffffff});
  CHECK(id.starts_with("DES_"));
  CHECK(id.find_first_of("+/=") == std::string::npos);
  CHECK(node_id("DE", {1, 2}) != node_id("DE", {2, 1}));
}
