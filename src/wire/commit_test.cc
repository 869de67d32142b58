#include "wire/commit.h"

#include <doctest/doctest.h>

#include "base/json.h"
#include "wire/node_id.h"

using namespace esclusa;
using namespace esclusa::wire;

namespace {

const Urls urls{"http://h/api/v3", "http://h"};

core::Repository some_repository() {
  core::Repository repository;
  repository.id = {3};
  repository.owner.id = {1};
  repository.owner.login = "demo";
  repository.name = "shop";
  return repository;
}

core::Commit some_commit() {
  core::Commit commit;
  commit.sha = std::string(40, 'a');
  commit.tree_sha = std::string(40, 'b');
  commit.message = "Sell bread";
  commit.author = {.name = "Ada", .email = "ada@example.com", .at = from_micros(0)};
  commit.committer = commit.author;
  commit.parent_shas = {std::string(40, 'c')};
  return commit;
}

Json written(const core::Commit& commit, const core::Difference* difference = nullptr) {
  JsonWriter json;
  write_commit(json, commit, some_repository(), urls, difference);
  return Json::parse(json.text()).value();
}

/// The text of the member at this path.
std::string text(const Json& json, std::initializer_list<const char*> path) {
  Json at = json;
  for (const char* name : path) {
    auto found = at.find(name);
    REQUIRE_MESSAGE(found, name);
    at = *found;
  }
  return std::string(at.text());
}

}  // namespace

TEST_CASE("write_commit: author and committer are the accounts of the addresses, or null") {
  core::Commit commit = some_commit();
  core::Account account;
  account.id = {7};
  account.login = "ada";
  commit.author.account = account;
  const Json json = written(commit);
  CHECK(text(json, {"author", "login"}) == "\"ada\"");
  CHECK(text(json, {"committer"}) == "null");
  CHECK(text(json, {"commit", "author", "date"}) == "\"1970-01-01T00:00:00Z\"");
  CHECK(text(json, {"html_url"}) == "\"http://h/demo/shop/commit/" + std::string(40, 'a') + "\"");
  CHECK_FALSE(json.find("files"));
}

TEST_CASE("write_commit: a signature is shown, and never called verified") {
  core::Commit commit = some_commit();
  CHECK(text(written(commit), {"commit", "verification", "reason"}) == "\"unsigned\"");
  commit.signature = "armour";
  commit.signed_text = "text";
  const Json json = written(commit);
  CHECK(text(json, {"commit", "verification", "verified"}) == "false");
  CHECK(text(json, {"commit", "verification", "reason"}) == "\"gpgverify_unavailable\"");
  CHECK(text(json, {"commit", "verification", "signature"}) == "\"armour\"");
}

TEST_CASE("write_commit: bytes that are not UTF-8 still make valid JSON") {
  core::Commit commit = some_commit();
  commit.message = "caf\xe9";
  commit.author.name = "\xff\xfe";
  core::Difference difference;
  core::FileChange file;
  file.path = "caf\xe9";
  file.patch = "+\xe9";
  difference.items.push_back(file);
  const Json json = written(commit, &difference);
  CHECK(text(json, {"commit", "message"}) == "\"caf\xef\xbf\xbd\"");
  CHECK(text(json, {"files"}).contains("/contents/caf%E9?ref="));
}

TEST_CASE("write_commit: the links of a removed file lead to the base commit") {
  core::Difference difference;
  difference.base_sha = std::string(40, 'c');
  difference.items.push_back({core::FileStatus::removed, "a b", "", "d"});
  difference.items.push_back({core::FileStatus::renamed, "new", "old", "e", 2, 1});
  difference.addition_count = 2;
  difference.deletion_count = 1;
  const Json json = written(some_commit(), &difference);
  const std::string files = text(json, {"files"});
  CHECK(files.contains("/blob/" + difference.base_sha + "/a%20b\""));
  CHECK(files.contains("/blob/" + std::string(40, 'a') + "/new\""));
  CHECK(files.contains(R"("previous_filename":"old")"));
  CHECK(files.contains(R"("changes":3)"));
  CHECK_FALSE(files.contains("\"patch\""));
  CHECK(text(json, {"stats", "total"}) == "3");
}

