#include "agent/submodules.h"

#include <doctest/doctest.h>

namespace esclusa::agent {
namespace {

using namespace std::string_literals;

struct Fixture {
  Rule rule;
  /// `git`, a blank and `key` if the entry's own access is used; or `refused`.
  std::string source(const std::string& git, const std::string& url) {
    rule.git = git;
    auto found = find_source(rule, git, url);
    return found ? found->git + (found->is_at_entry ? " key" : "") : "refused";
  }
};

TEST_CASE_FIXTURE(Fixture, "find_source: relative to the repository that names it") {
  CHECK(source("/srv/git/shop.git", "../lib.git") == "/srv/git/lib.git key");
  CHECK(source("/srv/git/shop.git", "./lib.git") == "/srv/git/shop.git/lib.git key");
  CHECK(source("ssh://git@host:22/acme/shop.git", "../lib.git") ==
        "ssh://git@host:22/acme/lib.git key");
  CHECK(source("ssh://git@host/acme/shop.git", "../../other/lib.git") ==
        "ssh://git@host/other/lib.git key");
  CHECK(source("git@host:acme/shop.git", "../lib") == "git@host:acme/lib key");
  CHECK(source("https://bot:pa55@host/acme/shop", "../lib") ==
        "https://bot:pa55@host/acme/lib key");
}

TEST_CASE_FIXTURE(Fixture, "find_source: a path from the root of a host stays one") {
  CHECK(source("git@host:/srv/git/shop.git", "../lib.git") == "git@host:/srv/git/lib.git key");
  CHECK(source("git@host:shop.git", "../lib.git") == "git@host:lib.git key");
  CHECK(source("git@[2001:db8::1]:/srv/shop.git", "../lib.git") ==
        "git@[2001:db8::1]:/srv/lib.git key");
  CHECK(source("[git@host:22]:/srv/shop.git", "../lib.git") == "[git@host:22]:/srv/lib.git key");
  const std::string url = "ssh://git@host/srv/lib.git";
  CHECK(source("git@host:shop.git", url) == "git@host:/srv/lib.git key");
  CHECK(source("git@host:/srv/shop.git", url) == "git@host:/srv/lib.git key");
  CHECK(source("ssh://git@host/srv/shop.git", "git@host:/srv/lib.git") == url + " key");
  CHECK(source("git@host:shop.git", "ssh://git@host/~/lib.git") == "git@host:~/lib.git key");
  CHECK(source("git@host:/acme/shop.git", "https://host/acme/lib.git") ==
        "git@host:/acme/lib.git key");
}

TEST_CASE_FIXTURE(Fixture, "find_source: the entry's own way to its own host") {
  CHECK(source("git@host:acme/shop.git", "ssh://other@host:2222/acme/lib.git") ==
        "git@host:/acme/lib.git key");
  CHECK(source("ssh://git@host:22/acme/shop.git", "ssh://other@host:2222/acme/lib.git") ==
        "ssh://git@host:22/acme/lib.git key");
  for (const char* url :
       {"https://host/acme/lib.git", "https://HOST:8443/acme/lib.git", "git@host:acme/lib.git",
        "https://mallory:x@host/acme/lib.git", "https://host//acme/./lib.git"}) {
    CAPTURE(url);
    CHECK(source("ssh://git@host:22/acme/shop.git", url) == "ssh://git@host:22/acme/lib.git key");
    CHECK(source("git@host:acme/shop.git", url) == "git@host:acme/lib.git key");
    CHECK(source("https://bot:pa55@host/acme/shop", url) ==
          "https://bot:pa55@host/acme/lib.git key");
  }
  CHECK(source("ssh://git@[::1]:22/a/b", "ssh://git@[::1]/a/c") == "ssh://git@[::1]:22/a/c key");
}

TEST_CASE_FIXTURE(Fixture, "find_source: nowhere else, unless the entry allows it") {
  for (const char* url :
       {"", "../../../x", "https://other/x", "https://host.other/x", "https://host@other/x",
        "ssh://git@other/x", "git@other:x", "/srv/git/secret.git", "file:///srv/git/secret.git",
        "ext::touch x", "git://host/x", "--upload-pack=x", "lib.git", "https://host",
        "ftp://host/x", "https://host/../../x", "https://host/a\nb"}) {
    CAPTURE(url);
    CHECK(source("ssh://git@host/acme/shop.git", url) == "refused");
  }
  for (const char* url : {"../../etc/lib", "../../../lib", "/etc/lib", "/srv/git/../lib",
                          "file:///srv/git/lib.git", "https://host/lib", "..", "../"}) {
    CAPTURE(url);
    CHECK(source("/srv/git/shop.git", url) == "refused");
  }
  rule.submodule_urls = {"https://github.com/acme/"};
  CHECK(source("git@host:acme/shop", "https://github.com/acme/lib") ==
        "https://github.com/acme/lib");
  for (const char* url :
       {"https://github.com/acmes/lib", "http://github.com/acme/lib",
        "https://github.com/acme/../evil/lib", "https://x@github.com/acme/lib",
        "https://github.com/acme/../evil/x]/lib", "https://github.com/acme/..%2Fevil/lib",
        "https://github.com/acme/%2e%2E/evil/lib", "https://github.com/acme/..\\evil/lib",
        "https://github.com/acme/lib?x", "https://github.com/acme/lib#x",
        "https://github.com/acme/..%5cevil"}) {
    CAPTURE(url);
    CHECK(source("git@host:acme/shop", url) == "refused");
  }
}

TEST_CASE("read_gitlinks, find_url: what git prints") {
  const std::string a(40, 'a');
  const auto links =
      read_gitlinks("100644 " + a + " 0\tpage\0"s + "160000 " + a + " 0\tlib/x y\0"s);
  REQUIRE(links.size() == 1);
  CHECK(links[0].path == "lib/x y");
  CHECK(links[0].sha == a);
  const std::string settings =
      "submodule.l.i b.url\n../lib\0submodule.l.i b.path\nlib/x y\0submodule.other.path\nlib\0"s;
  CHECK(find_url(settings, "lib/x y") == "../lib");
  CHECK(find_url(settings, "lib").empty());
  CHECK(find_url(settings, "absent").empty());
}

}  // namespace
}  // namespace esclusa::agent
