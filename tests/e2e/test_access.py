"""Who may do what, and how invalid input is answered."""
import json
import socket
import unittest
import urllib.parse

from harness import EsclusaTest

BODY_MAX = 1024 * 1024


class Access(EsclusaTest):
    """Private repositories, roles and scopes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.add_repository("demo/open", cls.repository, "--public")
        cls.made = cls.api.post(cls.deployments, {
            "ref": "main", "auto_merge": False, "environment": "access"}).json

    def statuses(self, api):
        """The status for each operation on deployments and webhooks."""
        one = f"{self.deployments}/{self.made['id']}"
        body = {"ref": "main", "auto_merge": False, "environment": "access-matrix"}
        hook = {"config": {"url": "http://127.0.0.1:9/", "content_type": "json"}}
        return {
            "list": api.get(self.deployments).status,
            "get": api.get(one).status,
            "list statuses": api.get(one + "/statuses").status,
            "create": api.post(self.deployments, body).status,
            "create status": api.post(one + "/statuses", {"state": "pending"}).status,
            "list hooks": api.get("/repos/demo/shop/hooks").status,
            "create hook": api.post("/repos/demo/shop/hooks", hook).status,
        }

    ALL_HIDDEN = {"list": 404, "get": 404, "list statuses": 404, "create": 404,
                  "create status": 404, "list hooks": 404, "create hook": 404}

    def test_a_private_repository_is_invisible_without_a_role(self):
        self.assertEqual(self.statuses(self.server.user_with("stranger", "repo")), self.ALL_HIDDEN)
        self.assertEqual(self.statuses(self.server.api(None)), self.ALL_HIDDEN)

    def test_invisible_answers_as_if_there_were_nothing(self):
        api = self.server.user_with("stranger2", "repo")
        hidden = api.get(self.deployments)
        missing = api.get("/repos/demo/nothing/deployments")
        self.assert_error(hidden, 404, "Not Found")
        self.assertEqual(hidden.json, missing.json)

    def test_repo_deployment_opens_deployments_and_nothing_else(self):
        api = self.server.user_with("deployer", "repo_deployment", "demo/shop", "admin")
        self.assertEqual(self.statuses(api), {
            "list": 200, "get": 200, "list statuses": 200, "create": 201, "create status": 201,
            "list hooks": 404, "create hook": 404})
        made = api.post(self.deployments, {"ref": "main", "auto_merge": False,
                                           "environment": "access-delete"}).json
        self.assertEqual(api.delete(made["url"]).status, 204)
        for path in ("keys", "contents/README", "git/refs", "branches", "commits/main"):
            with self.subTest(path=path):
                self.assertEqual(api.get("/repos/demo/shop/" + path).status, 404)
                self.assertEqual(api.post("/repos/demo/shop/" + path, {}).status, 404)

    def test_the_scopes_are_told(self):
        api = self.server.user_with("told", "repo_deployment", "demo/shop", "write")
        answer = api.get(self.deployments)
        self.assertEqual(answer.headers["X-OAuth-Scopes"], "repo_deployment")
        self.assertEqual(answer.headers["X-Accepted-OAuth-Scopes"], "repo, repo_deployment")

    def test_scopes_that_do_not_fit_hide_a_private_repository(self):
        for login, scopes in (("scope-a", "repo:status"), ("scope-b", "public_repo")):
            with self.subTest(scopes=scopes):
                api = self.server.user_with(login, scopes, "demo/shop", "admin")
                self.assertEqual(self.statuses(api), self.ALL_HIDDEN)

    def test_hook_scopes_open_hooks_and_not_deployments(self):
        api = self.server.user_with("hooker", "admin:repo_hook", "demo/shop", "admin")
        self.assertEqual(api.get("/repos/demo/shop/hooks").status, 200)
        self.assertEqual(api.get(self.deployments).status, 404)

    def test_readers_read_and_do_not_write(self):
        for role in ("read", "triage"):
            with self.subTest(role=role):
                got = self.statuses(self.server.user_with(f"reader-{role}", "repo", "demo/shop",
                                                          role))
                self.assertEqual([got[key] for key in ("list", "get", "list statuses")], [200] * 3)
                for key in ("create", "create status", "create hook"):
                    self.assertIn(got[key], (403, 404), key)

    def test_writers_write_and_have_no_hooks(self):
        for role in ("write", "maintain"):
            with self.subTest(role=role):
                got = self.statuses(self.server.user_with(f"writer-{role}", "repo", "demo/shop",
                                                          role))
                self.assertEqual((got["create"], got["create status"]), (201, 201))
                self.assertIn(got["create hook"], (403, 404))

    def test_a_public_repository_is_read_by_everybody_and_written_by_few(self):
        path = "/repos/demo/open/deployments"
        body = {"ref": "main", "auto_merge": False}
        stranger = self.server.user_with("stranger3", "repo")
        self.assertEqual(stranger.get(path).status, 200)
        self.assertIn(stranger.post(path, body).status, (403, 404))
        writer = self.server.user_with("writer-public", "public_repo", "demo/open", "write")
        self.assertEqual(writer.post(path, body).status, 201)

    def test_tokens_in_their_documented_forms(self):
        token = self.server.create_token("admin", "repo", "--name", "forms")
        nobody = self.server.api(None)
        for value in (f"Bearer {token}", f"token {token}", f"bearer {token}"):
            self.assertEqual(nobody.get(self.deployments, headers={
                "Authorization": value}).status, 200, value.split()[0])

    def test_a_bad_token_is_401_everywhere(self):
        good = self.server.create_token("admin", "repo", "--name", "bad")
        broken = good[:-1] + ("0" if good[-1] != "0" else "1")
        for token in ("nonsense", "__proto__", "", "esc_" + "0" * 36, broken, good + "x"):
            for path in (self.deployments, "/repos/demo/open/deployments"):
                with self.subTest(token=token[:8], path=path):
                    self.assert_error(self.server.api(token).get(path), 401, "Bad credentials")


class BadInput(EsclusaTest):
    """Each is refused in GitHub's form, and the server is alive after it."""

    def tearDown(self):
        self.assert_alive()

    def post(self, body):
        return self.api.post(self.deployments, body)

    def raw(self, request, timeout=20):
        """Sends bytes until the server answers or closes, and returns the first line."""
        parts = urllib.parse.urlsplit(self.server.url)
        with socket.create_connection((parts.hostname, parts.port), timeout=timeout) as line:
            try:
                line.setblocking(True)
                line.settimeout(timeout)
                line.sendall(request)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the server answered before everything was sent
            answer = b""
            try:
                while b"\r\n\r\n" not in answer:
                    part = line.recv(65536)
                    if not part:
                        break
                    answer += part
            except ConnectionResetError:
                pass
            return answer.split(b"\r\n")[0].decode()

    def head(self, *lines):
        """The head of a POST of a deployment, with further header lines."""
        return "\r\n".join([f"POST {self.deployments} HTTP/1.1", "Host: localhost",
                            f"Authorization: Bearer {self.server.token}",
                            "Content-Type: application/json", *lines, "", ""]).encode()

    def test_broken_json(self):
        for body in (b"{", b'{"ref":"main"', b"nonsense", b'{"ref":"main",}', b"\xff\xfe",
                     b'{"a":1}x', b'{"ref":"ma\x00in"}'):
            with self.subTest(body=body):
                self.assert_error(self.post(body), 400, "Problems parsing JSON")

    def test_json_that_is_no_object(self):
        for body in (b"[]", b'[{"ref":"main"}]', b'"main"', b"5", b"null"):
            with self.subTest(body=body):
                self.assert_error(self.post(body), 400, "Body should be a JSON object")

    def test_wrong_types(self):
        for fields in ({"ref": 5}, {"ref": None}, {"ref": ["main"]}, {"auto_merge": "yes"},
                       {"required_contexts": "all"}, {"required_contexts": [1]}, {"payload": 5},
                       {"task": {}}, {"environment": 7}, {"description": []},
                       {"transient_environment": "true"}, {"production_environment": 1}):
            with self.subTest(fields=fields):
                answer = self.post({"ref": "main", "auto_merge": False, **fields})
                self.assert_error(answer, 422)
                self.assertTrue(answer.json["message"].startswith("Invalid request.\n\n"), answer)
                self.assertNotIn("errors", answer.json)

    def test_values_that_do_not_fit(self):
        for fields in ({"environment": "x" * 256}, {"environment": ""}, {"environment": "a\0b"},
                       {"ref": "x" * 1025}, {"ref": ""}, {"ref": "a\0b"}, {"task": "x" * 256},
                       {"description": "x" * 1025}, {"payload": {"a": "x" * 65536}}):
            with self.subTest(fields=str(fields)[:40]):
                self.assert_error(self.post({"ref": "main", "auto_merge": False, **fields}), 422)

    def test_a_lone_surrogate_breaks_no_list(self):
        body = b'{"ref":"main","auto_merge":false,"environment":"\\ud800"}'
        self.assertIn(self.post(body).status, (400, 422))

    def test_deep_nesting_breaks_no_list(self):
        for depth in (65, 5000):
            deep = "[" * depth + "]" * depth
            body = ('{"ref":"main","auto_merge":false,"payload":{"a":' + deep + "}}").encode()
            self.assertIn(self.post(body).status, (400, 422), depth)

    def test_long_numbers(self):
        body = b'{"ref":"main","auto_merge":false,"payload":{"a":' + b"9" * 5000 + b"}}"
        self.assertIn(self.post(body).status, (400, 422))

    def test_a_body_over_the_limit(self):
        body = json.dumps({"ref": "main", "payload": {"a": "x" * BODY_MAX}}).encode()
        sized = self.head(f"Content-Length: {len(body)}")
        self.assertIn(" 413 ", self.raw(sized))  # the announced size is enough
        self.assertIn(" 413 ", self.raw(sized + body))
        chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        self.assertIn(" 413 ", self.raw(self.head("Transfer-Encoding: chunked") + chunk))

    def test_the_413_has_githubs_shape(self):
        answer = self.api.post(self.deployments, b"", headers={
            "Content-Length": str(BODY_MAX + 1), "Expect": "100-continue"})
        self.assert_error(answer, 413)

    def test_unknown_paths_and_methods(self):
        self.assert_error(self.api.get("/repos/demo/unknown/deployments"), 404, "Not Found")
        self.assert_error(self.api.get("/nonsense"), 404, "Not Found")
        self.assert_error(self.api.get(self.deployments + "/"), 404, "Not Found")
        self.assert_error(self.api.request("PUT", self.deployments, {}), 404, "Not Found")
        self.assert_error(self.api.get("//"), 404)
        self.assert_error(self.api.get("/repos/demo/%00/deployments"), 404)
        self.assert_error(self.api.get("/repos/../../etc/passwd"), 404)

    def test_hostile_http(self):
        both = self.head("Content-Length: 5", "Transfer-Encoding: chunked")
        for request in (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", b"nonsense\r\n\r\n",
                        b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
                        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 20000 + b"\r\n\r\n",
                        self.head("Content-Length: 5", "Content-Length: 6") + b"12345",
                        self.head("Content-Length: -1"),
                        both + b"0\r\n\r\n"):
            with self.subTest(request=request[:40]):
                self.assertRegex(self.raw(request), r"^(HTTP/1\.1 4\d\d .*)?$")


if __name__ == "__main__":
    unittest.main()
