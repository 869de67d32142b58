#include "agent/ssh.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/process.h"

namespace esclusa::agent {
namespace {

TEST_CASE("uses_ssh: as git takes URLs and paths") {
  for (const char* git : {"ssh://git@host/a/b.git", "SSH://host/x", "git+ssh://host/x",
                          "ssh+git://host/x", "git@host:a/b.git", "host:b", "[::1]:b"}) {
    CAPTURE(git);
    CHECK(uses_ssh(git));
  }
  for (const char* git : {"/srv/git/x.git", "/srv/a:b", "./a:b", "https://git@host/x", "git://h/x",
                          "file:///srv/x", "ext::ssh host x", "x"}) {
    CAPTURE(git);
    CHECK(!uses_ssh(git));
  }
}

TEST_CASE("shell_quoted: a shell gives back what was put in") {
  for (const std::string text : {"", "plain", "two words", "it's", "'", "''", "$(id)`id`\"\\",
                                 "a\nb", "-n", "!x;&|<>*?~#"}) {
    CAPTURE(text);
    std::string printed;
    ProcessSpec spec;
    spec.arguments = {"/bin/sh", "-c", "printf %s " + shell_quoted(text) + "x"};
    spec.on_output = [&](std::string_view output) { printed += output; };
    REQUIRE(run_process(spec));
    CHECK(printed == text + "x");
  }
}

TEST_CASE("ssh_options: ssh itself understands them, and pins the host's key") {
  const SshAccess access{"/keys/my agent.key", "/keys/known hosts"};
  ProcessSpec spec;
  spec.arguments = {"ssh", "-G"};
  std::ranges::copy(ssh_options(access), std::back_inserter(spec.arguments));
  spec.arguments.push_back("host.example");
  spec.environment = {"PATH=/usr/bin:/bin"};
  std::string printed = "\n";
  spec.on_output = [&](std::string_view output) { printed += output; };
  const auto outcome = run_process(spec);
  REQUIRE(outcome);
  REQUIRE_MESSAGE(outcome->succeeded(), printed);
  for (const std::string line :
       {"batchmode yes", "identitiesonly yes", "identityagent none", "stricthostkeychecking true",
        "identityfile /keys/my agent.key", "userknownhostsfile /keys/known hosts",
        "globalknownhostsfile /dev/null", "updatehostkeys false", "forwardagent no",
        "forwardx11 no", "requesttty false"}) {
    CAPTURE(line);
    CHECK_MESSAGE(printed.contains("\n" + line + "\n"), printed);
  }
}

TEST_CASE("ssh_advice: what to do about what ssh says") {
  const SshAccess access{"/keys/agent", "/keys/known_hosts"};
  const auto advice = [&](std::string_view text) { return ssh_advice(text, access, "Do this."); };
  CHECK(advice("Host key verification failed.\r\n").contains("/keys/known_hosts"));
  CHECK(advice("git@h: Permission denied (publickey).").ends_with("/keys/agent. Do this."));
  CHECK(advice("ssh: connect to host h port 22: Connection refused").contains("sshd runs"));
  CHECK(advice("cat: x: Permission denied") == "");
}

}  // namespace
}  // namespace esclusa::agent
