"""Deploy keys: their administration, their events, and the command line for them."""
import json
import subprocess
import unittest

from harness import EsclusaTest
from public_keys import line, public_key

KEYS = "/repos/demo/shop/keys"
INVALID = "key is invalid. You must supply a key in OpenSSH public key format"


class KeyTest(EsclusaTest):
    """Every test removes its keys."""

    def tearDown(self):
        for key in self.api.get(KEYS).json:
            self.api.delete(key["url"])

    def add(self, name="ada", **more):
        answer = self.api.post(KEYS, {"key": public_key(name), **more})
        self.assertEqual(answer.status, 201, answer)
        self.assertEqual(answer.headers["Location"], answer.json["url"])
        return answer.json

    def generated(self, name, *arguments):
        """The public line of a key that ssh-keygen makes."""
        file = self.server.folder / name
        subprocess.run(["ssh-keygen", "-q", "-N", "", "-C", f"{name} comment", "-f", file,
                        *arguments], check=True)
        return file.with_suffix(".pub").read_text()


class Administration(KeyTest):
    """/repos/{owner}/{repo}/keys"""

    def test_the_answer_is_githubs_and_the_comment_is_stripped(self):
        answer = self.api.post(KEYS, {"key": public_key("ada") + " ada@shop\n", "title": "CI",
                                      "read_only": True})
        self.assertEqual(answer.status, 201, answer)
        key = answer.json
        self.assertEqual(list(key), ["id", "key", "url", "title", "verified", "created_at",
                                     "read_only", "last_used", "added_by", "enabled",
                                     "expires_at"])
        self.assertEqual({name: key[name] for name in key if name not in (
            "id", "url", "created_at")}, {
                "key": public_key("ada"), "title": "CI", "verified": True, "read_only": True,
                "last_used": None, "added_by": "admin", "enabled": True,
                "expires_at": None})
        self.assertEqual(self.api.get(key["url"]).json, key)
        self.assertEqual(self.api.get(KEYS).json, [key])

    def test_defaults(self):
        self.assertEqual(self.add()["read_only"], False)
        answer = self.api.post(KEYS, {"key": public_key("bob") + " bob@ci"})
        self.assertEqual(answer.json["title"], "bob@ci")
        self.assertRegex(self.add("eve")["title"], r"^SHA256:[A-Za-z0-9+/]{43}$")

    def test_keys_of_each_kind_as_openssh_makes_them(self):
        for name, *arguments in (("ed25519", "-t", "ed25519"), ("ecdsa", "-t", "ecdsa"),
                                 ("p521", "-t", "ecdsa", "-b", "521"),
                                 ("rsa", "-t", "rsa", "-b", "2048")):
            with self.subTest(name=name):
                text = self.generated(name, *arguments)
                answer = self.api.post(KEYS, {"key": text})
                self.assertEqual(answer.status, 201, answer)
                self.assertEqual(answer.json["key"], " ".join(text.split()[:2]))
                self.assertEqual(answer.json["title"], f"{name} comment")

    def test_what_is_refused(self):
        good = public_key("good")
        for text in ("", "nonsense", good.split()[1], "no-pty " + good, good + "\n" + good,
                     'command="sh" ' + good, good[:-8], "ssh-rsa " + good.split()[1],
                     line("ssh-dss", b"a"), line("ssh-ed25519-cert-v01@openssh.com", b"a"),
                     good + " " + "x" * 8192):
            with self.subTest(text=text[:60]):
                answer = self.api.post(KEYS, {"key": text})
                self.assert_error(answer, 422, "Validation Failed")
                self.assertEqual(answer.json["errors"], [{
                    "resource": "PublicKey", "code": "custom", "field": "key",
                    "message": INVALID}])
        answer = self.api.post(KEYS, {"key": self.generated("short", "-t", "rsa", "-b", "1024")})
        self.assert_error(answer, 422, "Validation Failed")
        self.assertEqual(answer.json["reason_code"], "weak_key")
        for body in ({}, {"key": 5}, {"key": good, "read_only": "yes"}, {"key": good, "title": 5},
                     {"key": good, "title": "a\nb"}, {"key": good, "title": "x" * 256},
                     {"key": good, "expires_at": "soon"}):
            with self.subTest(body=body):
                self.assert_error(self.api.post(KEYS, body), 422)
        self.assertEqual(self.api.get(KEYS).json, [])

    def test_a_key_is_used_once_on_the_whole_server(self):
        key = self.add()
        self.server.cli("repo", "add", "demo/other", self.repository.path)
        for path in (KEYS, "/repos/demo/other/keys"):
            answer = self.api.post(path, {"key": public_key("ada") + " another comment"})
            self.assert_error(answer, 422, "Validation Failed")
            self.assertEqual(answer.json["errors"][0]["message"], "key is already in use")
        self.assert_error(self.api.get(f"/repos/demo/other/keys/{key['id']}"), 404, "Not Found")
        self.assertEqual(self.api.delete(key["url"]).status, 204)
        answer = self.api.post("/repos/demo/other/keys", {"key": public_key("ada")})
        self.assertEqual(answer.status, 201, answer)
        self.api.delete(answer.json["url"])

    def test_delete(self):
        key = self.add()
        answer = self.api.delete(key["url"])
        self.assertEqual((answer.status, answer.body), (204, b""))
        self.assert_error(self.api.get(key["url"]), 404, "Not Found")
        self.assert_error(self.api.delete(key["url"]), 404, "Not Found")

    def test_pages(self):
        made = [self.add(str(number))["id"] for number in range(5)]
        self.assertEqual([one["id"] for one in self.api.get(f"{KEYS}?per_page=2&page=2").json],
                         made[2:4])
        self.assertEqual([one["id"] for one in self.api.all_pages(f"{KEYS}?per_page=2")], made)

    def test_a_key_may_have_an_end_ahead(self):
        key = self.add(expires_at="2100-01-02T04:04:05+01:00")
        self.assertEqual((key["expires_at"], key["enabled"]), ("2100-01-02T03:04:05Z", True))
        answer = self.api.post(KEYS, {"key": public_key("bob"),
                                      "expires_at": "2020-01-02T03:04:05Z"})
        self.assert_error(answer, 422, "Validation Failed")
        self.assertEqual(answer.json["errors"][0]["message"], "expires_at must lie ahead")

    def test_who_may(self):
        key = self.add()
        for role, status in (("read", 403), ("write", 403), ("maintain", 403), ("admin", 200)):
            api = self.server.user_with(f"key-{role}", "repo", "demo/shop", role)
            for path in (KEYS, key["url"]):
                self.assertEqual(api.get(path).status, status, role)
            self.assertEqual(api.delete(f"{KEYS}/999999999").status, 404 if status == 200 else 403)
        scoped = self.server.user_with("key-scoped", "repo_deployment,admin:public_key",
                                       "demo/shop", "admin")
        self.assertEqual(scoped.get(KEYS).status, 404)


