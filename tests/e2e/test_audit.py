"""The audit log: who reads it, its filters, and whom it names at the administrator's socket."""
import json
import os
import shutil
import subprocess
import sys
import unittest

from harness import EsclusaTest, wait_until

AUDIT = "/esclusa/audit"
SHOP = "/esclusa/repos/demo/shop/audit"
# Asks at the administrator's socket, as curl does with --unix-socket.
ASK = """
import json, socket, sys
path, body = sys.argv[1:]
with socket.socket(socket.AF_UNIX) as peer:
    peer.connect(path)
    peer.sendall(f"POST /esclusa/admin/users HTTP/1.1\\r\\nHost: local\\r\\nConnection: close\\r\\n"
                 f"Content-Length: {len(body)}\\r\\n\\r\\n{body}".encode())
    answer = b""
    while piece := peer.recv(65536):
        answer += piece
sys.exit(0 if b" 201 " in answer.split(b"\\r\\n")[0] else answer.decode())
"""


class Audit(EsclusaTest):
    """Each test does something, and finds it."""

    def rows(self, path=AUDIT, api=None):
        answer = (api or self.api).get(path)
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def count(self):
        return len(self.api.all_pages(f"{AUDIT}?per_page=100"))

    def cli(self, *arguments):
        """The rows that `esclusa audit --json` prints."""
        lines = self.server.cli("audit", "--json", *arguments).stdout.splitlines()
        return [json.loads(line) for line in lines]

    # ------------------------------------------------------------------ what a row says

    def test_a_row_says_who_did_what_and_by_what(self):
        deployment = self.create()
        row = self.rows(f"{AUDIT}?action=deployment.create&target_id={deployment['id']}")[0]
        self.assertEqual(row["actor"], {"id": 1, "login": "admin", "type": "User"})
        self.assertEqual(row["token"]["name"], "first start")
        self.assertEqual(row["repository"]["full_name"], "demo/shop")
        self.assertIs(row["repository"]["removed"], False)
        # A thread of its own writes the log.
        wait_until(lambda: row["request_id"] in self.server.log.read_text(), "the line of the log")
        self.assertIsInstance(row["detail"], dict)
        for absent in ("deploy_key", "agent", "app", "system_user"):
            self.assertIsNone(row[absent], absent)

    def test_an_agent_is_named_by_its_token(self):
        token = self.server.cli("agent", "token", "demo/shop", "--environment",
                                self.environment(), "--name", "web-1").stdout.strip()
        deployment = self.create()
        claimed = self.server.api(token).post(
            f"/esclusa{self.deployments}/{deployment['id']}/claim", {"seconds": 60})
        self.assertEqual(claimed.status, 201, claimed)
        agent = self.rows(f"{SHOP}?action=claim.&per_page=1")[0]["agent"]
        self.assertEqual(agent["name"], "web-1")
        found = self.rows(f"{AUDIT}?by=agent:{agent['id']}")
        self.assertEqual({row["agent"]["id"] for row in found}, {agent["id"]})
        self.assertIn("(web-1)", self.server.cli("audit", "--by", f"agent:{agent['id']}").stdout)

    def test_the_rows_of_a_removed_repository_stay(self):
        self.server.cli("repo", "create", "gone/soon")
        self.server.cli("repo", "remove", "gone/soon")
        rows = self.rows(f"{AUDIT}?repo=gone/soon")
        self.assertEqual([row["action"] for row in rows][:1], ["repository.remove"])
        self.assertEqual({row["repository"]["full_name"] for row in rows}, {"gone/soon"})
        self.assertTrue(all(row["repository"]["removed"] for row in rows))

    # ------------------------------------------------------------------ the administrator's socket

    def test_the_command_names_the_system_user(self):
        self.server.create_user("made-by-command")
        row = self.rows(f"{AUDIT}?action=account.create&per_page=1")[0]
        name = subprocess.run(["id", "-un"], check=True, capture_output=True,
                              text=True).stdout.strip()
        self.assertEqual(row["system_user"], name)
        self.assertIsNone(row["actor"])
        self.assertIn(row["id"], [one["id"] for one in self.rows(f"{AUDIT}?by=system:{name}")])
        self.assertIn(f"system:{name}", self.server.cli("audit", "--limit", "1").stdout)

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "root becomes another user")
    def test_another_user_is_named_by_the_peer_of_the_socket(self):
        folders = [self.server.folder, self.server.data, self.server.socket.parent]
        modes = [(place, place.stat().st_mode) for place in [*folders, self.server.socket]]
        try:
            for place in folders:
                place.chmod(0o755)
            self.server.socket.chmod(0o666)
            for user, name in (("65534", "nobody"), ("54321", "uid:54321")):
                subprocess.run(["setpriv", "--reuid", user, "--regid", user, "--clear-groups",
                                sys.executable, "-c", ASK, str(self.server.socket),
                                json.dumps({"login": f"made-by-{user}"})], check=True)
                self.assertEqual(self.rows(f"{AUDIT}?per_page=1")[0]["system_user"], name)
        finally:
            for place, mode in modes:
                place.chmod(mode & 0o7777)

    # ------------------------------------------------------------------ filters and pages

    def test_filters(self):
        deployment = self.create()
        self.report(deployment, "success")
        newest = self.rows(f"{SHOP}?per_page=1")[0]
        for query in ("by=admin", "by=ADMIN&action=deployment_status.create", "repo=demo/shop",
                      f"since={newest['at']}", f"target_id={newest['target_id']}",
                      "until=2100-01-01T00:00:00Z"):
            ids = [row["id"] for row in self.rows(f"{AUDIT}?{query}")]
            self.assertIn(newest["id"], ids, query)
            self.assertEqual(ids, sorted(ids, reverse=True))
        self.assertEqual(self.rows(f"{AUDIT}?until=2020-01-01T00:00:00Z"), [])
        self.assertEqual(self.rows(f"{AUDIT}?since=2100-01-01T00:00:00Z"), [])
        self.assertEqual(self.rows(f"{AUDIT}?action=nothing.happened"), [])

    def test_pages_have_every_row_once(self):
        for _ in range(3):
            self.create()
        whole = self.rows(f"{AUDIT}?per_page=100&until=2100-01-01T00:00:00Z")
        paged = self.api.all_pages(f"{AUDIT}?per_page=2&until=2100-01-01T00:00:00Z")
        self.assertEqual(paged, self.api.all_pages(f"{AUDIT}?per_page=100"))
        self.assertEqual(paged[:len(whole)], whole)
        of_shop = self.api.all_pages(f"{SHOP}?per_page=3")
        self.assertEqual(of_shop, [row for row in paged if row["repository"]
                                   and row["repository"]["full_name"] == "demo/shop"])
        self.assertEqual([row["id"] for row in self.cli("--limit", "5")],
                         [row["id"] for row in paged[:5]])

    def test_what_cannot_be_asked_is_refused(self):
        for query, reason in (("by=nobody-here", "unknown_account"), ("by=agent:x",
                              "invalid_author"), ("repo=no/repository", "unknown_repository"),
                              ("action=claim*", "invalid_action"), ("since=soon",
                              "invalid_request"), ("cursor=x", "invalid_cursor"),
                              ("target_id=-1", "invalid_target_id")):
            answer = self.api.get(f"{AUDIT}?{query}")
            self.assert_error(answer, 422)
            self.assertEqual(answer.json["reason_code"], reason, query)
        done = self.server.cli("audit", "--since", "soon", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("such as 2h or 7d", done.stderr)

    def test_to_read_the_log_leaves_no_row(self):
        before = self.count()
        self.rows(SHOP)
        self.cli("--since", "1h", "--action", "deployment.", "--repo", "demo/shop")
        self.assertEqual(self.count(), before)

    # ------------------------------------------------------------------ who may read it

    def test_the_log_of_the_server_is_for_site_administrators(self):
        user = self.server.user_with("curious", "repo, admin:org", "demo/shop", "admin")
        answer = user.get(AUDIT)
        self.assert_error(answer, 403, "You must be a site administrator.")
        self.assertEqual(answer.json["reason_code"], "not_site_admin")
        self.assertEqual(self.server.api(None).get(AUDIT).status, 401)
        self.assertEqual(self.server.api(self.server.create_token("admin", "repo")).get(
            AUDIT).status, 403)
        self.assertTrue(self.rows(SHOP, user))

    def test_the_log_of_a_repository_is_for_its_administrators(self):
        writer = self.server.user_with("writing", "repo", "demo/shop", "write")
        self.assertEqual(writer.get(SHOP).status, 403)
        stranger = self.server.user_with("strange", "repo")
        self.assertEqual(stranger.get(SHOP).status, 404)


if __name__ == "__main__":
    unittest.main()
