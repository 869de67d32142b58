"""Apps: the command line for them, JSON web tokens, and what an installation does."""
import base64
import hmac
import json
import re
import stat
import subprocess
import unittest

from app_jwt import make_jwt
from harness import EsclusaTest


class AppTest(EsclusaTest):
    """Each test has an app of its own at the organization demo."""

    def setUp(self):
        self.slug = self.environment()[-30:].strip("-")
        self.key = self.server.folder / f"{self.slug}.pem"
        made = self.server.cli("app", "create", self.slug, "--owner", "demo", "--permission",
                               "deployments=write", "--permission", "contents=read", "--event",
                               "deployment", "--key-file", self.key)
        self.app_id = int(re.search(r"id (\d+), client id (Iv1\.[0-9a-f]{16})", made.stdout)[1])
        self.client_id = re.search(r"Iv1\.[0-9a-f]{16}", made.stdout)[0]

    def app(self, **more):
        """A client that signs as the app."""
        return self.server.api(make_jwt(self.key, str(self.app_id), **more))

    def install(self, *flags):
        self.server.cli("app", "install", self.slug, "demo", *flags)
        return self.app().get("/orgs/demo/installation").json

    def installed(self, installation, **body):
        """A client with a new token of the installation."""
        answer = self.app().post(f"/app/installations/{installation['id']}/access_tokens", body)
        self.assertEqual(answer.status, 201, answer)
        return self.server.api(answer.json["token"])


class CommandLine(AppTest):
    def test_the_private_key_is_written_once_and_only_for_its_owner(self):
        self.assertEqual(stat.S_IMODE(self.key.stat().st_mode), 0o600)
        self.assertTrue(self.key.read_text().startswith("-----BEGIN PRIVATE KEY-----"))
        again = self.server.cli("app", "key", self.slug, "--key-file", self.key, check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn("File exists", again.stderr)
        refused = self.server.folder / "refused.pem"
        done = self.server.cli("app", "create", self.slug, "--owner", "demo", "--key-file", refused,
                               check=False)
        self.assertIn("is taken", done.stderr)
        self.assertFalse(refused.exists())
        for file in self.server.folder.rglob("*.db*"):
            self.assertNotIn(b"PRIVATE KEY", file.read_bytes())

    def test_a_key_on_standard_output_is_nothing_but_the_key(self):
        done = self.server.cli("app", "create", f"{self.slug}-o", "--owner", "demo",
                               "--key-file", "-")
        subprocess.run(["openssl", "pkey", "-noout", "-check"], input=done.stdout, text=True,
                       check=True, capture_output=True)
        self.assertIn("client id", done.stderr)

    def test_a_key_pair_of_ones_own(self):
        private = self.server.folder / f"{self.slug}-own.pem"
        public = self.server.folder / f"{self.slug}-own.pub"
        subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt",
                        "rsa_keygen_bits:2048", "-out", private], check=True, capture_output=True)
        done = self.server.cli("app", "key", self.slug, "--public-key", private, check=False)
        self.assertIn("is a private key, and was not sent", done.stderr)
        subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
        added = self.server.cli("app", "key", self.slug, "--public-key", public).stdout
        number = re.search(r"Key (\d+)", added)[1]
        jwt = make_jwt(private, self.app_id)
        self.assertEqual(self.server.api(jwt).get("/app").status, 200)
        self.assertIn(f"Key {number}", self.server.cli("app", "list").stdout)
        self.server.cli("app", "key", self.slug, "--remove", number)
        self.assert_error(self.server.api(jwt).get("/app"), 401,
                          "A JSON web token could not be decoded")

    def test_lists_suspends_and_removes(self):
        self.install("--repository", "shop")
        self.assertRegex(self.server.cli("app", "list").stdout,
                         rf"{self.slug}: id {self.app_id}, client id \S+, of demo .*\n"
                         r"  Key \d+, SHA-256 \S+\n"
                         r"  Installation \d+ at demo \(selected repositories, ")
        done = self.server.cli("app", "suspend", self.slug, "demo")
        self.assertIn("suspended since", done.stdout)
        self.server.cli("app", "unsuspend", self.slug, "demo")
        self.server.cli("app", "uninstall", self.slug, "demo")
        self.assert_error(self.app().get("/orgs/demo/installation"), 404, "Not Found")
        self.server.cli("app", "remove", self.slug)
        self.assert_error(self.app().get("/app"), 404, "Integration not found")
        self.assertEqual(self.server.api(None).get(f"/apps/{self.slug}").status, 404)


