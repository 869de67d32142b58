#include "agent/run_log.h"

#include <doctest/doctest.h>

#include "support/temp_folder.h"

namespace esclusa::agent {
namespace {

TEST_CASE("RunLog: what is printed is there at once, in order") {
  test::TempFolder folder;
  auto log = RunLog::open(folder / "log").value();
  log.say("begin");
  log.append("one");
  CHECK(test::read_file(folder / "log") == "begin\none");
  log.append(" two");
  log.say("end");
  CHECK(test::read_file(folder / "log") == "begin\none two\nend\n");
}

TEST_CASE("RunLog: output over the limit is cut, and the log says so once") {
  test::TempFolder folder;
  auto log = RunLog::open(folder / "log", 10).value();
  log.say("a line of the agent");
  log.append("123456");
  log.append("789012");
  log.append("345");
  log.say("end");
  CHECK(
      test::read_file(folder / "log") ==
      "a line of the agent\n1234567890\n[The log is full: the rest of the output was cut]\nend\n");
}

TEST_CASE("RunLog: output of exactly the limit is whole") {
  test::TempFolder folder;
  auto log = RunLog::open(folder / "log", 4).value();
  log.append("123\n");
  log.append("");
  CHECK(test::read_file(folder / "log") == "123\n");
}

TEST_CASE("RunLog: a secret never reaches the disk, in pieces or in a line of the agent") {
  test::TempFolder folder;
  {
    auto log = RunLog::open(folder / "log").value();
    log.append("before hunter22\n");
    CHECK(log.hide("hunter22"));
    CHECK_FALSE(log.hide("abc"));
    log.append("it is hun");
    CHECK(test::read_file(folder / "log") == "before hunter22\nit is ");
    log.append("ter22, hunter");
    log.say("the agent says hunter22");
    log.append("the end: hunt");
    CHECK(log.masked("x hunter22") == "x ***");
  }
  CHECK(test::read_file(folder / "log") ==
        "before hunter22\nit is ***, ***\nthe agent says ***\nthe end: ***");
}

TEST_CASE("RunLog: the limit cuts no secret in two") {
  test::TempFolder folder;
  auto log = RunLog::open(folder / "log", 6).value();
  log.hide("hunter22");
  log.append("12hunter22more");
  CHECK(test::read_file(folder / "log") ==
        "12***m\n[The log is full: the rest of the output was cut]\n");
}

TEST_CASE("RunLog: the agent's own lines hold no control characters") {
  test::TempFolder folder;
  auto log = RunLog::open(folder / "log").value();
  log.say("a\x1b[2Jb");
  CHECK(test::read_file(folder / "log") == "a?[2Jb\n");
}

}  // namespace
}  // namespace esclusa::agent
