"""Secrets are planted wherever one may be, and looked for everywhere else: in every answer to every
actor, in logs, events, files, and what the system shows of processes."""
import os
import pathlib
import re
import shutil
import subprocess
import unittest

import everything
from backups import spellings
from canaries import Canaries
from harness import not_everyday, wait_until
from receiver import Receiver
from sealed_box import sealed_body
from test_agent import Agent
from world import World

SHOP = "/repos/demo/shop"
VALUE = 'c4nary "quoted\\" \u00e9 value\nits second line /+?&=%\n'
NOBODY = "65534"
# Prints all that it was given, in every form that comes to mind, and goes on for a while.
COMMAND = """
echo "running as $$" > "$RAN"
env | sort
printf %s "$DB_URL"; echo; printf %s "$DB_URL" | base64 -w 7; printf %s "a$DB_URL" | base64 -w 0
printf %s "$DB_URL" | od -An -tx1 | tr -d ' \\n'; echo
printf %s "$DB_URL" | while read -r line; do echo "> $line"; sleep 0.1; done
printf %s "$DB_URL" >&2
sleep 3
"""


class Canary(unittest.TestCase):
    """One world for all; each test looks at one kind of place."""

    @classmethod
    def setUpClass(cls):
        cls.world = cls.enterClassContext(World())
        cls.server = cls.world.server
        folder = cls.server.folder
        cls.receiver = cls.enterClassContext(Receiver(folder / "received.jsonl"))
        cls.found = everything.fill(cls.world, cls.receiver).found
        cls.canaries = Canaries()
        cls.actors = {name: cls.server.api(token) for name, token in
                      {**cls.world.tokens, **cls.world.credentials}.items()}
        cls.actors["nobody"] = cls.server.api(None)
        cls.plant()
        cls.run_agent()

    @classmethod
    def plant(cls):
        """A secret of an environment, one of a webhook with credentials in its address, the master
        key, and every token."""
        admin, plant = cls.server.api(), cls.canaries.plant
        environment = f"{SHOP}/environments/canary"
        cls.make(admin, "PUT", environment, None, 200)
        plant("the environment's secret", VALUE)
        cls.make(admin, "PUT", f"{environment}/secrets/DB_URL",
                 sealed_body(admin, environment, VALUE), 201)
        password = plant("a password", "pa55-canary")
        address = cls.receiver.url.replace("//", f"//shop:{password}@")
        cls.make(admin, "POST", f"{SHOP}/hooks", {"events": ["*"], "config": {
            "url": f"{address}/canary", "content_type": "json",
            "secret": plant("the webhook's secret", "hook-canary-0123456789")}}, 201)
        for name, token in {**cls.world.tokens, **cls.world.credentials}.items():
            plant(f"the token of {name}", token)
        cls.agent_token = cls.server.cli("agent", "token", "demo/shop", "--environment",
                                         "canary").stdout.strip()
        plant("the agent's token", cls.agent_token)
        cls.actors["agent"] = cls.server.api(cls.agent_token)

    @classmethod
    def make(cls, api, method, path, body, status):
        answer = api.request(method, path, body)
        assert answer.status == status, (method, path, answer)
        return answer.json

    @classmethod
    def run_agent(cls):
        """An agent runs the command with the secret, and is watched while it does."""
        cls.ran = cls.server.folder / "ran"
        cls.agent = Agent(cls.server.folder / "agent", cls.server.url, cls.agent_token, {
            "repository": "demo/shop", "git": str(cls.world.repository.path), "task": "*",
            "environment": "canary", "secrets": ["DB_URL"],
            "command": ["sh", "-c", f"RAN='{cls.ran}'\n{COMMAND}"]}, pull=True).start()
        try:
            made = cls.make(cls.server.api(), "POST", f"{SHOP}/deployments", {
                **everything.PLAIN, "environment": "canary"}, 201)
            wait_until(cls.ran.exists, "the command")
            wait_until(cls.ran.read_text, "the number of its process")
            cls.processes = cls.command_lines()
            cls.environ = pathlib.Path(f"/proc/{cls.ran.read_text().split()[-1]}/environ")
            cls.own_look = cls.environ.read_bytes()
            cls.foreign_look = cls.as_nobody("cat", cls.environ)
            statuses = []

            def has_ended():
                statuses[:] = cls.server.api().get(made["statuses_url"]).json
                return statuses and statuses[0]["state"] in ("success", "failure", "error")
            wait_until(has_ended, "the end of the run")
            assert statuses[0]["state"] == "success", (statuses, cls.agent.log.read_text())
            cls.found["deployment_id"] = made["id"]
        finally:
            cls.agent.end()

    @staticmethod
    def command_lines():
        """What everybody may read of all processes."""
        lines = []
        for file in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                lines.append(file.read_bytes().replace(b"\0", b" "))
            except OSError:
                pass  # it has ended
        return b"\n".join(lines)

    @staticmethod
    def as_nobody(*command):
        """Runs a command as a user without rights; None if this user may not do that."""
        if os.geteuid() != 0 or not shutil.which("setpriv"):
            return None
        return subprocess.run(["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups",
                               *map(str, command)], check=False, capture_output=True)

    def setUp(self):
        self.canaries.escaped.clear()

    def nothing_escaped(self):
        self.assertEqual(self.canaries.escaped, [])

    # ------------------------------------------------------------------ answers

    def routes(self):
        """(method, path) of each route, with the parameters that are known."""
        paths = self.server.api().get("/openapi.json").json["paths"]
        for path, methods in paths.items():
            filled = re.sub(r"\{([\w.]+?)(?:\.\.\.)?\}",
                            lambda match: str(self.found.get(match[1], "1")), path)
            filled = filled.replace("/environments/guarded", "/environments/canary")
            for method in methods:
                if method in ("get", "put", "post", "patch", "delete"):
                    yield method.upper(), filled

    def ask(self, method, path, name, body=None):
        answer = self.actors[name].request(method, path, body)
        where = f"the answer {answer.status} to {method} {path} of {name}"
        head = "\n".join(f"{key}: {value}" for key, value in answer.headers.items())
        # A client that sends its own token may be told of it by nobody.
        self.canaries.look(where, head.encode() + b"\n" + answer.body)
        return answer.status

    @not_everyday
    def test_no_answer_shows_a_secret(self):
        reads = [path for method, path in self.routes() if method == "GET" and
                 not path.endswith("/events/stream")]
        self.assertGreater(len(reads), 80)
        good = sum(self.ask("GET", path, name) == 200 for path in reads for name in self.actors
                   if "wait=" not in path)
        self.assertGreater(good, 400)
        self.nothing_escaped()

    @not_everyday
    def test_no_refusal_shows_a_secret(self):
        for method, path in self.routes():
            if method != "GET":
                for name in ("stranger", "narrow", "reader", "nobody", "agent"):
                    self.ask(method, path, name, {"key": "value", "state": "no"})
        self.nothing_escaped()

    def test_nobody_else_is_given_the_secrets_of_a_claim(self):
        made = self.make(self.server.api(), "POST", f"{SHOP}/deployments", {
            **everything.PLAIN, "environment": "canary"}, 201)
        claim = f"/esclusa{SHOP}/deployments/{made['id']}/claim"
        fence = self.make(self.server.api(), "POST", claim, {"seconds": 60}, 201)["fence"]
        for name, api in self.actors.items():
            answer = api.post(f"{claim}/secrets", {}, headers={"X-Esclusa-Claim": str(fence)})
            self.assertGreaterEqual(answer.status, 400, (name, answer))
            self.canaries.look(f"the answer to {name}", answer.body)
        self.nothing_escaped()

    # ------------------------------------------------------------------ files, events, processes

    def test_no_log_shows_a_secret(self):
        for log in (self.server.log, self.agent.log):
            self.canaries.look(log.name, log.read_bytes())
        log = self.server.api().get(
            f"/esclusa{SHOP}/deployments/{self.found['deployment_id']}/log")
        self.assertIn(b"***", log.body)
        self.canaries.look("the log of the deployment", log.body)
        self.nothing_escaped()

    def test_no_row_of_the_audit_log_shows_a_secret(self):
        rows = self.server.cli("audit", "--json", "--limit", "1000").stdout
        self.assertGreater(len(rows.splitlines()), 30)
        self.canaries.look("the audit log", rows)
        self.canaries.look("its table", self.server.cli("audit", "--limit", "1000").stdout)
        for path in ("/esclusa/audit?per_page=100", f"/esclusa{SHOP}/audit?per_page=100"):
            self.assertEqual(self.ask("GET", path, "admin"), 200, path)
        self.nothing_escaped()

    def test_no_finding_of_the_doctor_shows_a_secret(self):
        self.canaries.look("the findings", self.server.cli(
            "doctor", "--json", "--data", self.server.data, check=False).stdout)
        self.nothing_escaped()

    def test_no_figure_shows_a_secret(self):
        def figures():
            return subprocess.run(["curl", "-sf", "--unix-socket", str(self.server.socket),
                                   "http://local/metrics"], check=True, timeout=60,
                                  stdout=subprocess.PIPE).stdout
        wait_until(lambda: b"esclusa_agent_last_seen_timestamp_seconds{" in figures(), "the agent")
        text = figures()
        self.canaries.look("the figures", text)
        self.nothing_escaped()

    def test_no_file_has_a_secret(self):
        own = {self.agent.folder / "agent.token"}
        files = [file for folder in (self.server.data, self.agent.folder)
                 for file in folder.rglob("*") if file.is_file() and file not in own]
        self.assertIn(self.server.data / "esclusa.db", files)
        for file in files:
            self.canaries.look(str(file), file.read_bytes())
        self.nothing_escaped()

    def test_no_backup_has_a_secret(self):
        backup = self.server.folder / "backup.tar"
        self.server.cli("backup", backup)
        content = backup.read_bytes()
        self.canaries.look("a backup", content)
        for spelling in spellings((self.server.data / "secret.key").read_bytes()):
            self.assertNotIn(spelling, content)
        self.nothing_escaped()

    def test_no_event_shows_a_secret(self):
        file = self.server.folder / "received.jsonl"
        # The receiver's own address has the password: that is how it is signed in to.
        lines = [line for line in file.read_text().splitlines()
                 if '"/canary"' not in line and "Authorization" not in line]
        self.assertGreater(len(lines), 10)
        self.canaries.look("the events", "\n".join(lines))
        self.nothing_escaped()

    def test_no_command_line_shows_a_secret(self):
        self.assertIn(b"esclusa", self.processes)
        self.canaries.look("the command lines", self.processes)
        self.nothing_escaped()

    def test_only_the_agents_user_reads_the_environment_of_its_command(self):
        self.canaries.look("the command's environment", self.own_look)
        self.assertEqual(self.canaries.escaped,
                         ["the environment's secret is in the command's environment"])
        if self.foreign_look is not None:
            self.assertNotEqual(self.foreign_look.returncode, 0)
            self.assertEqual(self.foreign_look.stdout, b"")

    # ------------------------------------------------------------------ controls

    def test_a_description_with_a_secret_is_found(self):
        control = Canaries()
        value = control.plant("a value", "leaked \u00e4nd \"found\"")
        made = self.make(self.server.api(), "POST", f"{SHOP}/deployments", {
            **everything.PLAIN, "environment": "leak", "description": f"see {value}"}, 201)
        answer = self.actors["reader"].get(f"{SHOP}/deployments/{made['id']}")
        control.look("the answer", answer.body)
        self.assertEqual(control.escaped, ["a value is in the answer"])

    def test_a_file_with_a_secret_in_hex_lines_is_found(self):
        text = VALUE.encode().hex()
        self.canaries.look("a file", "\n".join(text[at:at + 6] for at in range(0, len(text), 6)))
        self.assertEqual(len(self.canaries.escaped), 1, self.canaries.escaped)


if __name__ == "__main__":
    unittest.main()
