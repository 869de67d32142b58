#include "http/transport.h"

#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <optional>
#include <thread>

#include "support/http_test_server.h"
#include "support/http_test_tls.h"
#include "support/temp_folder.h"

// Errors that are easy to make with TLS on non-blocking sockets.
namespace esclusa::http {
namespace {
namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::get;
using testing::RawListener;
using testing::TestAuthority;
using testing::TestServer;
using testing::TlsClient;
}  // namespace

TEST_CASE("Transport: decrypted bytes are read, though the socket has nothing more") {
  test::TempFolder folder;
  TestAuthority authority(folder.path());
  RawListener listener;
  std::optional<TlsClient> client;
  std::jthread greeting([&] {
    client.emplace(listener.port, authority.ca_file);
    client->send("0123456789");  // and the connection stays open
  });
  asio::io_context io{1};
  Transport::Socket socket(io);
  socket.assign({AF_INET, IPPROTO_TCP}, ::dup(listener.accept().fd()));
  socket.non_blocking(true);
  Transport transport(std::move(socket), authority.issue("first").load());
  std::string text;
  std::function<void()> read_on = [&] {
    std::array<char, 4> room;
    Transport::Transfer got = transport.read_some(room);
    text.append(room.data(), got.count);
    if (text.size() < 10) transport.wait(got.state, read_on);
  };
  read_on();
  io.run_for(20s);
  CHECK(text == "0123456789");
}

TEST_CASE("Transport: a partly sent record is continued, also from another buffer") {
  test::TempFolder folder;
  TestAuthority authority(folder.path());
  TestServer test;
  test.server.use_tls(authority.issue("first").load());
  test.start();
  TlsClient client(test.port, authority.ca_file);
  constexpr int count = 3000;  // 30 MB: more than the socket's buffer holds
  std::string all;
  for (int i = 0; i < count; ++i) all += get("/piece/" + std::to_string(i));
  client.send(all);
  int right = 0;
  for (int i = 0; i < count; ++i) {
    if (client.read_answer().body == TestServer::piece(std::to_string(i))) ++right;
  }
  CHECK(right == count);
}

}  // namespace esclusa::http
