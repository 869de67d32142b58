#include "http/server.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "http/listening_socket.h"
#include "http/outbound.h"
#include "support/captured_log.h"
#include "support/http_test_client.h"
#include "support/http_test_server.h"
#include "support/no_descriptors.h"
#include "support/temp_folder.h"

namespace esclusa::http {
namespace {
using namespace std::chrono_literals;
using testing::get;
using testing::RawClient;
using testing::TestServer;
}  // namespace

TEST_CASE("Server: a connection that sends nothing is closed after the header time") {
  TestServer test(1, {.header_time = 1ms});
  test.start();
  CHECK(RawClient(test.port).at_end());
}

TEST_CASE("Server: an answered connection is closed after the idle time") {
  TestServer test(1, {.header_time = 1h, .idle_time = 1ms});
  test.start();
  RawClient client(test.port);
  CHECK(client.ask(get("/a")).status == 200);
  CHECK(client.at_end());
}

TEST_CASE("Server: half a request is refused with 408 when its time is over") {
  TestServer test(1, {.body_time = 1ms});
  test.start();
  RawClient client(test.port);
  client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbo");
  Response answer = client.read_answer();
  CHECK(answer.status == 408);
  CHECK(answer.headers.find("X-Refused") == "/a");
  CHECK(client.at_end());
}

TEST_CASE("Server: a connection that does not read its answer is closed after the write time") {
  TestServer test(1, {.write_time = 1ms, .drain_time = 1h});
  test.start();
  RawClient client(test.port);
  client.send(get("/pool/big"));
  client.send(get("/pool/big"));
  test.await_handled(1);
  test.server.stop();
  test.thread.join();  // only the write time ends it
}

TEST_CASE("Server: the connection limit does not apply to the local sockets") {
  test::TempFolder folder;
  const std::string path = (folder / "a.sock").string();
  TestServer test(1, {.connection_count = 1});
  REQUIRE(test.server.listen_local(path, 0600, Door::local_admin));
  test.start();
  RawClient first(test.port);
  CHECK(first.ask(get("/a")).status == 200);
  CHECK(RawClient(path).ask(get("/a")).status == 200);
}

// The address sanitizer opens files itself, and ends the process where it cannot.
#ifdef __SANITIZE_ADDRESS__
constexpr bool sanitizer_needs_descriptors = true;
#else
constexpr bool sanitizer_needs_descriptors = false;
#endif

TEST_CASE("Server: after it ran out of descriptors, it accepts again" *
          doctest::skip(sanitizer_needs_descriptors)) {
  TestServer test(1);
  test.start();
  std::optional<RawClient> client;
  const std::string log = test::captured_log([&] {
    test::NoDescriptors full(1);
    client.emplace(test.port);           // takes the last descriptor
    std::this_thread::sleep_for(600ms);  // long enough for the server to try, twice
  });
  CHECK(log.contains("cannot accept a connection"));
  CHECK(client->ask(get("/a")).status == 200);
}

TEST_CASE("Server: a body may take longer than the header time") {
  TestServer test(1, {.header_time = 1s, .body_time = 1h});
  test.start();
  RawClient client(test.port);
  client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.read_answer(false).status == 100);
  std::this_thread::sleep_for(1600ms);  // long enough for the server to check its deadlines
  CHECK(client.ask("body").body == "POST /a body");
}

