"""Secrets and variables of environments over HTTP and by the command line, and the change of the
key that seals them."""
import base64
import contextlib
import os
import sqlite3
import subprocess
import unittest

from data_folder import assert_refused
from harness import BINARY, EsclusaTest, Server, clean_environment, make_repository
from sealed_box import sealed_body

SHOP = "/repos/demo/shop"
CANARY = "canary-5f3a"


def texts(data, query):
    """The first column of a query of a server's database."""
    with contextlib.closing(sqlite3.connect(f"file:{data}/esclusa.db?mode=ro", uri=True)) as db:
        return [row[0] for row in db.execute(query)]


def key_line(number, byte):
    return f"k{number} {base64.b64encode(byte * 32).decode()}\n"


class SecretTest(EsclusaTest):
    def setUp(self):
        self.place = f"{SHOP}/environments/{self.environment()}"
        self.assertEqual(self.api.request("PUT", self.place).status, 200)

    def run_with_token(self, *arguments, value="", token=None):
        """`esclusa ARGUMENTS…` with the administrator's token and a value as standard input."""
        variables = {"ESCLUSA_URL": self.server.url, "ESCLUSA_TOKEN": token or self.server.token}
        return subprocess.run([BINARY, *arguments], check=False, timeout=60, input=value,
                              capture_output=True, text=True, env=clean_environment(variables))

    def works(self, *arguments, **more):
        done = self.run_with_token(*arguments, **more)
        self.assertEqual(done.returncode, 0, done)
        return done.stdout


class Secrets(SecretTest):
    def test_a_secret_is_set_listed_replaced_and_deleted_and_never_shown(self):
        one = f"{self.place}/secrets/db_url"
        made = self.api.request("PUT", one, sealed_body(self.api, self.place, CANARY))
        self.assertEqual((made.status, made.json), (201, {}))
        again = self.api.request("PUT", one, sealed_body(self.api, self.place, CANARY + "2"))
        self.assertEqual((again.status, again.body), (204, b""))
        listed = self.api.get(f"{self.place}/secrets").json
        self.assertEqual(list(listed), ["total_count", "secrets"])
        self.assertEqual([secret["name"] for secret in listed["secrets"]], ["DB_URL"])
        self.assertEqual(self.api.get(one).json, listed["secrets"][0])
        rows = texts(self.server.data, "select sealed from environment_secret")
        self.assertTrue(all(row.startswith("k1:") for row in rows), rows)
        self.assertNotIn(CANARY.encode(), (self.server.data / "esclusa.db-wal").read_bytes())
        self.assertNotIn(CANARY, self.server.log.read_text())
        self.assertEqual(self.api.delete(one).status, 204)
        self.assert_error(self.api.get(one), 404, "Not Found")

    def test_by_the_id_of_the_repository_and_under_api_v3(self):
        number = self.api.get(SHOP).json["id"]
        for root in (f"/repositories/{number}", f"/api/v3/repositories/{number}",
                     f"/api/v3{SHOP}"):
            place = self.place.replace(SHOP, root)
            body = sealed_body(self.api, place, "x")
            self.assertIn(self.api.request("PUT", f"{place}/secrets/A", body).status, (201, 204))
            self.assertEqual(self.api.get(f"{place}/secrets").json["total_count"], 1)

    def test_secrets_go_with_the_environment(self):
        self.api.request("PUT", f"{self.place}/secrets/A",
                         sealed_body(self.api, self.place, CANARY))
        stale = sealed_body(self.api, self.place, CANARY)
        self.assertEqual(self.api.delete(self.place).status, 204)
        self.api.request("PUT", self.place)
        self.assertEqual(self.api.get(f"{self.place}/secrets").json["total_count"], 0)
        answer = self.api.request("PUT", f"{self.place}/secrets/A", stale)
        self.assert_error(answer, 422, "Validation Failed")
        self.assertEqual(answer.json["reason_code"], "unknown_key")

    def test_variables(self):
        path = f"{self.place}/variables"
        self.assertEqual(self.api.post(path, {"name": "region", "value": "eu"}).status, 201)
        again = self.api.post(path, {"name": "Region", "value": "us"})
        self.assert_error(again, 409, "Already exists - Variable already exists")
        self.assertEqual(again.json["reason_code"], "already_exists")
        self.assertEqual(self.api.patch(f"{path}/region", {"value": "us"}).status, 204)
        one = self.api.get(f"{path}/REGION").json
        self.assertEqual((one["name"], one["value"]), ("REGION", "us"))
        for number in range(12):
            self.api.post(path, {"name": f"V{number}", "value": "x"})
        self.assertEqual(len(self.api.get(path).json["variables"]), 10)
        self.assertEqual(len(self.api.get(f"{path}?per_page=100").json["variables"]), 13)

    def test_the_secrets_of_a_claim_are_for_an_agent(self):
        self.api.request("PUT", f"{self.place}/secrets/A",
                         sealed_body(self.api, self.place, CANARY))
        self.api.post(f"{self.place}/variables", {"name": "B", "value": "b"})
        token = self.server.cli("agent", "token", "demo/shop", "--environment",
                                self.environment()).stdout.split()[-1]
        agent = self.server.api(token)
        claim = f"/esclusa{SHOP}/deployments/{self.create()['id']}/claim"
        fence = {"X-Esclusa-Claim": str(agent.post(claim).json["fence"])}
        refused = self.api.post(f"{claim}/secrets", {}, headers=fence)
        self.assert_error(refused, 403)
        self.assertEqual(refused.json["reason_code"], "agent_token_required")
        given = agent.post(f"{claim}/secrets", {"secrets": ["a"]}, headers=fence)
        self.assertEqual(given.status, 200, given)
        self.assertEqual(given.json, {"secrets": {"A": CANARY}, "variables": {"B": "b"}})
        self.assertEqual(given.headers["Cache-Control"], "no-store")
        again = agent.post(f"{claim}/secrets", {}, headers=fence)
        self.assertEqual((again.status, again.json["reason_code"]), (409, "secrets_given"))
        self.assertNotIn(CANARY, self.server.log.read_text())


