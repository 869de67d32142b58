"""Several agents for the same deployments: each deployment is run by one of them, once; and the
secrets of an environment reach the command, and no log."""
import base64
import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

from harness import BINARY, EsclusaTest, clean_environment, not_everyday, wait_until
from test_agent import Agent, is_running

FINAL = ("success", "failure", "error", "inactive")
CLAIM_SECONDS = 10  # the shortest that the server accepts
SECRET = "s3cret/value+with \"odd\" characters"


class ClaimsTest(EsclusaTest):
    """Each test has its own environment, with agents of their own tokens in pull mode."""

    def setUp(self):
        self.ran = self.server.folder / f"{self.environment()}.ran"

    def token(self, name):
        """A new agent token for the environment of this test."""
        return self.server.cli("agent", "token", "demo/shop", "--environment", self.environment(),
                               "--name", name).stdout.strip()

    def agent(self, name, command, claim_time=CLAIM_SECONDS, after=None, **rule):
        """A running agent. `command` is a script for sh, in which `$RAN` is the name of a file.
        `after` is where it begins in the feed; None: at the end."""
        rule = {"repository": "demo/shop", "git": str(self.repository.path), "task": "*",
                "environment": self.environment(),
                "command": ["sh", "-c", f"RAN='{self.ran}'\n{command}"], **rule}
        agent = Agent(self.server.folder / f"{self.environment()}.{name}", self.server.url,
                      self.token(name), rule, pull=True)
        config = agent.folder / "agent.toml"
        config.write_text(f'claim_time = "{claim_time}s"\n' + config.read_text())
        if after is not None:
            (agent.folder / "work").mkdir(mode=0o700)
            (agent.folder / "work/feed.json").write_text(
                json.dumps({"server": self.server.url, "after": after}))
        agent.start()
        self.addCleanup(lambda: agent.end(signal.SIGKILL))
        return agent

    def lines(self):
        """What the commands have written to `$RAN`, whole lines only."""
        return self.ran.read_text().split("\n")[:-1] if self.ran.exists() else []

    def end_of(self, deployment, timeout=60):
        """The final status of a deployment."""
        latest = {}

        def has_ended():
            statuses = self.api.get(deployment["statuses_url"]).json
            latest.update(statuses[0] if statuses else {})
            return latest.get("state") in FINAL
        wait_until(has_ended, f"the end, after {latest}", timeout)
        return latest

    def claim_path(self, deployment):
        return f"/esclusa/repos/demo/shop/deployments/{deployment['id']}/claim"

    def finals(self, deployment):
        return [state for state in self.states(deployment) if state in FINAL]


class Races(ClaimsTest):
    def test_two_agents_run_each_deployment_once(self):
        for name in ("one", "two"):
            self.agent(name, f'echo "$ESCLUSA_DEPLOYMENT_ID {name}" >>"$RAN"')
        made = [self.create(task=f"task-{number}") for number in range(20)]
        for deployment in made:
            self.end_of(deployment)
        runs = [int(line.split()[0]) for line in self.lines()]
        self.assertEqual(sorted(runs), [deployment["id"] for deployment in made])
        for deployment in made:
            # A later success of the same environment makes it inactive.
            self.assertEqual(self.states(deployment)[-2:], ["success", "in_progress"])
            self.assertEqual(self.api.get(self.claim_path(deployment)).status, 404)


