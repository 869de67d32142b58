"""The agent: a separate process that runs deploy commands and reports, through a proxy that
forwards only the operations of GitHub's own API."""
import collections
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import unittest
import urllib.parse

from github_proxy import GithubProxy
from harness import (BINARY, DIES_WITH_PARENT, EsclusaTest, clean_environment, not_everyday,
                     wait_until)

SECRET = "It's a Secret to Everybody"
OPERATIONS = {
    "GET /repos/{owner}/{repo}/deployments",
    "GET /repos/{owner}/{repo}/deployments/{deployment_id}",
    "GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
    "POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
}


CLAIM = re.compile(r"(POST|GET) /esclusa/repos/demo/shop/deployments/\d+/claim")


def not_claims(refused):
    """What the agent asked for that GitHub does not have, besides whether there are claims."""
    return [one for one in refused if not CLAIM.fullmatch(one)]


def is_running(pid):
    """Whether a process exists and is not a zombie."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):  # also between open and read
        return False
    return state != "Z"


class Agent:
    """`esclusa agent` with one or more [[deploy]] entries."""

    def __init__(self, folder, server_url, token, rule, wrapper=(), pull=False, more_rules=()):
        self.folder = folder
        self.folder.mkdir()
        (folder / "agent.token").write_text(token + "\n")
        (folder / "hook.secret").write_text(SECRET + "\n")
        way_in = ['mode = "pull"'] if pull else ['listen = "127.0.0.1:0"',
                                                 'secret_file = "hook.secret"']
        lines = [*way_in, 'token_file = "agent.token"', 'work = "work"',
                 f"server = {json.dumps(server_url)}"]
        for entry in (rule, *more_rules):
            lines += ["[[deploy]]", *(f"{key} = {json.dumps(value)}"
                                      for key, value in entry.items())]
        (folder / "agent.toml").write_text("\n".join(lines) + "\n")
        self.log = folder / "agent.log"
        self.wrapper = list(wrapper)
        self.environment = {}  # variables besides
        self.process = None
        self.url = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*DIES_WITH_PARENT, *self.wrapper, BINARY, "agent", "--config",
                 str(self.folder / "agent.toml")],
                env=clean_environment(self.environment), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True)
        line = self.process.stdout.readline()
        match = re.fullmatch(r"Agent (?:listens on|follows) (http://127\.0\.0\.1:\d+)/\n", line)
        if not match:
            self.end(signal.SIGKILL)
            raise AssertionError(f"the agent did not start: {line!r}\n{self.log.read_text()}")
        self.url = match[1]
        return self

    def end(self, number=signal.SIGTERM):
        """Ends it, if it runs; returns the exit code."""
        # The whole group: strace alone would leave its agent running.
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            code = self.process.wait()
        self.process.stdout.close()
        return code

    def request(self, method, path, body=None, headers=None):
        """(status, body, headers)"""
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc, timeout=20)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.read(), response.headers
        finally:
            connection.close()

    def deliver(self, body, secret=SECRET):
        """Posts a deployment event, as a webhook does; gives the status."""
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return self.request("POST", "/events", body, {
            "Content-Type": "application/json", "X-GitHub-Event": "deployment",
            "X-Hub-Signature-256": f"sha256={signature}"})[0]


class AgentTest(EsclusaTest):
    """Each test has its own environment and agent, behind one proxy."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.repository.commit("Say how it is deployed", {"deploy.sh": "#!/bin/sh\ncat index.html\n"
                                                         'echo "to $1, $ESCLUSA_SHA"\n'},
                              ["deploy.sh"])
        cls.proxy = cls.enterClassContext(GithubProxy(cls.server.url))
        cls.token = cls.server.user_with("agent", "repo_deployment", "demo/shop", "write").token

    def setUp(self):
        self.ran = self.server.folder / f"{self.environment()}.ran"

    @classmethod
    def tearDownClass(cls):
        refused = not_claims(cls.proxy.refused)
        super().tearDownClass()
        assert not refused, f"GitHub does not have: {refused}"

    def agent(self, command, wrapper=(), hook=True, more_rules=(), **rule):
        """A running agent. `command` is an argument list, or a script for sh, in which `$RAN` is
        the name of a file."""
        if isinstance(command, str):
            command = ["sh", "-c", f"RAN='{self.ran}'\n{command}"]
        rule = {"repository": "demo/shop", "git": str(self.repository.path), "task": "*",
                "environment": self.environment(), "command": command, **rule}
        agent = Agent(self.server.folder / f"{self.environment()}.agent", self.proxy.url,
                      self.token, rule, wrapper, more_rules=more_rules)
        agent.start()
        self.addCleanup(lambda: agent.end(signal.SIGKILL))
        if hook:
            self.hook(f"{agent.url}/events")
        return agent

    def hook(self, url):
        made = self.api.post("/repos/demo/shop/hooks", {
            "events": ["deployment"],
            "config": {"url": url, "content_type": "json", "secret": SECRET}})
        self.assertEqual(made.status, 201, made)
        self.addCleanup(lambda: self.api.delete(f"/repos/demo/shop/hooks/{made.json['id']}"))

    def event(self, **fields):
        """A deployment and the body of its event, which was not sent to any agent."""
        receiver = self.receiver()
        self.hook(receiver.url)
        made = self.create(**fields)

        def of_it(deliveries):
            return [one for one in deliveries if one["event"] == "deployment"
                    and json.loads(one["body"])["deployment"]["id"] == made["id"]]
        return made, of_it(receiver.wait_for(of_it))[0]["body"].encode()

    def wait_state(self, deployment, *wanted):
        """Waits until the latest status is one of these, and returns it."""
        latest = {}

        def has_ended():
            statuses = self.api.get(deployment["statuses_url"]).json
            latest.update(statuses[0] if statuses else {})
            return latest.get("state") in wanted
        wait_until(has_ended, f"{wanted}, after {latest}")
        return latest

    def ran_count(self):
        return self.ran.read_text().count("ran\n") if self.ran.exists() else 0


