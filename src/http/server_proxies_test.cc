#include <doctest/doctest.h>

#include "http/server.h"
#include "support/http_test_client.h"
#include "support/http_test_server.h"
#include "support/temp_folder.h"

/// The server behind proxies: whose requests are whose, on the connections of one peer.
namespace esclusa::http {
namespace {
using testing::get;
using testing::post;
using testing::RawClient;
using testing::TestServer;

/// Believes 127.0.0.1, and who comes through a unix socket.
Proxies one_proxy() {
  return {.trusts = [](std::string_view peer) { return peer == "127.0.0.1" || peer == "local"; },
          .base_path = "/deploy"};
}

std::string from(const std::string& client) { return "X-Forwarded-For: " + client + "\r\n"; }

std::string peer_of(const Response& answer) {
  return std::string(answer.headers.find("X-Peer").value_or(""));
}
}  // namespace

TEST_CASE("Server behind a proxy: each request of a connection has a client of its own") {
  TestServer test;
  test.server.use_proxies(one_proxy());
  test.start();
  RawClient proxy(test.port);
  const Response first =
      proxy.ask(get("/deploy/a", from("203.0.113.7") + "X-Forwarded-Proto: https\r\n"));
  CHECK(peer_of(first) == "203.0.113.7");
  CHECK(first.headers.find("X-Secure") == "yes");
  CHECK(first.body == "GET /a ");
  const Response second = proxy.ask(get("/a"));
  CHECK(peer_of(second) == "127.0.0.1");
  CHECK(second.headers.find("X-Secure") == "no");
  // Several at once, and one whose body comes later.
  proxy.send(get("/a", from("203.0.113.8")) + get("/pool", from("203.0.113.9")) +
             "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n" + from("2001:db8::1") + "\r\n");
  CHECK(peer_of(proxy.read_answer()) == "203.0.113.8");
  CHECK(peer_of(proxy.read_answer()) == "203.0.113.9");
  proxy.send("x");
  CHECK(peer_of(proxy.read_answer()) == "2001:db8::1");
  RawClient stranger(test.port, "127.0.0.2");
  const Response forged =
      stranger.ask(get("/a", from("203.0.113.7") + "X-Forwarded-Proto: https\r\n"));
  CHECK(peer_of(forged) == "127.0.0.2");
  CHECK(forged.headers.find("X-Secure") == "no");
}

TEST_CASE(
    "Server behind a proxy: what the proxy cannot mean is refused with 400, and the connection "
    "ends") {
  TestServer test;
  test.server.use_proxies(one_proxy());
  test.start();
  RawClient proxy(test.port);
  CHECK(proxy.ask(get("/a", "Forwarded: for=198.51.100.9\r\n" + from("203.0.113.7"))).status ==
        400);
  CHECK(proxy.at_end());
  RawClient other(test.port);
  CHECK(other.ask(post("/a", "x", "X-Forwarded-Host: a b\r\n")).status == 400);
  CHECK(other.at_end());
}

TEST_CASE("Server behind a proxy: a unix socket is a door of the network") {
  const test::TempFolder folder;
  const std::string path = (folder / "http.sock").string();
  TestServer test;
  REQUIRE(test.server.listen_local(path, 0660, Door::network));
  SUBCASE("its peers are believed if that is set") {
    test.server.use_proxies(one_proxy());
    test.start();
    const Response answer = RawClient(path).ask(get("/a", from("203.0.113.7")));
    CHECK(peer_of(answer) == "203.0.113.7");
    CHECK(answer.headers.find("X-Door") == "network");
  }
  SUBCASE("otherwise they are one client") {
    test.start();
    CHECK(peer_of(RawClient(path).ask(get("/a", from("203.0.113.7")))) == "local");
  }
}

TEST_CASE("Server behind a proxy: a busy client's connection gives way, and no other client's") {
  TestServer test(4, {.connection_count = 3});
  test.server.use_proxies(one_proxy());
  test.start();
  // Three connections of one proxy: a greedy client has two of them.
  RawClient patient(test.port), older(test.port), newer(test.port);
  patient.send(get("/wait/1", from("203.0.113.8")));
  test.await_waiting(1);
  older.send(get("/wait/2", from("203.0.113.7")));
  test.await_waiting(2);
  newer.send(get("/wait/3", from("203.0.113.7")));
  test.await_waiting(3);
  RawClient next(test.port);
  CHECK(next.ask(get("/a", from("203.0.113.9"))).status == 200);
  CHECK(newer.at_end());
  test.release();
  CHECK(patient.read_answer().status == 200);
  CHECK(older.read_answer().status == 200);
}

TEST_CASE("Server behind a proxy: idle connections are the proxy's, and the first to go") {
  TestServer test(4, {.connection_count = 2});
  test.server.use_proxies(one_proxy());
  test.start();
  RawClient idle(test.port), busy(test.port);
  CHECK(idle.ask(get("/a", from("203.0.113.7"))).status == 200);
  busy.send(get("/wait/1", from("203.0.113.7")));
  test.await_waiting(1);
  RawClient next(test.port);
  CHECK(next.ask(get("/a", from("203.0.113.8"))).status == 200);
  CHECK(idle.at_end());
  test.release();
  CHECK(busy.read_answer().status == 200);
}

TEST_CASE(
    "Server behind a proxy: in a full lane the request of the client with the most gives way") {
  TestServer test(1, {}, 2);
  test.server.use_proxies(one_proxy());
  test.start();
  RawClient running(test.port), waiting(test.port), newest(test.port), other(test.port);
  running.send(get("/wait/1", from("203.0.113.7")));
  test.await_waiting(1);
  waiting.send(get("/pool/2", from("203.0.113.7")));
  newest.send(get("/pool/3", from("203.0.113.7")));
  CHECK(RawClient(test.port).ask(get("/a")).status == 200);  // after it both are in the queue
  other.send(get("/pool/4", from("203.0.113.8")));
  CHECK(newest.read_answer().status == 503);
  test.release();
  CHECK(other.read_answer().status == 200);
  CHECK(waiting.read_answer().status == 200);
}

TEST_CASE(
    "Server behind a proxy: of what is buffered, the client that buffers the most gives way") {
  constexpr size_t part = 40'000;
  TestServer test(1, {.buffer_bytes = 3 * part, .body_time = std::chrono::hours(1)});
  test.server.use_proxies(one_proxy());
  test.start();
  const auto half = [](const std::string& client) {
    return "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n" + from(client) + "\r\n" +
           std::string(part, 'x');
  };
  RawClient first(test.port), second(test.port), other(test.port);
  first.send(half("203.0.113.7"));
  second.send(half("203.0.113.7"));
  other.send(half("203.0.113.8"));
  CHECK(second.read_answer().status == 503);
  other.send(std::string(60'000 - part, 'x'));
  CHECK(other.read_answer().status == 200);
}

}  // namespace esclusa::http
