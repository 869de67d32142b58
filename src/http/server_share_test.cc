#include <doctest/doctest.h>

#include <algorithm>

#include "http/server.h"
#include "support/http_test_client.h"
#include "support/http_test_server.h"

/// The server shares what it has among its clients: no client holds up another one.
namespace esclusa::http {
namespace {
using namespace std::chrono_literals;
using testing::get;
using testing::post;
using testing::RawClient;
using testing::TestServer;

std::string repeated(std::string_view text, int count) {
  std::string all;
  while (count-- > 0) all += text;
  return all;
}
}  // namespace

TEST_CASE("Server: one request of a connection is answered in a turn") {
  TestServer test;
  test.start();
  RawClient greedy(test.port), stranger(test.port);
  CHECK(stranger.ask(get("/before")).status == 200);
  greedy.send(get("/hold") + repeated(get("/greedy"), 100));
  test.await_waiting(1);
  stranger.send(get("/stranger"));
  test.release();
  CHECK(stranger.read_answer().status == 200);
  const std::lock_guard lock(test.order_mutex);
  const auto place = std::ranges::find(test.order, "/stranger") - test.order.begin();
  CHECK(place <= 3);  // after /before, /hold and one more of the greedy connection
}

TEST_CASE("Server: a request that takes too long is answered with 503, and what waits goes on") {
  ServerLimits limits;
  SUBCASE("one that runs: the connection ends") {
    limits.lanes[index_of(Lane::commit)].time = 1ms;
    TestServer test(1, limits);
    test.start();
    RawClient client(test.port);
    CHECK(client.ask(get("/wait")).status == 503);
    CHECK(client.at_end());
    CHECK(test.waiting == 1);
    CHECK(RawClient(test.port).ask(get("/a")).status == 200);
  }
  SUBCASE("one that waits: the connection goes on, and it never runs") {
    limits.lanes[index_of(Lane::commit)].time = 1s;  // ends after the first one has begun
    TestServer test(1, limits);
    test.start();
    RawClient running(test.port), waiting(test.port);
    running.send(get("/wait/1"));
    test.await_waiting(1);
    CHECK(waiting.ask(get("/wait/2")).status == 503);
    CHECK(waiting.ask(get("/a")).status == 200);
    test.release();
    test.stop_and_join();
    CHECK(test.waiting == 1);
  }
}

TEST_CASE("Server: a place that hangs holds up itself alone") {
  ServerLimits limits;
  TestServer test(2, limits);
  test.start();
  RawClient first(test.port), second(test.port), other(test.port);
  first.send(get("/wait?place=hanging"));
  test.await_waiting(1);
  second.send(get("/wait?place=hanging"));
  CHECK(other.ask(get("/pool?place=healthy")).status == 200);
}

TEST_CASE(
    "Server: when there are too many connections, the oldest idle one of the client with the "
    "most gives way") {
  TestServer test(1, {.connection_count = 3});
  test.start();
  RawClient oldest(test.port), newer(test.port), other(test.port, "127.0.0.2");
  for (RawClient* client : {&oldest, &newer, &other}) CHECK(client->ask(get("/a")).status == 200);
  RawClient stranger(test.port, "127.0.0.3");
  CHECK(stranger.ask(get("/a")).status == 200);
  CHECK(oldest.at_end());
  CHECK(newer.ask(get("/a")).status == 200);
  CHECK(other.ask(get("/a")).status == 200);
  const ServerFigures figures = test.server.figures();
  CHECK(figures.open_connections == 3);
  CHECK(figures.accepted_connections == 4);
  CHECK(figures.refused_connections == 1);
  CHECK_FALSE(figures.certificate_end);
}

TEST_CASE("Server: busy connections give way to a stranger only where their client has the most") {
  TestServer test(4, {.connection_count = 2});
  test.start();
  RawClient first(test.port), newest(test.port);
  first.send(get("/wait/1"));
  test.await_waiting(1);
  newest.send(get("/wait/2"));
  test.await_waiting(2);
  CHECK(RawClient(test.port).at_end());  // its client already has the most
  CHECK(RawClient(test.port, "127.0.0.2").ask(get("/a")).status == 200);
  CHECK(newest.at_end());
  test.release();
  CHECK(first.read_answer().status == 200);
}

TEST_CASE("Server: a large body is only for those who may send it") {
  TestServer test;
  test.start();
  const std::string large(limits::early_body_bytes + 1, 'x');
  SUBCASE("a declared length is refused before the body comes") {
    RawClient client(test.port);
    client.send("POST /a HTTP/1.1\r\nHost: h\r\nX-Nobody: 1\r\nContent-Length: 70000\r\n\r\n");
    CHECK(client.read_answer().status == 401);
    CHECK(RawClient(test.port)
              .ask("POST /a HTTP/1.1\r\nHost: h\r\nX-Nobody: 1\r\nExpect: 100-continue\r\n"
                   "Content-Length: 70000\r\n\r\n")
              .status == 401);
  }
  SUBCASE("chunks are refused when they become too many") {
    RawClient client(test.port);
    client.send(
        "POST /a HTTP/1.1\r\nHost: h\r\nX-Nobody: 1\r\nTransfer-Encoding: "
        "chunked\r\n\r\nfffff\r\n" +
        large);
    CHECK(client.read_answer().status == 401);
  }
  SUBCASE("a small one is for everybody") {
    CHECK(RawClient(test.port).ask(post("/a", "x", "X-Nobody: 1\r\n")).status == 200);
  }
}

TEST_CASE("Server: when too much is buffered, the client that buffers the most gives way") {
  constexpr size_t part = 40'000;
  TestServer test(1, {.buffer_bytes = 3 * part, .body_time = 1h});
  test.start();
  const std::string half =
      "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n" + std::string(part, 'x');
  RawClient first(test.port), second(test.port);
  first.send(half);
  second.send(half);
  RawClient stranger(test.port, "127.0.0.2");
  stranger.send(half);
  CHECK(second.read_answer().status == 503);
  stranger.send(std::string(60'000 - part, 'x'));
  CHECK(stranger.read_answer().status == 200);
}

TEST_CASE("Server: a client that reads below the minimum rate is cut, although it reads") {
  TestServer test(1, {.write_progress_bytes = 8 * 1024 * 1024, .write_time = 1ms});
  test.start();
  RawClient slow(test.port);
  slow.send(get("/pool/big"));
  test.await_handled(1);
  size_t count = 0;
  char piece[1024];
  for (ssize_t got = 1; got > 0; count += static_cast<size_t>(std::max<ssize_t>(got, 0))) {
    got = ::recv(slow.fd(), piece, sizeof piece, 0);
    if (count < 100 * sizeof piece) std::this_thread::sleep_for(10ms);  // it does read
  }
  CHECK(count < 8 * 1024 * 1024);
}

}  // namespace esclusa::http
