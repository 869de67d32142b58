#!/usr/bin/env python3
"""doors: every gate × every way × every kind of token. Before its last gate has opened, no
`deployment` event of a deployment may reach a webhook receiver, whatever anybody requests; after
that, exactly one must. The receiver's own log decides, and the feed must agree.

Deployments are created in every way with every token. Held deployments meet everything that might
release them (door_attacks.py): statuses, also with the names of other environments, redeliveries,
bypasses and reviews by unauthorised users, changed rules, two requests at once. Then their gates
are opened by reviewers and timers. The server is killed (SIGKILL) while they are held, after an
approval was answered, during approvals, and while wait timers run out.

The expected answers are written by hand in door_cells.py. Exit code 1 if any cell differs, or if
any event came early, twice, or never.
"""
import argparse
import concurrent.futures
import functools
import http.client
import math
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from door_attacks import Attacks, at_once, body_of  # noqa: E402
from door_cells import BY_NAME, GATES, HELD, TOKENS  # noqa: E402
from door_world import DEPLOYMENTS, PATIENCE, Book, World  # noqa: E402

ROUNDS = 4  # for each race


class Openings(Attacks):
    """Reviewers, administrator and timers open gates, and the server is killed."""

    def approve_not_enough(self):
        """All approvals but the last, each twice: the deployment still waits."""
        for gate in HELD:
            if len(gate.approvals) < 2:
                continue
            for made in self.book.waiting(gate):
                for token in gate.approvals[:-1]:
                    cell = f"{gate.name} {made.id}, {token}"
                    for expected in (200, 422):
                        self.book.check("approve, not enough", cell, self.approve(token, made),
                                        expected)
                self.book.check("still waiting", f"{gate.name} {made.id}", self.state(made),
                                "waiting")

    def approve_last(self, made):
        sent = time.time()
        self.book.check("approve", f"{made.gate.name} {made.id}",
                        self.approve(made.gate.approvals[-1], made), 200)
        made.opens(sent)

    def kill_after_approval(self):
        """The server is killed after its answer to the last approval."""
        for gate in HELD:
            if gate.approvals:
                self.approve_last(self.book.waiting(gate)[0])
                self.world.kill()

    def kill_amidst_approvals(self, chance):
        """It is killed during approvals; those without an answer are repeated."""
        chosen = [made for gate in HELD for made in self.book.waiting(gate)[:12]]
        chance.shuffle(chosen)
        begin = time.time()

        def approve(made):
            try:
                return self.approve(made.gate.approvals[-1], made)
            except (OSError, EOFError, http.client.HTTPException):
                return None
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(approve, made) for made in chosen]
            wanted = chance.randrange(1, len(chosen) - 8)
            while sum(one.done() for one in asked) < wanted:
                time.sleep(0.001)
            self.world.kill()
            answers = [one.result() for one in asked]
        again = 0
        for made, status in zip(chosen, answers):
            if status is None:
                again += 1
                status = self.approve(made.gate.approvals[-1], made)
                # 422: it had been accepted, and only its answer was lost.
                self.book.check("approve, killed", f"{made.gate.name} {made.id}: {status}",
                                status in (200, 422), True)
            else:
                self.book.check("approve, killed", f"{made.gate.name} {made.id}", status, 200)
            made.opens(begin)
        return again

    def race(self):
        """Two requests at once about a separate deployment. Lists each possible pair of answers,
        and whether the deployment is then released."""
        review, two, checked = BY_NAME["review"], BY_NAME["two"], BY_NAME["checked"]
        by = functools.partial
        guard, refuse = by(self.answer, "guard"), by(self.answer, "guard", state="rejected")
        ann, ben = by(self.review, "ann"), by(self.review, "ben")
        reject, bypass = by(self.review, "ben", state="rejected"), by(self.bypass, "admin")

        def delete(made):
            return self.ask("writer", "DELETE", f"{DEPLOYMENTS}/{made.id}")

        def give_up(made):
            return self.ask("writer", "POST", f"{DEPLOYMENTS}/{made.id}/statuses",
                            {"state": "inactive"})
        first = {(200, 422): True, (422, 200): True}
        pairs = [
            ("the same reviewer", review, (ann, ann), first),
            ("either reviewer", review, (ann, ben), first),
            ("both reviewers", two, (ann, ben), {(200, 200): True}),
            ("approve, reject", review, (ann, reject), {(200, 422): True, (422, 200): False}),
            ("approve, bypass", review, (ann, bypass), first),
            ("bypass, bypass", two, (bypass, bypass), first),
            ("reject, bypass", two, (reject, bypass), {(200, 422): False, (422, 200): True}),
            ("approve, delete", review, (ann, delete), {(200, 204): True, (404, 204): False}),
            ("approve, give up", review, (ann, give_up), {(200, 201): True, (422, 201): False}),
            ("an app twice", checked, (guard, guard), {(204, 422): True, (422, 204): True}),
            ("an app both", checked, (guard, refuse), {(204, 422): True, (422, 204): False}),
            ("an app, bypass", checked, (guard, bypass), {(204, 422): True, (422, 200): True}),
            ("an app, delete", checked, (guard, delete), {(204, 204): True, (404, 204): False}),
        ]
        for name, gate, calls, outcomes in pairs * ROUNDS:
            made = self.held(gate)
            sent = time.time()
            statuses = tuple(answer.status
                             for answer in at_once(*[by(call, made) for call in calls]))
            self.book.check("two at once", f"{name}: {statuses}", statuses in outcomes, True)
            if outcomes.get(statuses):
                made.opens(sent)
            else:
                made.ends()

    def shut_policy(self):
        """Removing a policy shuts what is approved; adding it again opens all that."""
        gate = BY_NAME["policy-review"]
        path = self.world.environment(gate.name) + "/deployment-branch-policies"
        policy = self.ask("site", "GET", path).json["branch_policies"][0]
        self.book.check("policy", "taken away",
                        self.ask("site", "DELETE", f"{path}/{policy['id']}").status, 204)
        waiting = self.book.waiting(gate)
        for made in waiting[3:]:
            self.approve_last(made)
            made.opened_at = math.inf
        for made in waiting[:3]:  # nobody can bypass a policy
            self.book.check("bypass", f"{gate.name} {made.id}", self.bypass("admin", made).status,
                            422)
        self.check_log("a policy is shut")
        sent = time.time()
        answer = self.ask("site", "POST", path, {"name": "main"})
        self.book.check("policy", "back again", answer.status, 200)
        for made in waiting[3:]:
            made.opens(sent)

    def change_rules(self):
        """A change of rules judges waiting deployments again; approvals do not carry over."""
        site = functools.partial(self.ask, "site")
        gate = BY_NAME["two"]
        made = self.held(gate)
        self.book.check("stale approval", "ann", self.review("ann", made).status, 200)
        path = self.world.environment(gate.name)
        reviewers = [{"type": "User", "id": self.world.people[login]} for login in gate.reviewers]
        self.book.check("stale approval", "changed", site(
            "PUT", path, {"reviewers": reviewers[::-1], "required_approvals": 2}).status, 200)
        self.book.check("stale approval", "carl", self.review("carl", made).status, 200)
        self.book.check("stale approval", "waits", self.state(made), "waiting")
        sent = time.time()
        self.book.check("stale approval", "ann again", self.review("ann", made).status, 200)
        made.opens(sent)

        for name, body, opens in (("review", {"reviewers": None}, True), ("self", None, False)):
            gate = BY_NAME[name]
            waiting = [self.held(gate), *self.book.waiting(gate)]
            sent = time.time()
            path = self.world.environment(name)
            answer = site("PUT", path, body) if opens else site("DELETE", path)
            self.book.check("changed rules", name, answer.status, 200 if opens else 204)
            for made in waiting:
                if opens:
                    made.opens(sent)
                else:
                    made.ends()
                    self.book.check("changed rules", f"{name} {made.id}", self.state(made),
                                    "failure")
                    self.book.check("changed rules", f"{name} {made.id}",
                                    self.review("ann", made).status, 422)

    def lose_an_app(self):
        """A suspended app cannot approve, and what it approved before does not count; later it does
        again. Without its rule nothing holds."""
        gate = BY_NAME["checked-review"]
        made, path = self.held(gate), self.world.environment("checked")
        self.book.check("lost app", "approves", self.approve("guard", made), 200)
        self.world.server.cli("app", "suspend", "guard", "demo")
        self.book.check("lost app", "suspended", self.answer("guard", made).status, 401)
        self.book.check("lost app", "ann", self.approve("ann", made), 200)
        self.book.check("lost app", "waits", self.state(made), "waiting")
        self.check_log("an app is suspended")
        sent = time.time()
        self.world.server.cli("app", "unsuspend", "guard", "demo")
        # Any change of the environment judges at once; the timer would within a minute.
        judged = self.ask("site", "PUT", self.world.environment(gate.name), {})
        self.book.check("lost app", "judged again", judged.status, 200)
        made.opens(sent)
        waiting = [self.held(BY_NAME["checked"]) for _ in range(3)]
        rules = self.ask("site", "GET", f"{path}/deployment_protection_rules").json
        rule = rules["custom_deployment_protection_rules"][0]["id"]
        sent = time.time()
        self.book.check("lost app", "deleted rule", self.ask(
            "site", "DELETE", f"{path}/deployment_protection_rules/{rule}").status, 204)
        for made in waiting:
            made.opens(sent)

    def bypass_some(self):
        for gate in HELD:
            if gate is not BY_NAME["locked"]:
                made = self.held(gate)
                sent = time.time()
                self.expect("bypass", gate.name, "admin", self.bypass("admin", made).status)
                made.opened_at = sent  # even if a timer ran

    def send_keys_again(self):
        """Repeats the creates after the release, with the same keys: the same deployments, and
        nothing new."""
        for token, gate, key, number in self.keys:
            sent = time.time()
            answer = self.ask(token, "POST", DEPLOYMENTS, body_of(gate),
                              headers={"Idempotency-Key": key})
            got = answer.json.get("id") if answer.status == 201 else answer.status
            self.book.check("key again", f"{gate.name}, {token}", got, number)
            if got != number and answer.status == 201:
                self.book.add(got, gate, sent)

    # ------------------------------------------------------------------ the receiver's log

    def check_log(self, when):
        """No event of a held or ended deployment is in the receiver's log or in the feed."""
        self.world.settle_deliveries()
        first, _ = self.world.events()
        fed = self.world.fed()
        now = time.time()  # timers may have ended while the feed was read
        for made in list(self.book.made.values()):
            if made.opened_at > now:
                self.book.check("log, before", f"{made.gate.name} {made.id}, {when}",
                                (len(first.get(made.id, ())), fed[made.id]), (0, 0))

    def wait_for_all(self):
        """Waits until all opened deployments have arrived, or nothing comes any more."""
        expected = {made.id for made in self.book.made.values() if made.opened_at < math.inf}
        last = max(made.opened_at for made in self.book.made.values()
                   if made.opened_at < math.inf)
        while time.time() < last + PATIENCE:
            if expected <= self.world.events()[0].keys():
                break
            time.sleep(0.2)
        self.world.settle_deliveries()

    def audit(self):
        """Each expected event has come once, and not too early; no other event has come."""
        first, count = self.world.events()
        fed = self.world.fed()
        late = 0.0
        for made in self.book.made.values():
            cell = f"{made.gate.name} {made.id}"
            times = list(first.pop(made.id, {}).values())
            opened = made.opened_at < math.inf
            self.book.check("log, after", cell, (len(times), fed[made.id]), (opened, opened))
            for at in times:
                self.book.check("log, not early", f"{cell}: {made.opened_at - at:.3f} s",
                                at >= made.opened_at, True)
                late = max(late, at - made.opened_at if made.gate.has_timer else 0)
        self.book.check("log, nothing unknown", f"{sorted(first)}", len(first), 0)
        return count, late


