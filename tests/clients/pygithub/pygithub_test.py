"""PyGithub as it is published, against a running server (see tests/clients/run.py)."""
import os
import unittest

import github
from github.EnvironmentDeploymentBranchPolicy import EnvironmentDeploymentBranchPolicyParams
from github.EnvironmentProtectionRuleReviewer import ReviewerParams

from public_keys import public_key

ROOT = os.environ["ESCLUSA_URL"]
WRITER = os.environ["ESCLUSA_WRITER"]
ADMIN = os.environ["ESCLUSA_ADMIN"]
ACTIVE = "We cannot delete an active deployment unless it is the only deployment in a given " \
         "environment."


class Client:
    """The tests; each class below runs them with another form of the base URL."""
    base = None
    number = 0

    @classmethod
    def setUpClass(cls):
        cls.github = cls.connect(WRITER)
        cls.shop = cls.github.get_repo("demo/shop")

    @classmethod
    def connect(cls, token):
        """By default the client waits a second between two writes."""
        return github.Github(base_url=cls.base, auth=github.Auth.Token(token),
                             seconds_between_requests=0, seconds_between_writes=0)

    def environment(self):
        return f"pygithub-{self.number}-{self.id().rsplit('_', 1)[-1]}"

    def deploy(self, **fields):
        return self.shop.create_deployment(**{
            "ref": "main", "auto_merge": False, "required_contexts": [],
            "environment": self.environment(), **fields})

    def fails(self, status, message, call, *arguments, **fields):
        """The call must raise an exception with this status; returns the exception."""
        with self.assertRaises(github.GithubException) as caught:
            call(*arguments, **fields)
        self.assertEqual(caught.exception.status, status, caught.exception)
        self.assertEqual(caught.exception.data["message"], message)
        return caught.exception

    def deployed(self):
        return list(self.shop.get_deployments(environment=self.environment()))

    def delete(self, deployment):
        """The client has no method for it; this is how its users do it."""
        self.github.requester.requestJsonAndCheck("DELETE", deployment.url)

    def test_who_the_token_belongs_to(self):
        self.assertEqual(self.github.get_user().login, "writer")

    def test_a_deployment_is_created_read_and_found(self):
        payload = {"user": "ada", "list": [1, {"deep": None}], "text": "€ \U0001f680"}
        made = self.deploy(payload=payload, task="deploy:docs", description="The first",
                           transient_environment=True, production_environment=False)
        self.assertTrue(made.url.startswith(f"{self.base}/repos/demo/shop/deployments/"))
        read = self.shop.get_deployment(made.id)
        self.assertEqual(read.raw_data, made.raw_data)
        self.assertEqual((read.payload, read.task, read.creator.login, read.ref),
                         (payload, "deploy:docs", "writer", "main"))
        self.assertEqual([one.id for one in self.deployed()], [made.id])

    def test_250_deployments_are_listed_by_pages(self):
        for size in (100, 30):
            with self.subTest(size=size):
                client = github.Github(base_url=self.base, auth=github.Auth.Token(WRITER),
                                       per_page=size, seconds_between_requests=0)
                shop = client.get_repo("demo/shop")
                ids = [one.id for one in shop.get_deployments(environment="many")]
                self.assertEqual(len(set(ids)), 250)
                self.assertEqual(ids, sorted(ids, reverse=True))
                found = shop.get_deployments(environment="many")
                self.assertEqual(found.totalCount, 250)
                self.assertEqual([one.id for one in found.reversed], ids[::-1])

    def test_statuses_are_reported_listed_and_read(self):
        deployment = self.deploy()
        for state in ("queued", "in_progress", "success"):
            made = deployment.create_status(state, target_url="https://ci.example.org/1",
                                            description="It goes on", environment_url="",
                                            auto_inactive=False)
            self.assertEqual((made.state, made.log_url), (state, "https://ci.example.org/1"))
            self.assertEqual(deployment.get_status(made.id).raw_data, made.raw_data)
        self.assertEqual([one.state for one in deployment.get_statuses()],
                         ["success", "in_progress", "queued"])

    def test_422_for_an_unknown_state(self):
        with self.assertRaises(github.GithubException) as caught:
            self.deploy().create_status("finished")
        self.assertEqual(caught.exception.status, 422)
        self.assertIn("finished is not a member of [", caught.exception.data["message"])

    def test_a_deployment_is_deleted_once_it_is_inactive(self):
        deployment = self.deploy()
        self.deploy()
        deployment.create_status("success")
        refused = self.fails(422, "Validation Failed", self.delete, deployment)
        self.assertEqual(refused.data["errors"], [ACTIVE])
        deployment.create_status("inactive")
        self.delete(deployment)
        with self.assertRaises(github.UnknownObjectException):
            self.shop.get_deployment(deployment.id)

    def test_202_the_default_branch_is_merged_and_nothing_is_deployed(self):
        ref = f"late/{self.number}"
        merged = self.deploy(ref=ref, auto_merge=True)
        self.assertEqual(merged.raw_data["message"],
                         f"Auto-merged main into {ref} on deployment.")
        self.assertEqual(self.deployed(), [])
        self.assertEqual(self.deploy(ref=ref, auto_merge=True).ref, ref)

    def test_409_for_a_conflict(self):
        ref = f"clash/{self.number}"
        for _ in range(2):
            self.fails(409, f"Conflict merging main into {ref}.", self.deploy, ref=ref,
                       auto_merge=True)
        self.assertEqual(self.deployed(), [])
        self.assertEqual(self.deploy(ref=ref).sha, os.environ["ESCLUSA_CLASH_SHA"])

    def test_409_for_required_contexts_names_them(self):
        ref = f"ahead/{self.number}"
        commit = self.shop.get_commit(ref)
        commit.create_status("success", context="ci/build")
        commit.create_status("pending", context="ci/test")
        refused = self.fails(409, f"Conflict: Commit status checks failed for {ref}.",
                             self.shop.create_deployment, ref, auto_merge=False,
                             environment=self.environment())
        error = refused.data["errors"][0]
        self.assertEqual((error["resource"], error["field"], error["code"]),
                         ("Deployment", "required_contexts", "invalid"))
        self.assertEqual(sorted((one["context"], one["state"]) for one in error["contexts"]),
                         [("ci/build", "success"), ("ci/test", "pending")])
        commit.create_status("success", context="ci/test")
        self.shop.create_deployment(ref, auto_merge=False, environment=self.environment())

    def test_422_for_an_unknown_ref(self):
        self.fails(422, "No ref found for: nope", self.deploy, ref="nope")

    def test_422_without_a_ref(self):
        self.fails(422, "Invalid request.\n\n\"ref\" wasn't supplied.",
                   self.github.requester.requestJsonAndCheck, "POST",
                   "/repos/demo/shop/deployments", input={})

    def test_401_and_404(self):
        with self.assertRaises(github.BadCredentialsException):
            self.connect("wrong").get_repo("demo/shop")
        with self.assertRaises(github.UnknownObjectException):
            self.github.get_repo("demo/nope")

    def test_commit_statuses_are_reported_listed_and_combined(self):
        commit = self.shop.get_commit(f"ahead/{self.number + 2}")
        for context, state in (("a", "pending"), ("b", "success"), ("A", "success")):
            made = commit.create_status(state, target_url="https://ci.example.org/1",
                                        description="Words", context=context)
            self.assertEqual((made.state, made.context), (state, context))
        self.assertEqual([one.state for one in commit.get_statuses()],
                         ["success", "success", "pending"])
        combined = commit.get_combined_status()
        self.assertEqual((combined.state, combined.total_count, combined.sha),
                         ("success", 2, commit.sha))

    def test_check_runs_are_created_completed_and_listed(self):
        commit = self.shop.get_commit(f"ahead/{self.number + 4}")
        run = self.shop.create_check_run("lint", commit.sha, status="in_progress",
                                         output={"title": "Lint", "summary": "Looking"})
        run.edit(status="completed", conclusion="success")
        self.assertEqual(self.shop.get_check_run(run.id).conclusion, "success")
        self.assertEqual([one.name for one in commit.get_check_runs()], ["lint"])

    def test_deploy_keys_are_added_listed_and_deleted(self):
        shop = self.connect(ADMIN).get_repo("demo/shop")
        text = public_key(self.environment())
        made = shop.create_key("CI", text + " ada@shop", read_only=True)
        self.assertEqual((made.key, made.title, made.read_only, made.verified, made.enabled,
                          made.added_by, made.last_used),
                         (text, "CI", True, True, True, "admin", None))
        self.assertEqual(shop.get_key(made.id).raw_data, made.raw_data)
        self.assertIn(made.id, [one.id for one in shop.get_keys()])
        refused = self.fails(422, "Validation Failed", shop.create_key, "CI", text)
        self.assertEqual(refused.data["errors"][0]["message"], "key is already in use")
        made.delete()
        with self.assertRaises(github.UnknownObjectException):
            shop.get_key(made.id)

    def test_environments_are_set_up_read_and_deleted(self):
        shop = self.connect(ADMIN).get_repo("demo/shop")
        name = f"{self.environment()}/eu"
        writer = self.github.get_user().id
        policy = EnvironmentDeploymentBranchPolicyParams(custom_branch_policies=True)
        made = shop.create_environment(name, wait_timer=30, prevent_self_review=True,
                                       reviewers=[ReviewerParams("User", writer)],
                                       deployment_branch_policy=policy)
        rules = {rule.type: rule for rule in made.protection_rules}
        self.assertEqual(rules["wait_timer"].wait_timer, 30)
        self.assertIs(rules["required_reviewers"].prevent_self_review, True)
        self.assertEqual([one.reviewer.login for one in rules["required_reviewers"].reviewers],
                         ["writer"])
        self.assertIs(made.deployment_branch_policy.custom_branch_policies, True)
        self.assertEqual(shop.get_environment(name).raw_data, made.raw_data)
        self.assertIn(made.id, [one.id for one in shop.get_environments()])
        self.assertEqual(shop.create_environment(name).protection_rules, [])
        shop.delete_environment(name)
        with self.assertRaises(github.UnknownObjectException):
            shop.get_environment(name)

    def test_secrets_and_variables_of_an_environment(self):
        shop = self.connect(ADMIN).get_repo("demo/shop")
        name = f"sealed-{self.number}"
        place = shop.create_environment(name)
        for value in ("one", "two"):
            self.assertEqual(place.create_secret("token", value).name, "token")
        self.assertEqual([secret.name for secret in place.get_secrets()], ["TOKEN"])
        self.assertIsNotNone(place.get_secret("TOKEN").updated_at)
        self.assertTrue(place.delete_secret("TOKEN"))
        with self.assertRaises(github.UnknownObjectException):
            _ = place.get_secret("TOKEN").updated_at  # only now it is fetched
        place.create_variable("REGION", "eu")
        variable = place.get_variable("REGION")
        self.assertEqual(variable.value, "eu")
        self.assertTrue(variable.edit("us"))
        self.assertEqual([(one.name, one.value) for one in place.get_variables()],
                         [("REGION", "us")])
        with self.assertRaises(github.GithubException) as caught:
            place.create_variable("REGION", "eu")
        self.assertEqual(caught.exception.status, 409)
        self.assertTrue(place.delete_variable("REGION"))
        shop.delete_environment(name)


