#include "base/process.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <stdexcept>
#include <thread>

#include "base/check.h"
#include "base/text.h"
#include "support/temp_folder.h"

using namespace esclusa;
using namespace std::chrono_literals;

namespace {

const std::string path = "PATH=/usr/local/bin:/usr/bin:/bin";

ProcessSpec shell(std::string script) {
  ProcessSpec spec;
  spec.arguments = {"sh", "-c", std::move(script)};
  spec.environment = {path};
  return spec;
}

struct Ran {
  ProcessOutcome outcome;
  std::string output;
};

Ran run(ProcessSpec spec) {
  Ran ran;
  spec.on_output = [&](std::string_view text) { ran.output += text; };
  auto outcome = run_process(spec);
  REQUIRE(outcome);
  ran.outcome = *outcome;
  return ran;
}

/// True when the process is gone, or is a zombie because nothing reaps orphans here.
bool is_dead(std::string_view pid) {
  const std::string stat = test::read_file("/proc/" + std::string(trim(pid)) + "/stat");
  const size_t name_end = stat.rfind(") ");
  return name_end == stat.npos || stat[name_end + 2] == 'Z';
}

void wait_until_dead(const std::string& pid) {
  while (!is_dead(pid)) std::this_thread::yield();
}

}  // namespace

TEST_CASE("run_process: exit codes and signals") {
  CHECK(run(shell("exit 0")).outcome.succeeded());
  CHECK(run(shell("exit 7")).outcome.exit_code == 7);
  auto killed = run(shell("kill -KILL $$")).outcome;
  CHECK_FALSE(killed.exit_code);
  CHECK(killed.signal == SIGKILL);
  CHECK_FALSE(killed.succeeded());
  CHECK_FALSE(killed.timed_out);
}

TEST_CASE("run_process: arguments reach the program as they are") {
  ProcessSpec spec;
  spec.arguments = {"printf", "%s|", "$(id)", "--exec=id", "a b", "", "'\"\n"};
  spec.environment = {path};
  CHECK(run(spec).output == "$(id)|--exec=id|a b||'\"\n|");
}

TEST_CASE("run_process: the environment is the given one and nothing else") {
  ProcessSpec spec;
  spec.arguments = {"/usr/bin/env"};
  spec.environment = {"A=1", "B="};
  CHECK(run(spec).output == "A=1\nB=\n");
}

TEST_CASE("run_process: the program is found by the given PATH") {
  test::TempFolder folder;
  chmod(folder.write("bin/mine", "#!/bin/sh\necho mine\n").c_str(), 0755);
  folder.write("first/mine", "not executable");
  std::filesystem::create_directories(folder / "second/mine");
  ProcessSpec spec;
  spec.arguments = {"mine"};
  auto in = [&](std::string_view name) { return (folder / name).string(); };
  spec.environment = {"PATH=:" + in("first") + ":" + in("second") + ":" + in("bin")};
  CHECK(run(spec).output == "mine\n");
  spec.environment = {"PATH=bin:."};
  spec.directory = folder.path();
  CHECK_FALSE(run_process(spec));
  spec.arguments = {"bin/mine"};
  CHECK(run(spec).output == "mine\n");
}

TEST_CASE("run_process: unavailable if it cannot be started") {
  test::TempFolder folder;
  auto refused = [](std::vector<std::string> arguments, std::string directory = "/") {
    ProcessSpec spec;
    spec.arguments = std::move(arguments);
    spec.environment = {path};
    spec.directory = std::move(directory);
    auto outcome = run_process(spec);
    return !outcome && outcome.error().code == ErrorCode::unavailable;
  };
  CHECK(refused({"no-such-program"}));
  CHECK(refused({""}));
  CHECK(refused({"/no/such/program"}));
  CHECK(refused({"/etc"}));
  CHECK(refused({folder.write("data", "#!/bin/sh\n")}));
  CHECK(refused({"true"}, "/no/such/folder"));
  CHECK(refused({"true", std::string("a\0b", 3)}));
  chmod(folder.write("script", "#!/no/such/interpreter\n").c_str(), 0755);
  CHECK(refused({folder / "script"}));
  ProcessSpec no_path;
  no_path.arguments = {"true"};
  CHECK_FALSE(run_process(no_path));
}

