#include "base/log_form.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>

#include "base/descriptor.h"
#include "base/line_writer.h"

using namespace esclusa;
using log::Form;
using log::Level;

namespace {

/// Sets an environment variable, or removes it, until the end of the block.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    value != nullptr ? setenv(name, value, 1) : unsetenv(name);
  }
  ~Variable() { before_ ? setenv(name_, before_->c_str(), 1) : unsetenv(name_); }
  Variable(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

/// A terminal of our own.
struct Terminal {
  Terminal() : screen(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    REQUIRE(grantpt(screen.get()) == 0);
    REQUIRE(unlockpt(screen.get()) == 0);
    program = Descriptor(open(ptsname(screen.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    REQUIRE(program);
  }
  Descriptor screen, program;
};

constexpr Timestamp at{std::chrono::seconds(1'700'000'000)};

std::string line(Form form, Level level, std::string_view message,
                 std::initializer_list<log::Field> fields = {}) {
  return log::format_line(form, level, at, message, {fields.begin(), fields.size()});
}

}  // namespace

TEST_CASE("find_form: readable on a terminal, with colour unless NO_COLOR is set") {
  const Terminal terminal;
  {
    const Variable no_colour("NO_COLOR", nullptr);
    CHECK(log::find_form(terminal.program.get()) == Form::colour);
  }
  {
    const Variable no_colour("NO_COLOR", "");  // as no-color.org says: it must not be empty
    CHECK(log::find_form(terminal.program.get()) == Form::colour);
  }
  const Variable no_colour("NO_COLOR", "1");
  CHECK(log::find_form(terminal.program.get()) == Form::terminal);
}

TEST_CASE("find_form: for the journal only where JOURNAL_STREAM names this very stream") {
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  const Descriptor reader(ends[0]), writer(ends[1]);
  struct stat found{};
  REQUIRE(fstat(writer.get(), &found) == 0);
  const std::string inode = std::to_string(found.st_ino);
  const std::string device = std::to_string(found.st_dev);
  for (const std::string& other : {std::string(), device, device + ":1", "1:" + inode}) {
    const Variable stream("JOURNAL_STREAM", other.c_str());
    CHECK(log::find_form(writer.get()) == Form::json);
  }
  const Variable stream("JOURNAL_STREAM", (device + ":" + inode).c_str());
  CHECK(log::find_form(writer.get()) == Form::journal);
}

TEST_CASE("format_line: a terminal shows time, level, message, and key=value") {
  CHECK(line(Form::terminal, Level::info, "request",
             {{"status", 200}, {"path", "/a"}, {"account", ""}, {"error", "no \"space\""}}) ==
        "2023-11-14T22:13:20Z INFO  request status=200 path=/a account=\"\" "
        "error=\"no \\\"space\\\"\"\n");
  CHECK(line(Form::terminal, Level::error, "x=y", {{"a", "b=c"}}) ==
        "2023-11-14T22:13:20Z ERROR x=y a=\"b=c\"\n");
  CHECK(line(Form::colour, Level::warning, "careful") ==
        "2023-11-14T22:13:20Z \x1b[33mWARN \x1b[0m careful\n");
}

TEST_CASE("format_line: no value can forge a line, colour a terminal or take a priority") {
  for (const Form form : {Form::terminal, Form::journal}) {
    const std::string text =
        line(form, Level::info, "a\n<0>\x1b[2J", {{"b", "\r\n<0>\x1b[31m\x9b\xc2\x9b"}});
    CHECK(std::ranges::count(text, '\n') == 1);
    CHECK(text.ends_with("a\\n<0>\\u001b[2J b=\"\\r\\n<0>\\u001b[31m\xef\xbf\xbd\\u009b\"\n"));
  }
}

TEST_CASE("format_line: the journal gets the priority, and knows the time itself") {
  CHECK(line(Form::journal, Level::debug, "m") == "<7>m\n");
  CHECK(line(Form::journal, Level::info, "m", {{"k", "v"}}) == "<6>m k=v\n");
  CHECK(line(Form::journal, Level::warning, "m") == "<4>m\n");
  CHECK(line(Form::journal, Level::error, "m") == "<3>m\n");
}

TEST_CASE("format_line: a stopped terminal (Ctrl-S) holds up nobody") {
  const Terminal terminal;
  REQUIRE(tcflow(terminal.program.get(), TCOOFF) == 0);
  LineWriter writer(terminal.program.get(), [](size_t) { return std::string("dropped\n"); });
  writer.push("held back\n");
  CHECK_FALSE(writer.flush(std::chrono::milliseconds(1)));
  REQUIRE(tcflow(terminal.program.get(), TCOON) == 0);
  char text[64] = "";
  REQUIRE(read(terminal.screen.get(), text, sizeof text - 1) > 0);
  CHECK(std::string(text) == "held back\r\n");
  while (!writer.flush(std::chrono::seconds(1))) {
  }
}
