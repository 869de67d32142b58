"""Environments and their branch policies over HTTP; and what the tests of gates share."""
import unittest
import urllib.parse

from harness import EsclusaTest

SHOP = "/repos/demo/shop"
ENVIRONMENTS = f"{SHOP}/environments"
OURS = "/esclusa/repos/demo/shop/deployments"
CUSTOM = {"protected_branches": False, "custom_branch_policies": True}
PROTECTED = {"protected_branches": True, "custom_branch_policies": False}


class GateTest(EsclusaTest):
    """What these tests share: `admin` administers, `grace` and `linus` have write access, and
    `reader` has only read access."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = {"admin": cls.api}
        for login, role in (("grace", "write"), ("linus", "write"), ("reader", "read")):
            cls.people[login] = cls.server.user_with(login, "repo", "demo/shop", role)
        cls.ids = {login: api.get("/user").json["id"] for login, api in cls.people.items()}

    def path(self, name=None):
        return f"{ENVIRONMENTS}/{urllib.parse.quote(name or self.environment(), safe='')}"

    def policies(self):
        return f"{self.path()}/deployment-branch-policies"

    def put(self, body=None, name=None, expects=200):
        answer = self.api.request("PUT", self.path(name), body)
        self.assertEqual(answer.status, expects, answer)
        return answer.json

    def users(self, *logins):
        return [{"type": "User", "id": self.ids[login]} for login in logins]

    @staticmethod
    def pending_path(deployment):
        return f"{SHOP}/actions/runs/{deployment['id']}/pending_deployments"

    def pending(self, deployment, who="admin"):
        answer = self.people[who].get(self.pending_path(deployment))
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def review(self, deployment, who, state="approved", comment="", ids=None):
        if ids is None:
            ids = [self.api.get(self.path()).json["id"]]
        return self.people[who].post(self.pending_path(deployment), {
            "environment_ids": ids, "state": state, "comment": comment})

    def gates(self, deployment):
        answer = self.api.get(f"{OURS}/{deployment['id']}/gates")
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def assert_refused(self, answer, status, reason_code):
        self.assert_error(answer, status)
        self.assertEqual(answer.json.get("reason_code"), reason_code, answer)


class Environments(GateTest):
    """/repos/{owner}/{repo}/environments"""

    def test_the_answer_is_githubs(self):
        made = self.put({"wait_timer": 30, "prevent_self_review": True,
                         "reviewers": self.users("grace", "linus"),
                         "deployment_branch_policy": PROTECTED})
        self.assertEqual(list(made), [
            "id", "node_id", "name", "url", "html_url", "created_at", "updated_at",
            "can_admins_bypass", "protection_rules", "deployment_branch_policy"])
        self.assertEqual(made["url"], self.server.url + self.path())
        self.assertIs(made["can_admins_bypass"], True)
        self.assertEqual(made["deployment_branch_policy"], PROTECTED)
        rules = {rule["type"]: rule for rule in made["protection_rules"]}
        self.assertEqual(list(rules["branch_policy"]), ["id", "node_id", "type"])
        self.assertEqual(list(rules["wait_timer"]), ["id", "node_id", "type", "wait_timer"])
        self.assertEqual(rules["wait_timer"]["wait_timer"], 30)
        review = rules["required_reviewers"]
        self.assertEqual(list(review),
                         ["id", "node_id", "type", "prevent_self_review", "reviewers"])
        self.assertEqual([(one["type"], one["reviewer"]["login"]) for one in review["reviewers"]],
                         [("User", "grace"), ("User", "linus")])
        self.assertEqual(self.api.get(self.path()).json, made)
        listed = self.api.get(f"{ENVIRONMENTS}?per_page=100").json
        self.assertEqual(list(listed), ["total_count", "environments"])
        self.assertEqual(listed["total_count"], len(listed["environments"]))
        self.assertIn(made, listed["environments"])

    def test_what_is_absent_stays_and_null_0_and_nothing_clear(self):
        self.put({"wait_timer": 30, "reviewers": self.users("grace", "linus"),
                  "required_approvals": 2, "can_admins_bypass": False,
                  "deployment_branch_policy": CUSTOM})
        kept = self.put({})
        self.assertEqual(kept["protection_rules"], self.put(None)["protection_rules"])
        self.assertEqual(len(kept["protection_rules"]), 3)
        self.assertIs(kept["can_admins_bypass"], False)
        review = kept["protection_rules"][2]
        self.assertEqual(review["required_approvals"], 2)
        self.assertEqual(len(self.put({"wait_timer": 0})["protection_rules"]), 2)
        cleared = self.put({"reviewers": [], "deployment_branch_policy": None})
        self.assertEqual(cleared["protection_rules"], [])
        self.assertIsNone(cleared["deployment_branch_policy"])
        self.assertIs(self.put({"can_admins_bypass": True})["can_admins_bypass"], True)

    def test_a_rule_that_changes_gets_another_id(self):
        def ids():
            return {rule["type"]: rule["id"]
                    for rule in self.api.get(self.path()).json["protection_rules"]}
        self.put({"wait_timer": 30, "reviewers": self.users("grace")})
        before = ids()
        self.put({"wait_timer": 30, "reviewers": self.users("grace")})
        self.assertEqual(ids(), before)
        self.put({"wait_timer": 31})
        self.assertNotEqual(ids()["wait_timer"], before["wait_timer"])
        self.assertEqual(ids()["required_reviewers"], before["required_reviewers"])

    def test_what_is_refused(self):
        unknown = self.ids["linus"] + 1000
        for body, message, reason_code in (
                ({"wait_timers": 1},
                 'Invalid request.\n\nInvalid input: "wait_timers" is not a permitted key.',
                 "invalid_request"),
                ({"deployment_branch_policy": {**CUSTOM, "protected_branches": True}},
                 '"custom_branch_policies" and "protected_branches" cannot have the same value',
                 "invalid_deployment_branch_policy"),
                ({"deployment_branch_policy": {"protected_branches": True}}, None,
                 "invalid_request"),
                ({"wait_timer": 43201}, None, "invalid_wait_timer"),
                ({"wait_timer": 2**40}, None, "invalid_wait_timer"),
                ({"wait_timer": -1}, None, "invalid_wait_timer"),
                ({"wait_timer": "30"}, None, "invalid_request"),
                ({"reviewers": [{"type": "Robot", "id": 1}]}, None, "invalid_request"),
                ({"reviewers": [{"id": 1}]}, None, "invalid_request"),
                ({"reviewers": [{"type": "User", "id": unknown}]}, None, "invalid_reviewers"),
                ({"reviewers": [{"type": "Team", "id": unknown}]}, None, "invalid_reviewers"),
                ({"reviewers": self.users("grace", "grace")}, None, "invalid_reviewers"),
                ({"reviewers": self.users("grace"), "required_approvals": 2}, None,
                 "invalid_required_approvals")):
            with self.subTest(body=body):
                answer = self.api.request("PUT", self.path(), body)
                self.assert_refused(answer, 422, reason_code)
                if message:
                    self.assertEqual(answer.json["message"], message)
        self.assertEqual(self.api.get(self.path()).status, 404)

    def test_names_keep_their_first_spelling_and_slashes_are_encoded(self):
        made = self.put(name="Europe/Production")
        self.assertEqual(made["name"], "Europe/Production")
        self.assertTrue(made["url"].endswith("/environments/Europe%2FProduction"))
        self.assertTrue(made["html_url"].endswith("?environments_filter=Europe%2FProduction"))
        self.assertEqual(self.put(name="europe/PRODUCTION")["id"], made["id"])
        self.assertEqual(self.api.get(self.path("EUROPE/production")).json["name"], made["name"])
        self.assertEqual(self.api.get(f"{ENVIRONMENTS}/Europe/Production").status, 404)
        self.assertEqual(self.api.request("PUT", self.path("x" * 256), {}).status, 422)

    def test_who_may_do_it(self):
        self.put({})
        # repo_deployment opens deployments, but not their gates.
        deployer = self.server.api(self.server.create_token("grace", "repo_deployment"))
        self.assertEqual(deployer.get(self.path()).status, 404)
        writer = self.people["grace"]
        self.assertEqual(writer.get(self.path()).status, 200)
        for method in ("PUT", "DELETE"):
            self.assert_error(writer.request(method, self.path()), 403,
                              "Must have admin rights to Repository.")

    def test_no_new_name_looks_like_another_one(self):
        for name in ("production ", "produc\u200btion", "\u202eproduction", "production\u00a0"):
            answer = self.api.post(self.deployments, {
                "ref": "main", "environment": name, "auto_merge": False, "required_contexts": []})
            self.assert_refused(answer, 422, "invalid_environment_name")
            self.assert_refused(self.api.request("PUT", self.path(name), {}), 422,
                                "invalid_environment_name")

    def test_only_known_environments_where_the_administrator_says_so(self):
        self.put(name="staging")
        self.server.cli("repo", "environments", "demo/shop", "known")
        self.addCleanup(self.server.cli, "repo", "environments", "demo/shop", "any")
        answer = self.api.post(self.deployments, {
            "ref": "main", "environment": "stagin", "auto_merge": False, "required_contexts": []})
        self.assert_refused(answer, 422, "environment_unknown")
        self.assertIn('did you mean "staging"?', answer.json["message"])
        self.create(environment="Staging")

    def test_a_secret_team_is_named_to_its_members_and_owners(self):
        self.server.create_user("member")
        self.server.cli("org", "add", "demo", "member")
        owner = self.server.api(self.server.create_token("admin", "repo,admin:org"))
        made = owner.post("/orgs/demo/teams", {"name": "Secret", "maintainers": ["member"],
                                               "repo_names": ["demo/shop"]})
        self.assertEqual(made.status, 201, made)
        self.put({"reviewers": [{"type": "Team", "id": made.json["id"]}, *self.users("grace")]})
        held = self.create()
        member = self.server.api(self.server.create_token("member", "repo"))
        for api, sees in ((owner, True), (member, True), (self.people["reader"], False)):
            rule = api.get(self.path()).json["protection_rules"][0]
            self.assertEqual(len(rule["reviewers"]), 1 + sees)
            pending, = api.get(self.pending_path(held)).json
            self.assertEqual(len(pending["reviewers"]), 1 + sees)
            gate, = api.get(f"{OURS}/{held['id']}/gates").json["gates"]
            self.assertEqual(gate["openers"], ["demo/secret"] * sees + ["grace"])
        feed = owner.get("/esclusa/repos/demo/shop/events?after=0").json["events"]
        asked = [one["payload"] for one in feed if one["event"] == "deployment_review"
                 and one["payload"]["workflow_run"]["id"] == held["id"]]
        self.assertEqual([[one["type"] for one in event["reviewers"]] for event in asked],
                         [["User"]])

    def test_deleting_ends_what_waits_and_keeps_what_was_deployed(self):
        self.put({"reviewers": self.users("grace")})
        held = self.create()
        answer = self.api.delete(self.path())
        self.assertEqual((answer.status, answer.body), (204, b""))
        self.assertEqual(self.api.get(self.path()).status, 404)
        self.assertEqual(self.states(held), ["failure", "waiting"])
        self.assertEqual(self.pending(held), [])
        report = self.gates(held)
        self.assertEqual((report["phase"], report["environment"]), ("ended", None))
        # A deployment to its name creates it again, without rules.
        self.create()
        self.assertEqual(self.put()["protection_rules"], [])

    def test_the_list_has_pages(self):
        for name in ("page-b", "page-a"):
            self.put(name=name)
        first = self.api.get(f"{ENVIRONMENTS}?per_page=1")
        self.assertEqual(len(first.json["environments"]), 1)
        self.assertEqual([rel for rel, _ in first.links()], ["next", "last"])
        names = [one["name"] for one in
                 self.api.get(f"{ENVIRONMENTS}?per_page=100").json["environments"]]
        self.assertEqual(names, sorted(names, key=str.lower))


class BranchPolicies(GateTest):
    """…/environments/{environment_name}/deployment-branch-policies"""

    def test_patterns_are_made_once_and_changed_by_name(self):
        self.put({"deployment_branch_policy": CUSTOM})
        answer = self.api.post(self.policies(), {"name": "release/*"})
        self.assertEqual(answer.status, 200, answer)
        made = answer.json
        self.assertEqual(list(made), ["id", "node_id", "name", "type"])
        self.assertEqual((made["name"], made["type"]), ("release/*", "branch"))
        again = self.api.post(self.policies(), {"name": "release/*", "type": "branch"})
        self.assertEqual(again.status, 303, again)
        self.assertEqual(again.json["url"], again.headers["Location"])
        self.assertEqual(self.api.get(again.headers["Location"]).json, made)
        tag = self.api.post(self.policies(), {"name": "release/*", "type": "tag"}).json
        self.assertEqual(self.api.get(self.policies()).json,
                         {"total_count": 2, "branch_policies": [made, tag]})
        page = self.api.get(self.policies() + "?per_page=1&page=2")
        self.assertEqual(page.json, {"total_count": 2, "branch_policies": [tag]})
        self.assertEqual([rel for rel, _ in page.links()], ["prev", "first"])
        one = f"{self.policies()}/{made['id']}"
        changed = self.api.request("PUT", one, {"name": "main", "type": "tag"})
        self.assertEqual(changed.json, {**made, "name": "main"})
        other = self.api.post(self.policies(), {"name": "x"}).json
        self.assert_refused(self.api.request("PUT", f"{self.policies()}/{other['id']}",
                                             {"name": "main"}), 422, "already_exists")
        self.assertEqual(self.api.delete(one).status, 204)
        for method in ("GET", "PUT", "DELETE"):
            self.assertEqual(self.api.request(method, one, {"name": "main"}).status, 404)

    def test_out_of_that_mode_there_are_none(self):
        for policy in (None, PROTECTED):
            self.put({"deployment_branch_policy": policy})
            self.assertEqual(self.api.get(self.policies()).status, 404)
            self.assertEqual(self.api.post(self.policies(), {"name": "main"}).status, 404)

    def test_what_is_refused(self):
        self.put({"deployment_branch_policy": CUSTOM})
        for body, reason_code in (({}, "invalid_request"), ({"name": 1}, "invalid_request"),
                                  ({"name": ""}, "invalid_ref_pattern"),
                                  ({"name": "a\nb"}, "invalid_ref_pattern"),
                                  ({"name": "x" * 256}, "invalid_ref_pattern"),
                                  ({"name": "x", "type": "commit"}, "invalid_request")):
            with self.subTest(body=body):
                self.assert_refused(self.api.post(self.policies(), body), 422, reason_code)

    def test_refs_that_no_pattern_fits_are_refused(self):
        self.put({"deployment_branch_policy": CUSTOM})
        self.api.post(self.policies(), {"name": "feature/*"})
        self.api.post(self.policies(), {"name": "v*", "type": "tag"})
        for ref in ("feature/login", "v1.0", "refs/heads/feature/login"):
            self.create(ref=ref)
        sha = self.repository.sha("main")
        for ref, word in (("main", "Branch"), (sha, "Commit")):
            answer = self.api.post(self.deployments, {
                "ref": ref, "environment": self.environment(), "auto_merge": False,
                "required_contexts": []})
            self.assert_refused(answer, 422, "branch_policy")
            self.assertEqual(answer.json["message"],
                             f'{word} "{ref}" is not allowed to deploy to {self.environment()} '
                             "due to environment protection rules.")


if __name__ == "__main__":
    unittest.main()
