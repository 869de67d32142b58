#include "http/local_call.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <thread>

#include "base/descriptor.h"
#include "support/http_receiver.h"
#include "support/temp_folder.h"

using namespace esclusa;
using namespace esclusa::http;
using namespace std::chrono_literals;

namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(path, address.sun_path);
  return address;
}

Descriptor new_socket() { return Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

/// A unix socket that is listened at, and nothing else.
struct Listener {
  Listener() : socket(new_socket()) {
    const auto address = address_of(path);
    REQUIRE(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(socket.get(), 0) == 0);
  }
  test::TempFolder folder;
  std::string path = (folder / "a.sock").string();
  Descriptor socket;
};

void send_all(int to, std::string_view text) {
  CHECK(::send(to, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
}

/// What a call gets from a server that treats its one connection in this way, and closes it.
Result<LocalAnswer> call_one(const std::function<void(int connection)>& serve,
                             LocalCall call = {"", "GET", "/"}) {
  Listener listener;
  std::jthread server([&] {
    const Descriptor connection(accept(listener.socket.get(), nullptr, nullptr));
    serve(connection.get());
  });
  call.socket = listener.path;
  return call_local(call);
}

/// The same with a server that reads the head of the request, and answers these bytes.
Result<LocalAnswer> answer_of(std::string_view bytes, size_t piece = std::string::npos) {
  return call_one([&](int connection) {
    std::string head;
    for (char c; !head.ends_with("\r\n\r\n") && read(connection, &c, 1) == 1;) head += c;
    for (std::string_view rest = bytes; !rest.empty();) {
      const size_t size = std::min(piece, rest.size());
      send_all(connection, rest.substr(0, size));
      rest.remove_prefix(size);
      if (piece != std::string::npos) std::this_thread::sleep_for(1ms);
    }
  });
}

}  // namespace

TEST_CASE("call_local: sends the request with its JSON, and returns status and body") {
  test::TempFolder folder;
  const std::string socket = (folder / "a.sock").string();
  test::HttpReceiver receiver(
      [](const Request& request) {
        return Response{.status = request.body.empty() ? 204 : 418, .body = request.body};
      },
      socket);
  const std::string body = "{\"a\": \"" + std::string(900'000, 'x') + "\"}";
  const auto answer = call_local({socket, "POST", "/a/b?c=d", body});
  REQUIRE(answer);
  CHECK(answer->status == 418);
  CHECK(answer->body == body);
  const Request sent = receiver.await(1).at(0);
  CHECK(sent.method == "POST");
  CHECK(sent.target == "/a/b?c=d");
  CHECK(sent.body == body);
  CHECK(sent.headers.find("Content-Type") == "application/json");
  CHECK(sent.headers.find("Accept") == "application/vnd.github+json");

  const auto empty = call_local({socket, "DELETE", "/x"});
  REQUIRE(empty);
  CHECK(empty->status == 204);
  CHECK(empty->body.empty());
  CHECK_FALSE(receiver.await(2).at(1).headers.has("Content-Type"));
}

TEST_CASE("call_local: answers with a length, in chunks, and up to the end, whole and in bytes") {
  for (const size_t piece : {std::string::npos, size_t{1}}) {
    for (const char* text : {"HTTP/1.1 201 Made\r\nContent-Length: 8\r\n\r\n{\"a\": 1}",
                             "HTTP/1.1 201 Made\r\nTransfer-Encoding: "
                             "chunked\r\n\r\n3\r\n{\"a\r\n5\r\n\": 1}\r\n0\r\n\r\n",
                             "HTTP/1.1 201 Made\r\n\r\n{\"a\": 1}"}) {
      CAPTURE(text);
      const auto answer = answer_of(text, piece);
      REQUIRE(answer);
      CHECK(answer->status == 201);
      CHECK(answer->body == "{\"a\": 1}");
    }
  }
}

TEST_CASE("call_local: no answer, half of one, or another protocol is an error") {
  const std::string large(2'000'000, 'x');
  for (const std::string& text :
       {std::string(), std::string("HTTP/1.1 200 OK\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{\"a"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"),
        std::string("SSH-2.0-OpenSSH\r\n\r\n"), "HTTP/1.1 200 OK\r\nA: " + large.substr(0, 20'000),
        "HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + large.substr(0, 10)}) {
    CAPTURE(text.substr(0, 80));
    const auto answer = answer_of(text);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == ErrorCode::unavailable);
    CHECK_FALSE(answer.error().message.empty());
  }
}

TEST_CASE("call_local: reads the refusal of a server that does not read the body") {
  const auto answer = call_one(
      [](int connection) {
        send_all(connection, "HTTP/1.1 413 Too much\r\nContent-Length: 2\r\n\r\n{}");
      },
      {"", "POST", "/", std::string(4'000'000, 'x')});
  REQUIRE(answer);
  CHECK(answer->status == 413);
  CHECK(answer->body == "{}");
}

TEST_CASE("call_local: waits no longer than it should") {
  const std::string expected = "it did not answer within 50 ms";
  Listener listener;
  LocalCall call{listener.path, "POST", "/", "", 50ms};
  CHECK(call_local(call).error().message == expected);  // it is connected, but not accepted
  CHECK(call_local(call).error().message == expected);  // the first one fills the queue
  const Descriptor accepted(accept(listener.socket.get(), nullptr, nullptr));
  call.body = std::string(4'000'000, 'x');
  CHECK(call_local(call).error().message == expected);
}

TEST_CASE("call_local: says why a server cannot be reached") {
  test::TempFolder folder;
  CHECK(call_local({(folder / "none.sock").string(), "GET", "/"}).error().message ==
        "No such file or directory");
  CHECK(call_local({folder.write("file", "").string(), "GET", "/"}).error().message ==
        "Connection refused");
  CHECK(call_local({"/" + std::string(200, 'a'), "GET", "/"}).error().message ==
        "File name too long");
}