TEST_CASE("node_id: the id of a commit as recorded from GitHub") {
  // C_ + [0, 724712, "…40 digits"]; the string's length takes 16 bits.
  const std::string id = node_id("C", {724'712}, std::string(40, '7'));
  CHECK(id.starts_with("C_kwDOAAsO6NoAKDc3"));
  CHECK(node_id("REF", {724'712}, "refs/heads/main").starts_with("REF_kwDOAAsO6K9yZWZz"));
}

TEST_CASE("write_git_tag: the tagger, and the link of the tagged object") {
  const core::Tag tag{.sha = std::string(40, 'a'),
                      .name = "v1 \xe9",
                      .message = "First\n",
                      .tagger = {.name = "Ada", .email = "ada@example.com", .at = from_micros(0)},
                      .object_type = "commit",
                      .object_sha = std::string(40, 'b'),
                      .signature = "",
                      .signed_text = ""};
  JsonWriter json;
  write_git_tag(json, tag, some_repository(), urls);
  const Json written = Json::parse(json.text()).value();
  const std::string git = "\"http://h/api/v3/repos/demo/shop/git/";
  CHECK(text(written, {"url"}) == git + "tags/" + tag.sha + "\"");
  CHECK(text(written, {"object", "url"}) == git + "commits/" + tag.object_sha + "\"");
  CHECK(text(written, {"object", "type"}) == "\"commit\"");
  CHECK(text(written, {"tag"}) == "\"v1 \xef\xbf\xbd\"");
  CHECK(text(written, {"message"}) == "\"First\\n\"");
  CHECK(text(written, {"tagger", "date"}) == "\"1970-01-01T00:00:00Z\"");
  CHECK(text(written, {"verification", "reason"}) == "\"unsigned\"");
  CHECK(text(written, {"verification", "verified_at"}) == "null");
  CHECK(text(written, {"node_id"}).starts_with("\"TA_"));
}

TEST_CASE("write_git_ref: the object's link depends on its type") {
  for (const char* type : {"commit", "tag", "tree", "blob"}) {
    CAPTURE(type);
    JsonWriter json;
    write_git_ref(json, {"refs/tags/a b/ü", type, std::string(40, 'a')}, some_repository(), urls);
    const Json written = Json::parse(json.text()).value();
    const std::string git = "\"http://h/api/v3/repos/demo/shop/git/";
    CHECK(text(written, {"url"}) == git + "refs/tags/a%20b/%C3%BC\"");
    CHECK(text(written, {"object", "url"}) == git + type + "s/" + std::string(40, 'a') + "\"");
  }
}

TEST_CASE("write_git_commit: the links of the parents are git commits too") {
  JsonWriter json;
  write_git_commit(json, some_commit(), some_repository(), urls);
  const Json written = Json::parse(json.text()).value();
  const std::string git = "http://h/api/v3/repos/demo/shop/git/";
  CHECK(text(written, {"url"}) == "\"" + git + "commits/" + std::string(40, 'a') + "\"");
  CHECK(text(written, {"tree", "url"}) == "\"" + git + "trees/" + std::string(40, 'b') + "\"");
  CHECK(text(written, {"parents"}).contains(git + "commits/" + std::string(40, 'c')));
  CHECK(text(written, {"message"}) == "\"Sell bread\"");
}

TEST_CASE("write_branch_protection: its URL is the branch's protection_url") {
  JsonWriter branch, protection;
  const core::Branch topic{"topic/é", std::string(40, 'a'), true};
  write_full_branch(branch, topic, some_commit(), some_repository(), urls);
  write_branch_protection(protection, topic.name, some_repository(), urls);
  const Json written = Json::parse(protection.text()).value();
  CHECK(text(written, {"enabled"}) == "true");
  CHECK(text(Json::parse(branch.text()).value(), {"protection_url"}) == text(written, {"url"}));
}
