#include <doctest/doctest.h>

#include "http/outbound.h"
#include "http/server.h"
#include "support/http_test_server.h"
#include "support/http_test_tls.h"
#include "support/temp_folder.h"

namespace esclusa::http {
namespace {
using namespace std::chrono_literals;
using test::TempFolder;
using testing::get;
using testing::post;
using testing::RawClient;
using testing::TestAuthority;
using testing::TestServer;
using testing::TlsClient;

/// A running server that speaks TLS, and the authority of its certificate.
struct TlsServer : TestServer {
  explicit TlsServer(ServerLimits limits = {}) : TestServer(4, limits) {
    server.use_tls(authority.issue("first").load());
    start();
  }
  TlsClient client(const TlsClient::Adjust& adjust = {}) {
    return TlsClient(port, authority.ca_file, adjust);
  }
  std::string url(const std::string& target, const std::string& host = "localhost") const {
    return "https://" + host + ":" + std::to_string(port) + target;
  }
  bool is_alive() { return client().ask(get("/a")).status == 200; }

  TempFolder folder;
  TestAuthority authority{folder.path()};
};

/// The first message of a TLS handshake (ClientHello).
std::string client_hello() {
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                            SSL_CTX_free);
  std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context.get()), SSL_free);
  SSL_set_bio(tls.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_connect(tls.get());
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(SSL_get_wbio(tls.get()), &bytes);
  return {bytes, static_cast<size_t>(size)};
}
}  // namespace

TEST_CASE("Server over TLS: libcurl verifies it, and its requests are marked as secure") {
  TlsServer test;
  for (std::string host : {"localhost", "127.0.0.1"}) {
    auto answer = send({.url = test.url("/a", host), .ca_file = test.authority.ca_file});
    CHECK_MESSAGE(answer.status == 200, answer.failure_text);
    CHECK(answer.headers.find("X-Secure") == "yes");
  }
  CHECK(send({.url = test.url("/a")}).failure == OutboundFailure::tls);
  TempFolder elsewhere;
  TestAuthority stranger(elsewhere.path());
  CHECK(send({.url = test.url("/a"), .ca_file = stranger.ca_file}).failure == OutboundFailure::tls);
}

TEST_CASE("Server over TLS: libcurl refuses the certificate of another host, and sends nothing") {
  TempFolder folder;
  TestAuthority authority(folder.path());
  TestServer test;
  test.server.use_tls(authority.issue("first").load());
  const uint16_t port = test.server.listen("127.0.0.2", 0).value();
  test.start();
  const auto answer = send(
      {.url = "https://127.0.0.2:" + std::to_string(port) + "/a", .ca_file = authority.ca_file});
  CHECK(answer.failure == OutboundFailure::tls);
  CHECK(test.handled == 0);
}

TEST_CASE("Server over TLS: accepts 1.2 and 1.3, not 1.1") {
  TlsServer test;
  auto exactly = [](int version) {
    return [version](SSL* tls) {
      SSL_set_security_level(tls, 0);
      SSL_set_min_proto_version(tls, version);
      SSL_set_max_proto_version(tls, version);
    };
  };
  CHECK(test.client(exactly(TLS1_2_VERSION)).ask(get("/a")).status == 200);
  CHECK(test.client(exactly(TLS1_3_VERSION)).ask(get("/a")).status == 200);
  CHECK(test.client(exactly(TLS1_1_VERSION)).failure == "tlsv1 alert protocol version");
}

TEST_CASE("Server over TLS: agrees on HTTP/1.1, and refuses a client that has only HTTP/2") {
  TlsServer test;
  auto offering = [](std::string list) {
    return [list](SSL* tls) {
      SSL_set_alpn_protos(tls, reinterpret_cast<const unsigned char*>(list.data()),
                          static_cast<unsigned>(list.size()));
    };
  };
  TlsClient both = test.client(offering("\x02h2\x08http/1.1"));
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(both.tls(), &chosen, &size);
  CHECK(std::string(reinterpret_cast<const char*>(chosen), size) == "http/1.1");
  CHECK(both.ask(get("/a")).status == 200);
  CHECK(test.client(offering("\x02h2")).failure.contains("no application protocol"));
}

TEST_CASE("Server over TLS: answers request after request on one connection, also pipelined") {
  TlsServer test;
  TlsClient client = test.client();
  CHECK(client.ask(get("/a")).body == "GET /a ");
  CHECK(client.ask(post("/pool/b", "body")).body == "POST /pool/b body");
  std::string all;
  for (int i = 0; i < 200; ++i) all += get((i % 3 ? "/" : "/pool/") + std::to_string(i));
  client.send(all);
  int right = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string target = (i % 3 ? "/" : "/pool/") + std::to_string(i);
    if (client.read_answer().body == "GET " + target + " ") ++right;
  }
  CHECK(right == 200);
}

TEST_CASE("Server over TLS: a request may come byte by byte, each byte in its own record") {
  TlsServer test;
  TlsClient client = test.client();
  for (char byte : post("/a", "slow")) client.send({&byte, 1});
  CHECK(client.read_answer().body == "POST /a slow");
}

TEST_CASE("Server over TLS: large bodies are transferred unchanged in both directions") {
  TlsServer test;
  TlsClient client = test.client();
  const std::string counted = TestServer::counted(), body = counted.substr(0, 1024 * 1024);
  for (std::string target : {"/a", "/pool/a"}) {
    CHECK(client.ask(post(target, body)).body == "POST " + target + " " + body);
  }
  client.send(get("/count") + get("/count"));  // more than the socket takes at once
  CHECK(client.read_answer().body == counted);
  CHECK(client.read_answer().body == counted);
  auto answer = send({.method = "POST",
                      .url = test.url("/pool/a"),
                      .body = body,
                      .ca_file = test.authority.ca_file});
  CHECK(answer.body == "POST /pool/a " + body);
}