class Outcomes(AgentTest):
    def test_success(self):
        agent = self.agent(["./deploy.sh", "your server; $(id)"],
                           environment_url="https://staging.example")
        made = self.create(ref="main")
        end = self.wait_state(made, "success", "failure", "error")
        self.assertEqual(end["state"], "success", agent.log.read_text())
        self.assertEqual(end["environment_url"], "https://staging.example")
        self.assertEqual(end["creator"]["login"], "agent")
        self.assertEqual(self.states(made), ["success", "in_progress"])
        path = end["log_url"].removeprefix(agent.url)
        self.assertRegex(path, r"^/logs/[0-9a-f]{32}$")
        status, log, headers = agent.request("GET", path)
        self.assertEqual(status, 200)
        self.assertEqual(headers["Content-Type"], "text/plain; charset=utf-8")
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        self.assertTrue(log.startswith(f"Deployment {made['id']} of demo/shop\n".encode()), log)
        self.assertIn(f"three\nto your server; $(id), {made['sha']}\n".encode(), log)
        for text in (self.token, SECRET):
            self.assertNotIn(text, agent.log.read_text())

    def test_a_commit_that_no_branch_has(self):
        git = self.repository.git
        git("switch", "-q", "-c", "short-lived", "main")
        sha = self.repository.commit("Soon gone", {"index.html": "lost\n"})
        git("switch", "-q", "main")
        made, event = self.event(ref="short-lived")
        git("branch", "-q", "-D", "short-lived")
        agent = self.agent('cat index.html >"$RAN"', hook=False)
        self.assertEqual(agent.deliver(event), 202)
        self.wait_state(made, "success")
        self.assertEqual(made["sha"], sha)
        self.assertEqual(self.ran.read_text(), "lost\n")

    def test_failure(self):
        agent = self.agent("echo broken >&2; exit 3")
        end = self.wait_state(self.create(), "failure", "success", "error")
        self.assertEqual((end["state"], end["description"]),
                         ("failure", "The command exited with 3"))
        log = agent.request("GET", end["log_url"].removeprefix(agent.url))[1]
        self.assertIn(b"\nbroken\n", log)

    def test_the_time_limit_ends_the_whole_group(self):
        self.agent('sleep 1000 & echo "$! $$" >"$RAN"; wait', time_limit="2s")
        end = self.wait_state(self.create(), "failure", "success", "error")
        self.assertEqual((end["state"], end["description"]),
                         ("failure", "The command was ended after its time limit of 2s"))
        for pid in self.ran.read_text().split():
            self.assertFalse(is_running(pid))

    def test_the_payload_arrives_byte_for_byte(self):
        payload = ('{"big":123456789012345678901234567890,"e":1.50e+3,"text":"é \\" $(id) \\\\ /",'
                   '"list":[[],{},null,true],"'
                   "k'ey\":\"`id`\"}")
        self.agent('cat "$ESCLUSA_PAYLOAD_FILE" >"$RAN"; cat "$ESCLUSA_EVENT_FILE" >"$RAN.event"')
        body = (f'{{"ref":"main","auto_merge":false,"environment":"{self.environment()}",'
                f'"payload":{payload}}}')
        made = self.api.post(self.deployments, body.encode())
        self.assertEqual(made.status, 201, made)
        self.wait_state(made.json, "success")
        self.assertEqual(self.ran.read_bytes(), payload.encode())
        event = pathlib.Path(f"{self.ran}.event").read_bytes()
        self.assertIn(payload.encode(), event)
        self.assertEqual(json.loads(event)["deployment"]["id"], made.json["id"])


