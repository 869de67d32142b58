#include "http/download.h"

#include <doctest/doctest.h>

#include "support/http_test_server.h"
#include "support/temp_folder.h"

using namespace esclusa;
using namespace esclusa::http;
using testing::TestServer;

namespace {

/// A server behind a unix socket.
struct LocalServer {
  LocalServer() {
    REQUIRE(server.server.listen_local(socket, 0600, Door::local_admin).has_value());
    server.start();
  }
  test::TempFolder folder;
  const std::string socket = (folder / "a.sock").string();
  TestServer server;
};

bool take_none(std::string_view) { return true; }

}  // namespace

TEST_CASE("download: a long body arrives in pieces") {
  LocalServer local;
  std::string body;
  size_t pieces = 0;
  const auto answer = download(local.socket, "/count", [&](std::string_view piece) {
    body += piece;
    ++pieces;
    return true;
  });
  REQUIRE(answer.has_value());
  CHECK(answer->status == 200);
  CHECK(answer->body == "");
  CHECK(pieces > 1);
  CHECK(body == TestServer::counted());
}

TEST_CASE("download: a refusal is not taken for the body") {
  LocalServer local;
  const auto answer = download(local.socket, "/throw", [](std::string_view) {
    FAIL("it was taken");
    return true;
  });
  REQUIRE(answer.has_value());
  CHECK(answer->status == 500);
  CHECK(answer->body == "{\"message\":\"no\"}");
}

TEST_CASE("download: a body that breaks off, or is not wanted, is an error") {
  LocalServer local;
  local.server.stream->write("the beginning");
  local.server.stream->abort();
  std::string body;
  const auto aborted = download(local.socket, "/stream", [&](std::string_view piece) {
    body += piece;
    return true;
  });
  CHECK(aborted.error().message.contains("ended early"));
  CHECK(body == "the beginning");
  CHECK_FALSE(download(local.socket, "/big", [](std::string_view) { return false; }).has_value());
}

TEST_CASE("download: no server") {
  const test::TempFolder folder;
  const auto answer = download((folder / "none.sock").string(), "/", take_none);
  CHECK(answer.error().message.contains("Is `esclusa serve` running"));
}