TEST_CASE("Server over TLS: 100 is sent before a body, and a body that is too large is refused") {
  TlsServer test({.body_bytes = 4});
  TlsClient client = test.client();
  client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.read_answer(false).status == 100);
  CHECK(client.ask("body").body == "POST /a body");
  CHECK(client.ask(post("/b", "large")).status == 413);
  CHECK(client.at_orderly_end());
}

TEST_CASE("Server over TLS: key updates and session tickets work") {
  TlsServer test;
  TlsClient client = test.client();
  CHECK(client.ask(get("/a")).status == 200);
  REQUIRE(SSL_key_update(client.tls(), SSL_KEY_UPDATE_REQUESTED) == 1);
  CHECK(client.ask(post("/b", "body")).body == "POST /b body");
  CHECK(client.ask(get("/pool/c")).status == 200);

  std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)> ticket(SSL_get1_session(client.tls()),
                                                                   SSL_SESSION_free);
  auto resume = [&](SSL* tls) { SSL_set_session(tls, ticket.get()); };
  TlsClient second = test.client(resume);
  CHECK(second.ask(get("/a")).status == 200);
  CHECK(SSL_session_reused(second.tls()) == 1);
  test.server.use_tls(test.authority.issue("next").load());
  CHECK(test.client(resume).server_name() == "next");
}

TEST_CASE("Server over TLS: new connections use a new certificate, open ones keep the old one") {
  TlsServer test;
  TlsClient before = test.client(), waiting = test.client();
  CHECK(before.ask(get("/a")).status == 200);
  waiting.send(get("/wait"));
  test.await_waiting(1);
  test.server.use_tls(test.authority.issue("second").load());
  TlsClient after = test.client();
  CHECK(before.server_name() == "first");
  CHECK(after.server_name() == "second");
  CHECK(after.ask(get("/b")).status == 200);
  CHECK(before.ask(get("/b")).status == 200);
  test.release();
  CHECK(waiting.read_answer().status == 200);
}

TEST_CASE("Server over TLS: a handshake that is not finished within the header time is closed") {
  TlsServer test({.header_time = 1ms});
  RawClient silent(test.port), half(test.port), whole(test.port);
  const std::string hello = client_hello();
  half.send(hello.substr(0, hello.size() / 2));
  whole.send(hello);
  CHECK(silent.at_end());
  CHECK(half.at_end());
  char bytes[4096];
  while (::recv(whole.fd(), bytes, sizeof bytes, 0) > 0) {
  }
  CHECK(whole.at_end());
}

TEST_CASE("Server over TLS: garbage and clients that vanish do no harm") {
  TlsServer test;
  const std::string hello = client_hello();
  for (std::string sent : {std::string("\x16\x03\x01\xff\xff garbage"), std::string(5000, '\xff'),
                           std::string("\x80\x2e\x01"), hello + "garbage behind the hello"}) {
    RawClient client(test.port);
    client.send(sent);
    client.finish_sending();
    char bytes[4096];
    while (::recv(client.fd(), bytes, sizeof bytes, 0) > 0) {
    }
  }
  for (size_t size : {size_t{0}, size_t{1}, hello.size() / 2, hello.size()}) {
    RawClient client(test.port);
    client.send(hello.substr(0, size));
    client.vanish();
  }
  for (std::string target : {"/wait", "/count"}) {
    TlsClient client = test.client();
    client.send(get(target));
    client.vanish();
  }
  test.release();
  CHECK(test.is_alive());
}

TEST_CASE("Server over TLS: plain HTTP is answered with a 400 that explains it") {
  TlsServer test;
  for (std::string method : {"GET", "POST", "DELETE", "PATCH"}) {
    RawClient client(test.port);
    Response answer = client.ask(method + " /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    CHECK(answer.status == 400);
    CHECK(answer.body.contains("https://"));
    CHECK(answer.headers.find("Connection") == "close");
    client.finish_sending();
    CHECK(client.at_end());
  }
  CHECK(test.handled == 0);
}

TEST_CASE("Server over TLS: unix sockets do not use TLS") {
  TestServer test;
  TempFolder folder;
  test.server.use_tls(TestAuthority(folder.path()).issue("first").load());
  const std::string path = folder / "a.sock";
  REQUIRE(test.server.listen_local(path, 0600, Door::local_admin));
  test.start();
  CHECK(RawClient(path).ask(get("/a")).headers.find("X-Secure") == "no");
}

TEST_CASE("Server over TLS: only a complete answer is ended by close_notify") {
  TlsServer test({.write_time = 1ms});
  TlsClient last = test.client(), idle = test.client(), half = test.client(), slow = test.client();
  CHECK(last.ask(get("/a", "Connection: close\r\n")).status == 200);
  CHECK(last.at_orderly_end());

  half.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbo");
  SSL_shutdown(half.tls());
  CHECK(half.read_answer().status == 400);
  CHECK(half.at_orderly_end());
  half.vanish();

  slow.send(get("/count"));
  test.await_handled(2);
  CHECK(idle.ask(get("/a")).status == 200);
  test.server.stop();
  CHECK(idle.at_orderly_end());
  test.thread.join();  // the slow client was disconnected
  CHECK(slow.read_answer().body.size() < TestServer::counted().size());
  CHECK_FALSE(slow.at_orderly_end());
}

}  // namespace esclusa::http
