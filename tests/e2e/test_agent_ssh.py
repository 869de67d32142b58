"""The agent over SSH: it fetches with a deploy key, and runs commands on another host, which is
this machine behind a private sshd."""
import json
import os
import pathlib
import signal
import unittest

from harness import EsclusaTest, wait_until
from sshd import Sshd, make_key, public_half, why_no_sshd
from test_agent import Agent, is_running

HOST_KEY_ADVICE = "The host has no key that is in "
SCRIPT = """\
#!/bin/sh
cat index.html
echo "to $1, $ESCLUSA_SHA"
pwd
"""


@unittest.skipIf(why_no_sshd(), f"no sshd can be started: {why_no_sshd()}")
class AgentSshTest(EsclusaTest):
    """Each test has its own environment and agent, in pull mode; all share one sshd."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.repository.commit("Say how it is deployed", {"deploy.sh": SCRIPT}, ["deploy.sh"])
        cls.there = cls.server.folder / "there"  # temporary files of the other host
        cls.there.mkdir()
        cls.sshd = cls.enterClassContext(
            Sshd(cls.server.folder / "sshd", [f'SetEnv TMPDIR="{cls.there}"']))
        cls.key = make_key(cls.server.folder / "agent.key")
        cls.sshd.authorize(cls.key, "restrict")
        cls.token = cls.server.user_with("agent", "repo_deployment", "demo/shop", "write").token

    def setUp(self):
        self.ran = self.server.folder / f"{self.environment()}.ran"

    def agent(self, command, over_ssh=True, **rule):
        """A running agent. `command` is an argument list, or a script for sh, in which `$RAN` is
        the name of a file."""
        if isinstance(command, str):
            command = ["sh", "-c", f"RAN='{self.ran}'\n{command}"]
        target = {"target": f"ssh://{self.sshd.user}@{self.sshd.host}:{self.sshd.port}",
                  "target_key": str(self.key),
                  "target_known_hosts": str(self.sshd.known_hosts)} if over_ssh else {}
        rule = {"repository": "demo/shop", "git": str(self.repository.path), "task": "*",
                "environment": self.environment(), "command": command, **target, **rule}
        agent = Agent(self.server.folder / f"{self.environment()}.agent", self.server.url,
                      self.token, rule, pull=True)
        agent.start()
        self.addCleanup(lambda: agent.end(signal.SIGKILL))
        return agent

    def git_rule(self, key=None, known_hosts=None, path=None):
        """Settings with which the repository is fetched over SSH."""
        return {"git": self.sshd.url(path or self.repository.path),
                "ssh_key": str(key or self.key),
                "ssh_known_hosts": str(known_hosts or self.sshd.known_hosts)}

    def end_of(self, deployment):
        """The final status of a deployment."""
        latest = {}

        def has_ended():
            statuses = self.api.get(deployment["statuses_url"]).json
            latest.update(statuses[0] if statuses else {})
            return latest.get("state") in ("success", "failure", "error", "inactive")
        wait_until(has_ended, f"the end, after {latest}", 60)
        return latest

    def log_of(self, deployment):
        answer = self.api.get(f"/esclusa/repos/demo/shop/deployments/{deployment['id']}/log")
        self.assertEqual(answer.status, 200, answer)
        return answer.body.decode()

    def assert_end(self, deployment, state, description):
        end = self.end_of(deployment)
        self.assertEqual((end["state"], end["description"]), (state, description),
                         self.log_of(deployment))

    def assert_tidy(self, agent):
        """Checks that nothing of a run is left on the target, and no transfer on this machine."""
        wait_until(lambda: list(self.there.iterdir()) == [], "an empty folder there")
        self.assertEqual(list((agent.folder / "work").glob("runs/*/*/*/transfer")), [])
        self.assertEqual(list((agent.folder / "work").glob("runs/*/*/*/source")), [])

    def known_hosts_of_another(self):
        """A file with a wrong host key for this host."""
        other = make_key(self.server.folder / f"{self.environment()}.other")
        file = self.server.folder / f"{self.environment()}.hosts"
        file.write_text(f"[{self.sshd.host}]:{self.sshd.port} {public_half(other)}\n")
        return file


class Fetching(AgentSshTest):
    def test_with_a_key(self):
        self.agent('cat index.html >"$RAN"', over_ssh=False, **self.git_rule())
        self.assert_end(self.create(), "success", "The command succeeded")
        self.assertEqual(self.ran.read_text(), "three\n")

    def test_another_host_key_is_not_believed(self):
        offered = self.sshd.log.read_text().count("Accepted publickey")
        self.agent('echo ran >"$RAN"', over_ssh=False,
                   **self.git_rule(known_hosts=self.known_hosts_of_another()))
        made = self.create()
        self.assert_end(made, "error", "The repository could not be fetched")
        self.assertIn("Host key verification failed.", self.log_of(made))
        self.assertIn(HOST_KEY_ADVICE, self.log_of(made))
        self.assertFalse(self.ran.exists())
        self.assertEqual(self.sshd.log.read_text().count("Accepted publickey"), offered)

    def test_a_key_that_is_refused(self):
        stranger = make_key(self.server.folder / "stranger.key")
        self.agent('echo ran >"$RAN"', over_ssh=False, **self.git_rule(key=stranger))
        made = self.create()
        self.assert_end(made, "error", "The repository could not be fetched")
        self.assertIn(f"The host does not accept the key {stranger}. Its public half must be a "
                      "deploy key of demo/shop", self.log_of(made))


class Target(AgentSshTest):
    def test_the_command_runs_there(self):
        agent = self.agent(["./deploy.sh", "your server; $(id)"], **self.git_rule())
        made = self.create()
        self.assert_end(made, "success", "The command succeeded")
        log = self.log_of(made)
        self.assertIn(f"  target       ssh://{self.sshd.user}@127.0.0.1:{self.sshd.port}\n", log)
        self.assertIn(f"three\nto your server; $(id), {made['sha']}\n{self.there}/esclusa-run.",
                      log)
        self.assert_tidy(agent)

    def test_what_it_finds_there(self):
        agent = self.agent('exec >"$RAN"; git status 2>&1 | head -n 1; '
                           'cat "$ESCLUSA_PAYLOAD_FILE"; echo; env', environment="*")
        name = "$(touch${IFS}pwned)'`touch${IFS}pwned`"
        self.repository.git("update-ref", f"refs/heads/{name}", "main")
        payload = {"text": "é \" $(id) ' \\"}
        made = self.create(ref=name, environment=f"{name} --x", payload=payload)
        self.assert_end(made, "success", "The command succeeded")
        lines = self.ran.read_text().splitlines()
        self.assertIn("fatal: not a git repository", lines[0])
        self.assertEqual(json.loads(lines[1]), payload)
        for line in (f"ESCLUSA_REF={name}", f"ESCLUSA_ENVIRONMENT={name} --x",
                     f"ESCLUSA_SHA={made['sha']}", f"ESCLUSA_DEPLOYMENT_ID={made['id']}",
                     "ESCLUSA_REPOSITORY=demo/shop", "ESCLUSA_TASK=deploy"):
            self.assertIn(line, lines)
        self.assertEqual([line for line in lines if line.startswith("SSH_")], [])
        self.assertEqual(list(self.server.folder.rglob("pwned")), [])
        self.assert_tidy(agent)

    def test_its_exit_code_decides(self):
        agent = self.agent("echo broken >&2; exit 3")
        made = self.create()
        self.assert_end(made, "failure", "The command exited with 3")
        self.assertIn("\nbroken\n", self.log_of(made))
        self.assert_tidy(agent)

    def test_the_time_limit_ends_what_runs_there(self):
        agent = self.agent('sleep 1000 & echo "$! $$" >"$RAN"; wait', time_limit="5s")
        made = self.create()
        self.assert_end(made, "failure", "The command was ended after its time limit of 5s")
        for pid in self.ran.read_text().split():
            self.assertFalse(is_running(pid))
        self.assertNotIn("has not said", self.log_of(made))
        self.assert_tidy(agent)

    def test_a_stopped_agent_ends_what_runs_there(self):
        agent = self.agent('echo "$$" >"$RAN"; sleep 1000')
        made = self.create()
        wait_until(lambda: self.ran.exists() and self.ran.read_text().endswith("\n"), "the run")
        self.assertEqual(agent.end(), 0)
        self.assertFalse(is_running(self.ran.read_text().strip()))
        self.assert_tidy(agent)
        agent.start()  # after its restart it sends the log, and reports
        self.assert_end(made, "error", "The agent was stopped")

    def test_a_killed_agent_ends_it_at_the_next_start(self):
        agent = self.agent('echo "$$" >"$RAN"; sleep 1000')
        made = self.create()
        wait_until(lambda: self.ran.exists() and self.ran.read_text().endswith("\n"), "the run")
        agent.end(signal.SIGKILL)
        agent.start()
        self.assert_end(made, "error", "The agent stopped during the run; it is not run again")
        wait_until(lambda: not is_running(self.ran.read_text().strip()), "the end of the command")
        self.assert_tidy(agent)

    def test_a_lost_connection_ends_what_runs_there(self):
        agent = self.agent('echo "$$ $PPID" >"$RAN"; sleep 1000')
        made = self.create()
        wait_until(lambda: self.ran.exists() and self.ran.read_text().endswith("\n"), "the run")
        command = int(self.ran.read_text().split()[0])
        for pid in ancestors(command):
            if "sshd:" in pathlib.Path(f"/proc/{pid}/cmdline").read_text():
                os.kill(pid, signal.SIGKILL)
                break
        self.assert_end(made, "error", "The connection to the target was lost during the command")
        wait_until(lambda: not is_running(command), "the end of the command")
        self.assertIn("see whether it left something half done", self.log_of(made))
        self.assert_tidy(agent)

    def test_another_host_key_gets_nothing(self):
        agent = self.agent('echo ran >"$RAN"',
                           target_known_hosts=str(self.known_hosts_of_another()))
        made = self.create()
        self.assert_end(made, "error",
                        "The command could not be started on the target; the log says why")
        self.assertIn(HOST_KEY_ADVICE, self.log_of(made))
        self.assertFalse(self.ran.exists())
        self.assert_tidy(agent)


def ancestors(pid):
    """The parent of a process, its parent, and so on."""
    while pid > 1:
        pid = int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        yield pid


if __name__ == "__main__":
    unittest.main()