def run(world, chance):
    """The whole run; returns the book, and messages about it."""
    book = Book()
    doors = Openings(world, book)
    for number, sent in (*world.served.values(), *world.sources.values()):
        book.add(number, BY_NAME["open"], sent)
    timed = [gate for gate in GATES if gate.has_timer]
    rest = [gate for gate in GATES if not gate.has_timer]
    # Those with a timer first: the others run during their minute.
    for gates in (timed, rest):
        doors.create_everywhere(gates)
        held = [gate for gate in gates if gate in HELD]
        doors.attack(held)
        doors.end(held)
        if gates is timed:
            doors.redeliver()
    doors.check_log("all is held")
    world.kill()
    doors.check_log("after a kill")
    doors.approve_not_enough()
    doors.kill_after_approval()
    unanswered = doors.kill_amidst_approvals(chance)
    doors.race()
    doors.shut_policy()
    for gate in HELD:
        for made in book.waiting(gate):
            doors.approve_last(made)
    doors.bypass_some()
    doors.change_rules()
    doors.lose_an_app()
    kill_while_timers_end(world, book)
    doors.wait_for_all()
    doors.send_keys_again()
    world.kill()
    world.settle_deliveries()
    count, late = doors.audit()
    return book, [f"{world.kills} kills, {unanswered} approvals unanswered by one",
                  f"{len(book.made)} deployments, {count} deliveries of their events",
                  f"{late:.1f} s at most from the end of a wait timer to the delivery"]


