#include "api/pagination.h"

#include <doctest/doctest.h>

#include <memory>

#include "base/limits.h"
#include "support/api_fixture.h"
#include "support/app_fixture.h"

using namespace esclusa;
using namespace esclusa::api;

namespace {

/// Access to a repository with the id 12.
const app::RepositoryAccess& access() {
  static const app::RepositoryAccess access = [] {
    test::AppFixture fixture;
    app::RepositoryAccess entered = fixture.add_bare("application");
    entered.repository.id = {12};
    return entered;
  }();
  return access;
}

/// A call of a repository route, with `target` as the client sent it.
struct Asked {
  test::ApiFixture fixture;
  http::Request request;
  Call call;
  explicit Asked(const std::string& target, const std::string& root = "http://h")
      : request(test::make_request("GET", target)), call(fixture.call(request)) {
    call.urls.api = root;
    call.repository_access = access();
  }
  Asked(const Asked&) = delete;
};

core::Page page(const std::string& query) {
  return parse_page(Asked("/repos/a/b/x?" + query).call);
}

std::string links(const std::string& target, int64_t total_count, const char* root = "http://h") {
  const Asked asked(target, root);
  return link_header(asked.call, parse_page(asked.call), total_count);
}

/// The URL of a relation; empty if the header does not have it.
std::string url_of(const std::string& header, const std::string& relation) {
  const size_t end = header.find(">; rel=\"" + relation + "\"");
  if (end == header.npos) return "";
  const size_t begin = header.rfind('<', end) + 1;
  return header.substr(begin, end - begin);
}

const std::string base = "http://h/repositories/12/deployments?";

}  // namespace

TEST_CASE("parse_page: GitHub's defaults and limits") {
  struct Row {
    const char* query;
    int number, size;
  };
  const Row rows[] = {
      {"", 1, 30},
      {"page=3", 3, 30},
      {"per_page=5", 1, 5},
      {"per_page=100", 1, 100},
      {"per_page=101", 1, 100},
      {"per_page=1000000", 1, 100},
      {"page=2&per_page=10", 2, 10},
      {"page=2&page=4", 4, 30},
      // Anything but a positive number counts as absent, even if the parameter was given before.
      {"page=0&per_page=0", 1, 30},
      {"page=-1&per_page=-5", 1, 30},
      {"page=x&per_page=", 1, 30},
      {"page&per_page", 1, 30},
      {"page=2&page=&per_page=5&per_page=abc", 1, 30},
      {"page=all&per_page=null", 1, 30},
      // The leading digits count. PyGithub appends a second query to a `next` link.
      {"page=3?per_page=3", 3, 30},
      {"per_page=3&page=2?per_page=3", 2, 3},
      {"page=2&per_page=10?per_page=10", 2, 10},
      {"page=1.5&per_page=1e1", 1, 1},
      {"page=007&per_page=010", 7, 10},
      {"page=3x&per_page=5%20", 3, 5},
      {"page=%203", 1, 30},
      {"page=%2B3", 1, 30},
      {"page=0x10&per_page=0b1", 1, 30},
      // A number that is too large becomes the largest one.
      {"page=100000001", 100'000'000, 30},
      {"page=99999999999999999999&per_page=99999999999999999999", 100'000'000, 100},
  };
  for (const Row& row : rows) {
    CAPTURE(row.query);
    CHECK(page(row.query).number == row.number);
    CHECK(page(row.query).size == row.size);
  }
}

