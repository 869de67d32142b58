"""githubkit as it is published, signing as an app and acting as its installation, against a running
server. tests/clients/run.py makes the app and installs it at demo/shop."""
import json
import os
import pathlib
import subprocess
import unittest

from githubkit import AppAuthStrategy, AppInstallationAuthStrategy, GitHub
from githubkit.cache import MemCacheStrategy
from githubkit.exception import GitHubException, RequestFailed
from githubkit.webhooks import parse, verify

from githubkit_test import PLAIN, SECRET, Typed, differences, found

VERSIONS = ("2022-11-28", "2026-03-10")
SLUG = "releaser"
BOT = f"{SLUG}[bot]"


class Signing(Typed):
    """The base of the tests: clients of the app and of its installation."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = pathlib.Path(os.environ["ESCLUSA_RELEASER_KEY"]).read_text()
        cls.app = cls.signing(AppAuthStrategy(found("releaser_id"), cls.key))
        cls.installation = cls.app.rest.apps.get_repo_installation(**cls.shop).parsed_data.id
        cls.installed = cls.signing(cls.as_installation())

    @classmethod
    def signing(cls, strategy):
        # Without a cache of its own, all clients of the app would share its tokens.
        return GitHub(strategy, base_url=cls.base, auto_retry=False, http_cache=False,
                      cache_strategy=MemCacheStrategy())

    @classmethod
    def as_installation(cls, **more):
        return AppInstallationAuthStrategy(found("releaser_id"), cls.key, cls.installation, **more)

    def refused(self, status, message, call, *arguments, **named):
        with self.assertRaises(GitHubException) as caught:
            call(*arguments, **named)
        error = caught.exception
        # The token is fetched before the request; its refusal is the cause of another error.
        failed = error if isinstance(error, RequestFailed) else error.__cause__
        self.assertIsInstance(failed, RequestFailed)
        answer = failed.response
        self.assertEqual((answer.status_code, answer.json()["message"]), (status, message))


class Reading(Signing):
    def test_what_an_app_reads(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                apps = self.app.rest(version).apps
                itself = self.parsed(apps.get_authenticated())
                self.assertEqual((itself.slug, itself.id), (SLUG, found("releaser_id")))
                by_slug = self.installed.rest(version).apps.get_by_slug(SLUG)
                self.assertEqual(self.parsed(by_slug).id, itself.id)
                listed = self.parsed(apps.list_installations())
                self.assertEqual([one.id for one in listed], [self.installation])
                for one in (apps.get_installation(self.installation),
                            apps.get_org_installation("demo"),
                            apps.get_repo_installation(**self.shop)):
                    self.assertEqual(self.parsed(one).app_slug, SLUG)
                self.refused(404, "Not Found", apps.get_user_installation, "writer")

    def test_what_an_installation_reads(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                rest = self.installed.rest(version)
                reached = self.parsed(rest.apps.list_repos_accessible_to_installation())
                self.assertEqual([one.full_name for one in reached.repositories], ["demo/shop"])
                self.parsed(rest.repos.list_deployments(**self.shop))

    def test_an_app_may_sign_with_its_client_id(self):
        named = self.signing(AppAuthStrategy(None, self.key, found("releaser_client_id")))
        self.assertEqual(self.parsed(named.rest.apps.get_authenticated()).slug, SLUG)

    def test_another_key_is_refused(self):
        key = pathlib.Path(os.environ["ESCLUSA_ANOTHER_KEY"]).read_text()
        message = "A JSON web token could not be decoded"
        wrong = AppInstallationAuthStrategy(found("releaser_id"), key, self.installation)
        app, installed = self.signing(wrong.as_app()), self.signing(wrong)
        self.refused(401, message, app.rest.apps.get_authenticated)
        self.refused(401, message, installed.rest.repos.list_deployments, **self.shop)


class Deploying(Signing):
    def test_a_deployment_and_a_status_are_the_bots(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                repos = self.installed.rest(version).repos
                made = self.parsed(repos.create_deployment(
                    **self.shop, **PLAIN, environment="githubkit-app"), 201)
                status = self.parsed(repos.create_deployment_status(
                    **self.shop, deployment_id=made.id, state="success"), 201)
                for one in (made, status):
                    self.assertEqual((one.creator.login, one.creator.type), (BOT, "Bot"))
                    self.assertEqual(one.performed_via_github_app.slug, SLUG)

    def test_a_token_for_less(self):
        reader = self.signing(self.as_installation(
            repositories=["shop"], permissions={"deployments": "read"}))
        self.parsed(reader.rest.repos.list_deployments(**self.shop))
        self.refused(403, "Resource not accessible by integration",
                     reader.rest.repos.create_deployment, **self.shop, **PLAIN)
        more = self.signing(self.as_installation(permissions={"administration": "write"}))
        self.refused(422, "The permissions requested are not granted to this installation.",
                     more.rest.repos.list_deployments, **self.shop)

    def test_a_token_is_revoked(self):
        leaving = self.signing(self.as_installation())
        # Its `rest` ends with its client.
        rest = leaving.rest
        self.assertEqual(rest.apps.revoke_installation_access_token().status_code, 204)
        self.refused(401, "Bad credentials", rest.repos.list_deployments, **self.shop)


class Deciding(Signing):
    """A custom rule, from its adding to its removal, and what the app hears of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        subprocess.run([os.environ["ESCLUSA_BINARY"], "app", "webhook", SLUG, "--secret-file", "-",
                        "--url", os.environ["ESCLUSA_RECEIVER"] + "/releaser"],
                       input=SECRET, text=True, check=True, stdout=subprocess.DEVNULL)

    def asked(self, deployment):
        """The event that asks about a deployment, as it has arrived."""
        def about(one):
            return (one["event"] == "deployment_protection_rule"
                    and json.loads(one["body"])["deployment"]["id"] == deployment.id)
        return self.received(lambda lines: next(filter(about, lines), None), "a question")

    def decide(self, version):
        where = {**self.shop, "environment_name": f"githubkit-rule-{version}"}
        repos = self.github.rest(version).repos
        repos.create_or_update_environment(**where)
        available = self.parsed(repos.list_custom_deployment_rule_integrations(**where))
        found_there = available.available_custom_deployment_protection_rule_integrations
        self.assertIn(SLUG, [one.slug for one in found_there])
        rule = self.parsed(repos.create_deployment_protection_rule(
            **where, integration_id=found("releaser_id")), 201)
        one = {**where, "protection_rule_id": rule.id}
        self.assertEqual(self.parsed(repos.get_custom_deployment_protection_rule(**one)).app.slug,
                         SLUG)
        listed = self.parsed(repos.get_all_deployment_protection_rules(**where))
        self.assertEqual([each.id for each in listed.custom_deployment_protection_rules], [rule.id])

        held = self.parsed(repos.create_deployment(
            **self.shop, **PLAIN, environment=where["environment_name"]), 201)
        sent = self.asked(held)
        question = parse(sent["event"], sent["body"])
        self.assertEqual(list(differences(question, json.loads(sent["body"]))), [])
        self.assertTrue(verify(SECRET, sent["body"], sent["headers"]["X-Hub-Signature-256"]))
        self.assertTrue(question.deployment_callback_url.endswith(
            f"/repos/demo/shop/actions/runs/{held.id}/deployment_protection_rule"))
        review = self.installed.rest(version).actions.review_custom_gates_for_run
        for answer in ({"comment": "Looking"}, {"state": "approved", "comment": "Fine"}):
            data = {"environment_name": where["environment_name"], **answer}
            answered = review(**self.shop, run_id=held.id, data=data)
            self.assertEqual(answered.status_code, 204)
        # The models have no state `waiting`, which the first status has.
        statuses = repos.list_deployment_statuses(**self.shop, deployment_id=held.id).json()
        self.assertEqual([status["state"] for status in statuses], ["queued", "waiting"])
        self.assertEqual(repos.disable_deployment_protection_rule(**one).status_code, 204)

    def test_a_custom_rule_with_the_models_of_2022(self):
        self.decide("2022-11-28")

    def test_a_custom_rule_with_the_models_of_2026(self):
        self.decide("2026-03-10")

    def test_the_webhook_of_the_app(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                apps = self.app.rest(version).apps
                config = self.parsed(apps.get_webhook_config_for_app())
                self.assertEqual(config.url, os.environ["ESCLUSA_RECEIVER"] + "/releaser")
                changed = self.parsed(apps.update_webhook_config_for_app(content_type="json"))
                self.assertEqual(changed.content_type, "json")
                ping = self.received(lambda _: next(
                    (one for one in self.parsed(apps.list_webhook_deliveries())
                     if one.event == "ping"), None), "a delivery of a ping")
                whole = self.parsed(apps.get_webhook_delivery(ping.id))
                self.assertEqual(whole.guid, ping.guid)
                self.assertEqual(apps.redeliver_webhook_delivery(ping.id).status_code, 202)


if __name__ == "__main__":
    unittest.main()
