"""Apps: what must stay closed to an app, and what its end ends."""
import contextlib
import pathlib
import re
import sqlite3
import subprocess
import unittest

from app_jwt import encode, make_jwt
from harness import EsclusaTest, wait_until
from public_keys import public_key


class AppLimitsTest(EsclusaTest):
    """Each test has an app of its own that may be a custom rule, at the organization demo."""

    # Failed deliveries wait for hours, so that a test sees them wait.
    server_settings = {"environment": {"ESCLUSA_WEBHOOKS_RETRY_SCALE": "100"}}
    flags = ("--permission", "deployments=write", "--event", "deployment",
             "--event", "deployment_protection_rule")

    def setUp(self):
        self.slug = self.environment()[-30:].strip("-")
        self.key = self.server.folder / f"{self.slug}.pem"

    def make_app(self, *flags, owner="demo"):
        made = self.server.cli("app", "create", self.slug, "--owner", owner, *flags,
                               "--key-file", self.key)
        self.app_id = int(re.search(r"id (\d+)", made.stdout)[1])

    def app(self):
        """A client that signs as the app."""
        return self.server.api(make_jwt(self.key, str(self.app_id)))

    def install(self):
        self.server.cli("app", "install", self.slug, "demo")
        return self.app().get("/orgs/demo/installation").json

    def listen(self):
        """A receiver that is the webhook of the app, after its ping."""
        receiver = self.receiver()
        secret = pathlib.Path(self.server.folder) / f"{self.slug}.secret"
        secret.write_text("a secret of the app\n")
        self.server.cli("app", "webhook", self.slug, "--url", receiver.url,
                        "--secret-file", secret)
        receiver.wait_for_event("ping")
        return receiver

    def rows(self, query):
        """Rows of the server's own database."""
        file, = self.server.data.glob("*.db")
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            return database.execute(query, {"app": self.app_id}).fetchall()

    def waiting(self):
        """The deliveries that the app's webhook may still get."""
        return self.rows("select e.kind from delivery d join event e on e.id = d.event_id "
                         "join hook h on h.id = d.hook_id where h.app_id = :app and "
                         "d.state in ('pending', 'held') order by d.id")


class Suspension(AppLimitsTest):
    def test_an_app_does_not_lift_the_suspension_of_others(self):
        """GitHub: an app must be unsuspended in the same way as it was suspended."""
        self.make_app(*self.flags)
        url = f"/app/installations/{self.install()['id']}"
        token = self.app().post(f"{url}/access_tokens").json["token"]
        self.server.cli("app", "suspend", self.slug, "demo")
        self.app().delete(f"{url}/suspended")
        self.assertEqual(self.server.api(token).get(self.deployments).status, 401)
        self.assertIsNotNone(self.app().get(url).json["suspended_at"])


class Permissions(AppLimitsTest):
    """What an app asks for, changed after its creation."""

    def change(self, *flags):
        return self.server.cli("app", "permissions", self.slug, *flags).stdout

    def make_token(self):
        self.make_app(*self.flags)
        url = f"/app/installations/{self.install()['id']}/access_tokens"
        return self.server.api(self.app().post(url).json["token"])

    def test_what_is_taken_away_is_refused_at_the_next_request_with_a_live_token(self):
        bot = self.make_token()
        self.create(bot)
        self.assertIn("(deployments=read,metadata=read)",
                      self.change("--permission", "deployments=read"))
        body = {"ref": "main", "auto_merge": False, "required_contexts": []}
        self.assert_error(bot.post(self.deployments, body), 403,
                          "Resource not accessible by integration")
        self.assertEqual(bot.get(self.deployments).status, 200)
        self.change("--permission", "metadata=read", "--no-events")
        self.assert_error(bot.get(self.deployments), 403)
        self.assertEqual(self.app().get("/app").json["events"], [])

    def test_what_is_new_waits_for_the_administrator(self):
        self.make_token()
        more = ("--permission", "deployments=write", "--permission", "statuses=write")
        self.assertIn("--accept", self.change(*more))
        url = "/orgs/demo/installation"
        self.assertNotIn("statuses", self.app().get(url).json["permissions"])
        self.assertNotIn("--accept", self.change("--accept"))
        self.assertEqual(self.app().get(url).json["permissions"]["statuses"], "write")

    def test_a_change_of_nothing_is_refused(self):
        self.make_app(*self.flags)
        done = self.server.cli("app", "permissions", self.slug, check=False)
        self.assertEqual((done.returncode, "is required" in done.stderr), (1, True))