class Once(AgentTest):
    def test_a_duplicate_runs_once(self):
        agent = self.agent('echo ran >>"$RAN"', hook=False)
        made, event = self.event()
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(agent.deliver(event)))
                   for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(answers), [200] * 7 + [202])
        self.wait_state(made, "success")
        self.assertEqual(agent.deliver(event), 200)
        # Another deployment passes through the same queue, so a second run would come before it.
        later, event = self.event()
        self.assertEqual(agent.deliver(event), 202)
        self.wait_state(later, "success")
        self.assertEqual(self.ran_count(), 2)
        self.assertEqual(self.states(made)[-2:], ["success", "in_progress"])

    def test_a_superseded_one_never_runs(self):
        agent = self.agent('echo ran >>"$RAN"', hook=False)
        older, event = self.event()
        newer = self.create()
        self.report(newer, "success")
        self.assertEqual(agent.deliver(event), 202)
        end = self.wait_state(older, "inactive")
        self.assertEqual(end["description"], f"Superseded by deployment {newer['id']}")
        self.assertEqual(self.ran_count(), 0)
        self.assertFalse((agent.folder / "work/runs/demo/shop" / str(older["id"])).exists())

    def test_a_finished_one_never_runs(self):
        agent = self.agent('echo ran >>"$RAN"', hook=False)
        finished, event = self.event()
        self.report(finished, "failure")
        self.assertEqual(agent.deliver(event), 202)
        later, event = self.event()
        self.assertEqual(agent.deliver(event), 202)
        self.wait_state(later, "success")
        self.assertEqual(self.ran_count(), 1)
        self.assertEqual(self.states(finished), ["failure"])

    def test_after_a_kill_it_is_an_error_and_not_run_again(self):
        agent = self.agent('echo ran >>"$RAN"; echo $$ >"$RAN.pid"; sleep 1000', hook=False)
        made, event = self.event()
        self.assertEqual(agent.deliver(event), 202)
        pid_file = pathlib.Path(f"{self.ran}.pid")
        wait_until(lambda: pid_file.exists() and pid_file.read_text().endswith("\n"), "the run")
        agent.end(signal.SIGKILL)
        self.assertEqual(self.states(made), ["in_progress"])
        agent.start()
        end = self.wait_state(made, "error", "success", "failure")
        self.assertEqual(end["description"],
                         "The agent stopped during the run; it is not run again")
        self.assertFalse(is_running(pid_file.read_text().strip()), "the command goes on")
        self.assertEqual(agent.deliver(event), 200)
        self.assertEqual(self.ran_count(), 1)
        self.assertEqual(agent.end(), 0)
        agent.start()
        self.assertEqual(self.states(made), ["error", "in_progress"])

    def test_sigterm_ends_the_command_and_reports(self):
        agent = self.agent('echo $$ >"$RAN"; sleep 1000', hook=False)
        made, event = self.event()
        self.assertEqual(agent.deliver(event), 202)
        wait_until(lambda: self.ran.exists() and self.ran.read_text().endswith("\n"), "the run")
        self.assertEqual(agent.end(), 0)
        self.assertEqual(self.states(made), ["error", "in_progress"])
        self.assertFalse(is_running(self.ran.read_text().strip()))


