#include "http/outbound.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <thread>

#include "http/server.h"
#include "support/http_test_client.h"
#include "support/http_test_server.h"
#include "support/http_test_tls.h"
#include "support/temp_folder.h"

namespace esclusa::http {
namespace {
using namespace std::chrono_literals;
using testing::RawClient;
using testing::RawListener;

std::string url(uint16_t port, const std::string& path) {
  return "http://127.0.0.1:" + std::to_string(port) + path;
}

// Answers one client with these bytes; returns the head of the request that it received.
struct OneAnswer {
  explicit OneAnswer(std::string bytes)
      : thread([this, bytes = std::move(bytes)] {
          RawClient caller = listener.accept();
          request = caller.read_answer();
          first_line = caller.first_line;
          caller.send(bytes);
          caller.finish_sending();
          caller.at_end();
        }) {}
  OutboundResponse send(OutboundRequest outbound) {
    outbound.url = listener.url("/path?q");
    OutboundResponse response = http::send(outbound);
    thread.join();
    return response;
  }
  RawListener listener;
  Response request;
  std::string first_line;
  std::jthread thread;
};

const std::string plain = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\nok";

void poll_until_idle(Sender& sender) {
  while (sender.in_flight() > 0) sender.poll(20s);
}

}  // namespace

TEST_CASE("send: sends what the caller gives, and adds nothing of libcurl's own") {
  OneAnswer server(plain);
  OutboundResponse response = server.send({.method = "POST",
                                           .headers = {{"X-Event", "deployment"}, {"X-Empty", ""}},
                                           .body = std::string(2'000'000, 'x')});
  CHECK(response.failure == OutboundFailure::none);
  CHECK(response.failure_text == "");
  CHECK(response.status == 200);
  CHECK(response.body == "ok");
  CHECK(response.headers.find("x-a") == "b");
  CHECK(response.duration.count() > 0);
  CHECK(server.first_line == "POST /path?q HTTP/1.1");
  CHECK(server.request.body.size() == 2'000'000);
  CHECK(server.request.headers.find("X-Event") == "deployment");
  CHECK(server.request.headers.find("X-Empty") == "");
  for (const char* name : {"Expect", "Accept", "User-Agent", "Content-Type"}) {
    CHECK_FALSE(server.request.headers.has(name));
  }
}

TEST_CASE("send: methods and fields are sent unchanged") {
  for (std::string method : {"GET", "PUT", "PATCH", "DELETE", "QUERY"}) {
    OneAnswer server(plain);
    OutboundResponse response =
        server.send({.method = method, .headers = {{"User-Agent", "a"}, {"Accept", "b"}}});
    CHECK(response.body == "ok");
    CHECK(server.first_line == method + " /path?q HTTP/1.1");
    CHECK(server.request.headers.find("User-Agent") == "a");
    CHECK(server.request.headers.find("Accept") == "b");
  }
  OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
  OutboundResponse response = server.send({.method = "HEAD"});
  CHECK(response.failure == OutboundFailure::none);
  CHECK(response.headers.find("Content-Length") == "2");
}

TEST_CASE("send: a redirect is returned, not followed") {
  RawListener elsewhere;
  OneAnswer server("HTTP/1.1 302 Found\r\nLocation: " + elsewhere.url() +
                   "\r\nContent-Length: 0\r\n\r\n");
  OutboundResponse response = server.send({});
  CHECK(response.status == 302);
  CHECK(response.headers.find("Location") == elsewhere.url());
  CHECK_FALSE(elsewhere.has_caller());
}

TEST_CASE("send: the body is kept up to the limit, and the rest is not waited for") {
  OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" +
                   std::string(100'000, 'x'));
  OutboundResponse response = server.send({.kept_body_bytes = 1000});
  CHECK(response.failure == OutboundFailure::none);
  CHECK(response.status == 200);
  CHECK(response.body == std::string(1000, 'x'));
}

TEST_CASE("send: header fields are kept up to the limit; those of 1xx and trailers are dropped") {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "X-Many: " + std::string(90, 'x') + "\r\n";
  OneAnswer server("HTTP/1.1 100 Continue\r\nX-Early: a\r\n\r\nHTTP/1.1 200 OK\r\n" + many +
                   "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Late: a\r\n\r\n");
  OutboundResponse response = server.send({});
  CHECK(response.body == "ok");
  CHECK_FALSE(response.headers.has("X-Early"));
  CHECK_FALSE(response.headers.has("X-Late"));
  auto count = std::distance(response.headers.begin(), response.headers.end());
  CHECK(count > 100);
  CHECK(count < 200);
}

TEST_CASE("send: a refused address is never connected to") {
  RawListener listener;
  int asked = 0;
  OutboundResponse response = send({.url = listener.url(), .allow_address = [&](const sockaddr& a) {
                                      ++asked;
                                      CHECK(a.sa_family == AF_INET);
                                      return false;
                                    }});
  CHECK(response.failure == OutboundFailure::refused_address);
  CHECK(response.failure_text != "");
  CHECK(response.status == 0);
  CHECK(asked == 1);
  CHECK_FALSE(listener.has_caller());
}

TEST_CASE("send: unusual spellings of an address are judged as the address that they mean") {
  for (const char* host : {"0x7f.1", "2130706433", "127.1", "localhost"}) {
    bool loopback = false;
    send({.url = std::string("http://") + host + "/", .allow_address = [&](const sockaddr& a) {
            loopback =
                a.sa_family == AF_INET6 ||
                reinterpret_cast<const sockaddr_in&>(a).sin_addr.s_addr == htonl(INADDR_LOOPBACK);
            return false;
          }});
    CHECK(loopback);
  }
}

TEST_CASE("send: time limits") {
  RawListener silent;  // accepts the connection, and never answers
  OutboundResponse response = send({.url = silent.url(), .total_time = 50ms});
  CHECK(response.failure == OutboundFailure::timed_out);
  CHECK(response.failure_text != "");
}

TEST_CASE("send: each kind of failure is reported as such") {
  uint16_t free_port = RawListener().port;  // the listener is closed again
  CHECK(send({.url = url(free_port, "/")}).failure == OutboundFailure::could_not_connect);
  // The label is too long for a DNS name, so no name server is asked.
  CHECK(send({.url = "http://" + std::string(64, 'a') + ".invalid/"}).failure ==
        OutboundFailure::could_not_connect);
  for (const char* text : {"ftp://127.0.0.1/", "file:///etc/passwd", "nonsense:", ""}) {
    OutboundResponse response = send({.url = text});
    CHECK(response.failure == OutboundFailure::other);
    CHECK(response.failure_text != "");
  }
  RawListener no_tls;
  std::jthread thread([&] { no_tls.accept().send(plain); });
  std::string text = "https://127.0.0.1:" + std::to_string(no_tls.port) + "/";
  CHECK(send({.url = text}).failure == OutboundFailure::tls);
}

TEST_CASE("send: line breaks in a method or field are not sent") {
  RawListener listener;
  for (OutboundRequest request : {OutboundRequest{.headers = {{"X", "a\r\nY: b"}}},
                                  OutboundRequest{.headers = {{"X: a\r\nY", "b"}}},
                                  OutboundRequest{.method = "GET / HTTP/1.1\r\nX: y"}}) {
    request.url = listener.url();
    CHECK(send(request).failure == OutboundFailure::other);
  }
  CHECK_FALSE(listener.has_caller());
}

TEST_CASE("send: proxies of the environment are not used") {
  RawListener proxy;
  std::string setting = proxy.url();
  ::setenv("http_proxy", setting.c_str(), 1);
  ::setenv("ALL_PROXY", setting.c_str(), 1);
  OneAnswer server(plain);
  CHECK(server.send({}).status == 200);
  CHECK_FALSE(proxy.has_caller());
  ::unsetenv("http_proxy");
  ::unsetenv("ALL_PROXY");
}

TEST_CASE("send: reaches a server on its unix socket") {
  std::string path = std::filesystem::temp_directory_path() /
                     ("outbound_test." + std::to_string(getpid()) + ".sock");
  Server server({.plan =
                     [](const Request& r) {
                       return Plan{.lane = Lane::loop,
                                   .answer = [&r] { return Response{200, {}, r.peer + r.target}; }};
                     },
                 .refuse = [](const Request&, int status) { return Response{status, {}, {}}; }});
  REQUIRE(server.listen_local(path, 0600, Door::local_admin));
  std::jthread thread([&] { server.run(); });
  OutboundResponse response =
      send({.url = "http://localhost/a", .unix_socket = path, .allow_address = [](const sockaddr&) {
              return false;
            }});
  CHECK(response.body == "local/a");
  server.stop();
}

TEST_CASE("Sender: many requests at once, each with its own answer") {
  Server server({.plan =
                     [](const Request& r) {
                       return Plan{.lane = r.body.size() % 2 == 0 ? Lane::commit : Lane::loop,
                                   .answer = [&r] { return Response{200, {}, r.target + r.body}; }};
                     },
                 .refuse = [](const Request&, int status) { return Response{status, {}, {}}; }});
  uint16_t port = server.listen("127.0.0.1", 0).value();
  std::jthread thread([&] { server.run(); });
  Sender sender;
  std::map<int, OutboundResponse> answers;
  for (int i = 0; i < 40; ++i) {
    OutboundRequest request{.method = "POST",
                            .url = url(port, "/" + std::to_string(i)),
                            .body = std::string(static_cast<size_t>(i), 'x')};
    sender.start(std::move(request), [&, i](OutboundResponse r) { answers[i] = std::move(r); });
  }
  CHECK(sender.in_flight() == 40);
  CHECK(answers.empty());
  poll_until_idle(sender);
  REQUIRE(answers.size() == 40);
  for (auto& [i, response] : answers) {
    CHECK(response.body == "/" + std::to_string(i) + std::string(static_cast<size_t>(i), 'x'));
    CHECK_FALSE(response.headers.has("Connection"));
  }
  server.stop();
}

TEST_CASE("Sender: poll reports failures, and done may start the next request") {
  RawListener silent;
  Sender sender;
  std::vector<OutboundFailure> failures;
  auto note = [&](OutboundResponse response) { failures.push_back(response.failure); };
  sender.start({.url = silent.url(), .headers = {{"X", "\n"}}}, [&](OutboundResponse response) {
    note(std::move(response));
    sender.start({.url = silent.url(), .allow_address = [](const sockaddr&) { return false; }},
                 [&](OutboundResponse refused) {
                   note(std::move(refused));
                   sender.start({.url = silent.url(), .total_time = 20ms}, note);
                 });
  });
  CHECK(failures.empty());
  poll_until_idle(sender);
  CHECK(failures == std::vector{OutboundFailure::other, OutboundFailure::refused_address,
                                OutboundFailure::timed_out});
}

TEST_CASE("Sender: wake makes a waiting poll return") {
  Sender sender;
  std::jthread waker([&] { sender.wake(); });
  sender.poll(1h);
  CHECK(sender.in_flight() == 0);
}

namespace {

/// Sends a request, and waits for its answer.
OutboundResponse exchange(Sender& sender, OutboundRequest request) {
  OutboundResponse answer;
  sender.start(std::move(request),
               [&](OutboundResponse response) { answer = std::move(response); });
  poll_until_idle(sender);
  return answer;
}

}  // namespace

TEST_CASE("Sender: a connection is kept for the next request, and each judges its address") {
  RawListener listener;
  std::jthread server([&] {
    RawClient caller = listener.accept();
    for (int i = 0; i < 3; ++i) {
      caller.read_answer();
      caller.send(plain);
    }
    CHECK(caller.at_end());
  });
  int judged = 0;
  auto allow = [&](const sockaddr&) { return ++judged > 0; };
  {
    Sender sender;
    for (int i = 0; i < 3; ++i) {
      CHECK(exchange(sender, {.url = listener.url(), .allow_address = allow}).body == "ok");
    }
  }
  server.join();
  CHECK(judged == 4);  // of a new connection before it is made, too
  CHECK_FALSE(listener.has_caller());
}

TEST_CASE("Sender: a kept connection to an address that is not allowed any more is not used") {
  RawListener listener;
  std::jthread server([&] {
    RawClient caller = listener.accept();
    caller.read_answer();
    caller.send(plain);
    CHECK(caller.at_end());  // nothing more has come
  });
  bool is_allowed = true;
  auto allow = [&](const sockaddr&) { return is_allowed; };
  {
    Sender sender;
    CHECK(exchange(sender, {.url = listener.url(), .allow_address = allow}).body == "ok");
    is_allowed = false;
    const auto refused = exchange(sender, {.url = listener.url(), .allow_address = allow});
    CHECK(refused.failure == OutboundFailure::refused_address);
    CHECK(refused.failure_text == "the address is not allowed");
  }
  server.join();
  CHECK_FALSE(listener.has_caller());
}

TEST_CASE("Sender: a request that finds its kept connection closed is sent on a new one") {
  RawListener listener;
  std::jthread server([&] {
    for (int i = 0; i < 3; ++i) {
      RawClient caller = listener.accept();
      const Response request = caller.read_answer();
      CHECK(request.body == "once");
      caller.send(plain);
    }
  });
  Sender sender;
  for (int i = 0; i < 3; ++i) {
    const OutboundRequest request{.method = "POST", .url = listener.url(), .body = "once"};
    CHECK(exchange(sender, request).body == "ok");
  }
}

TEST_CASE("Sender: a connection is not kept for another host or port, or for an answer too long") {
  RawListener first, second;
  std::jthread server([&] {
    std::vector<RawClient> callers;
    for (RawListener* listener : {&first, &second, &first, &first}) {
      callers.push_back(listener->accept());
      callers.back().read_answer();
      callers.back().send(plain);
    }
  });
  Sender sender;
  const std::string by_name = "http://localhost:" + std::to_string(first.port) + "/";
  for (const std::string& text : {first.url(), second.url(), by_name}) {
    CHECK(exchange(sender, {.url = text, .kept_body_bytes = 1}).body == "o");
  }
  CHECK(exchange(sender, {.url = first.url()}).body == "ok");
}

TEST_CASE("Sender: a connection without a check of the certificate is not kept for one with it") {
  const test::TempFolder folder;
  testing::TestAuthority authority(folder.path());
  testing::TestServer server;
  server.server.use_tls(authority.issue("first").load());
  server.start();
  const std::string text = "https://localhost:" + std::to_string(server.port) + "/a";
  Sender sender;
  CHECK(exchange(sender, {.url = text, .verify_tls = false}).status == 200);
  CHECK(exchange(sender, {.url = text}).failure == OutboundFailure::tls);
  CHECK(exchange(sender, {.url = text, .ca_file = authority.ca_file}).status == 200);
  CHECK(exchange(sender, {.url = text}).failure == OutboundFailure::tls);
}

TEST_CASE("Sender: connections that nothing uses are closed") {
  RawListener listener;
  std::jthread server([&] {
    RawClient caller = listener.accept();
    caller.read_answer();
    caller.send(plain);
    CHECK(caller.at_end());
  });
  Sender sender(0ms);
  CHECK(exchange(sender, {.url = listener.url()}).body == "ok");
  sender.poll(0ms);
  server.join();
}

TEST_CASE("Sender: may be destroyed with requests in flight") {
  RawListener silent;
  Sender sender;
  sender.start({.url = silent.url()}, [](OutboundResponse) { FAIL("must not be called"); });
  sender.poll(0ms);
}

}  // namespace esclusa::http
