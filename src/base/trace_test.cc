#include "base/trace.h"

#include <doctest/doctest.h>

#include <thread>

using namespace esclusa;

namespace {

void look_up() {
  const Span span("look up");
  Trace::count(Trace::Count::statement);
}

}  // namespace

TEST_CASE("Trace: the spans of a thread, in the order in which they began, with their depth") {
  Trace trace;
  {
    const Trace::Under under(trace);
    const Span outer("handle");
    look_up();
    Trace::count(Trace::Count::statement);
    look_up();
  }
  REQUIRE(trace.steps().size() == 3);
  CHECK(trace.steps()[0].name == "handle");
  CHECK(trace.steps()[0].depth == 0);
  CHECK(trace.steps()[0].counts[0] == 1);
  CHECK(trace.steps()[2].name == "look up");
  CHECK(trace.steps()[2].depth == 1);
  CHECK(trace.steps()[0].took >= trace.steps()[1].took + trace.steps()[2].took);
  CHECK(trace.count_spans("look up") == 2);
  CHECK(trace.total(Trace::Count::statement) == 3);
  CHECK(trace.total(Trace::Count::git_open) == 0);
}

TEST_CASE("Trace: nothing is recorded on a thread without a trace") {
  Trace trace;
  look_up();
  const Trace::Under under(trace);
  std::jthread([] { look_up(); }).join();
  CHECK(trace.steps().empty());
  CHECK(trace.total(Trace::Count::statement) == 0);
}

TEST_CASE("Trace: another thread goes on with a trace that is handed to it") {
  Trace trace;
  const Trace::Under under(trace);
  const Span outer("change");
  std::jthread([handed = Trace::current()] {
    const Trace::Under here(handed);
    look_up();
  }).join();
  REQUIRE(trace.steps().size() == 2);
  CHECK(trace.steps()[1].depth == 1);
}

TEST_CASE("Trace: a long trace keeps its first steps, and counts everything") {
  Trace trace;
  const Trace::Under under(trace);
  for (int i = 0; i < 1000; ++i) look_up();
  CHECK(trace.steps().size() == 200);
  CHECK(trace.total(Trace::Count::statement) == 1000);
}