class Ends(ClaimsTest):
    SLEEPING = 'echo "$$" >>"$RAN"; exec sleep 1000'

    def running(self, agent):
        """The process of the only command, once it runs."""
        wait_until(lambda: len(self.lines()) == 1, f"the run\n{agent.log.read_text()}")
        return self.lines()[0]

    def wait_until_reported(self, agent):
        """Waits until the agent's only run is over for it."""
        record, = agent.folder.glob("work/runs/*/*/*/run.json")
        wait_until(lambda: json.loads(record.read_text())["step"] == "reported", "the last step")

    def test_a_killed_agent_reports_at_its_restart(self):
        agent = self.agent("one", self.SLEEPING, claim_time=600)
        made = self.create()
        pid = self.running(agent)
        agent.end(signal.SIGKILL)
        agent.start()
        end = self.end_of(made)
        self.assertEqual((end["state"], end["description"]),
                         ("error", "The agent stopped during the run; it is not run again"))
        self.assertFalse(is_running(pid))
        self.assertEqual(len(self.lines()), 1)

    @not_everyday
    def test_a_killed_agent_that_stays_away_is_ended_by_the_server(self):
        agent = self.agent("one", self.SLEEPING)
        made = self.create()
        self.running(agent)
        agent.end(signal.SIGKILL)
        self.agent("two", 'echo "two $ESCLUSA_DEPLOYMENT_ID" >>"$RAN"', after=0)  # hears of it, too
        end = self.end_of(made)
        self.assertEqual(end["state"], "error")
        self.assertIn("claim_expired", end["description"])
        later = self.create()
        self.assertEqual(self.end_of(later)["state"], "success")
        agent.start()  # it has nothing to report any more
        self.wait_until_reported(agent)
        self.assertEqual(self.states(made), ["error", "in_progress"])
        self.assertEqual(self.lines()[1:], [f"two {later['id']}"])

    @not_everyday
    def test_a_frozen_agent_stops_its_command_when_it_wakes(self):
        agent = self.agent("one", self.SLEEPING)
        made = self.create()
        pid = self.running(agent)
        os.kill(agent.process.pid, signal.SIGSTOP)
        end = self.end_of(made)
        self.assertIn("claim_expired", end["description"])
        os.kill(agent.process.pid, signal.SIGCONT)
        wait_until(lambda: not is_running(pid), "the end of the command")
        self.wait_until_reported(agent)
        self.assertEqual(self.states(made), ["error", "in_progress"])

    def test_a_final_status_by_another_stops_the_command(self):
        agent = self.agent("one", self.SLEEPING)
        made = self.create()
        pid = self.running(agent)
        self.report(made, "inactive")
        wait_until(lambda: not is_running(pid), "the end of the command")
        later = self.create(task="later")
        wait_until(lambda: len(self.lines()) == 2, "the next run")
        self.assertEqual(self.states(made), ["inactive", "in_progress"])
        self.report(later, "inactive")

    def test_a_revoked_token_stops_the_command(self):
        agent = self.agent("one", self.SLEEPING)
        self.create()
        pid = self.running(agent)
        listed = self.server.cli("agent", "tokens", "demo/shop").stdout.splitlines()
        mine = [line for line in listed if self.environment() in line]
        self.assertEqual(len(mine), 1, listed)
        self.server.cli("agent", "revoke", mine[0].split()[0])
        wait_until(lambda: not is_running(pid), "the end of the command")

    @not_everyday
    def test_a_takeover_before_the_start(self):
        """Another holds the claim and starts nothing: the agent takes over after its end."""
        made = self.create()
        other = self.server.api(self.token("other"))
        held = other.post(self.claim_path(made), {"seconds": CLAIM_SECONDS})
        self.assertEqual(held.status, 201, held)
        fence = {"X-Esclusa-Claim": str(held.json["fence"])}
        self.agent("one", 'echo ran >>"$RAN"', after=0)
        self.assertEqual(self.end_of(made)["state"], "success")
        self.assertEqual(self.lines(), ["ran"])
        for refused in (other.request("PUT", self.claim_path(made), headers=fence),
                        other.post(made["statuses_url"], {"state": "in_progress"}, headers=fence)):
            self.assertEqual((refused.status, refused.json["reason_code"]), (409, "claim_lost"))
        self.assertEqual(self.states(made), ["success", "in_progress"])

    @not_everyday
    def test_an_agent_that_wakes_before_its_start_runs_nothing_that_another_runs(self):
        """The agent is frozen between its claim and `in_progress`; another takes over."""
        agent = self.agent("one", 'echo one >>"$RAN"')
        token = self.server.api(self.token("two"))
        taken = None
        for number in range(40):  # until it is frozen at the right moment
            made = self.create(task=f"try-{number}")
            deadline = time.monotonic() + 10
            live = None
            while time.monotonic() < deadline:
                live = self.api.get(self.claim_path(made))
                if live.status == 200 or self.states(made):
                    break
            os.kill(agent.process.pid, signal.SIGSTOP)
            live = self.api.get(self.claim_path(made))
            if live.status == 200 and live.json["state"] == "claimed" and not self.states(made):
                taken = made
                break
            os.kill(agent.process.pid, signal.SIGCONT)
            self.end_of(made)
        if taken is None:
            self.skipTest("the agent was always faster")
        before = len(self.lines())
        wait_until(lambda: token.post(self.claim_path(taken), {"seconds": 60}).status == 201,
                   "the takeover", 3 * CLAIM_SECONDS)
        fence = str(self.api.get(self.claim_path(taken)).json["fence"])
        begun = token.post(taken["statuses_url"], {"state": "in_progress"},
                           headers={"X-Esclusa-Claim": fence})
        self.assertEqual(begun.status, 201, begun)
        os.kill(agent.process.pid, signal.SIGCONT)
        later = self.create(task="later")
        self.assertEqual(self.end_of(later)["state"], "success")
        done = token.post(taken["statuses_url"], {"state": "success"},
                          headers={"X-Esclusa-Claim": fence})
        self.assertEqual(done.status, 201, done)
        self.assertEqual(self.states(taken), ["success", "in_progress"])
        self.assertEqual(len(self.lines()), before + 1)