class Signing(AppTest):
    def test_the_app_is_read_by_its_id_and_by_its_client_id(self):
        for issuer in (self.app_id, str(self.app_id), self.client_id):
            answer = self.server.api(make_jwt(self.key, issuer)).get("/app")
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual(answer.json["slug"], self.slug)
            self.assertEqual(answer.json["permissions"],
                             {"contents": "read", "deployments": "write", "metadata": "read"})
            self.assertEqual(answer.headers["Cache-Control"], "private, max-age=60, s-maxage=60")

    def test_wrong_clocks_and_wrong_credentials(self):
        for wrong, message in (({"issued": 300}, "'Issued at' claim"),
                               ({"issued": -900, "expires": -300}, "'Expiration time' claim"),
                               ({"expires": 3600}, "'Expiration time' claim ('exp') is too far"),
                               ({"not_before": 300}, "'Not before' claim ('nbf')"),
                               ({"header": {"alg": "HS256"}}, "A JSON web token could not")):
            answer = self.app(**wrong).get("/app")
            self.assert_error(answer, 401)
            self.assertTrue(answer.json["message"].startswith(message), answer)
            self.assertIn("Date", answer.headers)
        self.assertEqual(self.app(not_before=-30).get("/app").status, 200)
        self.assert_error(self.api.get("/app"), 401, "A JSON web token could not be decoded")
        self.assert_error(self.app().get("/repos/demo/shop"), 401, "Bad credentials")
        jwt = make_jwt(self.key, self.app_id)
        answer = self.server.api(None).get("/app", headers={"Authorization": f"token {jwt}"})
        self.assert_error(answer, 401, "Bad credentials")


class Installed(AppTest):
    def test_an_installation_deploys_as_its_bot(self):
        bot = self.installed(self.install())
        deployment = self.create(bot)
        self.assertEqual(deployment["creator"]["login"], f"{self.slug}[bot]")
        self.assertEqual(deployment["creator"]["type"], "Bot")
        answer = bot.post(deployment["statuses_url"], {"state": "success"})
        self.assertEqual(answer.status, 201, answer)
        self.assertEqual(answer.headers["X-Accepted-GitHub-Permissions"], "deployments=write")
        self.assertNotIn("X-OAuth-Scopes", answer.headers)
        found = bot.get("/installation/repositories")
        reached = {one["full_name"]: one for one in found.json["repositories"]}
        self.assertEqual(reached["demo/shop"]["permissions"], {
            "admin": False, "maintain": False, "push": True, "triage": True, "pull": True})
        self.assert_error(bot.get("/repos/demo/shop/hooks"), 403,
                          "Resource not accessible by integration")
        self.assert_error(bot.get("/user/repos"), 403, "Resource not accessible by integration")

    def test_a_token_for_less(self):
        installation = self.install()
        reader = self.installed(installation, permissions={"deployments": "read"},
                                repositories=["shop"])
        self.assertEqual(reader.get(self.deployments).status, 200)
        body = {"ref": "main", "auto_merge": False, "required_contexts": []}
        self.assert_error(reader.post(self.deployments, body), 403,
                          "Resource not accessible by integration")
        url = f"/app/installations/{installation['id']}/access_tokens"
        self.assert_error(self.app().post(url, {"permissions": {"administration": "write"}}), 422,
                          "The permissions requested are not granted to this installation.")
        self.assert_error(self.app().post(url, {"repositories": ["none"]}), 422)
        self.assertEqual(self.app().post(url, b"null").status, 201)
        everything = self.app().post(url, {"repositories": []}).json
        self.assertIn("demo/shop", [one["full_name"] for one in everything["repositories"]])
        self.assertEqual(everything["repository_selection"], "all")

    def test_a_repository_that_is_lost_is_no_longer_there(self):
        bot = self.installed(self.install())
        self.assertEqual(bot.get(self.deployments).status, 200)
        self.server.cli("repo", "create", f"demo/{self.slug}")
        self.install("--repository", self.slug)
        self.assert_error(bot.get(self.deployments), 404, "Not Found")
        self.install("--repository", self.slug, "--repository", "shop")
        self.assertEqual(bot.get(self.deployments).status, 200)

    def test_whatever_ends_it_ends_its_tokens_at_once(self):
        installation = self.install()
        one, other = self.installed(installation), self.installed(installation)
        self.assertEqual(one.delete("/installation/token").status, 204)
        self.assert_error(one.get(self.deployments), 401, "Bad credentials")
        url = f"/app/installations/{installation['id']}"
        self.assertEqual(other.get(self.deployments).status, 200)
        self.assertEqual(self.app().request("PUT", f"{url}/suspended").status, 204)
        self.assert_error(other.get(self.deployments), 401, "Bad credentials")
        self.assert_error(self.app().post(f"{url}/access_tokens"), 403,
                          "This installation has been suspended")
        self.assertEqual(self.app().get(url).json["suspended_by"]["login"], f"{self.slug}[bot]")
        self.assertEqual(self.app().delete(f"{url}/suspended").status, 204)
        self.assertEqual(other.get(self.deployments).status, 200)
        self.server.cli("user", "block", f"{self.slug}[bot]")
        self.assert_error(other.get(self.deployments), 401, "Bad credentials")
        self.assert_error(self.app().get("/app"), 401, "Bad credentials")
        self.server.cli("user", "unblock", f"{self.slug}[bot]")
        self.assertEqual(self.app().delete(url).status, 204)
        self.assert_error(other.get(self.deployments), 401, "Bad credentials")