TEST_CASE("parse_page: the largest page does not overflow") {
  const core::Page last = page("page=9223372036854775807&per_page=100");
  CHECK(last.number == 100'000'000);
  CHECK(last.offset() == 9'999'999'900);
}

TEST_CASE("asks_for_page: either parameter counts, but not an empty one") {
  auto asks = [](const std::string& query) {
    return asks_for_page(Asked("/repos/a/b/x?" + query).call);
  };
  for (const char* query : {"page=1", "per_page=5", "page=x", "per_page=0", "a=b&page=2"}) {
    CAPTURE(query);
    CHECK(asks(query));
  }
  for (const char* query : {"", "page=", "per_page", "pages=1", "ref=page=1"}) {
    CAPTURE(query);
    CHECK_FALSE(asks(query));
  }
}

TEST_CASE("link_header: none for a single page") {
  for (int64_t total : {0, 1, 29, 30}) {
    CAPTURE(total);
    CHECK(links("/repos/a/b/deployments", total) == "");
  }
}

TEST_CASE("link_header: next and last on the first page") {
  CHECK(links("/repos/a/b/deployments", 31) ==
        "<" + base + "page=2>; rel=\"next\", <" + base + "page=2>; rel=\"last\"");
}

TEST_CASE("link_header: prev, next, last, first, in this order") {
  CHECK(links("/repos/a/b/deployments?page=2&per_page=10", 45) ==
        "<" + base + "page=1&per_page=10>; rel=\"prev\", <" + base +
            "page=3&per_page=10>; rel=\"next\", <" + base + "page=5&per_page=10>; rel=\"last\", <" +
            base + "page=1&per_page=10>; rel=\"first\"");
}

TEST_CASE("link_header: prev and first on the last page, and on pages after it") {
  CHECK(links("/repos/a/b/deployments?page=2", 31) ==
        "<" + base + "page=1>; rel=\"prev\", <" + base + "page=1>; rel=\"first\"");
  const std::string beyond = links("/repos/a/b/deployments?page=9", 31);
  CHECK(beyond == "<" + base + "page=2>; rel=\"prev\", <" + base + "page=1>; rel=\"first\"");
  CHECK(links("/repos/a/b/deployments?page=9", 0) ==
        "<" + base + "page=1>; rel=\"prev\", <" + base + "page=1>; rel=\"first\"");
}

TEST_CASE("link_header: no last page while its number is unknown") {
  const Asked asked("/repos/a/b/commits?page=2&per_page=10");
  const std::string header = link_header(asked.call, parse_page(asked.call), 21, Total::at_least);
  CHECK(url_of(header, "next").ends_with("?page=3&per_page=10"));
  CHECK(url_of(header, "first").ends_with("?page=1&per_page=10"));
  CHECK(url_of(header, "last").empty());
}

TEST_CASE("link_header: the query stays as the client sent it, with page replaced in place") {
  struct Row {
    const char* query;
    const char* next;
  };
  const Row rows[] = {
      {"per_page=1", "per_page=1&page=2"},
      {"page=1&per_page=1", "page=2&per_page=1"},
      {"ref=a%2Fb&page=1&environment=qa+eu", "ref=a%2Fb&page=2&environment=qa+eu"},
      {"page=3&page=1", "page=2"},
      {"per_page=3&page=2?per_page=3", "per_page=3&page=3"},
      {"page", "page=2"},
      {"&&ref=&", "ref=&page=2"},
      {"homepage=1&xpage=2", "homepage=1&xpage=2&page=2"},
      {"a[]=1", "a[]=1&page=2"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.query);
    CHECK(url_of(links("/repos/a/b/deployments?" + std::string(row.query), 100), "next") ==
          base + row.next);
  }
}

TEST_CASE("link_header: no character of a query can end the link") {
  const std::string header =
      links("/repos/a/b/deployments?ref=a>;rel=\"last\",<b&x=\\{|}^`\xc3\xa9", 100);
  CHECK(url_of(header, "next") ==
        base + "ref=a%3E;rel=%22last%22,%3Cb&x=%5C%7B%7C%7D%5E%60%C3%A9&page=2");
}

TEST_CASE("link_header: goes through /repositories/{id}, whichever path the request used") {
  struct Row {
    const char* target;
    const char* root;
    const char* next;
  };
  const Row rows[] = {
      {"/repos/a/b/deployments", "http://h", "http://h/repositories/12/deployments?page=2"},
      {"/repositories/12/deployments", "http://h", "http://h/repositories/12/deployments?page=2"},
      {"/api/v3/repos/a/b/deployments", "http://h/api/v3",
       "http://h/api/v3/repositories/12/deployments?page=2"},
      {"/api/v3/repositories/12/deployments/7/statuses", "http://h/api/v3",
       "http://h/api/v3/repositories/12/deployments/7/statuses?page=2"},
      {"/repos/a%2Fb/c/deployments/7/statuses", "http://h",
       "http://h/repositories/12/deployments/7/statuses?page=2"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.target);
    CHECK(url_of(links(row.target, 100, row.root), "next") == row.next);
  }
}

TEST_CASE("list_response: an array, with a Link header only if there are several pages") {
  const Asked asked("/repos/a/b/deployments?per_page=2");
  auto write = [](JsonWriter& json, int item) { json.value(item); };
  core::Listing<int> listing{{1, 2}, 5};
  auto response = list_response(asked.call, parse_page(asked.call), listing, write);
  CHECK(response.status == 200);
  CHECK(response.body == "[1,2]");
  CHECK(response.headers.has("Link"));
  response = list_response(asked.call, {}, core::Listing<int>{}, write);
  CHECK(response.body == "[]");
  CHECK_FALSE(response.headers.has("Link"));
}

TEST_CASE("with_cursors: prev and next keep the query, and there is no first or last") {
  auto header = [](const std::string& target, std::optional<std::string> previous,
                   std::optional<std::string> next) {
    const Asked asked(target);
    return std::string(
        with_cursors({}, asked.call, previous, next).headers.find("Link").value_or(""));
  };
  const std::string list = "http://h/repositories/12/hooks/1/deliveries?";
  CHECK(header("/repos/a/b/hooks/1/deliveries?per_page=1", {}, "v1_7") ==
        "<" + list + "per_page=1&cursor=v1_7>; rel=\"next\"");
  CHECK(header("/repos/a/b/hooks/1/deliveries?cursor=v1_7&status=failure&cursors=1", "v1_9",
               "v1_5") == "<" + list + "cursor=v1_9&status=failure&cursors=1>; rel=\"prev\", <" +
                              list + "cursor=v1_5&status=failure&cursors=1>; rel=\"next\"");
  CHECK(header("/repos/a/b/hooks/1/deliveries", {}, {}) == "");
}