TEST_CASE("run_process: runs in the given directory") {
  test::TempFolder folder;
  auto spec = shell("pwd");
  CHECK(run(spec).output == "/\n");
  spec.directory = folder.path();
  CHECK(run(spec).output == folder.path().string() + "\n");
}

TEST_CASE("run_process: standard error goes to the requested callback") {
  auto spec = shell("echo one; echo two >&2; echo three");
  CHECK(run(spec).output == "one\ntwo\nthree\n");
  std::string errors;
  spec.on_error_output = [&](std::string_view text) { errors += text; };
  CHECK(run(spec).output == "one\nthree\n");
  CHECK(errors == "two\n");
  spec.on_error_output = nullptr;
  CHECK(run_process(spec)->succeeded());  // without a callback for output
}

TEST_CASE("run_process: much input and output at once") {
  auto spec = shell("tee /dev/stderr");
  for (size_t i = 0; spec.input.size() < 3'000'000; ++i) spec.input += std::to_string(i) + "\n";
  std::string errors;
  spec.on_error_output = [&](std::string_view text) { errors += text; };
  const auto ran = run(spec);
  CHECK(ran.outcome.succeeded());
  CHECK(ran.output == spec.input);
  CHECK(errors == spec.input);
}

TEST_CASE("run_process: input that the program does not read, and no input") {
  auto spec = shell("exec <&-; exit 3");
  spec.input = std::string(1'000'000, 'x');
  CHECK(run(spec).outcome.exit_code == 3);
  CHECK(run(shell("cat")).output.empty());
}

TEST_CASE("run_process: the child inherits no descriptor") {
  test::TempFolder folder;
  const int leaky = open(folder.write("leak", "").c_str(), O_RDONLY);  // without O_CLOEXEC
  ProcessSpec spec;
  spec.arguments = {"ls", "-l", "/proc/self/fd"};
  spec.environment = {path};
  const auto ran = run(spec);
  CHECK(leaky > 2);
  CHECK_FALSE(ran.output.contains(folder.path().string()));
  CHECK_FALSE(ran.output.contains(" 4 -> "));  // 3 is the folder that ls reads
  close(leaky);
}

TEST_CASE("run_process: works when our own standard streams are closed") {
  const int saved_in = fcntl(0, F_DUPFD_CLOEXEC, 10);
  const int saved_out = fcntl(1, F_DUPFD_CLOEXEC, 10);
  close(0);
  close(1);
  auto spec = shell("cat; echo error >&2");
  spec.input = "text\n";
  std::string output, errors;
  spec.on_output = [&](std::string_view text) { output += text; };
  spec.on_error_output = [&](std::string_view text) { errors += text; };
  const auto outcome = run_process(spec);
  dup2(saved_in, 0);
  dup2(saved_out, 1);
  close(saved_in);
  close(saved_out);
  CHECK(outcome);
  CHECK(output == "text\n");
  CHECK(errors == "error\n");
}

TEST_CASE("run_process: signals are back to their defaults in the child") {
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  auto old = signal(SIGPIPE, SIG_IGN);
  const auto ran = run(shell("grep -E 'Sig(Blk|Ign)' /proc/self/status"));
  signal(SIGPIPE, old);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  const auto lines = split(ran.output, '\n');
  REQUIRE(lines.size() == 3);
  for (std::string_view line : {lines[0], lines[1]}) {
    CAPTURE(line);
    // 32 and 33 are excluded: they belong to the C library and have no default.
    CHECK((std::stoull(std::string(line.substr(line.find('\t'))), nullptr, 16) & 0x7fffffff) == 0);
  }
}

TEST_CASE("run_process: it leads its own process group") {
  const auto ran =
      run(shell("read -r pid name state parent group rest < /proc/self/stat;"
                "echo $$ $group"));
  const auto parts = split(trim(ran.output), ' ');
  CHECK(parts.size() == 2);
  CHECK(parts.front() == parts.back());
}