class Events(KeyTest):
    """deploy_key"""

    def test_created_and_deleted(self):
        receiver = self.receiver()
        hook = self.api.post("/repos/demo/shop/hooks", {"events": ["deploy_key"], "config": {
            "url": receiver.url, "content_type": "json"}}).json
        self.addCleanup(self.api.delete, hook["url"])
        key = self.add(title="CI")
        self.api.post(KEYS, {"key": public_key("ada")})  # refused, so it sends no event
        self.api.delete(key["url"])
        events = [json.loads(one["body"]) for one in receiver.wait_for_event("deploy_key", 2)]
        events.sort(key=lambda one: one["action"])  # they have no guaranteed order
        self.assertEqual([one["action"] for one in events], ["created", "deleted"])
        for event in events:
            self.assertEqual(event["key"], {name: key[name] for name in (
                "id", "key", "url", "title", "verified", "created_at", "read_only")})
            self.assertEqual(event["sender"]["login"], "admin")


class CommandLine(KeyTest):
    """esclusa key"""

    def key(self, *arguments):
        token = self.server.folder / "key-token"
        token.write_text(self.server.token)
        return self.server.cli("key", *arguments, "--server", self.server.url, "--token-file",
                               token).stdout

    def test_add_list_and_delete(self):
        file = self.server.folder / "cli.pub"
        file.write_text(public_key("cli") + " cli@ci\n")
        self.assertIn("cli@ci may read demo/shop", self.key("add", "demo/shop", file))
        made = self.api.get(KEYS).json[0]
        self.assertEqual(made["read_only"], True)
        self.assertIn(f"{made['id']}", self.key("list", "demo/shop"))
        self.assertNotIn("cli@ci", self.key("list", "demo/shop", "--idle", "90d"))
        self.key("delete", "demo/shop", str(made["id"]))
        self.assertEqual(self.api.get(KEYS).json, [])


if __name__ == "__main__":
    unittest.main()
