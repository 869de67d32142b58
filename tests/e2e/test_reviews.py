"""Waiting deployments, over HTTP and by the command line: reviews, bypasses, dry runs, and the
events about reviews."""
import json
import subprocess
import unittest

from harness import BINARY, clean_environment
from test_environments import CUSTOM, OURS, PROTECTED, SHOP, GateTest


class Reviews(GateTest):
    """…/actions/runs/{run_id}, where a run is a deployment."""

    def test_pending_deployments_are_githubs(self):
        self.put({"wait_timer": 5, "reviewers": self.users("grace")})
        held = self.create()
        pending, = self.pending(held)
        self.assertEqual(list(pending), ["environment", "wait_timer", "wait_timer_started_at",
                                         "current_user_can_approve", "reviewers"])
        environment = self.api.get(self.path()).json
        self.assertEqual(pending["environment"], {name: environment[name] for name in (
            "id", "node_id", "name", "url", "html_url")})
        self.assertEqual(pending["wait_timer"], 5)
        self.assertEqual(pending["wait_timer_started_at"], held["created_at"])
        self.assertEqual([one["reviewer"]["login"] for one in pending["reviewers"]], ["grace"])
        self.assertIs(pending["current_user_can_approve"], False)
        self.assertIs(self.pending(held, "grace")[0]["current_user_can_approve"], True)

    def test_an_approval_releases(self):
        self.put({"reviewers": self.users("grace", "linus")})
        held = self.create()
        self.assertEqual(self.states(held), ["waiting"])
        answer = self.review(held, "grace", comment="Looks good")
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual([one["id"] for one in answer.json], [held["id"]])
        self.assertEqual(self.states(held), ["queued", "waiting"])
        self.assertEqual(self.pending(held), [])
        approval, = self.api.get(f"{SHOP}/actions/runs/{held['id']}/approvals").json
        self.assertEqual(list(approval), ["environments", "state", "user", "comment"])
        self.assertEqual((approval["state"], approval["user"]["login"], approval["comment"]),
                         ("approved", "grace", "Looks good"))
        self.assertEqual([one["name"] for one in approval["environments"]], [self.environment()])
        self.report(held, "success")

    def test_a_rejection_ends_it(self):
        self.put({"reviewers": self.users("grace")})
        held = self.create()
        self.assertEqual(self.review(held, "grace", "rejected", "No").status, 200)
        statuses = self.api.get(held["statuses_url"]).json
        self.assertEqual([one["state"] for one in statuses], ["failure", "waiting"])
        self.assertEqual(statuses[0]["description"], "Rejected by grace.")
        self.assertEqual(self.gates(held)["phase"], "ended")
        self.assert_refused(self.review(held, "grace"), 422, "not_waiting")
        answer = self.api.post(held["statuses_url"], {"state": "in_progress"})
        self.assert_refused(answer, 422, "deployment_ended")

    def test_two_of_three_must_approve(self):
        self.put({"reviewers": self.users("admin", "grace", "linus"), "required_approvals": 2,
                  "prevent_self_review": True})
        held = self.create()
        self.assert_refused(self.review(held, "admin"), 422, "self_review_prevented")
        self.assertEqual(self.review(held, "grace").status, 200)
        self.assert_refused(self.review(held, "grace"), 422, "already_approved")
        self.assertEqual(self.states(held), ["waiting"])
        self.assertEqual(self.review(held, "linus").status, 200)
        self.assertEqual(self.states(held), ["queued", "waiting"])

    def test_who_may_not_review(self):
        self.put({"reviewers": self.users("grace")})
        held = self.create()
        for who in ("admin", "linus", "reader"):
            self.assert_refused(self.review(held, who), 403, "not_a_reviewer")
        narrow = self.server.api(self.server.create_token("grace", "repo:status"))
        path = self.pending_path(held)
        for api in (narrow, self.server.api(None)):
            self.assertEqual(api.post(path, {}).status, 404)
        self.assertEqual(self.states(held), ["waiting"])

    def test_a_token_that_creates_deployments_opens_none(self):
        ids = self.put({"reviewers": self.users("admin", "grace")})["id"]
        for who in ("admin", "grace"):
            deployer = self.server.api(self.server.create_token(who, "repo_deployment"))
            held = deployer.post(self.deployments, {
                "ref": "main", "environment": self.environment(), "auto_merge": False,
                "required_contexts": []}).json
            self.assertEqual(len(deployer.get(self.pending_path(held)).json), 1)
            self.assert_refused(deployer.post(self.pending_path(held), {
                "environment_ids": [ids], "state": "approved", "comment": ""}),
                403, "missing_scope")
            self.assert_refused(deployer.post(f"{OURS}/{held['id']}/bypass", {"reason": "Now"}),
                                403, "missing_scope")
            self.assertEqual(self.states(held), ["waiting"])

    def test_what_is_refused(self):
        self.put({"reviewers": self.users("grace")})
        held = self.create()
        environment = self.api.get(self.path()).json["id"]
        for ids in ([], [environment + 1000], [environment, environment + 1000]):
            self.assert_refused(self.review(held, "grace", ids=ids), 422,
                                "environment_not_waiting")
        grace, path = self.people["grace"], self.pending_path(held)
        good = {"environment_ids": [environment], "state": "approved", "comment": ""}
        for name in good:
            without = {key: value for key, value in good.items() if key != name}
            self.assert_error(grace.post(path, without), 422,
                              f'Invalid request.\n\n"{name}" wasn\'t supplied.')
        for more in ({"state": "bypassed"}, {"state": 1}, {"environment_ids": ["1"]},
                     {"environment_ids": 1}, {"comment": None}):
            self.assert_refused(grace.post(path, {**good, **more}), 422, "invalid_request")
        self.assert_refused(grace.post(path, {**good, "comment": "x" * 1025}), 422, "too_long")
        self.assertEqual(grace.post(f"{SHOP}/actions/runs/999999/pending_deployments",
                                    good).status, 404)
        free = self.create(environment="unguarded")
        self.assert_refused(self.review(free, "grace"), 422, "not_waiting")
        self.put({"wait_timer": 5}, name="timed")
        timed = self.create(environment="timed")
        ids = [self.api.get(self.path("timed")).json["id"]]
        self.assert_refused(self.review(timed, "grace", ids=ids), 422, "no_review_required")

    def test_a_changed_rule_asks_anew(self):
        self.put({"reviewers": self.users("grace", "linus"), "required_approvals": 2})
        held = self.create()
        self.review(held, "grace")
        self.put({"reviewers": self.users("grace", "linus", "reader")})
        self.assertEqual(self.states(held), ["waiting"])
        self.assertEqual(self.review(held, "grace").status, 200)
        self.assertEqual(self.review(held, "reader").status, 200)
        self.assertEqual(self.states(held), ["queued", "waiting"])