TEST_CASE("run_process: SIGTERM when its time is over") {
  auto spec = shell("trap 'echo asked; exit 5' TERM; echo ready; sleep 1000 & wait");
  spec.time_limit = 200ms;
  spec.kill_after = 60s;
  const auto ran = run(spec);
  CHECK(ran.outcome.timed_out);
  CHECK_FALSE(ran.outcome.cancelled);
  CHECK(ran.outcome.exit_code == 5);
  CHECK(ran.output.contains("asked"));
}

TEST_CASE("run_process: SIGKILL to the whole group when SIGTERM is ignored") {
  // The ignored signal is inherited: the sleeping child ignores it too.
  auto spec = shell("trap '' TERM; sleep 1000 & echo $!; wait");
  spec.time_limit = 100ms;
  spec.kill_after = 100ms;
  const auto ran = run(spec);
  CHECK(ran.outcome.timed_out);
  CHECK(ran.outcome.signal == SIGKILL);
  wait_until_dead(ran.output);
}

TEST_CASE("run_process: a program that never stops writing is ended too") {
  auto spec = shell("exec yes");
  spec.time_limit = 100ms;
  CHECK(run(spec).outcome.timed_out);
}

TEST_CASE("run_process: cancelled from another thread") {
  std::atomic<bool> cancel = false;
  auto spec = shell("echo ready; sleep 1000");
  spec.cancel = &cancel;
  spec.on_output = [&](std::string_view) { cancel = true; };
  const auto outcome = run_process(spec);
  REQUIRE(outcome);
  CHECK(outcome->cancelled);
  CHECK_FALSE(outcome->timed_out);
  CHECK(outcome->signal == SIGTERM);
}

TEST_CASE("run_process: processes that the program leaves in its group are ended") {
  auto spec = shell("sleep 1000 & echo $!");
  spec.kill_after = 200ms;
  const auto ran = run(spec);
  CHECK(ran.outcome.succeeded());
  wait_until_dead(ran.output);
  CHECK_FALSE(ran.outcome.timed_out);
}

TEST_CASE("run_process: processes that the program leaves are killed if they ignore SIGTERM") {
  auto spec = shell("(trap '' TERM; exec sleep 1000) & echo $!");
  spec.kill_after = 100ms;
  const auto ran = run(spec);
  CHECK(ran.outcome.succeeded());
  wait_until_dead(ran.output);
}

TEST_CASE("run_process: does not wait for a process that left the group and holds the pipe open") {
  test::TempFolder folder;
  std::filesystem::path pid = folder / "pid";
  auto spec =
      shell("setsid sh -c 'echo $$ > " + pid.string() + "; exec sleep 1000' & while ! [ -s " +
            pid.string() + " ]; do :; done; echo done");
  spec.kill_after = 100ms;
  const auto ran = run(spec);
  CHECK(ran.outcome.succeeded());
  CHECK(ran.output == "done\n");
  const std::string left = test::read_file(pid);
  CHECK_FALSE(is_dead(left));
  int number = 0;
  std::from_chars(left.data(), left.data() + left.size(), number);
  REQUIRE(number > 1);
  kill(number, SIGKILL);
}

TEST_CASE("run_process: no output is lost at the end") {
  const auto ran = run(shell("head -c 60000 /dev/zero"));
  CHECK(ran.output.size() == 60000);
}

TEST_CASE("run_process: a callback that throws leaves no process behind") {
  std::string pid;
  auto spec = shell("echo $$; sleep 1000");
  spec.on_output = [&](std::string_view text) {
    pid += text;
    throw std::runtime_error("stop");
  };
  CHECK_THROWS_AS((void)run_process(spec), std::runtime_error);
  CHECK(is_dead(pid));
}

TEST_CASE("run_process: many at once") {
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 10; ++n) {
        auto spec = shell("cat");
        spec.input = std::to_string(n);
        std::string output;
        spec.on_output = [&](std::string_view text) { output += text; };
        auto outcome = run_process(spec);
        if (outcome && outcome->succeeded() && output == spec.input) ++right;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(right == 40);
}