class Hint(AgentTest):
    """A signed event whose content is wrong."""

    def forged(self, event, **fields):
        """The event with a changed deployment."""
        body = json.loads(event)
        body["deployment"].update(fields)
        return json.dumps(body).encode()

    def test_the_server_says_what_is_deployed(self):
        production = f"{self.environment()}-production"
        agent = self.agent('echo "$ESCLUSA_ENVIRONMENT $ESCLUSA_TASK $ESCLUSA_SHA" >"$RAN"; '
                           'cat "$ESCLUSA_PAYLOAD_FILE" "$ESCLUSA_EVENT_FILE" >>"$RAN"',
                           hook=False, task="deploy", more_rules=[{
                               "repository": "demo/shop", "git": str(self.repository.path),
                               "environment": production, "task": "*",
                               "command": ["sh", "-c", f"echo production >>'{self.ran}'"]}])
        made, event = self.event(payload={"real": True})
        forged = self.forged(event, environment=production, original_environment=production,
                             task="migrate", ref="old", sha=self.repository.sha("old"),
                             payload={"forged": True})
        self.assertEqual(agent.deliver(forged), 202)
        self.wait_state(made, "success")
        lines = self.ran.read_text().splitlines()
        self.assertEqual(lines[0], f"{self.environment()} deploy {made['sha']}")
        self.assertNotIn("forged", self.ran.read_text())
        begin = self.api.get(made["statuses_url"]).json[-1]
        self.assertEqual(begin["description"], "The agent runs the command; its event had another "
                                               "ref, sha, task, environment")

    def test_what_waits_for_its_gates_does_not_run(self):
        environment = f"{self.environment()}-held"
        agent = self.agent('echo ran >>"$RAN"', hook=False, environment=environment)
        _, event = self.event()
        gates = self.api.request("PUT", f"/repos/demo/shop/environments/{environment}",
                                 {"wait_timer": 60})
        self.assertEqual(gates.status, 200, gates)
        held = self.create(environment=environment)
        self.assertEqual(self.states(held), ["waiting"])
        forged = self.forged(event, id=held["id"], environment=environment,
                             original_environment=environment)
        self.assertEqual(agent.deliver(forged), 202)
        wait_until(lambda: not list((agent.folder / "work/queue").iterdir()), "the agent's verdict")
        self.assertEqual(self.states(held), ["waiting"])
        self.assertFalse((agent.folder / "work/runs/demo/shop" / str(held["id"])).exists())
        self.assertEqual(self.ran_count(), 0)

    def test_a_secret_is_good_for_its_own_repository(self):
        bank = "the secret of another repository"
        (self.server.folder / "bank.secret").write_text(bank)
        agent = self.agent('echo ran >>"$RAN"', hook=False, more_rules=[{
            "repository": "demo/bank", "git": str(self.repository.path), "environment": "*",
            "secret_file": str(self.server.folder / "bank.secret"), "command": ["true"]}])
        made, event = self.event()
        self.assertEqual(agent.deliver(event, bank), 422)
        self.assertEqual(list((agent.folder / "work/queue").iterdir()), [])
        self.assertEqual(agent.deliver(event), 202)
        self.wait_state(made, "success")

    def test_what_will_never_run_stops_nothing(self):
        agent = self.agent('echo ran >>"$RAN"', hook=False)
        for body in (b"{", b"[]", b"{}", b'{"deployment":{"id":0}}'):
            self.assertEqual(agent.deliver(body), 200)
        made, event = self.event()
        self.assertEqual(agent.deliver(event), 202)
        self.wait_state(made, "success")