class OurOwn(GateTest):
    """Our own routes: the report of gates, bypasses, and dry runs."""

    def bypass(self, deployment, who="admin", reason="It burns"):
        return self.people[who].post(f"{OURS}/{deployment['id']}/bypass", {"reason": reason})

    def test_the_report_says_who_and_when(self):
        self.put({"wait_timer": 5, "reviewers": self.users("grace"),
                  "deployment_branch_policy": PROTECTED})
        held = self.create()
        report = self.gates(held)
        self.assertEqual((report["deployment_id"], report["phase"], report["sha"]),
                         (held["id"], "held", held["sha"]))
        self.assertEqual(report["environment"]["name"], self.environment())
        self.assertIs(report["environment"]["can_admins_bypass"], True)
        gates = {gate["kind"]: gate for gate in report["gates"]}
        self.assertEqual({kind: gate["state"] for kind, gate in gates.items()}, {
            "branch_policy": "open", "wait_timer": "shut", "required_reviewers": "shut"})
        self.assertEqual(gates["required_reviewers"]["openers"], ["grace"])
        self.assertIsNone(gates["required_reviewers"]["opens_at"])
        self.assertGreater(gates["wait_timer"]["opens_at"], held["created_at"])
        self.review(held, "grace")
        self.assertEqual({gate["kind"]: gate["state"] for gate in self.gates(held)["gates"]}, {
            "branch_policy": "open", "wait_timer": "shut", "required_reviewers": "open"})

    def test_an_administrator_goes_past_with_a_reason(self):
        self.put({"wait_timer": 5, "reviewers": self.users("grace")})
        held = self.create()
        for reason in ("", " \n"):
            self.assert_refused(self.bypass(held, reason=reason), 422, "bypass_reason_missing")
        self.assert_error(self.bypass(held, "grace"), 403, "Must have admin rights to Repository.")
        answer = self.bypass(held)
        self.assertEqual((answer.status, answer.json["id"]), (200, held["id"]), answer)
        self.assertEqual(self.states(held), ["queued", "waiting"])
        self.assertEqual({gate["state"] for gate in self.gates(held)["gates"]}, {"bypassed"})
        approval, = self.api.get(f"{SHOP}/actions/runs/{held['id']}/approvals").json
        self.assertEqual((approval["state"], approval["user"]["login"], approval["comment"]),
                         ("approved", "admin", "It burns"))
        self.assert_refused(self.bypass(held), 422, "not_waiting")

    def test_an_environment_may_forbid_it(self):
        self.put({"reviewers": self.users("grace"), "can_admins_bypass": False})
        held = self.create()
        self.assert_refused(self.bypass(held), 403, "bypass_not_allowed")
        self.assertEqual(self.states(held), ["waiting"])

    def test_nobody_goes_past_a_branch_policy(self):
        self.put({"reviewers": self.users("grace"), "deployment_branch_policy": CUSTOM})
        policy = self.api.post(self.policies(), {"name": "main"}).json
        held = self.create()
        self.api.delete(f"{self.policies()}/{policy['id']}")
        self.assert_refused(self.bypass(held), 422, "branch_policy")
        self.assertEqual(self.states(held), ["waiting"])

    def dry_run(self, expects=200, **fields):
        answer = self.api.post(f"{OURS}/dry_run", {
            "ref": "main", "auto_merge": False, "required_contexts": [],
            "environment": self.environment(), **fields})
        self.assertEqual(answer.status, expects, answer)
        return answer.json

    def test_a_dry_run_judges_and_creates_nothing(self):
        before = self.api.get(self.deployments).json
        run = self.dry_run()
        self.assertEqual(list(run), ["outcome", "environment", "makes_environment", "ref", "sha",
                                     "message", "reason_code", "gates"])
        self.assertEqual((run["outcome"], run["gates"]), ("released", []))
        self.assertIs(run["makes_environment"], True)
        self.assertEqual(run["sha"], self.repository.sha("main"))
        self.assertEqual(self.api.get(self.path()).status, 404)
        self.put({"reviewers": self.users("grace"), "deployment_branch_policy": CUSTOM})
        run = self.dry_run()
        self.assertEqual((run["outcome"], run["reason_code"]), ("refused", "branch_policy"))
        self.api.post(self.policies(), {"name": "main"})
        run = self.dry_run()
        self.assertEqual(run["outcome"], "held")
        self.assertEqual([gate["state"] for gate in run["gates"]], ["open", "shut"])
        run = self.dry_run(ref="nowhere")
        self.assertEqual((run["outcome"], run["reason_code"], run["sha"]),
                         ("refused", "ref_not_found", None))
        self.assertEqual(run["message"], "No ref found for: nowhere")
        run = self.dry_run(environment="unguarded", required_contexts=["ci"])
        self.assertEqual(run["reason_code"], "required_contexts")
        self.assertEqual(run["errors"][0]["contexts"], [{"context": "ci", "state": "missing"}])
        self.dry_run(422, ref=1)
        old = self.repository.sha("old")
        self.assertEqual(self.dry_run(ref="old", environment="x", auto_merge=True)["outcome"],
                         "merged")
        self.assertEqual(self.repository.sha("old"), old)
        self.assertEqual(self.api.get(self.deployments).json, before)