TEST_CASE("Server: a reader that is slow but steady gets its whole answer") {
  TestServer test(1, {.write_time = 1s});
  test.start();
  RawClient client(test.port);
  const int small = 64 * 1024;  // else the buffers of the sockets take the whole answer
  ::setsockopt(client.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  client.send(get("/pool/vast"));
  std::string piece(256 * 1024, '\0');
  size_t received = 0;
  while (received < 32 * 1024 * 1024) {
    const ssize_t count = ::recv(client.fd(), piece.data(), piece.size(), MSG_WAITALL);
    if (count <= 0) break;
    received += static_cast<size_t>(count);
    std::this_thread::sleep_for(20ms);
  }
  CHECK(received >= 32 * 1024 * 1024);
}

TEST_CASE("Server: a request that arrived before the stop is answered") {
  std::atomic<bool> is_held = false, is_released = false;
  Server server({.plan =
                     [&](const Request& request) {  // on the I/O thread
                       if (request.path() == "/hold") {
                         is_held = true;
                         is_held.notify_all();
                         is_released.wait(false);
                       }
                       return Plan{.lane = Lane::loop,
                                   .answer = [] { return Response{200, {}, "answered"}; }};
                     },
                 .refuse = [](const Request&, int status) { return Response{status}; }});
  const uint16_t port = server.listen("127.0.0.1", 0).value();
  std::jthread thread([&] { server.run(); });
  RawClient idle(port), holding(port);
  CHECK(idle.ask(get("/a")).status == 200);
  holding.send(get("/hold"));
  is_held.wait(false);
  idle.send(get("/b"));
  server.stop();
  is_released = true;
  is_released.notify_all();
  CHECK(idle.read_answer().body == "answered");
  CHECK(holding.read_answer().body == "answered");
}

TEST_CASE("Server: stop answers what is in flight, and closes what is idle") {
  TestServer test;
  test.start();
  RawClient busy(test.port), idle(test.port);
  CHECK(idle.ask(get("/a")).status == 200);
  busy.send(get("/wait"));
  test.await_waiting(1);
  test.server.stop();
  CHECK(idle.at_end());
  test.release();
  Response answer = busy.read_answer();
  CHECK(answer.body == "GET /wait ");
  CHECK(answer.headers.find("Connection") == "close");
  CHECK(busy.at_end());
  test.thread.join();
}

TEST_CASE("Server: after a second stop or the drain time, the server does not wait for answers") {
  TestServer test(4, {.drain_time = 1ms});
  bool twice = false;
  SUBCASE("second stop") { twice = true; }
  SUBCASE("drain time") {}
  test.start();
  RawClient client(test.port);
  client.send(get("/wait"));
  test.await_waiting(1);
  test.server.stop();
  if (twice) test.server.stop();
  test.thread.join();
  CHECK(client.at_end());
}

TEST_CASE("Server: a stop answers the requests in the backlog, and resets none") {
  TestServer test;
  test.start();
  RawClient holder(test.port);
  holder.send(get("/hold"));  // the I/O thread accepts nothing meanwhile
  test.await_waiting(1);
  std::vector<RawClient> backlog;
  for (int i = 0; i < 100; ++i) backlog.emplace_back(test.port).send(get("/b"));
  test.server.stop();
  test.release();
  CHECK(holder.read_answer().status == 200);
  size_t answered = 0;
  for (RawClient& client : backlog) {
    const Response answer = client.read_answer();
    answered += answer.status == 200 && answer.headers.find("Connection") == "close";
  }
  CHECK(answered == backlog.size());
  test.thread.join();
}

TEST_CASE("Server: a stop ends a connection with half a head long before the drain time") {
  TestServer test(1, {.header_time = 1h, .stop_head_time = 1ms, .drain_time = 1h});
  test.start();
  RawClient half(test.port), quiet(test.port);
  CHECK(half.ask(get("/a")).status == 200);
  half.send("GET /a H");
  test.server.stop();
  test.thread.join();
  half.read_answer();
  CHECK(half.at_end());
  CHECK(quiet.at_end());
}

TEST_CASE("refuse_new_connections: what is in the backlog can be accepted, and nothing is added") {
  TcpListeners opened = open_tcp_listeners("127.0.0.1", 0).value();
  const int listener = opened.sockets.front().get();
  RawClient before(opened.port);
  refuse_new_connections(listener);
  FileDescriptor late(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(opened.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(::connect(late.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == -1);
  CHECK(errno == EINPROGRESS);
  CHECK(FileDescriptor(::accept(listener, nullptr, nullptr)).get() >= 0);
  CHECK(::accept(listener, nullptr, nullptr) == -1);
}

TEST_CASE("Server: stop before run makes run return") {
  TestServer test;
  test.server.stop();
  test.server.run();
}

TEST_CASE("Server: listens on names and on IPv6, and reports why it cannot listen") {
  TestServer test;
  CHECK(test.server.listen("localhost", 0).value() > 0);
  auto taken = test.server.listen("127.0.0.1", test.port);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code == ErrorCode::unavailable);
  CHECK_FALSE(test.server.listen(std::string(64, 'a') + ".invalid", 0));
  if (auto v6 = test.server.listen("::1", 0)) CHECK(*v6 > 0);  // not every machine has IPv6
  test.start();
  CHECK(RawClient(test.port).ask(get("/a")).status == 200);
}

TEST_CASE("Server: a unix socket has the requested permissions, and is removed at the end") {
  auto folder = std::filesystem::temp_directory_path() / ("http_test." + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::string path = folder / "a.sock";
  struct stat info{};
  mode_t old_mask = ::umask(0177);  // even if the umask removes some of them
  {
    TestServer test;
    REQUIRE(test.server.listen_local(path, 0660, Door::local_admin));
    ::umask(old_mask);
    REQUIRE(::lstat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0660);
    test.start();
    Response answer = RawClient(path).ask(get("/a"));
    CHECK(answer.headers.find("X-Peer") == "local");
    CHECK(answer.headers.find("X-Door") == "local");
    CHECK(answer.headers.find("X-System-User") == std::to_string(getuid()));
    CHECK(RawClient(test.port).ask(get("/a")).headers.find("X-System-User") == "unknown");
    SUBCASE("a second server does not take it over") {
      TestServer other;
      auto refused = other.server.listen_local(path, 0600, Door::local_admin);
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code == ErrorCode::unavailable);
      CHECK(RawClient(path).ask(get("/a")).status == 200);
    }
    SUBCASE("") {}
  }
  CHECK(::lstat(path.c_str(), &info) != 0);
  std::filesystem::remove_all(folder);
}

TEST_CASE("Server: a unix socket accepts only the named users") {
  auto folder = std::filesystem::temp_directory_path() / ("http_test." + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const std::string ours = folder / "ours.sock", theirs = folder / "theirs.sock";
  {
    TestServer test;
    REQUIRE(test.server.listen_local(ours, 0666, Door::ssh, {geteuid() + 1, geteuid()}));
    REQUIRE(test.server.listen_local(theirs, 0666, Door::ssh, {geteuid() + 1}));
    test.start();
    CHECK(RawClient(ours).ask(get("/a")).status == 200);
    OutboundRequest request;
    request.url = "http://local/a";
    request.unix_socket = theirs;
    CHECK(send(request).failure != OutboundFailure::none);
    CHECK(test.handled == 1);
  }
  std::filesystem::remove_all(folder);
}

TEST_CASE("LocalListener: removes its own socket, and not that of another server") {
  test::TempFolder folder;
  const std::string path = (folder / "a.sock").string();
  const auto first = open_local_listener(path, 0600);
  std::filesystem::remove(path);
  const auto second = open_local_listener(path, 0600);
  REQUIRE((first && second));
  first->remove();
  CHECK(std::filesystem::exists(path));
  second->remove();
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("Server: a stale unix socket is replaced, an ordinary file is not") {
  auto folder = std::filesystem::temp_directory_path() / ("http_test." + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::string path = folder / "stale.sock", file = folder / "file";
  {
    auto dead = open_local_listener(path, 0600);
  }  // closed, but the file stays
  CHECK(std::filesystem::exists(path));
  std::fclose(std::fopen(file.c_str(), "w"));
  {
    TestServer test;
    CHECK(test.server.listen_local(path, 0600, Door::local_admin));
    CHECK_FALSE(test.server.listen_local(file, 0600, Door::local_admin));
    CHECK_FALSE(test.server.listen_local(folder / std::string(200, 'x'), 0600, Door::local_admin));
    test.start();
    CHECK(RawClient(path).ask(get("/a")).status == 200);
  }
  CHECK(std::filesystem::exists(file));
  std::filesystem::remove_all(folder);
}

}  // namespace esclusa::http
