#include "agent/leftovers.h"

#include <doctest/doctest.h>

#include <csignal>
#include <thread>

#include "base/process.h"

namespace esclusa::agent {
namespace {

const std::atomic<bool> no_hurry = false;

ProcessSpec process_of(const std::string& event_file, const std::string& script) {
  ProcessSpec spec;
  spec.arguments = {"/bin/sh", "-c", script};
  spec.environment = {"PATH=/usr/bin:/bin", "ESCLUSA_EVENT_FILE=" + event_file};
  spec.time_limit = std::chrono::minutes(1);
  return spec;
}

TEST_CASE("end_leftovers: ends the processes of that run, and of no other") {
  std::atomic<bool> cancel_other = false;
  std::atomic<int> started = 0;
  ProcessOutcome ended, other;
  auto start = [&](const std::string& file, ProcessOutcome& outcome) {
    return std::jthread([&started, &cancel_other, &outcome, file] {
      ProcessSpec spec = process_of(file, "echo; exec sleep 1000");
      spec.cancel = &cancel_other;
      spec.on_output = [&](std::string_view) {
        ++started;
        started.notify_all();
      };
      outcome = run_process(spec).value();
    });
  };
  std::jthread first = start("/runs/of-a-test/1/event.json", ended);
  std::jthread second = start("/runs/of-a-test/11/event.json", other);
  for (int now = started; now < 2; now = started) started.wait(now);
  CHECK(end_leftovers("/runs/of-a-test/1/event.json", no_hurry) == 1);
  first.join();
  CHECK(ended.signal == SIGTERM);
  CHECK(end_leftovers("/of-a-test/11/event.json", no_hurry) == 0);
  CHECK(end_leftovers("/runs/of-a-test/1", no_hurry) == 0);
  cancel_other = true;
  second.join();
  CHECK(other.cancelled);
}

TEST_CASE("end_leftovers: those that ignore SIGTERM are killed") {
  const std::atomic<bool> hurry = true;
  std::atomic<bool> started = false;
  ProcessOutcome ended;
  std::jthread thread([&] {
    ProcessSpec spec = process_of("/runs/of-a-test/2/event.json",
                                  "trap '' TERM; echo; while :; do sleep 1000; done");
    spec.on_output = [&](std::string_view) {
      started = true;
      started.notify_all();
    };
    ended = run_process(spec).value();
  });
  started.wait(false);
  CHECK(end_leftovers("/runs/of-a-test/2/event.json", hurry) >= 1);
  thread.join();
  CHECK(ended.signal == SIGKILL);
}

}  // namespace
}  // namespace esclusa::agent
