#include "http/message.h"

#include <doctest/doctest.h>

namespace esclusa::http {

TEST_CASE("Headers: names are compared case-insensitively, and the first field is found") {
  Headers headers{{"ETag", "a"}, {"etag", "b"}};
  CHECK(headers.find("ETAG") == "a");
  CHECK_FALSE(headers.has("ETagg"));
}

TEST_CASE("Headers: set replaces every field of that name, in the place of the first") {
  Headers headers{{"A", "1"}, {"B", "2"}, {"a", "3"}};
  headers.set("a", "4");
  headers.set("C", "5");
  std::string all;
  for (const Header& field : headers) all += field.name + "=" + field.value + " ";
  CHECK(all == "A=4 B=2 C=5 ");
}

TEST_CASE("Request: path and query are the parts before and after the first question mark") {
  Request request;
  request.target = "/a/b?c=d?e";
  CHECK(request.path() == "/a/b");
  CHECK(request.query() == "c=d?e");
  request.target = "/a";
  CHECK(request.path() == "/a");
  CHECK(request.query() == "");
}

TEST_CASE("parse_query: decodes percent signs and plus, and keeps the order") {
  auto parameters = parse_query("a=1&b=x%20y+z&&c&d=%2B=&%C3%A9=").parameters;
  REQUIRE(parameters.size() == 5);
  CHECK(parameters[1].value == "x y z");
  CHECK(parameters[2].name == "c");
  CHECK(parameters[2].value == "");
  CHECK(parameters[3].value == "+=");
  CHECK(parameters[4].name == "\xC3\xA9");
}

TEST_CASE("parse_query: leaves out what does not decode") {
  CHECK(parse_query("").parameters.empty());
  const Query query = parse_query("a=%2&b=%zz&%=1&c=%ff&d=1");
  REQUIRE(query.parameters.size() == 1);
  CHECK(query.parameters[0].name == "d");
  CHECK_FALSE(query.is_whole);
  CHECK_FALSE(parse_query("d=1%00").is_whole);
  CHECK(parse_query("").is_whole);
  CHECK(parse_query("a=1&&b").is_whole);
}

TEST_CASE("find_parameter: the last parameter of a name counts") {
  const Query query = parse_query("page=1&page=2");
  CHECK(find_parameter(query, "page") == "2");
  CHECK_FALSE(find_parameter(query, "per_page"));
}

}  // namespace esclusa::http