def kill_while_timers_end(world, book):
    """The server is down when the first timers end."""
    coming = [made.opened_at for made in book.made.values()
              if time.time() + 1 < made.opened_at < math.inf]
    if not coming:  # a slow machine: they have ended during the earlier kills
        return world.kill()
    while time.time() < min(coming) - 0.5:
        time.sleep(0.05)
    world.kill(down_until=min(coming) + 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000),
                        help="of the moments of the kills amidst approvals")
    options = parser.parse_args()
    print(f"doors: {len(GATES)} environments, {len(TOKENS)} kinds of tokens, seed {options.seed}",
          flush=True)
    begin = time.monotonic()
    with World() as world:
        book, lines = run(world, random.Random(options.seed))
    print(f"  {'door':<26}{'cells':>7}{'violations':>12}")
    for door, count in book.cells.items():
        print(f"  {door:<26}{count:>7}{len(book.wrong[door]):>12}")
    wrong = sum(map(len, book.wrong.values()))
    print(f"  {'in all':<26}{sum(book.cells.values()):>7}{wrong:>12}")
    print("\n".join(f"  {line}" for line in lines))
    for door, cells in book.wrong.items():
        for cell in cells[:20]:
            print(f"doors: WRONG: {door}: {cell}")
    print(f"doors: {'FAILED' if wrong else 'no door is open'}, "
          f"{time.monotonic() - begin:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