class Hostile(AgentTest):
    def test_a_forged_event_is_refused(self):
        agent = self.agent('echo ran >>"$RAN"', hook=False)
        made, event = self.event()
        self.assertEqual(agent.deliver(event, "another secret"), 401)
        self.assertEqual(agent.request("POST", "/events", event)[0], 401)
        for path in ("/logs/../lock", "/logs/%2e%2e/lock", "/../agent.token", "/work/lock"):
            self.assertEqual(agent.request("GET", path)[0], 404, path)
        self.assertEqual(self.states(made), [])
        self.assertEqual(list((agent.folder / "work/queue").iterdir()), [])

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    @not_everyday
    def test_hostile_names_start_no_process(self):
        """Hostile names start the same programs as harmless names."""
        trace = self.server.folder / "execve.trace"
        agent = self.agent("exit 0", hook=False, environment="*",
                           wrapper=["strace", "-f", "-qq", "-s", "4096", "-e", "trace=execve",
                                    "-o", str(trace)])
        names = ["warm-up", "harmless", "$(touch${IFS}pwned)", "`touch${IFS}pwned`",
                 "--upload-pack=touch${IFS}pwned", ";touch${IFS}pwned", "|touch${IFS}pwned"]
        programs, arguments, before = [], "", set(self.tree())
        for name in names:
            sha = self.repository.commit(f"For {name}", {"name": name + "\n"})
            # `git branch` refuses some of these names; git's plumbing does not.
            self.repository.git("update-ref", f"refs/heads/{name}", sha)
            begin = trace.stat().st_size
            made, event = self.event(ref=name, environment=f"{name}/../../{name}", task=name,
                                     payload={"name": name})
            self.assertEqual(agent.deliver(event), 202)
            self.wait_state(made, "success")
            with open(trace, encoding="utf-8", errors="replace") as file:
                file.seek(begin)
                lines = [line for line in file if " execve(" in line]  # failed calls, too
            programs.append(collections.Counter(line.split('"')[1] for line in lines))
            arguments += "".join(lines)
        self.assertGreater(sum(programs[1].values()), 5, programs)
        for name, started in zip(names[2:], programs[2:]):
            self.assertEqual(started, programs[1], name)
        self.assertNotIn("pwned", arguments)
        self.assertEqual([path for path in self.tree() - before if path.name == "pwned"], [])

    def tree(self):
        """Every file below the test's folder."""
        return {pathlib.Path(folder) / name for folder, _, files in os.walk(self.server.folder)
                for name in files}


class OnlyGithub(AgentTest):
    def test_the_agent_uses_nothing_but_githubs_api(self):
        """All requests of the agent: for a run, a failure, a superseded deployment."""
        self.proxy.seen.clear()
        agent = self.agent('test "$ESCLUSA_TASK" = deploy', hook=False)
        for task, state in (("deploy", "success"), ("other", "failure")):
            made, event = self.event(task=task)
            self.assertEqual(agent.deliver(event), 202)
            self.wait_state(made, state)
        older, event = self.event()
        self.report(self.create(), "in_progress")
        self.assertEqual(agent.deliver(event), 202)
        self.wait_state(older, "inactive")
        self.assertEqual(set(self.proxy.seen), OPERATIONS)
        self.assertEqual(not_claims(self.proxy.refused), [])

    def test_the_proxy_refuses_what_github_does_not_have(self):
        with GithubProxy(self.server.url) as proxy:
            for method, path in (("GET", "/esclusa/anything"), ("DELETE", "/repos/demo/shop/hooks"),
                                 ("GET", "/repos/demo/shop/deployments/1/extra"),
                                 ("GET", "/livez")):
                connection = http.client.HTTPConnection(urllib.parse.urlsplit(proxy.url).netloc)
                connection.request(method, path)
                response = connection.getresponse()
                response.read()
                self.assertEqual(response.status, 404, path)
                connection.close()
            self.assertEqual(len(proxy.refused), 4)


if __name__ == "__main__":
    unittest.main()