class Secrets(ClaimsTest):
    def set(self, kind, name, value):
        """`esclusa secret|variable set`, with the value on standard input."""
        done = subprocess.run([BINARY, kind, "set", "demo/shop", name, "--env", self.environment()],
                              input=value, capture_output=True, text=True, timeout=60, check=False,
                              env=clean_environment({"ESCLUSA_URL": self.server.url,
                                                     "ESCLUSA_TOKEN": self.server.token}))
        self.assertEqual(done.returncode, 0, done.stderr)

    def make_environment(self):
        made = self.api.request("PUT", f"/repos/demo/shop/environments/{self.environment()}", {})
        self.assertEqual(made.status, 200, made)

    def log_of(self, deployment):
        return self.api.get(f"/esclusa/repos/demo/shop/deployments/{deployment['id']}/log").body

    def test_the_command_gets_them_and_no_log_does(self):
        self.make_environment()
        self.set("secret", "DB_URL", SECRET)
        self.set("variable", "REGION", "eu-north")
        agent = self.agent("one", 'printf %s "$DB_URL" >"$RAN"; echo " $REGION" >>"$RAN"; '
                                  'echo "plain $DB_URL"; printf %s "$DB_URL" | base64; '
                                  'echo "region $REGION"')
        made = self.create()
        self.assertEqual(self.end_of(made)["state"], "success", agent.log.read_text())
        self.assertEqual(self.ran.read_text(), f"{SECRET} eu-north\n")
        log = self.log_of(made)
        self.assertIn(b"plain ***\n***", log)
        self.assertIn(b"region eu-north", log)
        hidden = (SECRET.encode(), base64.b64encode(SECRET.encode()).rstrip(b"="))
        for text in hidden:
            self.assertNotIn(text, log)
            self.assertNotIn(text, agent.log.read_bytes())
            for file in (agent.folder / "work").rglob("*"):
                if file.is_file():
                    self.assertNotIn(text, file.read_bytes(), file)

    def test_only_those_that_the_entry_names(self):
        self.make_environment()
        self.set("secret", "DB_URL", SECRET)
        self.set("secret", "OTHER", "other secret")
        self.set("variable", "REGION", "eu-north")
        self.agent("one", 'echo "${DB_URL:+set} ${OTHER-none} ${REGION-none}" >"$RAN"',
                   secrets=["db_url"], variables=[])
        self.assertEqual(self.end_of(self.create())["state"], "success")
        self.assertEqual(self.ran.read_text(), "set none none\n")

    def test_a_name_that_is_not_there_is_an_error(self):
        self.agent("one", 'echo ran >>"$RAN"', secrets=["MISSING"])
        end = self.end_of(self.create())
        self.assertEqual(end["state"], "error")
        self.assertIn("MISSING", end["description"])
        self.assertEqual(self.lines(), [])

    def test_a_name_that_loads_programs_is_an_error(self):
        self.make_environment()
        self.set("variable", "LD_PRELOAD", "/tmp/evil.so")
        self.agent("one", 'echo ran >>"$RAN"')
        end = self.end_of(self.create())
        self.assertEqual(end["state"], "error")
        self.assertIn("LD_PRELOAD", end["description"])
        self.assertEqual(self.lines(), [])

    def test_while_it_runs_they_are_in_no_argument(self):
        self.make_environment()
        self.set("secret", "DB_URL", SECRET)
        agent = self.agent("one", 'echo ran >>"$RAN"\n'
                                  'while ! test -e "$RAN.go"; do sleep 0.1; done')
        made = self.create()
        wait_until(lambda: self.lines() == ["ran"], f"the run\n{agent.log.read_text()}")
        for process in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                self.assertNotIn(SECRET.encode(), process.read_bytes())
            except OSError:
                pass  # it has ended
        pathlib.Path(f"{self.ran}.go").touch()
        self.assertEqual(self.end_of(made)["state"], "success")


if __name__ == "__main__":
    unittest.main()
