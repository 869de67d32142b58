#include "web/home.h"

#include <doctest/doctest.h>

using namespace esclusa;

TEST_CASE("home_page: says where to go, under the server's own address") {
  auto page = web::home_page("https://deploy.example.org", "1.2.3");
  CHECK(page.status == 200);
  CHECK(page.headers.find("Content-Type") == "text/html; charset=utf-8");
  CHECK(page.body.contains("https://deploy.example.org/repos/acme/shop/deployments"));
  CHECK(page.body.contains("version 1.2.3"));
  CHECK_FALSE(page.body.contains("{url}"));
  CHECK_FALSE(page.body.contains("{version}"));
}

TEST_CASE("home_page: markup in an address is escaped") {
  auto page = web::home_page("http://x\"><script>alert(1)</script>&", "<b>");
  CHECK_FALSE(page.body.contains("<script"));
  CHECK(page.body.contains("http://x&quot;&gt;&lt;script&gt;"));
  CHECK(page.body.contains("&lt;b&gt;"));
  CHECK(page.headers.find("Content-Security-Policy")->starts_with("default-src 'none'"));
}
