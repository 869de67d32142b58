#include "agent/target.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <thread>

#include "base/text.h"
#include "support/fake_github.h"
#include "support/temp_folder.h"

// With a real sshd: tests/e2e/test_agent_ssh.py.

namespace esclusa::agent {
namespace {
namespace fs = std::filesystem;

/// What runs on another host has nothing of a process here but its standard streams.
const std::string far_away = "setsid -w env --default-signal=TERM ";

/// Whether one of these processes is there and is no zombie.
bool is_running(const std::string& pids) {
  return std::ranges::any_of(split(trim(pids), ' '), [](std::string_view pid) {
    const std::string stat = test::read_file(fs::path("/proc") / pid / "stat");
    return !stat.empty() && !stat.contains(") Z ");
  });
}

/// A target that is this machine: `ssh` in PATH is a script that runs the command that it is given,
/// as sshd would, in the login shell.
struct Fixture {
  test::TempFolder folder;
  std::atomic<bool> cancel = false;
  testing::EventFields fields;
  Rule rule{.repository = "demo/shop", .time_limit_text = "5m"};
  RunFolder run;
  std::string login_shell = "/bin/sh";
  const std::string path = std::getenv("PATH");

  Fixture() {
    rule.time_limit = std::chrono::minutes(5);
    rule.target = Target{.text = "ssh://deploy@host", .user = "deploy", .host = "host"};
    run.path = folder / "run";
    run.record.repository = "demo/shop";
    fs::create_directories(run.source() / ".git");
    fs::create_directories(folder / "tmp");
    folder.write("run/event.json", "{\"the\":\"event\"}");
    folder.write("run/payload.json", "[1]");
    folder.write("run/source/.git/config", "ours");
    folder.write("run/source/page", "one\n");
    setenv("PATH", ((folder / "bin").string() + ":" + path).c_str(), 1);
    fs::create_directories(folder / "bin");
  }
  ~Fixture() { setenv("PATH", path.c_str(), 1); }