class Events(AppLimitsTest):
    def test_an_app_hears_only_of_what_it_may_read(self):
        """GitHub: each event needs the permission to read what it shows."""
        self.make_app("--event", "deployment", "--event", "deployment_status")
        self.install()
        self.listen()
        self.create()
        heard = self.rows("select distinct e.kind from delivery d "
                          "join event e on e.id = d.event_id join hook h on h.id = d.hook_id "
                          "where h.app_id = :app")
        self.assertEqual(heard, [("ping",)])


class End(AppLimitsTest):
    """What waited for the webhook of an app does not outlive its installation."""

    def wait_for_failure(self):
        self.make_app(*self.flags)
        self.install()
        receiver = self.listen()
        receiver.fail_next(1000)
        self.create()
        receiver.wait_for_event("deployment")
        # The outcome of the ping is recorded a moment after its answer.
        wait_until(lambda: self.waiting() == [("deployment",)], "the deployment to wait alone")

    def test_removal_of_the_app(self):
        self.wait_for_failure()
        self.server.cli("app", "remove", self.slug)
        self.assertEqual(self.waiting(), [])

    def test_removal_of_the_installation(self):
        self.wait_for_failure()
        self.server.cli("app", "uninstall", self.slug, "demo")
        self.assertEqual(self.waiting(), [])

    def test_a_removed_app_leaves_no_webhook(self):
        self.make_app(*self.flags)
        self.listen()
        self.server.cli("app", "remove", self.slug)
        left = self.rows("select id from hook where app_id = :app and deleted_at is null")
        self.assertEqual(left, [])


class Remains(AppLimitsTest):
    def test_what_an_app_made_outlives_it_and_is_named(self):
        """GitHub: a webhook or a deploy key stays when the app is uninstalled."""
        self.make_app("--permission", "repository_hooks=write", "--permission",
                      "administration=write")
        url = f"/app/installations/{self.install()['id']}/access_tokens"
        bot = self.server.api(self.app().post(url).json["token"])
        receiver = self.receiver()
        hook = bot.post("/repos/demo/shop/hooks", {"events": ["deployment"],
                                                   "config": {"url": receiver.url}})
        key = bot.post("/repos/demo/shop/keys", {"title": "CI", "read_only": True,
                                                 "key": public_key(self.slug)})
        self.assertEqual((hook.status, key.status), (201, 201), (hook, key))
        named = (f"Webhook {hook.json['id']} of demo/shop: {receiver.url}",
                 f"Deploy key {key.json['id']} of demo/shop: CI")
        for command in (("uninstall", self.slug, "demo"), ("remove", self.slug)):
            done = self.server.cli("app", *command)
            for text in named:
                self.assertIn(text, done.stdout)
        self.create()
        receiver.wait_for_event("deployment")
        place = f"/repos/demo/shop/keys/{key.json['id']}"
        self.assertTrue(self.api.get(place).json["enabled"])
        self.server.cli("user", "block", f"{self.slug}[bot]")
        self.create()
        self.assertFalse(self.api.get(place).json["enabled"])
        self.assertEqual(self.rows("select d.state from delivery d join hook h on h.id = d.hook_id "
                                   f"where h.id = {hook.json['id']} order by d.id desc limit 1"),
                         [("held",)])
        self.assertEqual(self.api.delete(place).status, 204)
        self.assertEqual(self.api.delete(hook.json["url"]).status, 204)


class Breaker(AppLimitsTest):
    def test_questions_wait_behind_an_open_breaker(self):
        self.make_app(*self.flags)
        self.install()
        receiver = self.listen()
        receiver.fail_next(1000)
        for number in range(6):
            self.create(environment=f"{self.environment()}-{number}")
        wait_until(lambda: self.rows("select id from hook where app_id = :app and "
                                     "probe_at is not null"), "an open breaker")
        place = f"/repos/demo/shop/environments/{self.environment()}"
        self.assertEqual(self.api.request("PUT", place, {}).status, 200)
        rule = self.api.post(f"{place}/deployment_protection_rules",
                             {"integration_id": self.app_id})
        self.assertEqual(rule.status, 201, rule)
        self.create()
        asked = self.rows("select d.state, d.attempt_count from delivery d "
                          "join event e on e.id = d.event_id join hook h on h.id = d.hook_id "
                          "where h.app_id = :app and e.kind = 'deployment_protection_rule'")
        self.assertEqual(asked, [("held", 0)])


