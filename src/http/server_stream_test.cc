#include <doctest/doctest.h>

#include "base/limits.h"
#include "http/server.h"
#include "support/http_test_client.h"
#include "support/http_test_server.h"
#include "support/http_test_tls.h"
#include "support/temp_folder.h"

namespace esclusa::http {
namespace {
using namespace std::chrono_literals;
using testing::get;
using testing::RawClient;
using testing::TestServer;

void await_closed(TestServer& test) {
  for (int seen = test.changes; !test.stream->is_closed(); seen = test.changes) {
    test.changes.wait(seen);
  }
}
void await_room(TestServer& test) {
  for (int seen = test.changes; !test.stream->has_room(); seen = test.changes) {
    test.changes.wait(seen);
  }
}

/// A client of the stream, which has read "all".
RawClient read_all_so_far(TestServer& test) {
  test.start();
  RawClient client(test.port);
  client.ask(get("/stream"));
  test.stream->write("all");
  CHECK(client.read_chunk() == "all");
  return client;
}
}  // namespace

TEST_CASE("Server: a stream is sent in chunks as it is written, and the connection goes on") {
  TestServer test;
  test.start();
  RawClient client(test.port);
  Response answer = client.ask(get("/stream"));
  CHECK(answer.status == 200);
  CHECK(answer.headers.find("Transfer-Encoding") == "chunked");
  CHECK_FALSE(answer.headers.has("Content-Length"));
  test.stream->write("one");
  CHECK(client.read_chunk() == "one");
  test.stream->write("two");
  CHECK(client.read_chunk() == "two");
  client.send(get("/next"));  // sent while the stream is open, answered after it
  test.stream->write("three");
  test.stream->end();
  CHECK(client.read_chunk() == "three");
  CHECK(client.read_chunk().empty());
  CHECK(client.read_answer().body == "GET /next ");
  CHECK(test.stream->is_closed());
}

TEST_CASE("Server: a stream that is already complete is sent at once") {
  TestServer test;
  test.start();
  test.stream->write("all");
  test.stream->end();
  RawClient client(test.port);
  client.send(get("/stream") + get("/next"));
  client.read_answer();
  CHECK(client.read_chunk() == "all");
  CHECK(client.read_chunk().empty());
  CHECK(client.read_answer().body == "GET /next ");
}

TEST_CASE("Server: a stream that ends after its last bytes were sent is ended at once") {
  TestServer test;
  RawClient client = read_all_so_far(test);
  test.stream->end();
  client.send(get("/next"));
  CHECK(client.read_chunk().empty());
  CHECK(client.read_answer().body == "GET /next ");
}

TEST_CASE("Server: a stream that is aborted after its bytes were sent is closed at once") {
  TestServer test;
  RawClient client = read_all_so_far(test);
  test.stream->abort();
  CHECK(client.at_end());
}

TEST_CASE("Server: while a stream is sent, a bounded part of what follows is read") {
  TestServer test;
  test.start();
  RawClient client(test.port);
  client.ask(get("/stream"));
  const timeval patience{1, 0};
  ::setsockopt(client.fd(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  constexpr size_t most = 64 * 1024 * 1024;  // more than the buffers of the sockets take
  const std::string piece(1024 * 1024, 'x');
  size_t sent = 0;
  for (ssize_t count = 1; count > 0 && sent < most; sent += static_cast<size_t>(count)) {
    count = std::max<ssize_t>(::send(client.fd(), piece.data(), piece.size(), MSG_NOSIGNAL), 0);
  }
  CHECK(sent < most);
}

TEST_CASE("Server: an HTTP/1.0 client gets a stream without chunks, and the connection closes") {
  TestServer test;
  test.start();
  RawClient client(test.port);
  Response answer = client.ask("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK_FALSE(answer.headers.has("Transfer-Encoding"));
  CHECK(answer.headers.find("Connection") == "close");
  test.stream->write("all");
  test.stream->end();
  CHECK(client.read_rest() == "all");
}

TEST_CASE("Server: a stream that is aborted has no last chunk, and the connection closes") {
  TestServer test;
  test.start();
  RawClient client(test.port);
  client.ask(get("/stream"));
  client.send(get("/next"));
  test.stream->write("half");
  test.stream->abort();
  test.stream->write("nobody gets this");
  CHECK(client.read_rest() == "4\r\nhalf\r\n");
  CHECK(test.stream->is_closed());
}

TEST_CASE("Server: a stream that is aborted after its last byte also lacks the last chunk") {
  TestServer test;
  test.start();
  RawClient client(test.port);
  client.ask(get("/stream"));
  test.stream->write("half");
  CHECK(client.read_chunk() == "half");
  test.stream->abort();
  CHECK(client.read_rest().empty());
}

TEST_CASE("Server: HEAD of a stream sends no body, and ends the stream") {
  TestServer test;
  test.start();
  RawClient client(test.port);
  client.send("HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(client.read_answer(false).headers.find("Transfer-Encoding") == "chunked");
  CHECK(client.ask(get("/next")).body == "GET /next ");
  CHECK(test.stream->is_closed());
}

TEST_CASE("Server: a stream learns that its client is gone, even if nothing is written") {
  TestServer test;
  test.start();
  {
    RawClient client(test.port);
    CHECK(client.ask(get("/stream")).status == 200);
  }
  await_closed(test);
}

TEST_CASE("Server: a stream's writer is notified when a slow reader has taken the bytes") {
  TestServer test;
  test.start();
  RawClient client(test.port);
  client.ask(get("/stream"));
  const std::string much(32 * 1024 * 1024, 'x');  // more than a socket holds
  test.stream->write(much);
  await_room(test);  // the connection has taken it, and takes no more until the client reads
  const std::string more(limits::stream_buffer_bytes, 'y');
  test.stream->write(more);
  REQUIRE_FALSE(test.stream->has_room());
  size_t read = 0;
  while (read < much.size() + more.size()) read += client.read_chunk().size();
  CHECK(read == much.size() + more.size());
  await_room(test);
  test.stream->write("more");
  CHECK(client.read_chunk() == "more");
}

TEST_CASE("Server: a stream's reader that takes nothing is closed after the write time") {
  TestServer test(1, {.write_time = 1ms});
  test.start();
  RawClient client(test.port);
  client.ask(get("/stream"));
  test.stream->write(std::string(32 * 1024 * 1024, 'x'));
  await_closed(test);
}

TEST_CASE("Server: a stream that is being read may last longer than any time limit") {
  TestServer test(1, {.idle_time = 1ms, .write_time = 1ms});
  test.start();
  RawClient client(test.port);
  client.send(get("/stream"));
  client.read_answer();
  std::this_thread::sleep_for(600ms);  // long enough for the server to check its deadlines
  test.stream->write("late");
  CHECK(client.read_chunk() == "late");
}

TEST_CASE("Server: stop asks streams to end, and waits until they do") {
  TestServer test(1, {.drain_time = 1h});
  test.start();
  RawClient client(test.port);
  client.ask(get("/stream"));
  CHECK_FALSE(test.stream->is_asked_to_end());
  test.server.stop();
  for (int seen = test.changes; !test.stream->is_asked_to_end(); seen = test.changes) {
    test.changes.wait(seen);
  }
  test.stream->write("the end");
  test.stream->end();
  CHECK(client.read_chunk() == "the end");
  CHECK(client.read_chunk().empty());
  CHECK(client.at_end());
  test.thread.join();
}

TEST_CASE("Server: a stream that begins while the server stops is asked to end") {
  TestServer test;
  test.start();
  RawClient client(test.port);
  client.send(get("/wait/stream"));
  test.await_waiting(1);
  test.server.stop();
  test.release();
  client.read_answer();
  for (int seen = test.changes; !test.stream->is_asked_to_end() && !test.stream->is_closed();
       seen = test.changes) {
    test.changes.wait(seen);
  }
  CHECK(test.stream->is_asked_to_end());
}

TEST_CASE("Server: a stream that its writer does not end is closed after the drain time") {
  TestServer test(1, {.drain_time = 1ms});
  test.start();
  RawClient client(test.port);
  client.ask(get("/stream"));
  test.server.stop();
  test.thread.join();
  CHECK(test.stream->is_closed());
  CHECK(client.read_rest().empty());
  test.stream->write("nobody reads this");
  test.stream->end();
}

TEST_CASE("Server over TLS: a stream arrives complete, also when its pieces fill the socket") {
  test::TempFolder folder;
  testing::TestAuthority authority(folder.path());
  TestServer test;
  test.server.use_tls(authority.issue("first").load());
  test.start();
  testing::TlsClient client(test.port, authority.ca_file, {});
  client.send(get("/stream"));
  CHECK(client.read_answer().status == 200);
  const std::string counted = TestServer::counted();
  std::jthread writer([&] {
    for (size_t at = 0; at < counted.size(); at += 100'000) {
      test.stream->write(std::string_view(counted).substr(at, 100'000));
    }
    test.stream->end();
  });
  std::string read;
  for (std::string chunk; !(chunk = client.read_chunk()).empty();) read += chunk;
  CHECK((read == counted));
  client.send(get("/next"));
  CHECK(client.read_answer().body == "GET /next ");
}

}  // namespace esclusa::http