  void write_program(const std::string& name, const std::string& script) const {
    folder.write(name, script);
    fs::permissions(folder / name, fs::perms::owner_all);
  }
  void write_ssh(const std::string& script) const { write_program("bin/ssh", script); }
  Outcome execute(std::vector<std::string> command, const client::GivenValues& values = {}) {
    if (!fs::exists(folder / "bin/ssh")) {
      write_ssh("#!/bin/sh\nfor last; do :; done\nprintf '%s\\n' \"$@\" >" +
                (folder / "arguments").string() + "\nexport TMPDIR=" + (folder / "tmp").string() +
                " LANG=C\nexec " + far_away + login_shell + " -c \"$last\"\n");
    }
    rule.command = std::move(command);
    const auto deployment = testing::deployment_of(fields);
    auto log = RunLog::open(run.log()).value();
    return run_on_target(rule, deployment, run, log, cancel, values);
  }
  Outcome shell(const std::string& script) { return execute({"sh", "-c", script}); }
  std::string printed() const { return test::read_file(run.log()); }
  bool is_tidy() const { return fs::is_empty(folder / "tmp") && !fs::exists(run.transfer()); }
};

TEST_CASE_FIXTURE(Fixture, "run_on_target: the command finds the commit's files and no others") {
  write_program("run/source/deploy.sh",
                "#!/bin/sh\ncat page; echo \"$# $1\"; ls -A; ls -A ..\n"
                "cat \"$ESCLUSA_PAYLOAD_FILE\" \"$ESCLUSA_EVENT_FILE\" - >&2\n");
  for (const char* name : {"/bin/sh", "/bin/bash"}) {
    login_shell = name;
    fs::remove(folder / "bin/ssh");
    fs::remove(run.log());
    CHECK(execute({"./deploy.sh", "two words; $(id)"}).state == "success");
    CHECK(printed() ==
          "one\n1 two words; $(id)\ndeploy.sh\npage\nevent.json\npayload.json\n"
          "source\nstart\n[1]{\"the\":\"event\"}");
    CHECK(is_tidy());
  }
}

TEST_CASE_FIXTURE(Fixture, "run_on_target: a large checkout with odd names arrives as it is") {
  const std::string big(3'000'001, 'x');
  folder.write("run/source/big", big);
  folder.write("run/source/it's $(a)\nname", "odd\n");
  write_program("run/source/program", "");
  fs::permissions(run.source() / "page", fs::perms::owner_read);
  CHECK(shell("wc -c <big; cat it*name; stat -c %A page program").state == "success");
  CHECK(printed() == "3000001\nodd\n-rw-r--r--\n-rwxr-xr-x\n");
}

TEST_CASE_FIXTURE(Fixture, "run_on_target: the exit code decides") {
  Outcome outcome = shell("echo out; echo err >&2; exit 3");
  CHECK(outcome.state == "failure");
  CHECK(outcome.description == "The command exited with 3");
  CHECK(printed() == "out\nerr\n");
  outcome = shell("kill -SEGV $$");
  CHECK(outcome.state == "failure");
  CHECK(outcome.description == "The command exited with 139, as after the signal SEGV");
  CHECK(shell("exit 255").description == "The command exited with 255");
  CHECK(shell("chmod 0 ../source; exit 0").state == "success");
  CHECK(is_tidy());
}

TEST_CASE_FIXTURE(Fixture, "run_on_target: the deployment is in variables, whatever they hold") {
  setenv("AGENT_TEST_SECRET", "hidden", 1);
  fields.ref = "--upload-pack='touch x'";
  fields.environment = "$(touch x)'; touch x; '";
  fields.task = "`touch x`;touch x";
  CHECK(shell("env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD= | sort; pwd").state ==
        "success");
  const std::string text = printed();
  const auto lines = split(text, '\n');
  auto has = [&](std::string_view line) { return std::ranges::count(lines, line) == 1; };
  CHECK(has("ESCLUSA_REPOSITORY=demo/shop"));
  CHECK(has("ESCLUSA_DEPLOYMENT_ID=1"));
  CHECK(has("ESCLUSA_ENVIRONMENT=$(touch x)'; touch x; '"));
  CHECK(has("ESCLUSA_TASK=`touch x`;touch x"));
  CHECK(has("ESCLUSA_REF=--upload-pack='touch x'"));
  CHECK(has("ESCLUSA_SHA=" + std::string(40, 'a')));
  CHECK(has("ESCLUSA_KIND=deploy"));
  CHECK(has("ESCLUSA_ORIGIN="));
  CHECK(has("LANG=C"));
  const std::string there = (folder / "tmp/esclusa-run.").string();
  CHECK(text.contains("\nESCLUSA_PAYLOAD_FILE=" + there));
  CHECK(text.contains("\nESCLUSA_EVENT_FILE=" + there));
  CHECK(text.contains("\n" + there));
  CHECK(lines.size() == 15);  // and PATH, HOME, and the end
  // Not even ssh sees them: what the target's shell gets is the same for each run.
  CHECK(!test::read_file(folder / "arguments").contains("touch"));
}

/// Whether a process of this machine, which is the agent's and the target, has it in an argument.
bool is_in_an_argument(std::string_view text) {
  std::error_code error;
  for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    if (test::read_file(it->path() / "cmdline").contains(text)) return true;
  }
  return false;
}

/// Whether one of the files below the folder has it in its name or text.
bool is_in_a_file(const fs::path& folder, std::string_view text) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().string().contains(text)) return true;
    if (entry.is_regular_file() && test::read_file(entry.path()).contains(text)) return true;
  }
  return false;
}

