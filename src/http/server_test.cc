#include "http/server.h"

#include <doctest/doctest.h>
#include <signal.h>

#include <atomic>
#include <semaphore>
#include <thread>
#include <vector>

#include "support/http_test_client.h"
#include "support/http_test_server.h"

namespace esclusa::http {
namespace {
using namespace std::chrono_literals;
using testing::get;
using testing::post;
using testing::RawClient;
using testing::TestServer;
}  // namespace

TEST_CASE("Server: one connection serves several requests in turn") {
  TestServer test;
  test.start();
  RawClient client(test.port);
  for (const char* target : {"/a", "/pool", "/b"}) {
    Response answer = client.ask(post(target, "body"));
    CHECK(answer.status == 200);
    CHECK(answer.body == std::string("POST ") + target + " body");
    CHECK(answer.headers.has("Date"));
    CHECK_FALSE(answer.headers.has("Connection"));
    CHECK(answer.headers.find("X-Peer") == "127.0.0.1");
    CHECK(answer.headers.find("X-Door") == "network");
  }
}

TEST_CASE("Server: pipelined requests are answered in order, on whichever thread they run") {
  TestServer test;
  test.start();
  RawClient client(test.port);
  std::string all;
  for (int i = 0; i < 50; ++i) {
    std::string number = std::to_string(i);
    all += i % 3 == 0 ? post("/pool/" + number, std::string(5000, 'z')) : get("/" + number);
  }
  client.send(all);
  for (int i = 0; i < 50; ++i) {
    std::string body = client.read_answer().body;
    CHECK(body.starts_with(i % 3 == 0 ? "POST /pool/" + std::to_string(i) + " z"
                                      : "GET /" + std::to_string(i) + " "));
  }
}

TEST_CASE("Server: a pipeline of large answers waits for a client that reads late") {
  TestServer test;
  test.start();
  RawClient client(test.port);
  client.send(get("/big") + get("/big-kept") + get("/a"));
  CHECK(client.read_answer().body == std::string(8 * 1024 * 1024, 'x'));
  CHECK(client.read_answer().body == std::string(8 * 1024 * 1024, 'y'));
  CHECK(client.read_answer().body == "GET /a ");
}

TEST_CASE("Server: HEAD is answered without body, with the length that GET would have") {
  TestServer test;
  test.start();
  RawClient client(test.port);
  client.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
  Response answer = client.read_answer(false);
  CHECK(answer.headers.find("Content-Length") == "8");
  CHECK(client.ask(get("/b")).body == "GET /b ");
}

TEST_CASE("Server: 204 and 304 have neither a body nor a length") {
  TestServer test;
  test.start();
  RawClient client(test.port);
  for (const char* target : {"/empty", "/same"}) {
    Response answer = client.ask(get(target));
    CHECK((answer.status == 204 || answer.status == 304));
    CHECK_FALSE(answer.headers.has("Content-Length"));
  }
  CHECK(client.ask(get("/b")).body == "GET /b ");
}

TEST_CASE("Server: a handler cannot forge fields or lengths") {
  TestServer test;
  test.start();
  RawClient client(test.port);
  Response answer = client.ask(get("/forge"));
  CHECK_FALSE(answer.headers.has("X-B"));
  CHECK(answer.headers.find("Content-Length") == "0");
}

TEST_CASE("Server: a body that is too large is refused with 413, and the connection closed") {
  TestServer test;
  test.start();
  std::string large(limits::body_bytes + 1, 'x');
  SUBCASE("when its length is announced, before it comes") {
    RawClient client(test.port);
    client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n");
    Response answer = client.read_answer();
    CHECK(answer.status == 413);
    CHECK(answer.headers.find("Connection") == "close");
    CHECK(answer.headers.find("X-Refused") == "/a");
    CHECK(client.at_end());
  }
  SUBCASE("while it is being sent, so that the client reads the answer all the same") {
    RawClient client(test.port);
    CHECK(client.ask(post("/a", large)).status == 413);
    client.finish_sending();
    CHECK(client.at_end());
  }
  SUBCASE("in chunks") {
    RawClient client(test.port);
    client.send("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 17; ++i) client.send("10000\r\n" + std::string(0x10000, 'x') + "\r\n");
    CHECK(client.read_answer().status == 413);
  }
  SUBCASE("but not at the limit") {
    RawClient client(test.port);
    large.pop_back();
    CHECK(client.ask(post("/a", large)).body == "POST /a " + large);
  }
}

TEST_CASE("Server: a head that is too large is refused with 431, a target with 414") {
  TestServer test;
  test.start();
  CHECK(RawClient(test.port).ask(get("/", "A: " + std::string(20'000, 'x'))).status == 431);
  CHECK(RawClient(test.port).ask(get("/" + std::string(10'000, 'x'))).status == 414);
}

TEST_CASE("Server: a malformed request is refused with 400 in the service's shape") {
  TestServer test;
  test.start();
  RawClient client(test.port);
  Response answer = client.ask("nonsense\r\n\r\n");
  CHECK(answer.status == 400);
  CHECK(answer.body == "{\"message\":\"no\"}");
  CHECK(answer.headers.find("Connection") == "close");
  CHECK(client.at_end());
}

TEST_CASE("Server: Expect: 100-continue is answered before the body is sent") {
  TestServer test;
  test.start();
  RawClient client(test.port);
  std::string head = "POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: ";
  for (int round = 0; round < 2; ++round) {
    client.send(head + "4\r\n\r\n");
    CHECK(client.read_answer().status == 100);
    CHECK(client.ask("body").body == "POST /a body");
  }
  CHECK(client.ask(head + "4\r\n\r\nbody").body == "POST /a body");  // it did not wait for the 100
  CHECK(client.ask(head + "99999999\r\n\r\n").status == 413);
}

TEST_CASE("Server: a handler that throws is answered with 500, and the connection stays open") {
  TestServer test;
  test.start();
  RawClient client(test.port);
  CHECK(client.ask(get("/throw")).status == 500);
  CHECK(client.ask(get("/pool/throw")).headers.find("X-Refused") == "/pool/throw");
  CHECK(client.ask(get("/b")).status == 200);
}

TEST_CASE("Server: a full queue is answered with 503, while quick requests go on") {
  TestServer test(1, {}, 1);
  test.start();
  RawClient running(test.port), queued(test.port), refused(test.port);
  running.send(get("/wait/1"));
  test.await_waiting(1);
  // The requests are pipelined: the quick answer shows that the other request was queued.
  queued.send(get("/quick") + get("/wait/2"));
  CHECK(queued.read_answer().status == 200);
  CHECK(refused.ask(get("/wait/3")).status == 503);
  CHECK(refused.ask(get("/quick")).status == 200);
  test.release();
  CHECK(running.read_answer().body == "GET /wait/1 ");
  CHECK(queued.read_answer().body == "GET /wait/2 ");
}

TEST_CASE("Server: a client that closed only its sending half is answered") {
  TestServer test;
  test.start();
  RawClient client(test.port), half(test.port);
  client.send(get("/pool/a"));
  client.finish_sending();
  CHECK(client.read_answer().body == "GET /pool/a ");
  CHECK(client.at_end());
  half.send("GET /pool/a HT");
  half.finish_sending();
  CHECK(half.read_answer().status == 400);
}

TEST_CASE("Server: a client that vanished while its request ran does no harm") {
  TestServer test;
  test.start();
  {
    RawClient client(test.port);
    client.send(get("/wait"));
    test.await_waiting(1);
    linger abort{1, 0};
    ::setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
  }
  test.release();
  CHECK(RawClient(test.port).ask(get("/b")).status == 200);
}

TEST_CASE("Server: many clients at once get their own answers") {
  TestServer test;
  test.start();
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        RawClient client(test.port);
        for (int k = 0; k < 100; ++k) {
          std::string target = (k % 2 ? "/" : "/pool/") + std::to_string(i * 1000 + k);
          if (client.ask(get(target)).body == "GET " + target + " ") ++right;
        }
      });
    }
  }
  CHECK(right == 800);
}

TEST_CASE("SignalWatcher: reports each SIGTERM and SIGINT from a thread") {
  std::counting_semaphore<> told(0);
  {
    SignalWatcher watcher([&] { told.release(); });
    ::kill(::getpid(), SIGTERM);
    CHECK(told.try_acquire_for(20s));
    ::kill(::getpid(), SIGINT);
    CHECK(told.try_acquire_for(20s));
  }
  CHECK_FALSE(told.try_acquire());
}

TEST_CASE("SignalWatcher: reports SIGHUP separately, if requested") {
  std::counting_semaphore<> stops(0), reloads(0);
  {
    SignalWatcher watcher([&] { stops.release(); }, [&] { reloads.release(); });
    ::kill(::getpid(), SIGHUP);
    CHECK(reloads.try_acquire_for(20s));
    CHECK_FALSE(stops.try_acquire());
    ::kill(::getpid(), SIGTERM);
    CHECK(stops.try_acquire_for(20s));
  }
  CHECK_FALSE(reloads.try_acquire());
}

TEST_CASE("SignalWatcher: goes on when what it calls throws") {
  std::counting_semaphore<> reloads(0);
  SignalWatcher watcher([] {},
                        [&] {
                          reloads.release();
                          throw std::runtime_error("a certificate that cannot be read");
                        });
  for (int i = 0; i < 2; ++i) {
    ::kill(::getpid(), SIGHUP);
    CHECK(reloads.try_acquire_for(20s));
  }
}

}  // namespace esclusa::http
