"""door_world: the server, the people, the environments and the receiver of doors.py, and the book
that records all actions.
"""
import collections
import dataclasses
import json
import math
import pathlib
import subprocess
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402
import receiver  # noqa: E402
from door_cells import APPS, GATES, PROTECTED_BRANCHES, REVIEWERS, TOKENS  # noqa: E402
from installed_app import install_app  # noqa: E402

REPOSITORY = "/repos/demo/shop"
DEPLOYMENTS = f"{REPOSITORY}/deployments"
ROLES = {"steward": "admin", "writer": "write", "robot": "write", "reader": "read", "ann": "read",
         "ben": "read", "carl": "read"}
# The environments from which a commit of that ref is promoted.
SOURCES = {"main": "from-main", "release/1": "from-release"}
MINUTE = 60  # of the timers
PATIENCE = 40  # seconds for what must arrive
# The addresses of clients with wrong tokens: from one address, the server accepts 1,000 of these in
# ten minutes.
ADDRESSES = {"expired": "127.0.0.2", "revoked": "127.0.0.3"}


@dataclasses.dataclass
class Made:
    """A deployment. `opened_at` is a moment before which its last gate cannot have opened;
    infinite while an approval is missing, and forever after a deployment has ended."""
    id: int
    gate: object
    created_at: float
    opened_at: float = math.inf
    has_ended: bool = False

    def opens(self, moment):
        """All approvals were given after that moment; its timer continues."""
        self.opened_at = max(moment, self.created_at + MINUTE * self.gate.has_timer)

    def ends(self):
        self.opened_at, self.has_ended = math.inf, True


class Book:
    """The cells of the table: the number of each kind, and the errors."""

    def __init__(self):
        self.made = {}  # id → Made
        self.cells = collections.Counter()
        self.wrong = collections.defaultdict(list)
        self._lock = threading.Lock()

    def check(self, door, cell, got, expected):
        """One cell; returns whether the result is the expected one."""
        with self._lock:
            self.cells[door] += 1
            if got != expected:
                self.wrong[door].append(f"{cell}: {got}, not {expected}")
        return got == expected

    def add(self, number, gate, created_at):
        """Adds a deployment; the same one again if a key was repeated."""
        with self._lock:
            known = self.made.get(number)
            made = self.made.setdefault(number, Made(number, gate, created_at))
            if not known and not gate.approvals:
                made.opens(created_at)
        return made

    def waiting(self, gate):
        """Those that wait for an approval."""
        return [one for one in list(self.made.values())
                if one.gate is gate and one.opened_at == math.inf and not one.has_ended]