class ReviewEvents(GateTest):
    """`deployment_review`: in the feed, and to webhooks that name it."""

    def hook(self, receiver, *events):
        answer = self.api.post(f"{SHOP}/hooks", {
            "config": {"url": receiver.url, "content_type": "json"}, "events": list(events)})
        self.assertEqual(answer.status, 201, answer)
        self.addCleanup(self.api.delete, f"{SHOP}/hooks/{answer.json['id']}")
        return answer.json

    def test_asked_approved_and_rejected(self):
        named, starred = self.receiver(), self.receiver()
        self.assertEqual(self.hook(named, "deployment_review", "deployment")["events"],
                         ["deployment", "deployment_review"])
        self.hook(starred, "*")
        self.put({"reviewers": self.users("grace"), "wait_timer": 5})
        first, second = self.create(), self.create()
        self.review(first, "grace", comment="Go")
        self.people["admin"].post(f"{OURS}/{first['id']}/bypass", {"reason": "It burns"})
        self.review(second, "grace", "rejected")
        named.wait_for_event("deployment_review", 5)
        deliveries = named.wait_for_event("deployment")
        self.assertEqual([json.loads(one["body"])["deployment"]["id"] for one in deliveries],
                         [first["id"]])
        about = {}
        for one in named.deliveries("deployment_review"):
            body = json.loads(one["body"])
            about.setdefault(body["workflow_run"]["id"], []).append(body)
        self.assertEqual([body["action"] for body in about[first["id"]]],
                         ["requested", "approved", "approved"])
        self.assertEqual([body["action"] for body in about[second["id"]]],
                         ["requested", "rejected"])
        requested, approved, bypassed = about[first["id"]]
        self.assertEqual(requested["environment"], self.environment())
        self.assertEqual([one["reviewer"]["login"] for one in requested["reviewers"]], ["grace"])
        self.assertEqual(requested["requestor"]["login"], "admin")
        self.assertEqual(requested["workflow_run"]["head_commit"]["message"], "Sell cheese")
        # Not the suite of a check run that has the same number.
        self.assertNotIn("/check-suites/", requested["workflow_run"]["check_suite_url"])
        # The API answers with the run of the last event.
        rejected = about[second["id"]][-1]["workflow_run"]
        run = self.api.get(rejected["url"]).json
        self.assertEqual(run, {**rejected, "updated_at": run["updated_at"]})
        self.assertEqual((run["status"], run["conclusion"]), ("completed", "failure"))
        self.assertEqual(self.api.get(run["workflow_url"]).json["id"], run["workflow_id"])
        for name in ("jobs", "artifacts"):
            self.assertEqual(self.api.get(run[f"{name}_url"]).json, {"total_count": 0, name: []})
        self.assertEqual(self.api.get(f"{SHOP}/actions/runs/999999").status, 404)
        self.assertEqual((approved["approver"]["login"], approved["comment"]), ("grace", "Go"))
        self.assertEqual((bypassed["approver"]["login"], bypassed["comment"]),
                         ("admin", "It burns"))
        # A webhook for all events gets those that it would get on GitHub.
        starred.wait_for_event("deployment")
        starred.wait_for_event("deployment_status", 4)
        self.assertEqual(starred.deliveries("deployment_review"), [])
        feed = self.people["grace"].get("/esclusa/repos/demo/shop/events?after=0").json["events"]
        mine = [one["action"] for one in feed if one["event"] == "deployment_review"]
        self.assertEqual(mine, ["requested", "requested", "approved", "approved", "rejected"])


