#include "base/line_writer.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <climits>
#include <vector>

#include "base/descriptor.h"
#include "base/text.h"

using namespace esclusa;
using namespace std::chrono_literals;

namespace {

std::string notice(size_t dropped) { return std::to_string(dropped) + " dropped\n"; }

/// A pipe that takes one page.
struct Pipe {
  Pipe() {
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    reader = Descriptor(ends[0]);
    writer = Descriptor(ends[1]);
    REQUIRE(fcntl(writer.get(), F_SETPIPE_SZ, 4096) == PIPE_BUF);
  }
  /// Fills it: the next write(2) has to wait.
  void fill() const { REQUIRE(write(writer.get(), std::string(PIPE_BUF, '.').data(), PIPE_BUF)); }
  /// Reads until the text has come, or to the end.
  std::string read_until(std::string_view last) const {
    std::string text;
    char part[PIPE_BUF];
    while (!text.contains(last)) {
      const ssize_t count = read(reader.get(), part, sizeof part);
      if (count <= 0) break;
      text.append(part, static_cast<size_t>(count));
    }
    return text;
  }
  bool is_full() const {
    pollfd writable{writer.get(), POLLOUT, 0};
    return poll(&writable, 1, 0) == 0;
  }

  Descriptor reader, writer;
};

std::string numbered(int n) {
  std::string line = "line " + std::to_string(n) + " ";
  line.append(99 - line.size(), 'x');
  return line + "\n";
}

}  // namespace

TEST_CASE("LineWriter: writes the lines in their order, and flush waits for all of them") {
  const Pipe pipe;
  {
    LineWriter writer(pipe.writer.get(), notice);
    for (int n = 0; n < 30; ++n) writer.push(numbered(n));
    while (!writer.flush(1s)) {
    }
  }
  std::string expected;
  for (int n = 0; n < 30; ++n) expected += numbered(n);
  CHECK(pipe.read_until(numbered(29)) == expected);
}

TEST_CASE("LineWriter: while nobody reads, lines are dropped and counted, and nobody waits") {
  const Pipe pipe;
  pipe.fill();
  LineWriter writer(pipe.writer.get(), notice, 1000);  // ten lines
  writer.push(numbered(0));
  for (int n = 1; n < 5000; ++n) writer.push(numbered(n));
  CHECK(pipe.is_full());
  CHECK_FALSE(writer.flush(1ms));
  CHECK_FALSE(writer.is_late(Pulse::Clock::now() + 24h));  // it waits for the reader

  const std::string text = pipe.read_until(numbered(4999)).substr(PIPE_BUF);
  const auto lines = split(trim(text), '\n');
  int next = 0;  // the line that comes next; a notice stands where lines are missing
  for (const std::string_view line : lines) {
    if (line.ends_with(" dropped")) {
      next += std::stoi(std::string(line));
    } else {
      CHECK(std::string(line) + "\n" == numbered(next++));
    }
  }
  CHECK(next == 5000);
  // What the thread had taken when it began to wait, and the last ten, each after one notice.
  CHECK(lines.size() <= 2 * (1 + 10));
}

TEST_CASE("LineWriter: the end of a writer leaves a reader that never reads") {
  Pipe pipe;
  pipe.fill();
  {
    LineWriter writer(pipe.writer.get(), notice);
    writer.push("never read\n");
  }
  CHECK(pipe.is_full());
  pipe.reader.close();    // ends the thread,
  pipe.writer.release();  // which nobody waits for: it still has this end
}

TEST_CASE("LineWriter: a reader that is gone ends nothing, and its lines count as dropped") {
  Pipe pipe;
  const int copy = dup(pipe.reader.get());
  pipe.reader.close();
  LineWriter writer(pipe.writer.get(), notice);
  close(copy);
  writer.push("lost\n");
  while (!writer.flush(1s)) {
  }
  const Pipe other;
  REQUIRE(dup2(other.writer.get(), pipe.writer.get()) >= 0);
  writer.push("read\n");
  CHECK(other.read_until("read\n") == "1 dropped\nread\n");
  CHECK(writer.dropped_count() == 1);
}

TEST_CASE("LineWriter: a line that could not be made is counted") {
  const Pipe pipe;
  LineWriter writer(pipe.writer.get(), notice);
  writer.drop();
  writer.drop();
  writer.push("next\n");
  CHECK(pipe.read_until("next\n") == "2 dropped\nnext\n");
  CHECK(writer.dropped_count() == 2);
}

TEST_CASE("LineWriter: a line longer than a pipe takes at once arrives whole") {
  const Pipe pipe;
  LineWriter writer(pipe.writer.get(), notice);
  const std::string line = std::string(size_t{3} * PIPE_BUF, 'x') + "\n";
  writer.push("before\n");
  writer.push(line);
  writer.push("after\n");
  CHECK(pipe.read_until("after\n") == "before\n" + line + "after\n");
}

TEST_CASE("LineWriter: another process may set O_NONBLOCK on what both have") {
  const Pipe pipe;
  REQUIRE(fcntl(pipe.writer.get(), F_SETFL, O_NONBLOCK) == 0);
  pipe.fill();
  LineWriter writer(pipe.writer.get(), notice);
  writer.push("late\n");
  CHECK(pipe.read_until("late\n").ends_with("late\n"));
}

TEST_CASE("LineWriter: a child of fork() has no thread, and writes by itself what can be taken") {
  const Pipe pipe;
  LineWriter writer(pipe.writer.get(), notice);
  writer.push("parent\n");
  while (!writer.flush(1s)) {
  }
  CHECK(pipe.read_until("parent\n") == "parent\n");
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    writer.push("child\n");
    _exit(writer.flush(0ms) ? 0 : 1);
  }
  const std::string text = pipe.read_until("child\n");
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(text == "child\n");
  CHECK(status == 0);
}