TEST_CASE_FIXTURE(Fixture, "run_on_target: secrets arrive, and are in no file and no argument") {
  const std::string odd = "it's $(touch x) `id`\n\\ \"second\" line\n";
  client::GivenValues values;
  values.secrets = {{"DB_URL", odd}, {"LONG", std::string(100'000, 'y') + "hidden-end"}};
  values.variables = {{"REGION", "eu"}};
  const std::string ready = (folder / "ready").string();
  const std::string go = (folder / "go").string();
  std::atomic<bool> is_told = false;
  bool in_argument = true;
  bool in_file = true;
  std::jthread observer([&] {
    while (!fs::exists(ready) && !is_told) std::this_thread::yield();
    in_argument = is_in_an_argument("hidden-end") || is_in_an_argument("$(touch x)");
    in_file = is_in_a_file(folder.path(), "hidden-end");
    CHECK(is_in_an_argument(go));  // the look finds what is there
    CHECK(is_in_a_file(folder.path(), go));
    folder.write("go", "");
  });
  for (const char* shell_name : {"/bin/sh", "/bin/bash"}) {
    login_shell = shell_name;
    fs::remove(folder / "bin/ssh");
    fs::remove(run.log());
    // What it prints is not masked here: `RunLog::hide` is called by the runner.
    const Outcome outcome =
        execute({"sh", "-c",
                 "touch " + ready + "; while ! test -e " + go +
                     "; do sleep 0.05; done; printf %s \"$DB_URL\"; echo ${#LONG} $REGION; cat; "
                     "echo \"<$values$whole>\"; ls -A .."},
                values);
    is_told = true;
    CHECK(outcome.state == "success");
    CHECK(printed() == odd + "100010 eu\n<>\nevent.json\npayload.json\nsource\nstart\n");
    CHECK(is_tidy());
  }
  observer.join();
  CHECK(!in_argument);
  CHECK(!in_file);
}

TEST_CASE_FIXTURE(Fixture, "run_on_target: what arrives in part is not run") {
  const std::string in = (folder / "in").string();
  write_ssh("#!/bin/sh\nfor last; do :; done\nexport TMPDIR=" + (folder / "tmp").string() +
            "\nexec 3<&0\nmkfifo " + in +
            "\n{ IFS= read -r line; echo \"${line% *} $((${line##* } - 8))\"; exec cat; } <&3 >" +
            in + " &\n" + far_away + "sh -c \"$last\" <" + in +
            " 3<&-\ncode=$?\nkill $!\nexit $code\n");
  client::GivenValues values;
  values.variables = {{"REGION", "eu"}};
  const Outcome outcome = execute({"touch", (folder / "ran").string()}, values);
  CHECK(outcome.state == "failure");
  CHECK(printed().contains("The values have not arrived."));
  CHECK(!fs::exists(folder / "ran"));
}

TEST_CASE_FIXTURE(Fixture, "run_on_target: over the time limit its whole group is ended") {
  rule.time_limit_text = "2s";
  const fs::path pids = folder / "pids";
  // A busy machine may take longer than that to get there: then it has more time.
  for (rule.time_limit = std::chrono::seconds(2); !test::read_file(pids).ends_with('\n');
       rule.time_limit *= 2) {
    REQUIRE(rule.time_limit < std::chrono::minutes(3));
    const Outcome outcome = shell("sleep 1000 & echo $! $$ >" + pids.string() + "; wait");
    CHECK(outcome.state == "failure");
    CHECK(outcome.description == "The command was ended after its time limit of 2s");
    CHECK(is_tidy());
  }
  CHECK(!is_running(test::read_file(pids)));
}

TEST_CASE_FIXTURE(Fixture, "run_on_target: what it leaves in the background is ended") {
  const fs::path pid = folder / "pid";
  CHECK(shell("sleep 1000 >/dev/null 2>&1 & echo $! >" + pid.string()).state == "success");
  CHECK(!is_running(test::read_file(pid)));
}

TEST_CASE_FIXTURE(Fixture, "run_on_target: ends with the agent") {
  cancel = true;
  CHECK(shell("sleep 1000").description == "The agent was stopped");
  CHECK(is_tidy());
}

TEST_CASE_FIXTURE(Fixture, "run_on_target: what ssh says is in the log, with what to do") {
  write_ssh("#!/bin/sh\necho 'd@h: Permission denied (publickey).' >&2; exit 255\n");
  const Outcome outcome = shell("true");
  CHECK(outcome.state == "error");
  CHECK(outcome.description == "The command could not be started on the target; the log says why");
  CHECK(printed().contains("d@h: Permission denied (publickey).\n"));
  CHECK(printed().contains("must stand in .ssh/authorized_keys of deploy on host."));
}

TEST_CASE_FIXTURE(Fixture, "run_on_target: a target without a program that is needed says so") {
  fs::create_directory(folder / "programs");
  for (const char* name : {"env", "head", "mkfifo", "mktemp", "tar", "timeout"}) {
    fs::create_symlink(fs::path("/usr/bin") / name, folder / "programs" / name);
  }
  write_ssh("#!/bin/sh\nfor last; do :; done\nPATH=" + (folder / "programs").string() +
            "\nexec /bin/sh -c \"$last\"\n");
  // `sh` is looked for too, once we are there.
  fs::create_symlink("/bin/sh", folder / "programs/sh");
  CHECK(shell("true").state == "error");
  CHECK(printed().contains("The target has no program setsid; install it there.\n"));
}

TEST_CASE_FIXTURE(Fixture, "run_on_target: a connection that breaks is an error") {
  // Ends as ssh does then: what runs at the target stays, its standard input ends, and nobody hears
  // what it says from then on.
  const auto name = [&](const char* file) { return (folder / file).string(); };
  write_ssh("#!/bin/sh\nfor last; do :; done\nexport TMPDIR=" + name("tmp") +
            "\nexec 3<&0\nmkfifo " + name("in") + "\n" + far_away + "sh -c \"$last\" <" +
            name("in") + " 3<&- >/dev/null 2>" + name("errors") + " &\ncat <&3 >" + name("in") +
            " &\nwhile ! test -e " + name("ran") + "; do sleep 0.05; done\ncat " + name("errors") +
            " >&2\nkill $!\nexit 255\n");
  const Outcome outcome = shell("touch " + name("ran") + "; exec sleep 1000");
  CHECK(outcome.state == "error");
  CHECK(outcome.description == "The connection to the target was lost during the command");
  CHECK(printed().contains("see whether it left something half done"));
  while (!fs::is_empty(folder / "tmp")) std::this_thread::yield();
}

}  // namespace
}  // namespace esclusa::agent
