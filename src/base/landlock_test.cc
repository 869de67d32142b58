#include "base/landlock.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <thread>

#include "base/process.h"
#include "support/has_landlock.h"
#include "support/temp_folder.h"

using namespace esclusa;

namespace {

/// What a program needs to start: the loader, the libraries, and `programs`.
Confinement with_programs(std::vector<std::string> programs) {
  programs.emplace_back("/lib64/ld-linux-x86-64.so.2");
  return {.readable = {"/usr/lib", "/etc/ld.so.cache"},
          .writable = {"/dev/null"},
          .executable = std::move(programs)};
}

struct Ran {
  ProcessOutcome outcome;
  std::string output;
};

Ran run_shell(std::string script, std::optional<Confinement> confinement) {
  Ran ran;
  ProcessSpec spec;
  spec.arguments = {"/bin/sh", "-c", std::move(script)};
  spec.environment = {"PATH=/usr/bin:/bin"};
  spec.confinement = std::move(confinement);
  spec.on_output = [&](std::string_view text) { ran.output += text; };
  const auto outcome = run_process(spec);
  REQUIRE(outcome);
  ran.outcome = *outcome;
  return ran;
}

/// The errno with which `attempt` fails on a confined thread; 0 if it succeeds.
int error_when_confined(const Confinement& confinement, int version,
                        const std::function<bool()>& attempt) {
  const auto landlock = Landlock::prepare(confinement, version);
  REQUIRE(landlock);
  int error = 0;
  std::jthread([&] {
    error = landlock->confine_this_thread();
    if (error == 0 && !attempt()) error = errno;
  });
  return error;
}

}  // namespace

TEST_CASE("confinement: a child reads, writes and executes what it was granted, and no more") {
  if (!test::has_landlock()) return;
  const test::TempFolder folder;
  const std::string secret = folder.write("outside/secret", "secret\n");
  const std::string granted = folder.write("read/file", "granted\n");
  std::filesystem::create_directory(folder / "write");
  auto confinement = with_programs({"/bin/sh", "/usr/bin/cat", "/usr/bin/mv", "/usr/bin/rm"});
  confinement.readable.push_back((folder / "read").string());
  confinement.writable.push_back((folder / "write").string());
  const auto run = [&](const std::string& script) {
    return run_shell("cd " + folder.path().string() + " && " + script, confinement);
  };
  CHECK(run("cat read/file").output == "granted\n");
  CHECK(run("echo x > write/a && mv write/a write/b && cat write/b && rm write/b").output == "x\n");

  CHECK_FALSE(run("cat outside/secret").outcome.succeeded());
  CHECK_FALSE(run("echo x > outside/new").outcome.succeeded());
  CHECK_FALSE(run("echo x >> outside/secret").outcome.succeeded());
  CHECK_FALSE(run("echo x > read/new").outcome.succeeded());
  CHECK_FALSE(run("echo x > read/file").outcome.succeeded());
  CHECK_FALSE(run("rm -f outside/secret").outcome.succeeded());
  CHECK_FALSE(run("mv outside/secret write/").outcome.succeeded());
  CHECK_FALSE(run("/usr/bin/id").outcome.succeeded());
  CHECK(test::read_file(secret) == "secret\n");
  CHECK(test::read_file(granted) == "granted\n");
  CHECK_FALSE(std::filesystem::exists(folder / "outside/new"));

  // Without confinement, the child may do all of this.
  CHECK(run_shell("cat " + secret + " && /usr/bin/id", std::nullopt).outcome.succeeded());
}

TEST_CASE("confinement: a symbolic link gives no access to a target that was not granted") {
  if (!test::has_landlock()) return;
  const test::TempFolder folder;
  const std::string secret = folder.write("outside/secret", "secret\n");
  std::filesystem::create_directory(folder / "in");
  std::filesystem::create_symlink(secret, folder / "in/link");
  auto confinement = with_programs({"/bin/sh", "/usr/bin/cat"});
  confinement.writable.push_back((folder / "in").string());
  const std::string link = (folder / "in/link").string();
  const Ran ran = run_shell("cat " + link + " || echo x > " + link, confinement);
  CHECK_FALSE(ran.outcome.succeeded());
  CHECK_FALSE(ran.output.contains("secret\n"));
  CHECK(test::read_file(secret) == "secret\n");
}

TEST_CASE("confinement: in a writable folder no program runs, and no FIFO or link can be made") {
  if (!test::has_landlock()) return;
  const test::TempFolder folder;
  const std::string program = (folder / "program").string();
  std::filesystem::copy_file("/bin/true", program);
  auto confinement = with_programs({"/bin/sh", "/usr/bin/mkfifo", "/usr/bin/ln"});
  confinement.writable.push_back(folder.path().string());
  CHECK_FALSE(run_shell(program, confinement).outcome.succeeded());
  CHECK_FALSE(run_shell("mkfifo " + program + ".fifo", confinement).outcome.succeeded());
  CHECK_FALSE(run_shell("ln -s / " + program + ".link", confinement).outcome.succeeded());
  confinement.executable.push_back(program);
  CHECK(run_shell(program, confinement).outcome.succeeded());
}

TEST_CASE("confinement: confines the child, not the thread that starts it, nor its next child") {
  const test::TempFolder folder;
  const std::string file = folder.write("file", "text");
  CHECK(run_shell("true", with_programs({"/bin/sh"})).outcome.succeeded());
  CHECK(test::read_file(file) == "text");
  CHECK(run_shell("cat " + file, std::nullopt).output == "text");
}

TEST_CASE("Landlock: confines with version 2 (Debian 12) and the kernel's; not with version 0") {
  const test::TempFolder folder;
  const std::string secret = folder.write("secret", "text");
  const std::string granted = folder.write("granted", "text");
  const auto opens = [](const std::string& path, int flags) {
    return [=] { return static_cast<bool>(Descriptor(open(path.c_str(), flags))); };
  };
  CHECK(error_when_confined({}, 0, opens(secret, O_RDONLY)) == 0);
  if (!test::has_landlock()) return;
  for (int version : {2, landlock_version()}) {
    CAPTURE(version);
    CHECK(error_when_confined({}, version, opens(secret, O_RDONLY)) == EACCES);
    CHECK(error_when_confined({.readable = {granted}}, version, opens(granted, O_RDONLY)) == 0);
    CHECK(error_when_confined({.readable = {granted}}, version, opens(granted, O_RDWR)) == EACCES);
    CHECK(error_when_confined({.writable = {granted}}, version, opens(granted, O_RDWR)) == 0);
    CHECK(error_when_confined({.readable = {folder / "none"}}, version, [] { return true; }) == 0);
  }
  if (landlock_version() < 4) return;
  CHECK(error_when_confined({}, landlock_version(), [] {
          const Descriptor tcp(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
          const sockaddr_in nowhere{
              .sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}};
          return bind(tcp.get(), reinterpret_cast<const sockaddr*>(&nowhere), sizeof nowhere) == 0;
        }) == EACCES);
}