class AtTheRoot(Client, unittest.TestCase):
    """base_url = http://HOST"""
    base = ROOT
    number = 1


class UnderApiV3(Client, unittest.TestCase):
    """base_url = http://HOST/api/v3, as of an Enterprise server"""
    base = f"{ROOT}/api/v3"
    number = 2


class WhereRatesAreLimited(unittest.TestCase):
    """By default the client waits for an hour; `retry=None` lets it raise."""

    def until_limited(self, token, call):
        client = github.Github(base_url=os.environ["ESCLUSA_LIMITED_URL"], retry=None,
                               auth=github.Auth.Token(os.environ[token]),
                               seconds_between_requests=0, seconds_between_writes=0)
        shop = client.get_repo("demo/shop")
        with self.assertRaises(github.RateLimitExceededException) as caught:
            for _ in range(30):
                call(shop)
        self.assertEqual(caught.exception.status, 403)
        return client, caught.exception.data["message"]

    def test_the_requests_of_the_hour_are_used_up(self):
        client, message = self.until_limited("ESCLUSA_LIMITED_READER",
                                             lambda shop: list(shop.get_deployments()))
        self.assertRegex(message, r"^API rate limit exceeded for user ID \d+\.$")
        self.assertEqual(client.rate_limiting, (0, 20))
        self.assertEqual(client.get_rate_limit().resources.core.remaining, 0)

    def test_too_much_was_created_in_a_minute(self):
        _, message = self.until_limited(
            "ESCLUSA_LIMITED_WRITER",
            lambda shop: shop.create_deployment("main", required_contexts=[]))
        self.assertRegex(message, r"^You have exceeded a secondary rate limit\.")


if __name__ == "__main__":
    unittest.main()
