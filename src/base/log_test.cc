#include "base/log.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <thread>
#include <vector>

#include "base/text.h"
#include "support/captured_log.h"

using namespace esclusa;
using test::captured_log;

namespace {

/// The line without its time.
std::string logged(const std::function<void()>& body) {
  std::string line = captured_log(body);
  REQUIRE(line.starts_with("{\"time\":\""));
  return line.substr(line.find(",\"level\""));
}

}  // namespace

TEST_CASE("log: one JSON object per line, with the fields in order") {
  CHECK(logged([] { log::info("started", {{"port", 8080}, {"host", "::"}}); }) ==
        ",\"level\":\"info\",\"message\":\"started\",\"port\":\"8080\",\"host\":\"::\"}\n");
  CHECK(logged([] { log::warning("{} %s"); }) == ",\"level\":\"warning\",\"message\":\"{} %s\"}\n");
}

TEST_CASE("log: no value can forge a line or move a cursor") {
  const std::string line =
      captured_log([] { log::error("a\n{\"level\"", {{"ref", "\x1b[2J\xc2\x9b\xff\r\n\"}"}}); });
  CHECK(std::ranges::count(line, '\n') == 1);
  CHECK(line.ends_with(R"("message":"a\n{\"level\"","ref":"\u001b[2J\u009b)"
                       "\xef\xbf\xbd"
                       R"(\r\n\"}"})"
                       "\n"));
}

TEST_CASE("log: lines below the level are dropped") {
  CHECK(captured_log([] { log::debug("hidden"); }).empty());
  log::set_level(log::Level::error);
  CHECK(captured_log([] { log::warning("hidden"); }).empty());
  CHECK_FALSE(captured_log([] { log::error("seen"); }).empty());
  CHECK(log::set_level("debug"));
  CHECK_FALSE(captured_log([] { log::debug("seen"); }).empty());
  CHECK_FALSE(log::set_level("loud"));
  CHECK(log::set_level("info"));
}

TEST_CASE("log: lines of several threads do not mix") {
  const std::string text = captured_log([] {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([] {
        for (int n = 0; n < 100; ++n) log::info(std::string(300, 'x'));
      });
    }
    for (auto& thread : threads) thread.join();
  });
  const auto lines = split(trim(text), '\n');
  CHECK(lines.size() == 400);
  CHECK(std::ranges::all_of(lines, [](std::string_view line) {
    return line.starts_with("{\"time\"") && line.ends_with("x\"}");
  }));
}
