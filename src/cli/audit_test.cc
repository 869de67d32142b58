#include "cli/audit.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace esclusa::cli;

TEST_CASE("parse_when: a time, or how long ago") {
  const Timestamp now = *parse_time("2026-11-21T08:30:00Z");
  CHECK(parse_when("2h", "--since", now).value() == *parse_time("2026-11-21T06:30:00Z"));
  CHECK(parse_when("7d", "--since", now).value() == *parse_time("2026-11-14T08:30:00Z"));
  CHECK(parse_when("2026-01-02T03:04:05+01:00", "--since", now).value() ==
        *parse_time("2026-01-02T02:04:05Z"));
  CHECK(parse_when("yesterday", "--until", now).error().message ==
        "--until should be a time such as 2026-11-21T08:30:00Z, or how long ago, such as 2h or 7d");
}

TEST_CASE("who_of: an agent before its bot, an account, a deploy key, a system user, or nobody") {
  const auto who = [](const char* text) { return who_of(Json::parse(text).value()); };
  CHECK(who(R"({"actor": {"id": 1, "login": "ada"}, "agent": null})") == "ada");
  CHECK(who(R"({"actor": {"id": 2, "login": "esclusa-agent[bot]"},
                "agent": {"id": 7, "name": "web-1"}})") == "agent:7 (web-1)");
  CHECK(who(R"({"actor": null, "agent": {"id": 7, "name": ""}})") == "agent:7");
  CHECK(who(R"({"actor": null, "deploy_key": {"id": 3, "title": "x"}})") == "deploy key 3");
  CHECK(who(R"({"actor": null, "system_user": "root"})") == "system:root");
  CHECK(who(R"({"actor": null, "system_user": null})") == "-");
}

TEST_CASE("next_cursor: of the link to the next page alone") {
  CHECK(next_cursor(R"(<http://x/esclusa/audit?per_page=2&cursor=17&by=a>; rel="next")") == "17");
  CHECK(next_cursor(R"(<http://x/a?cursor=17>; rel="prev", <http://x/a?cursor=9>; rel="next")") ==
        "9");
  CHECK_FALSE(next_cursor(R"(<http://x/a?cursor=17>; rel="prev")"));
  CHECK_FALSE(next_cursor(""));
}