class Webhook(AppTest):
    def test_the_app_hears_of_its_installations_and_of_nothing_else(self):
        receiver = self.receiver()
        secret = self.server.folder / f"{self.slug}.secret"
        secret.write_text("a secret of the app\n")
        self.assert_error(self.app().get("/app/hook/config"), 404, "Not Found")
        self.server.cli("app", "webhook", self.slug, "--url", receiver.url, "--secret-file", secret)
        ping, = receiver.wait_for_event("ping")
        self.assertEqual(json.loads(ping["body"])["hook"]["type"], "App")
        self.assertEqual(self.app().get("/app/hook/config").json, {
            "content_type": "json", "insecure_ssl": "0", "secret": "********", "url": receiver.url})

        self.create(self.api)  # nothing to the app
        installation = self.install()
        made = self.create(self.installed(installation))
        delivery, = receiver.wait_for_event("deployment")
        body = json.loads(delivery["body"])
        self.assertEqual(body["deployment"]["id"], made["id"])
        self.assertEqual(body["deployment"]["performed_via_github_app"]["slug"], self.slug)
        self.assertEqual(body["installation"],
                         {"id": installation["id"], "node_id": installation_node_id(installation)})
        digest = hmac.new(b"a secret of the app", delivery["body"].encode(), "sha256").hexdigest()
        self.assertEqual(delivery["headers"]["X-Hub-Signature-256"], f"sha256={digest}")
        self.assertEqual(delivery["headers"]["X-GitHub-Hook-Installation-Target-Type"],
                         "integration")
        self.assertEqual([one["event"] for one in receiver.deliveries()], ["ping", "deployment"])

        latest = self.app().get("/app/hook/deliveries").json[0]
        self.assertEqual((latest["event"], latest["installation_id"]),
                         ("deployment", installation["id"]))
        again = f"/app/hook/deliveries/{latest['id']}"
        self.assertEqual(self.app().get(again).json["request"]["payload"], body)
        self.assertEqual(self.app().post(f"{again}/attempts").status, 202)
        receiver.wait_for(lambda all_of_them: len(all_of_them) == 3)
        self.assertEqual(receiver.deliveries()[-1]["body"], delivery["body"])


def installation_node_id(installation):
    return base64.b64encode(f"023:IntegrationInstallation{installation['id']}".encode()).decode()


if __name__ == "__main__":
    unittest.main()