class World:
    """The server with its users, from `with` to the end of the block."""

    def __init__(self):
        self.server = harness.Server()
        self.log = self.server.folder / "received.jsonl"
        self.receiver = receiver.Receiver(self.log)
        self.kills = 0
        self._apis = threading.local()
        self._fed, self._fed_until = collections.Counter(), 0
        self.tokens = {}

    def __enter__(self):
        self.server.__enter__()
        self.receiver.__enter__()
        try:
            self._settle()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.server.__exit__()
        self.receiver.__exit__()

    def _settle(self):
        server = self.server
        self.url = server.url  # the latest address, even if no server runs
        self.tokens["site"] = server.token
        repository = harness.make_repository(server.folder)
        repository.git("branch", "release/1", "main")
        server.add_repository("demo/shop", repository, "--private")
        server.cli("repo", "protect", "demo/shop", PROTECTED_BRANCHES)
        self._add_people()
        self.id = self.api("site").get(REPOSITORY).json["id"]
        self.people = {login: self.api("site").get(f"/users/{login}").json["id"]
                       for login in ROLES}
        self.apps = {slug: self.make_app(slug) for slug in APPS}
        answer = self.api("site").post(f"{REPOSITORY}/hooks", {
            "events": ["deployment", "deployment_status"],
            "config": {"url": self.receiver.url, "content_type": "json"}})
        assert answer.status == 201, answer
        self.hook = f"{REPOSITORY}/hooks/{answer.json['id']}"
        self.receiver.wait_for_event("ping")
        # What a rollback goes back to was live before there were any rules.
        self.served = {gate.name: self.release(gate.name, gate.ref) for gate in GATES}
        self.sources = {ref: self.release(source, ref) for ref, source in SOURCES.items()}
        self.environments = {gate.name: self.make_environment(gate) for gate in GATES}
        while self.api("expired").get(REPOSITORY).status != 401:
            time.sleep(0.05)

    def release(self, environment, ref):
        """A deployment that is live there; returns its id, and the time before it."""
        sent = time.time()
        answer = self.api("site").post(DEPLOYMENTS, {
            "ref": ref, "auto_merge": False, "required_contexts": [], "environment": environment})
        assert answer.status == 201, answer
        number = answer.json["id"]
        answer = self.api("site").post(f"{DEPLOYMENTS}/{number}/statuses", {"state": "success"})
        assert answer.status == 201, answer
        return number, sent

    def _add_people(self):
        server = self.server
        for login, role in ROLES.items():
            bot = ("--kind", "bot", "--human", "writer") if login == "robot" else ()
            server.create_user(login, *bot)
            server.cli("repo", "grant", "demo/shop", login, role)
        server.create_user("stranger")
        for name, (login, scopes) in TOKENS.items():
            if login:
                expires = ("--expires-in", "1s") if name == "expired" else ()
                self.tokens[name] = server.create_token(login, scopes, "--name", name, *expires)
        for login in REVIEWERS:
            self.tokens[login] = server.create_token(login, "repo")
        listed = server.cli("token", "list", "writer").stdout.splitlines()
        line = next(line for line in listed if "revoked" in line.split())
        server.cli("token", "revoke", next(word for word in line.split() if word.isdigit()))

    def make_app(self, slug):
        """Creates an app, installs it, and keeps a token of its installation; returns its id."""
        app = install_app(self.server, slug, "deployment_protection_rule")
        self.tokens[slug] = app.token
        return app.id

    def make_environment(self, gate):
        """Creates the environment; returns its id."""
        rules = dict(gate.rules)
        if gate.reviewers:
            rules["reviewers"] = [{"type": "User", "id": self.people[login]}
                                  for login in gate.reviewers]
        made = self.api("site").request("PUT", self.environment(gate.name), rules)
        assert made.status == 200, made
        for name, kind in gate.policies:
            answer = self.api("site").post(f"{self.environment(gate.name)}/"
                                           "deployment-branch-policies",
                                           {"name": name, "type": kind})
            assert answer.status == 200, answer
        for slug in gate.apps:
            answer = self.api("site").post(f"{self.environment(gate.name)}/"
                                           "deployment_protection_rules",
                                           {"integration_id": self.apps[slug]})
            assert answer.status == 201, answer
        return made.json["id"]

    @staticmethod
    def environment(name):
        return f"{REPOSITORY}/environments/{urllib.parse.quote(name, safe='')}"

    def api(self, name):
        """A client for a token, one for each thread and start of the server."""
        kept = self._apis.__dict__
        if kept.get("url") != self.url:
            kept.clear()
            kept["url"] = self.url
        if name not in kept:
            kept[name] = harness.Api(self.url, self.tokens.get(name), keep_alive=True,
                                     address=ADDRESSES.get(name))
        return kept[name]

    def command(self, token, *arguments):
        """`esclusa ARGUMENTS…` with a token; returns the exit code."""
        settings = {"ESCLUSA_URL": self.url, "ESCLUSA_TOKEN": self.tokens.get(token) or ""}
        return subprocess.run([harness.BINARY, *arguments], check=False, timeout=60,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL,
                              env=harness.clean_environment(settings)).returncode

    def kill(self, down_until=0.0):
        """kill -9; starts the server again on the same data at that moment."""
        self.server.kill()
        self.kills += 1
        while time.time() < down_until:
            time.sleep(0.05)
        self.url = self.server.start().url

    # ------------------------------------------------------------------ what was received

    def events(self):
        """deployment → {GUID: time of its first arrival}, and the number of deliveries, from the
        receiver's own log."""
        first, count = collections.defaultdict(dict), 0
        for line in receiver.read_file(self.log):
            if line["event"] == "deployment":
                number = json.loads(line["body"])["deployment"]["id"]
                first[number].setdefault(line["guid"], line["at"])
                count += 1
        return first, count

    def settle_deliveries(self):
        """Waits until all pending deliveries have been received."""
        end = time.monotonic() + PATIENCE
        while self.api("site").get(f"/esclusa{self.hook}/deliveries?state=pending").json:
            assert time.monotonic() < end, "deliveries do not come to rest"
            time.sleep(0.05)

    def fed(self):
        """deployment → number of its `deployment` events in the feed."""
        while True:
            page = self.api("site").get(f"/esclusa/events?after={self._fed_until}").json
            self._fed.update(event["payload"]["deployment"]["id"] for event in page["events"]
                             if event["event"] == "deployment")
            if page["next"] == self._fed_until:
                return self._fed
            self._fed_until = page["next"]