class CommandLine(GateTest):
    """esclusa gates, review, and deploy"""

    def cli_as(self, who, *arguments):
        return subprocess.run(
            [BINARY, *map(str, arguments)], check=False, timeout=60, stdin=subprocess.DEVNULL,
            capture_output=True, text=True,
            env=clean_environment({"ESCLUSA_URL": self.server.url,
                                   "ESCLUSA_TOKEN": self.people[who].token}))

    def test_a_deployment_waits_is_explained_and_approved(self):
        self.put({"reviewers": self.users("grace"), "wait_timer": 5})
        common = ("deploy", "demo/shop", "main", "--environment", self.environment(),
                  "--skip-contexts", "--no-auto-merge")
        tried = self.cli_as("linus", *common, "--dry-run")
        self.assertEqual(tried.returncode, 0, tried)
        self.assertIn(": held\nIt would wait for: wait_timer, required_reviewers.", tried.stdout)
        made = self.cli_as("linus", *common)
        self.assertEqual(made.returncode, 0, made)
        self.assertIn("It waits for these gates; nobody has been told to deploy it:", made.stdout)
        deployment = made.stdout.split()[1].rstrip(":")
        refused = self.cli_as("linus", "review", "demo/shop", deployment, "--approve")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("linus is not a required reviewer", refused.stderr)
        approved = self.cli_as("grace", "review", "demo/shop", deployment, "--approve",
                               "--comment", "Go")
        self.assertEqual(approved.returncode, 0, approved)
        self.assertRegex(approved.stdout, r"required_reviewers +open")
        self.assertRegex(approved.stdout, r"wait_timer +shut")
        self.assertIn("is held", approved.stdout)
        past = self.cli_as("admin", "review", "demo/shop", deployment, "--bypass", "--comment",
                           "It burns")
        self.assertEqual(past.returncode, 0, past)
        shown = self.cli_as("reader", "gates", "demo/shop", deployment)
        self.assertIn("is released", shown.stdout)
        self.assertRegex(shown.stdout, r"wait_timer +bypassed +admin went past it\.")
        again = self.cli_as("grace", "review", "demo/shop", deployment, "--reject")
        self.assertEqual(again.returncode, 1)
        self.assertIn(f"See: esclusa gates demo/shop {deployment}", again.stderr)


if __name__ == "__main__":
    unittest.main()
