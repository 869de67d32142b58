#include <doctest/doctest.h>

#include "app/git_data.h"
#include "app/repositories.h"
#include "base/json.h"
#include "base/limits.h"
#include "support/body_reader.h"
#include "support/served_repository.h"

using namespace esclusa;
using test::BodyReader;
using test::must;

namespace {

struct Fixture : test::ServedRepository {
  std::string repo = token("ada", "repo");

  http::Response get(const std::string& path) {
    return api.serve(test::make_request("GET", "/repos/ada/application/git/" + path,
                                        {{"Authorization", "Bearer " + repo}}));
  }
  /// Adds `count` packed tags.
  void add_tags(size_t count) {
    std::string commands;
    for (size_t i = 0; i < count; ++i) {
      commands += "create refs/tags/t" + std::to_string(100'000 + i) + " " + sha + "\n";
    }
    git.git({"update-ref", "--stdin"}, commands);
    git.git({"pack-refs", "--all"});
  }
  static std::vector<std::string> names(const std::string& text) {
    std::vector<std::string> names;
    const auto refs = must(Json::parse(text));
    REQUIRE(refs.is_array());
    for (const auto& ref : refs.elements()) names.push_back(ref.string_at("ref").value());
    return names;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture,
                  "git/matching-refs: a list that fits one part is an answer with an ETag") {
  add_tags(app::git_ref_part - 1);
  for (const char* path : {"matching-refs/tags", "matching-refs/tags/", "refs/tags"}) {
    CAPTURE(path);
    const auto response = get(path);
    CHECK(response.status == 200);
    CHECK_FALSE(response.stream);
    CHECK(response.headers.has("ETag"));
    CHECK(names(response.body).size() == app::git_ref_part - 1);
  }
  CHECK(get("matching-refs/nope").body == "[]");
  CHECK(get("refs/nope").status == 404);
}

TEST_CASE_FIXTURE(Fixture, "git/matching-refs: a longer list is made while it is read") {
  const size_t count = 2 * app::git_ref_part + 1;
  add_tags(count);
  for (const auto& [path, expected] : {std::pair{"matching-refs/tags/", count},
                                       {"refs/tags", count},
                                       {"matching-refs/", count + 1},  // one more for main
                                       {"refs/", count + 1}}) {
    CAPTURE(path);
    const auto response = get(path);
    CHECK(response.status == 200);
    CHECK_FALSE(response.headers.has("ETag"));
    REQUIRE(response.stream);
    const auto listed = names(response.body + BodyReader(response.stream).read());
    CHECK(listed.size() == expected);
    CHECK(std::ranges::is_sorted(listed));
    CHECK(std::ranges::adjacent_find(listed) == listed.end());
  }
}

TEST_CASE_FIXTURE(Fixture,
                  "git/matching-refs: the number of an account's open long lists is limited") {
  add_tags(app::git_ref_part + 1);
  std::vector<std::shared_ptr<http::BodyStream>> open;
  // The first part alone fills the buffer, so that no list is complete before it is read.
  for (size_t i = 0; i < http::LongAnswers::lists / 2; ++i) {
    open.push_back(get("matching-refs/tags").stream);
    REQUIRE(open.back());
  }
  const auto refused = get("matching-refs/tags");
  CHECK(refused.status == 503);
  CHECK(refused.body.contains("overloaded"));
  for (const auto& stream : open) {
    CHECK(names(BodyReader(stream).read()).size() == app::git_ref_part + 1);
  }
}

TEST_CASE_FIXTURE(Fixture, "git/matching-refs: clients without an account are counted by network") {
  add_tags(app::git_ref_part + 1);
  must(app::update_repository(context, administrator, "ada", "application",
                              {.visibility = core::Visibility::is_public}));
  auto get_from = [&](const std::string& peer) {
    auto request = test::make_request("GET", "/repos/ada/application/git/matching-refs/tags");
    request.peer = peer;
    return api.serve(request);
  };
  std::vector<std::shared_ptr<http::BodyStream>> open;
  for (size_t i = 0; i < http::LongAnswers::lists / 2; ++i) {
    open.push_back(get_from("2001:db8::" + std::to_string(i + 1)).stream);
    REQUIRE(open.back());
  }
  CHECK(get_from("2001:db8::ffff").status == 503);
  CHECK(get_from("2001:db8:0:1::1").stream);
  CHECK(get("matching-refs/tags").stream);
}