class CommandLine(SecretTest):
    def test_secrets(self):
        where = ("demo/shop", "--env", self.environment())
        self.works("secret", "set", *where, "db_url", value=CANARY + "\n")
        file = self.server.folder / "value"
        file.write_text("two")
        self.works("secret", "set", *where, "TOKEN", "--file", str(file))
        listed = self.works("secret", "list", *where)
        self.assertEqual([line.split()[0] for line in listed.splitlines()],
                         ["NAME", "DB_URL", "TOKEN"])
        self.works("secret", "delete", *where, "db_url")
        self.assertNotIn("DB_URL", self.works("secret", "list", *where))
        refused = self.run_with_token("secret", "set", *where, "1X", value="x")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("begins with no digit", refused.stderr)
        self.assertIn("the secret is empty",
                      self.run_with_token("secret", "set", *where, "X").stderr)
        absent = self.run_with_token("secret", "set", "demo/shop", "--env", "nowhere", "X",
                                     value="x")
        self.assertEqual(absent.returncode, 1)
        self.assertIn("the repository demo/shop, its environment nowhere or the name is not there",
                      absent.stderr)
        self.assertIn("--scopes repo", absent.stderr)

    def test_variables(self):
        where = ("demo/shop", "--env", self.environment())
        for value in ("eu", "us"):
            self.works("variable", "set", *where, "region", value=value + "\n")
        self.assertEqual(self.works("variable", "get", *where, "REGION"), "us\n")
        self.assertIn("REGION  us", self.works("variable", "list", *where))
        self.works("variable", "delete", *where, "REGION")
        self.assertEqual(self.run_with_token("variable", "get", *where, "REGION").returncode, 1)


class Rotation(unittest.TestCase):
    def start(self, **more):
        server = self.enterContext(Server(**more))
        server.add_repository("demo/shop", make_repository(server.folder))
        api = server.api()
        api.request("PUT", f"{SHOP}/environments/qa")
        body = sealed_body(api, f"{SHOP}/environments/qa", CANARY)
        self.assertEqual(
            api.request("PUT", f"{SHOP}/environments/qa/secrets/A", body).status, 201)
        hook = api.post(f"{SHOP}/hooks", {"config": {"url": "http://127.0.0.1:9/",
                                                     "secret": "a secret"}})
        self.assertEqual(hook.status, 201, hook)
        return server, body

    def ids(self, server):
        """The keys that have sealed something."""
        return {text.split(":")[0] for table, column in (
            ("hook", "secret_sealed"), ("environment_secret", "sealed"),
            ("environment_key", "secret_sealed"))
                for text in texts(server.data, f"select {column} from {table}")}

    def test_the_key_is_changed_while_the_server_serves(self):
        server, body = self.start()
        former = (server.data / "secret.key").read_bytes()
        said = server.cli("secret", "rotate-key").stdout
        self.assertIn("Backups that were made until now need k1", said)
        self.assertIn("3 sealed values were sealed again", said)
        self.assertEqual(self.ids(server), {"k2"})
        keys = (server.data / "secret.key").read_text()
        self.assertRegex(keys, r"\Ak2 [A-Za-z0-9+/]{43}=\n\Z")
        # A client that has fetched the public key before.
        path = f"{SHOP}/environments/qa/secrets/B"
        self.assertEqual(server.api().request("PUT", path, body).status, 201)
        server.restart()
        self.assertEqual(server.api().request("PUT", path, body).status, 204)
        server.stop()
        (server.data / "secret.key").write_bytes(former)
        assert_refused(self, server, server.data, "secret.key and esclusa.db are of two folders")
        (server.data / "secret.key").write_text(keys)
        server.start()

    def test_with_the_key_outside_of_the_folder(self):
        folder = self.enterContext(Server()).folder  # for the files of keys
        key, following = folder / "key", folder / "following"
        key.write_text(key_line(1, b"1"))
        following.write_text(key_line(2, b"2"))
        server, _ = self.start(environment={"ESCLUSA_SECRET_KEY_FILE": str(key)})
        self.assertFalse((server.data / "secret.key").exists())
        refused = server.cli("secret", "rotate-key", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("a rotation needs the new key", refused.stderr)
        raw = folder / "raw"
        raw.write_bytes(os.urandom(32))
        self.assertIn("k2 %s", server.cli("secret", "rotate-key", "--new-key", raw,
                                          check=False).stderr)
        said = server.cli("secret", "rotate-key", "--new-key", following).stdout
        self.assertIn(f"make k2 the only key in {key}", said)
        self.assertEqual(self.ids(server), {"k2"})
        self.assertEqual(key.read_text(), key_line(1, b"1"))
        self.assertFalse((server.data / "secret.key").exists())
        server.stop()
        with self.assertRaisesRegex(AssertionError, "has not the key that seals"):
            server.start()
        following.rename(key)
        server.start()


if __name__ == "__main__":
    unittest.main()
