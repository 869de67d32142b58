#include "http/forwarded.h"

#include <doctest/doctest.h>

#include <iterator>
#include <random>

namespace esclusa::http {
namespace {

/// 10.0.0.0/8, fd00::1 and a unix socket.
Proxies some_proxies() {
  return {.trusts = [](std::string_view peer) {
    return peer.starts_with("10.") || peer == "fd00::1" || peer == "local";
  }};
}

Request request_of(Headers headers, std::string peer = "10.0.0.1") {
  Request request;
  request.method = "GET";
  request.target = "/a";
  request.headers = std::move(headers);
  request.headers.add("Host", "inside.example");
  request.peer = std::move(peer);
  return request;
}

/// The client that is found; `refused` if the request is.
std::string client_of(Headers headers, const std::string& peer = "10.0.0.1") {
  Request request = request_of(std::move(headers), peer);
  return apply_proxies(some_proxies(), request) ? request.peer : "refused";
}
std::string client_by_list(const std::string& list) {
  return client_of({{"X-Forwarded-For", list}});
}
std::string client_by_forwarded(const std::string& text) {
  return client_of({{"Forwarded", text}});
}

}  // namespace

TEST_CASE("apply_proxies: headers of a peer that is not believed change nothing") {
  const Headers forged = {{"X-Forwarded-For", "203.0.113.7"},
                          {"X-Forwarded-Proto", "https"},
                          {"X-Forwarded-Host", "evil.example"},
                          {"Forwarded", "for=203.0.113.7;proto=https;host=evil.example"}};
  for (const char* peer : {"192.0.2.1", "110.0.0.1", "fd00::2", "::1"}) {
    CAPTURE(peer);
    Request request = request_of(forged, peer);
    CHECK(apply_proxies(some_proxies(), request));
    CHECK(request.peer == peer);
    CHECK_FALSE(request.secure);
    CHECK(request.headers.find("Host") == "inside.example");
  }
  Request by_default = request_of(forged);
  CHECK(apply_proxies({}, by_default));
  CHECK(by_default.peer == "10.0.0.1");
  // Not even what is broken there.
  CHECK(client_of({{"Forwarded", "for=\""}, {"X-Forwarded-Host", "a b"}}, "192.0.2.1") ==
        "192.0.2.1");
}

TEST_CASE("apply_proxies: only requests of the network have a client behind a proxy") {
  for (const Door door : {Door::local_admin, Door::ssh}) {
    Request request = request_of({{"X-Forwarded-For", "203.0.113.7"}}, "local");
    request.door = door;
    CHECK(apply_proxies(some_proxies(), request));
    CHECK(request.peer == "local");
  }
  CHECK(client_of({{"X-Forwarded-For", "203.0.113.7"}}, "local") == "203.0.113.7");
}

TEST_CASE("apply_proxies: the first address from the end that is not believed is the client") {
  CHECK(client_by_list("203.0.113.7") == "203.0.113.7");
  CHECK(client_by_list("198.51.100.9, 203.0.113.7") == "203.0.113.7");
  CHECK(client_by_list("10.9.9.9, 203.0.113.7") == "203.0.113.7");
  CHECK(client_by_list("198.51.100.9, 203.0.113.7, 10.0.0.2,10.0.0.3") == "203.0.113.7");
  CHECK(client_by_list("10.0.0.9, 10.0.0.2") == "10.0.0.9");
  CHECK(client_by_list("") == "10.0.0.1");
  CHECK(client_by_list(" , ,") == "10.0.0.1");
  CHECK(client_of({}) == "10.0.0.1");
  // HAProxy adds a field of its own.
  CHECK(client_of({{"X-Forwarded-For", "198.51.100.9"}, {"x-forwarded-for", "203.0.113.7"}}) ==
        "203.0.113.7");
}

TEST_CASE("apply_proxies: the walk ends before what is no address") {
  for (const char* odd : {"unknown", "_hidden", "localhost", "203.0.113.7 203.0.113.8", "1.2.3",
                          "203.0.113.7:", "203.0.113.7:123456", "203.0.113.7:x", "[203.0.113.7]",
                          "[2001:db8::1", "2001:db8::1]", "[2001:db8::1]x", "fe80::1%eth0", "\"\"",
                          "local", "0x7f000001", "::ffff:1.2.3.4.5"}) {
    CAPTURE(odd);
    CHECK(client_by_list(odd) == "10.0.0.1");
    CHECK(client_by_list("203.0.113.7, " + std::string(odd)) == "10.0.0.1");
    CHECK(client_by_list(std::string(odd) + ", 10.0.0.2") == "10.0.0.2");
    CHECK(client_by_list(std::string(odd) + ", 203.0.113.7") == "203.0.113.7");
  }
}

TEST_CASE("apply_proxies: an address has one spelling, and no port") {
  CHECK(client_by_list("203.0.113.7:4711") == "203.0.113.7");
  CHECK(client_by_list("2001:DB8:0:0::7") == "2001:db8::7");
  CHECK(client_by_list("[2001:db8::7]") == "2001:db8::7");
  CHECK(client_by_list("[2001:db8::7]:443") == "2001:db8::7");
  CHECK(client_by_list("::ffff:203.0.113.7") == "203.0.113.7");
  CHECK(client_by_list("203.0.113.7, fd00:0::1") == "203.0.113.7");
}

TEST_CASE("apply_proxies: Forwarded, with quotes, ports and made-up names") {
  CHECK(client_by_forwarded("for=203.0.113.7") == "203.0.113.7");
  CHECK(client_by_forwarded("For=\"203.0.113.7:4711\"") == "203.0.113.7");
  CHECK(client_by_forwarded("for=\"[2001:db8:cafe::17]:4711\"") == "2001:db8:cafe::17");
  CHECK(client_by_forwarded("for=\"[2001:db8:cafe::17]\";by=10.0.0.1;proto=https") ==
        "2001:db8:cafe::17");
  CHECK(client_by_forwarded("for=\"203.0.113.7:_port\"") == "203.0.113.7");
  CHECK(client_by_forwarded("for=\"203\\.0.113.7\"") == "203.0.113.7");
  CHECK(client_by_forwarded("for=198.51.100.9, for=203.0.113.7 , for=10.0.0.2") == "203.0.113.7");
  CHECK(client_by_forwarded("by=\"a, for=198.51.100.9\";for=203.0.113.7") == "203.0.113.7");
  CHECK(client_by_forwarded(";for=203.0.113.7;; ext=\"a;b\" ,,") == "203.0.113.7");
  CHECK(client_by_forwarded("for=unknown") == "10.0.0.1");
  CHECK(client_by_forwarded("for=203.0.113.7, for=_SEVKISEK") == "10.0.0.1");
  CHECK(client_by_forwarded("for=_SEVKISEK, for=10.0.0.2") == "10.0.0.2");
  CHECK(client_by_forwarded("proto=https") == "10.0.0.1");
  CHECK(client_by_forwarded("") == "10.0.0.1");
}

TEST_CASE(
    "apply_proxies: a Forwarded that is broken is refused, as a client may have left a quote "
    "open") {
  for (const char* broken :
       {"for=\"198.51.100.9, for=203.0.113.7", "for=\", for=203.0.113.7",
        "for=198.51.100.9;x=\", for=\"[2001:db8::1]\"", "for=\"a\\", "for", "=203.0.113.7",
        "for=", "for=203.0.113.7 proto=https", "for =203.0.113.7", "for=203.0.113.7;for=10.0.0.2",
        "for=203.0.113.7;FOR=10.0.0.2", "for=[2001:db8::1]", "for=203.0.113.7:4711",
        "for=\"203.0.113.7\"x", "203.0.113.7"}) {
    CAPTURE(broken);
    CHECK(client_by_forwarded(broken) == "refused");
    CHECK(client_of({{"Forwarded", broken}, {"Forwarded", "for=203.0.113.7"}}) == "refused");
  }
}

TEST_CASE("apply_proxies: what the two forms say has to be the same") {
  CHECK(client_of({{"Forwarded", "for=203.0.113.7"}, {"X-Forwarded-For", "203.0.113.7"}}) ==
        "203.0.113.7");
  CHECK(client_of({{"Forwarded", "for=198.51.100.9"}, {"X-Forwarded-For", "203.0.113.7"}}) ==
        "refused");
  CHECK(client_of({{"Forwarded", "proto=https"}, {"X-Forwarded-Proto", "http"}}) == "refused");
  CHECK(client_of({{"Forwarded", "host=a.example"}, {"X-Forwarded-Host", "b.example"}}) ==
        "refused");
  Request both = request_of({{"Forwarded", "for=203.0.113.7;proto=HTTPS"},
                             {"X-Forwarded-Proto", "https"},
                             {"X-Forwarded-Host", "a.example"}});
  CHECK(apply_proxies(some_proxies(), both));
  CHECK(both.peer == "203.0.113.7");
  CHECK(both.secure);
  CHECK(both.headers.find("Host") == "a.example");
}

TEST_CASE("apply_proxies: whatever a client writes to the left of its address changes nothing") {
  constexpr std::string_view parts[] = {
      "for=", "10.0.0.2",    "198.51.100.9", "\"",        "\\",  ",",   ";",   " ",
      "=",    "proto=https", "host=evil",    "[",         "]",   ":",   "::1", "unknown",
      "_x",   "x",           "\t",           "[fd00::1]", "by=", "\x80"};
  std::mt19937 random(20);
  size_t refused = 0;
  constexpr size_t tries = 20'000;
  for (size_t i = 0; i < tries; ++i) {
    std::string left;
    for (auto count = random() % 9; count > 0; --count) left += parts[random() % std::size(parts)];
    CAPTURE(left);
    REQUIRE(client_by_list(left + ", 203.0.113.7") == "203.0.113.7");
    REQUIRE(client_by_list(left + ", 203.0.113.7, 10.0.0.2") == "203.0.113.7");
    const std::string client = client_by_forwarded(left + ", for=203.0.113.7;proto=http");
    if (client == "refused") {
      ++refused;
    } else {
      REQUIRE(client == "203.0.113.7");
    }
  }
  CHECK(refused > tries / 10);
  CHECK(refused < tries);
}

TEST_CASE("apply_proxies: scheme and host are what the client used, by the nearest proxy") {
  Request request = request_of({{"X-Forwarded-For", "203.0.113.7"},
                                {"X-Forwarded-Proto", "http, HTTPS"},
                                {"X-Forwarded-Host", "evil.example, deploy.example:8443"}});
  CHECK(apply_proxies(some_proxies(), request));
  CHECK(request.secure);
  CHECK(request.headers.find("Host") == "deploy.example:8443");
  // Of Forwarded, what the first proxy that is believed has said.
  Request chain = request_of({{"Forwarded",
                               "for=9.9.9.9;proto=http;host=evil.example, "
                               "for=203.0.113.7;proto=https;host=deploy.example, "
                               "for=10.0.0.2;proto=http;host=inner.example"}});
  CHECK(apply_proxies(some_proxies(), chain));
  CHECK(chain.secure);
  CHECK(chain.headers.find("Host") == "deploy.example");
  Request plain = request_of({{"X-Forwarded-Proto", "http"}});
  plain.secure = true;  // the proxy speaks TLS with us, the client did not with it
  CHECK(apply_proxies(some_proxies(), plain));
  CHECK_FALSE(plain.secure);
  Request odd = request_of({{"X-Forwarded-Proto", "gopher"}});
  CHECK(apply_proxies(some_proxies(), odd));
  CHECK_FALSE(odd.secure);
}

TEST_CASE("apply_proxies: a host that is unsafe in a link is refused") {
  for (const char* host : {"a b", "a/b", "a\"b", "a\r\nX-B: c", "user@host", "a?b", "<script>"}) {
    CAPTURE(host);
    CHECK(client_of({{"X-Forwarded-Host", host}}) == "refused");
  }
  CHECK(client_by_forwarded("host=\"a b\"") == "refused");
  CHECK(client_by_forwarded("host=\"deploy.example:8443\"") == "10.0.0.1");
}

TEST_CASE("apply_proxies: the base path is removed where the proxy has left it") {
  const Proxies proxies{.base_path = "/deploy"};
  const auto target_of = [&](std::string target) {
    Request request = request_of({}, "192.0.2.1");
    request.target = std::move(target);
    CHECK(apply_proxies(proxies, request));
    return request.target;
  };
  CHECK(target_of("/deploy/repos/a/b?c=/deploy/d") == "/repos/a/b?c=/deploy/d");
  CHECK(target_of("/deploy") == "/");
  CHECK(target_of("/deploy/") == "/");
  CHECK(target_of("/deploy?a") == "/?a");
  CHECK(target_of("/repos/a/b") == "/repos/a/b");
  CHECK(target_of("/deployments") == "/deployments");
  CHECK(target_of("/deploy/deploy/x") == "/deploy/x");
  CHECK(target_of("*") == "*");
}

}  // namespace esclusa::http
