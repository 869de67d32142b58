"""door_attacks: creates deployments in every way, and tries everything that must not release a
held one, with every kind of token. See doors.py.
"""
import concurrent.futures
import functools
import itertools
import threading
import time
import uuid

from door_cells import APPS, BY_NAME, EXPECTED, HELD, MISSING_SCOPE, TOKENS
from door_world import DEPLOYMENTS, REPOSITORY, SOURCES

PROGRESS = ("success", "in_progress", "queued", "pending")
ENDS = ("inactive", "error", "failure")


def body_of(gate, **more):
    return {"ref": gate.ref, "auto_merge": False, "required_contexts": [],
            "environment": gate.name, **more}


def at_once(*calls):
    """Makes all calls at the same time, each on its own connection; returns their answers."""
    start = threading.Barrier(len(calls))

    def wait_and(call):
        start.wait()
        return call()
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return [done.result() for done in [pool.submit(wait_and, call) for call in calls]]


class Attacks:
    """The actions on the world, recorded in the book."""

    def __init__(self, world, book):
        self.world, self.book = world, book
        self.keys = []  # (token, gate, key, deployment)

    def ask(self, token, method, path, body=None, **more):
        return self.world.api(token).request(method, path, body, **more)

    def create(self, gate, token="writer", path=DEPLOYMENTS, *, body=None, **more):
        """Creates a deployment; returns the answer and, if it was created, the book's entry."""
        sent = time.time()
        answer = self.ask(token, "POST", path, body or body_of(gate), **more)
        made = self.book.add(answer.json["id"], gate, sent) if answer.status == 201 else None
        return answer, made

    def held(self, gate, token="writer"):
        """Creates a deployment that waits."""
        answer, made = self.create(gate, token)
        assert made, answer
        return made

    def state(self, made):
        """Its latest state."""
        return self.ask("site", "GET", f"{DEPLOYMENTS}/{made.id}/statuses").json[0]["state"]

    def review(self, token, made, state="approved"):
        return self.ask(token, "POST", f"{REPOSITORY}/actions/runs/{made.id}/pending_deployments",
                        {"environment_ids": [self.world.environments[made.gate.name]],
                         "state": state, "comment": "seen"})

    def answer(self, token, made, state="approved", environment=None):
        """An answer for a custom rule, as its app gives it."""
        return self.ask(token, "POST",
                        f"{REPOSITORY}/actions/runs/{made.id}/deployment_protection_rule",
                        {"environment_name": environment or made.gate.name, "state": state})

    def approve(self, who, made):
        """An approval by a reviewer or an app; returns the status, 200 for both if it counts."""
        if who not in APPS:
            return self.review(who, made).status
        status = self.answer(who, made).status
        return 200 if status == 204 else status

    def bypass(self, token, made):
        return self.ask(token, "POST", f"/esclusa{DEPLOYMENTS}/{made.id}/bypass",
                        {"reason": "a test"})

    def expect(self, door, cell, token, got):
        return self.book.check(door, cell, got, EXPECTED[door][token])

    # ------------------------------------------------------------------ creating

    def create_everywhere(self, gates):
        """Each gate, by each way of creating, with each token."""
        paths = {"create": DEPLOYMENTS, "create, /api/v3": "/api/v3" + DEPLOYMENTS,
                 "create, /repositories/id": f"/repositories/{self.world.id}/deployments"}
        for gate, token in itertools.product(gates, TOKENS):
            for door, path in paths.items():
                self.check_created(door, gate, token, self.create(gate, token, path)[0])
            answer, _ = self.create(gate, token, body=body_of(gate, environment=gate.name.upper()))
            self.check_created("create, other case", gate, token, answer)
            self.dry_run(gate, token)
            self.create_with_key(gate, token)
            for answer, _ in at_once(*[functools.partial(self.create, gate, token)] * 2):
                self.check_created("create, two at once", gate, token, answer)
            self.repeat(gate, token)
        self.create_by_command(gates)
        self.repeat_by_command(gates[:2])

    def repeat(self, gate, token):
        """A rollback, a promotion and a redeploy meet the same gates."""
        served, _ = self.world.served[gate.name]
        environment = self.world.environment(gate.name)
        by_id = environment.replace(REPOSITORY, f"/repositories/{self.world.id}")
        ways = {
            "rollback": (f"{environment}/rollback", {"to": served, "reason": "It burns"}),
            "promote": (f"{by_id}/promote", {"from": SOURCES[gate.ref], "required_contexts": []}),
            "redeploy": (f"{DEPLOYMENTS}/{served}/redeploy", {"required_contexts": []})}
        for way, (path, body) in ways.items():
            answer, _ = self.create(gate, token, f"/esclusa{path}", body=body)
            self.check_created(way, gate, token, answer, way)
            if answer.status == 201:
                origin = self.world.sources[gate.ref][0] if way == "promote" else served
                kind = "promotion" if way == "promote" else way
                self.book.check(way, f"{gate.name}, {token}: headers",
                                (answer.headers["X-Esclusa-Kind"],
                                 answer.headers["X-Esclusa-Origin"]), (kind, str(origin)))

    def repeat_by_command(self, gates):
        """The commands with each token."""
        for gate, token in itertools.product(gates, TOKENS):
            served, _ = self.world.served[gate.name]
            for way, arguments in {
                    "rollback": (gate.name, "--to", str(served), "--reason"),
                    "promote": (SOURCES[gate.ref], gate.name, "--skip-contexts", "--reason"),
                    "redeploy": (str(served), "--skip-contexts", "--reason")}.items():
                key, sent = str(uuid.uuid4()), time.time()
                code = self.world.command(token, way, "demo/shop", *arguments, key)
                good = EXPECTED[way][token] == 201 and gate.outcome != "refused"
                made = [one["id"] for one in self.ask(
                    "site", "GET", f"{DEPLOYMENTS}?per_page=5").json if one["description"] == key]
                self.book.check(f"{way}, command", f"{gate.name}, {token}", (code, len(made)),
                                (0, 1) if good else (1, 0))
                for number in made:
                    self.book.add(number, gate, sent)

    def check_created(self, door, gate, token, answer, way="create"):
        expected = EXPECTED[way][token]
        why = None
        if expected == 201 and gate.outcome == "refused":
            expected, why = 422, "branch_policy"
        got = answer.json.get("reason_code") if why else None
        self.book.check(door, f"{gate.name}, {token}", (answer.status, got), (expected, why))

    def dry_run(self, gate, token):
        """A dry run says what a create would do, and changes nothing."""
        answer = self.ask(token, "POST", f"/esclusa{DEPLOYMENTS}/dry_run", body_of(gate))
        expected = EXPECTED["dry-run"][token]
        told = answer.json.get("outcome") if expected == 200 else None
        self.book.check("dry-run", f"{gate.name}, {token}", (answer.status, told),
                        (expected, gate.outcome if expected == 200 else None))

    def create_with_key(self, gate, token):
        """The same Idempotency-Key three times, two of them at once: one deployment."""
        key = str(uuid.uuid4())
        call = functools.partial(self.create, gate, token, headers={"Idempotency-Key": key})
        answers = [*at_once(call, call), call()]
        for answer, _ in answers:
            self.check_created("create, one key", gate, token, answer)
        made = {one.id for _, one in answers if one}
        self.book.check("create, one key", f"{gate.name}, {token}: deployments", len(made),
                        int(answers[0][0].status == 201))
        self.keys += [(token, gate, key, number) for number in made]

    def create_by_command(self, gates):
        """`esclusa deploy` with each token."""
        def deploy(cell):
            gate, token = cell
            key, sent = str(uuid.uuid4()), time.time()
            code = self.world.command(
                token, "deploy", "demo/shop", gate.ref, "--environment", gate.name,
                "--no-auto-merge", "--skip-contexts", "--description", key)
            return gate, token, key, sent, code
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            outcomes = list(pool.map(deploy, itertools.product(gates, TOKENS)))
        by_key = {one["description"]: one["id"] for one in
                  self.world.api("site").all_pages(f"{DEPLOYMENTS}?per_page=100")}
        for gate, token, key, sent, code in outcomes:
            good = EXPECTED["create"][token] == 201 and gate.outcome != "refused"
            self.book.check("create, esclusa deploy", f"{gate.name}, {token}",
                            (code, key in by_key), (0 if good else 1, good))
            if key in by_key:
                self.book.add(by_key[key], gate, sent)

    # ------------------------------------------------------------------ what must open nothing

    def attack(self, gates):
        """Everything that must not release a held deployment, by each token."""
        released = self.create(BY_NAME["open"])[1]
        for gate in gates:
            victim = self.held(gate)
            others = (None, gate.name, "open", next(one.name for one in HELD if one is not gate))
            for token in TOKENS:
                cell = f"{gate.name}, {token}"
                for state, environment in itertools.product(PROGRESS, others):
                    self.report("status", cell, token, victim, state, environment,
                                "waiting_for_protection")
                for state in PROGRESS + ENDS:
                    self.report("move", cell, token, released, state, gate.name,
                                "environment_override_protected")
                self.review_in_vain(cell, token, victim)
                for state in ("approved", "rejected"):
                    self.expect("answer", f"{cell}, {state}", token,
                                self.answer(token, victim, state).status)
                self.bypass_in_vain(cell, token, victim)
                if token != "admin":
                    self.change_rules_in_vain(cell, token, gate)
                self.book.check("still waiting", cell, self.state(victim), "waiting")
            self.answer_in_vain(gate, victim)

    def answer_in_vain(self, gate, victim):
        """Apps that may not decide about it: they have no rule there, or have created it. No app
        reviews or bypasses."""
        def check(what, answer, *expected):
            self.book.check("app", f"{gate.name}, {what}",
                            (answer.status, answer.json.get("reason_code")), expected)
        for slug in APPS:
            check(f"{slug} reviews", self.review(slug, victim), 403, "missing_permission")
            check(f"{slug} bypasses", self.bypass(slug, victim), 403, "missing_permission")
            if slug not in gate.apps:
                for state in ("approved", "rejected"):
                    check(f"{slug}, {state}", self.answer(slug, victim, state), 403,
                          "not_the_apps_rule")
        for slug in gate.apps:
            check("elsewhere", self.answer(slug, victim, environment="open"), 422,
                  "environment_not_waiting")
            own = self.held(gate, slug)
            check("its own", self.answer(slug, own), 422, "self_review_prevented")
            self.book.check("still waiting", f"{gate.name}, own", self.state(own), "waiting")
            status = self.answer(slug, own, "rejected").status
            self.book.check("app", f"{gate.name}, rejects its own", status, 204)
            own.ends()
        self.book.check("still waiting", gate.name, self.state(victim), "waiting")

    def report(self, door, cell, token, made, state, environment, why):
        """A status, possibly with the name of another environment."""
        body = {"state": state, **({"environment": environment} if environment else {})}
        answer = self.ask(token, "POST", f"{DEPLOYMENTS}/{made.id}/statuses", body)
        expected = EXPECTED[door][token]
        why = why if expected == 422 else None
        got = answer.json.get("reason_code") if why else None
        self.book.check(door, f"{cell}, {state} in {environment}", (answer.status, got),
                        (expected, why))

    def review_in_vain(self, cell, token, victim):
        """None of them may review: they are no reviewers, are responsible for the creator, are
        `writer`, or lack the scope."""
        expected, why = EXPECTED["review"][token], "not_a_reviewer"
        if expected != 403:
            why = None
        elif token in MISSING_SCOPE:
            why = "missing_scope"
        elif not victim.gate.reviewers:
            expected, why = 422, "no_review_required"
        elif TOKENS[token][0] in victim.gate.reviewers:
            expected, why = 422, "self_review_prevented"
        for state in ("approved", "rejected"):
            answer = self.review(token, victim, state)
            got = answer.json.get("reason_code") if why else None
            self.book.check("review", f"{cell}, {state}", (answer.status, got), (expected, why))

    def bypass_in_vain(self, cell, token, victim):
        if victim.gate is BY_NAME["locked"]:
            self.expect("bypass-locked", cell, token, self.bypass(token, victim).status)
        elif token in MISSING_SCOPE:
            answer = self.bypass(token, victim)
            self.book.check("bypass", cell, (answer.status, answer.json["reason_code"]),
                            (EXPECTED["bypass"][token], "missing_scope"))
        elif token != "admin":
            self.expect("bypass", cell, token, self.bypass(token, victim).status)

    def change_rules_in_vain(self, cell, token, gate):
        path = self.world.environment(gate.name)
        answer = self.ask(token, "PUT", path, {"wait_timer": 0, "reviewers": None,
                                               "deployment_branch_policy": None})
        self.expect("environment", cell, token, answer.status)
        answer = self.ask(token, "POST", f"{path}/deployment-branch-policies", {"name": "**"})
        self.expect("policy", cell, token, answer.status)
        rules = f"{path}/deployment_protection_rules"
        self.expect("custom-rule", cell, token,
                    self.ask(token, "POST", rules, {"integration_id": 0}).status)
        for rule in self.ask("site", "GET", rules).json["custom_deployment_protection_rules"]:
            self.expect("remove", f"{cell}, custom rule", token,
                        self.ask(token, "DELETE", f"{rules}/{rule['id']}").status)
        self.expect("remove", cell, token, self.ask(token, "DELETE", path).status)

    def redeliver(self):
        """Redelivers what was sent, with each token that may: nothing new may be released."""
        hook = self.world.hook
        sent = self.ask("site", "GET", f"{hook}/deliveries?per_page=100").json
        for token in TOKENS:
            for one in sent[:3] + sent[-1:]:
                answer = self.ask(token, "POST", f"{hook}/deliveries/{one['id']}/attempts")
                self.expect("redeliver", f"{one['event']}, {token}", token, answer.status)
            answer = self.ask(token, "POST", f"/esclusa{hook}/replay",
                              {"state": "any", "since": "2000-01-01T00:00:00Z"})
            self.expect("replay", token, token, answer.status)
            self.expect("ping", token, token, self.ask(token, "POST", f"{hook}/pings").status)
            self.expect("test", token, token, self.ask(token, "POST", f"{hook}/tests").status)

    def end(self, gates):
        """Statuses that end a held deployment, and its deletion: its event is never sent."""
        for gate, token in itertools.product(gates, TOKENS):
            made = self.held(gate)
            for state, environment in itertools.product(ENDS, (None, "open")):
                cell = f"{gate.name}, {token}"
                self.report("end", cell, token, made, state, environment, None)
                if EXPECTED["end"][token] != 201:
                    continue
                made.ends()
                for after in PROGRESS:
                    self.report("status", f"{cell}, ended, {after}", "writer", made, after, None,
                                "deployment_ended")
                made = self.held(gate)
            answer = self.ask(token, "DELETE", f"{DEPLOYMENTS}/{made.id}")
            self.expect("delete", f"{gate.name}, {token}", token, answer.status)
            if answer.status == 204:
                made.ends()