class CommandLine(AppLimitsTest):
    def test_a_new_secret_changes_nothing_else(self):
        self.make_app(*self.flags)
        self.listen()
        self.server.cli("app", "webhook", self.slug, "--content-type", "form")
        secret = self.server.folder / f"{self.slug}.secret"
        self.server.cli("app", "webhook", self.slug, "--secret-file", secret)
        self.assertEqual(self.app().get("/app/hook/config").json["content_type"], "form")

    def test_a_webhook_that_is_removed_hears_of_nothing_more(self):
        self.make_app(*self.flags)
        self.install()
        receiver = self.listen()
        self.create()
        receiver.wait_for_event("deployment")
        self.server.cli("app", "webhook", self.slug, "--remove")
        self.assert_error(self.app().get("/app/hook/config"), 404, "Not Found")
        self.create()
        self.assertEqual(self.waiting(), [])
        again = self.server.cli("app", "webhook", self.slug, "--remove", check=False)
        self.assertEqual((again.returncode, "has no webhook" in again.stderr), (1, True))

    def test_an_underscore_in_the_name(self):
        made = self.server.cli("app", "create", "ship_it", "--owner", "demo", "--key-file",
                               self.key, check=False)
        self.assertEqual(made.returncode, 0, made.stderr)

    def test_a_key_for_which_anybody_can_sign_is_refused(self):
        """With the exponent 1 a signature is its own padded digest."""
        self.make_app(*self.flags)
        shown = subprocess.run(["openssl", "rsa", "-in", self.key, "-noout", "-modulus"],
                               check=True, capture_output=True, text=True).stdout
        config = self.server.folder / f"{self.slug}.asn1"
        config.write_text("asn1=SEQUENCE:key\n[key]\nalgorithm=SEQUENCE:algorithm\n"
                          "bits=BITWRAP,SEQUENCE:numbers\n[algorithm]\noid=OID:rsaEncryption\n"
                          "none=NULL\n[numbers]\n"
                          f"modulus=INTEGER:0x{shown.strip().split('=')[1]}\n"
                          "exponent=INTEGER:1\n")
        der, public = config.with_suffix(".der"), config.with_suffix(".pub")
        subprocess.run(["openssl", "asn1parse", "-genconf", config, "-noout", "-out", der],
                       check=True, capture_output=True)
        subprocess.run(["openssl", "pkey", "-pubin", "-inform", "DER", "-in", der, "-pubout",
                        "-out", public], check=True, capture_output=True)
        done = self.server.cli("app", "key", self.slug, "--public-key", public, check=False)
        self.assertEqual(done.returncode, 1, done.stdout)


class SelfReview(AppLimitsTest):
    def test_the_owner_of_an_app_does_not_review_what_it_created(self):
        owner = self.server_user("owner")
        self.make_app("--permission", "deployments=write", owner="owner")
        token = self.app().post(f"/app/installations/{self.install()['id']}/access_tokens")
        place = f"/repos/demo/shop/environments/{self.environment()}"
        reviewer = {"type": "User", "id": self.api.get("/users/owner").json["id"]}
        made = self.api.request("PUT", place, {"prevent_self_review": True,
                                               "reviewers": [reviewer]})
        self.assertEqual(made.status, 200, made)
        deployment = self.create(self.server.api(token.json["token"]))
        answer = owner.post(f"/repos/demo/shop/actions/runs/{deployment['id']}/pending_deployments",
                            {"environment_ids": [made.json["id"]], "state": "approved",
                             "comment": "mine"})
        self.assertEqual(answer.status, 422, answer)

    def server_user(self, login):
        return self.server.user_with(login, "repo", "demo/shop", "write")


if __name__ == "__main__":
    unittest.main()
