#include "core/names.h"

#include <doctest/doctest.h>

#include "base/limits.h"

using namespace esclusa;
using namespace esclusa::core;

namespace {

using Names = std::vector<std::string>;

std::string repeated(const char* unit, size_t count) {
  std::string text;
  while (count-- > 0) text += unit;
  return text;
}

bool is_link(std::string_view url) {
  auto checked = check_link(url, "DeploymentStatus", "target_url");
  if (!checked) {
    CHECK(checked.error().code == ErrorCode::invalid);
    REQUIRE(checked.error().fields.size() == 1);
    CHECK(checked.error().fields[0].resource == "DeploymentStatus");
    CHECK(checked.error().fields[0].field == "target_url");
  }
  return checked.has_value();
}

}  // namespace

TEST_CASE("check_login: letters, digits and single inner hyphens") {
  for (const std::string& login :
       Names{"a", "A1", "octo-cat", "a-b-c", "0", "demo", std::string(39, 'a')}) {
    CAPTURE(login);
    CHECK(check_login(login, AccountKind::user));
  }
  for (const std::string& login :
       Names{"", "-a", "a-", "a--b", "-", "a_b", "a.b", "a b", "a/b", "..", "é", "a\n", "a%2f",
             "web[bot]", std::string(40, 'a')}) {
    CAPTURE(login);
    CHECK_FALSE(check_login(login, AccountKind::user));
    CHECK_FALSE(check_login(login, AccountKind::organization));
  }
  CHECK_FALSE(check_login(std::string_view("a\0b", 3), AccountKind::user));
}

TEST_CASE("check_login: a bot's login may end in [bot]") {
  CHECK(check_login("deploy[bot]", AccountKind::bot));
  CHECK(check_login("deploy", AccountKind::bot));
  for (const std::string& login : Names{"[bot]", "deploy[bot][bot]", "deploy[bot]x", "-[bot]",
                                        "deploy[BOT]", (std::string(35, 'a') + "[bot]")}) {
    CAPTURE(login);
    CHECK_FALSE(check_login(login, AccountKind::bot));
  }
}

TEST_CASE("check_login: names that collide with a path are reserved, in any case") {
  for (const std::string& login :
       Names{"api", "API", "esclusa", "Esclusa", "repos", "repositories", "users", "user", "orgs",
             "livez", "readyz", "settings", "login", "avatars"}) {
    CAPTURE(login);
    auto checked = check_login(login, AccountKind::organization);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().message == "The login \"" + login + "\" is reserved");
  }
  CHECK(check_login("apis", AccountKind::user));
  CHECK(check_login("admin", AccountKind::user));  // the first administrator
}

TEST_CASE("check_repository_name: letters, digits, hyphen, underscore and dot") {
  for (const std::string& name : Names{"shop", "Shop_2", "a.b", ".github", "-", "_", "...", "git",
                                       "a.gitx", std::string(100, 'r')}) {
    CAPTURE(name);
    CHECK(check_repository_name(name));
  }
  for (const std::string& name : Names{"", ".", "..", "a/b", "a b", "shop.git", "shop.GIT", ".git",
                                       "é", "a\\b", "a%20b", "a\n", std::string(101, 'r')}) {
    CAPTURE(name);
    CHECK_FALSE(check_repository_name(name));
  }
}

TEST_CASE("check_environment_name: 1 to 255 characters, none a control character") {
  for (const std::string& name : Names{"production", "qa/eu", "a b", "Ünïcode ☃", "review/123?x=#1",
                                       "..", "%2F", repeated("é", 255)}) {
    CAPTURE(name);
    CHECK(check_environment_name(name));
  }
  for (const std::string& name :
       Names{"", "a\nb", "a\tb", "\x1b[2J", "\x7f", "\r", repeated("é", 256)}) {
    CAPTURE(name);
    auto checked = check_environment_name(name);
    REQUIRE_FALSE(checked);
    REQUIRE(checked.error().fields.size() == 1);
    CHECK(checked.error().fields[0].field == "environment");
  }
  CHECK_FALSE(check_environment_name(std::string_view("a\0b", 3)));
}

TEST_CASE("check_link: http and https, in any case, and nothing at all") {
  for (std::string url : {"", "http://example.org", "https://example.org/a?b=c#d", "HTTPS://X.org",
                          "http://localhost:8080/", "http://[::1]/", "https://u:p@example.org/"}) {
    CAPTURE(url);
    CHECK(is_link(url));
  }
}

TEST_CASE("check_link: no other scheme gets through") {
  for (std::string url :
       {"javascript:alert(1)", "JavaScript:alert(1)", "javascript://example.org/%0aalert(1)",
        "data:text/html,<script>1</script>", "vbscript:x", "file:///etc/passwd", "ftp://x",
        "//example.org", "/path", "example.org", "http:example.org", "http:/example.org", "https",
        "https:", "https://", "http:///path", "https:\\\\example.org", "\x01javascript:x"}) {
    CAPTURE(url);
    CHECK_FALSE(is_link(url));
  }
}

TEST_CASE("check_link: no blank, quote, bracket or control character") {
  for (std::string url : {" http://a", "http://a ", "http://a/ b", "http://a/\tb", "http://a/\nb",
                          "http://a/\x7f", "http://a/\"onclick=", "http://a/<b", "http://a/>b",
                          "http://a\\b", "java\nscript:x", "ht\ttp://a"}) {
    CAPTURE(url);
    CHECK_FALSE(is_link(url));
  }
  CHECK_FALSE(is_link(std::string_view("http://a\0b", 10)));
}

TEST_CASE("check_link: what browsers open and GitHub accepts, even if it is not a URI") {
  for (std::string url :
       {"http://a/?b[]=1", "http://a/{b}|c^`", "https://docs.example/путь/ü?q=☃#🚀",
        "http://é.example.org", "http://a/100%", "http://a/#b#c", "http://[::1]:80/a",
        "https://grafana.example/d/x?var-job={a,b}&from=now-1h|d",
        "https://kibana.example/app#/?_g=(filters:!(),time:(from:now-15m,to:now))&_a=[x]"}) {
    CAPTURE(url);
    CHECK(is_link(url));
  }
  for (std::string url : {"http://?a", "http://#a", "https:///a"}) {
    CAPTURE(url);
    CHECK_FALSE(is_link(url));
  }
}

TEST_CASE("check_link: the length is limited") {
  const std::string base = "https://example.org/";
  CHECK(is_link(base + std::string(limits::url_bytes - base.size(), 'x')));
  CHECK_FALSE(is_link(base + std::string(limits::url_bytes - base.size() + 1, 'x')));
}

TEST_CASE("account_of_address: only Esclusa's own addresses") {
  CHECK(account_of_address("7+ada@users.noreply.esclusa.invalid") == AccountId{7});
  for (auto email : {"", "ada@example.org", "ada@users.noreply.esclusa.invalid",
                     "+ada@users.noreply.esclusa.invalid", "7+ada@users.noreply.github.com",
                     "0+ada@users.noreply.esclusa.invalid", "-1+a@users.noreply.esclusa.invalid",
                     "7+ada@users.noreply.esclusa.invalid.example.org"}) {
    CAPTURE(email);
    CHECK_FALSE(account_of_address(email));
  }
}

TEST_CASE("fold_case: changes ASCII letters only") { CHECK(fold_case("Prod-ÄÖ 1") == "prod-ÄÖ 1"); }
