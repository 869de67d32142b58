#include "http/long_answers.h"

#include <doctest/doctest.h>

#include <atomic>
#include <semaphore>
#include <stdexcept>

#include "base/limits.h"
#include "support/body_reader.h"

using namespace esclusa;
using http::LongAnswers;
using test::BodyReader;

namespace {

using Part = Result<std::optional<std::string>>;

/// Makes `count` parts of `bytes` bytes each.
LongAnswers::NextPart parts(size_t count, size_t bytes) {
  return [count, bytes]() mutable -> Part {
    if (count == 0) return std::nullopt;
    --count;
    return std::string(bytes, 'x');
  };
}

}  // namespace

TEST_CASE("LongAnswers: a body consists of its parts in order") {
  LongAnswers answers;
  BodyReader reader(answers.open("ada", "", "[", [n = 0]() mutable -> Part {
    if (n == 4) return std::nullopt;
    ++n;
    return "part " + std::to_string(n) + (n == 4 ? "]" : ", ");
  }));
  CHECK(reader.read() == "[part 1, part 2, part 3, part 4]");
  CHECK_FALSE(reader.was_aborted());
  CHECK(BodyReader(answers.open("ada", "", "none", parts(0, 0))).read() == "none");
}

TEST_CASE("LongAnswers: no more of a long body is made ahead of its reader than fits the buffer") {
  LongAnswers answers;
  constexpr size_t part = 100 * 1024, count = 1000;
  BodyReader reader(answers.open("ada", "", "", parts(count, part)));
  CHECK(reader.read().size() == part * count);
  CHECK(reader.longest() < limits::stream_buffer_bytes + part);
}

TEST_CASE(
    "LongAnswers: a client that does not read holds up nobody, and counts until it disconnects") {
  LongAnswers answers;
  std::vector<std::shared_ptr<http::BodyStream>> idle;
  for (size_t i = 1; i < LongAnswers::lists; ++i) {
    idle.push_back(
        answers.open(std::to_string(i), "", "", parts(100, limits::stream_buffer_bytes)));
    REQUIRE(idle.back());
  }
  CHECK(BodyReader(answers.open("ada", "", "[", parts(10, 100 * 1024))).read().size() ==
        1 + 10 * 100 * 1024);
  // The last body frees its place once the thread has seen the end of the stream.
  std::shared_ptr<http::BodyStream> last;
  for (; !last; std::this_thread::yield())
    last = answers.open("ada", "", "", parts(100, limits::stream_buffer_bytes));
  CHECK_FALSE(answers.open("ada", "", "", parts(1, 1)));
  for (auto& stream : idle) stream->close();
  while (!answers.open("ada", "", "", parts(0, 0))) std::this_thread::yield();
}

TEST_CASE(
    "LongAnswers: one reader opens at most as many as it leaves, and more when some have ended") {
  LongAnswers answers;
  std::vector<std::shared_ptr<http::BodyStream>> idle;
  auto open = [&](const std::string& reader) {
    return answers.open(reader, "", "", parts(100, limits::stream_buffer_bytes));
  };
  for (size_t i = 0; i < LongAnswers::lists / 2; ++i) {
    idle.push_back(open("ada"));
    REQUIRE(idle.back());
  }
  CHECK_FALSE(open("ada"));
  const auto other = open("bob");
  CHECK(other);
  idle.front()->close();
  while (!(idle.front() = open("ada"))) std::this_thread::yield();
  CHECK_FALSE(open("ada"));
}

TEST_CASE("LongAnswers: a body that needs little time does not wait for all parts of slow bodies") {
  std::atomic<int> slow_parts = 0;
  int first = 0, last = 0;
  LongAnswers answers;
  std::vector<std::shared_ptr<http::BodyStream>> slow;
  for (size_t i = 0; i < LongAnswers::lists / 2; ++i) {
    slow.push_back(answers.open("slow", "", "", [&]() -> Part {
      ++slow_parts;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      return "x";
    }));
  }
  while (slow_parts < 3) std::this_thread::yield();
  BodyReader quick(answers.open("quick", "", "", [&, n = 0]() mutable -> Part {
    last = slow_parts;
    if (n == 0) first = last;
    if (n++ == 10) return std::nullopt;
    return "y";
  }));
  CHECK(quick.read() == "yyyyyyyyyy");
  CHECK(last - first < 10);  // strict turns: 10; slow bodies first: 100
  for (auto& stream : slow) stream->close();
}

TEST_CASE("LongAnswers: an error or an exception aborts the body; the others continue") {
  LongAnswers answers;
  BodyReader failing(answers.open("ada", "", "[", [n = 0]() mutable -> Part {
    if (n++ == 0) return "1";
    return fail(ErrorCode::unavailable, "gone");
  }));
  BodyReader throwing(
      answers.open("ada", "", "[", []() -> Part { throw std::runtime_error("thrown"); }));
  CHECK(failing.read() == "[1");
  CHECK(throwing.read() == "[");
  CHECK(failing.was_aborted());
  CHECK(throwing.was_aborted());
  CHECK(BodyReader(answers.open("ada", "", "[", parts(1, 1))).read() == "[x");
}

TEST_CASE("LongAnswers: a place that hangs holds up itself alone, and takes one thread") {
  std::binary_semaphore hanging(0), end(0);
  std::atomic<int> begun = 0;
  LongAnswers answers(LongAnswers::lists, std::chrono::milliseconds(1));
  const auto hang = [&]() -> Part {
    if (++begun == 1) hanging.release();
    end.acquire();
    end.release();
    return std::nullopt;
  };
  BodyReader first(answers.open("ada", "sick", "[", hang));
  BodyReader second(answers.open("bob", "sick", "[", hang));
  hanging.acquire();
  CHECK(BodyReader(answers.open("ada", "well", "[", parts(3, 100))).read().size() == 301);
  CHECK(BodyReader(answers.open("bob", "", "[", parts(3, 100))).read().size() == 301);
  CHECK(begun == 1);
  CHECK_FALSE(answers.is_late(std::chrono::steady_clock::now()));
  end.release();
  CHECK(first.read() == "[");
  CHECK(second.read() == "[");
  CHECK(begun == 2);
}

TEST_CASE("LongAnswers: the thread rests while there is nothing to write") {
  LongAnswers answers;
  const auto later = [] { return std::chrono::steady_clock::now() + std::chrono::hours(1); };
  CHECK_FALSE(answers.is_late(later()));  // there is no thread yet
  BodyReader(answers.open("ada", "", "", parts(1, 1))).read();
  while (answers.is_late(later())) std::this_thread::yield();
}
