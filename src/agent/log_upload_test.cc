#include "agent/log_upload.h"

#include <doctest/doctest.h>

#include "agent/run_log.h"
#include "support/fake_github.h"
#include "support/temp_folder.h"

namespace esclusa::agent {
namespace {

using Log = LogUpload::Log;

struct Fixture {
  testing::FakeGithub github;
  test::TempFolder folder;
  std::filesystem::path file = folder / "log";
  client::Api api{{.base_url = github.url, .token = Secret("t")}};
  std::atomic<bool> stop = false;
  LogUpload upload{api, "demo/shop", 1, file};

  Fixture() {
    github.add(1, {std::string(40, 'a')});
    print("");
  }
  void print(std::string_view text) { RunLog::open(file).value().append(text); }
};

TEST_CASE_FIXTURE(Fixture, "LogUpload: sends what is new, each time") {
  print("one\n");
  REQUIRE(upload.send(Log::grows, stop));
  CHECK(github.log(1) == "one\n");
  print("two\n");
  REQUIRE(upload.send(Log::grows, stop));
  REQUIRE(upload.send(Log::is_complete, stop));
  CHECK(github.log(1) == "one\ntwo\n");
}

TEST_CASE_FIXTURE(Fixture, "LogUpload: another one goes on where the first was cut off") {
  print("one\n");
  REQUIRE(upload.send(Log::grows, stop));
  github.set_down(true);
  print("two\n");
  CHECK_FALSE(upload.send(Log::grows, stop));
  github.set_down(false);
  LogUpload another(api, "demo/shop", 1, file);
  REQUIRE(another.send(Log::is_complete, stop));
  CHECK(github.log(1) == "one\ntwo\n");
  REQUIRE(upload.send(Log::is_complete, stop));  // it learns that all is there
  CHECK(github.log(1) == "one\ntwo\n");
}

TEST_CASE_FIXTURE(Fixture, "LogUpload: a log that is longer than one part") {
  std::string much;
  for (int i = 0; much.size() < 1'000'000; ++i) much += "Zeile ü " + std::to_string(i) + "\n";
  print(much);
  REQUIRE(upload.send(Log::is_complete, stop));
  CHECK((github.log(1) == much));
}

TEST_CASE_FIXTURE(Fixture, "LogUpload: what the server has already is not sent again") {
  print("one\n");
  const std::atomic<bool> go_on = false;
  REQUIRE(api.append_log("demo/shop", 1, 0, "uno", go_on));
  REQUIRE(upload.send(Log::is_complete, stop));
  CHECK(github.log(1) == "uno\n");
}

TEST_CASE_FIXTURE(Fixture, "LiveLog: a log is at the server while it grows") {
  print("begins\n");
  LiveLog live(LogUpload(api, "demo/shop", 1, file));
  github.wait_for_log(1, "begins\n");
  print("goes on\n");
  github.wait_for_log(1, "begins\ngoes on\n");
}

TEST_CASE("as_log_text: text stays, and what is none becomes ? byte by byte") {
  CHECK(as_log_text("plain ä € 😀 \x1b[1m\n", Log::grows) == "plain ä € 😀 \x1b[1m\n");
  CHECK(as_log_text(std::string("a\0b", 3), Log::grows) == "a?b");
  CHECK(as_log_text("a\xff"
                    "b\xc3(",
                    Log::grows) == "a?b?(");
  CHECK(as_log_text("\xed\xa0\x80", Log::grows) == "???");  // half a surrogate pair
}

TEST_CASE("as_log_text: half a character waits for the rest, unless there is none") {
  CHECK(as_log_text("a\xe2\x82", Log::grows) == "a");
  CHECK(as_log_text("a\xe2\x82", Log::is_complete) == "a??");
  CHECK(as_log_text("a\xf0", Log::grows) == "a");
}

}  // namespace
}  // namespace esclusa::agent
