"""How the API speaks, whatever it is asked: preflights, redirects, conditions, limits, versions."""
import unittest

from harness import EsclusaTest


class Preflight(EsclusaTest):
    """A browser's script asks first, without credentials."""

    def test_options_on_any_path(self):
        for path in ("/", "/user", "/nothing", "/api/v3" + self.deployments, "/livez"):
            for token in (None, "nonsense"):
                with self.subTest(path=path, token=token):
                    answer = self.server.api(token).request("OPTIONS", path, headers={
                        "Origin": "http://example.com",
                        "Access-Control-Request-Method": "POST"})
                    self.assertEqual((answer.status, answer.body), (204, b""))
                    self.assertNotIn("Content-Type", answer.headers)
                    self.assertNotIn("Content-Length", answer.headers)
                    allowed = {name: answer.headers["Access-Control-" + name] for name in (
                        "Allow-Origin", "Allow-Headers", "Allow-Methods", "Max-Age")}
                    self.assertEqual(allowed, {
                        "Allow-Origin": "*",
                        "Allow-Headers": "Authorization, Content-Type, If-Match, "
                                         "If-Modified-Since, If-None-Match, If-Unmodified-Since, "
                                         "X-GitHub-OTP, X-Requested-With",
                        "Allow-Methods": "GET, POST, PATCH, PUT, DELETE", "Max-Age": "86400"})
                    self.assertIn("X-RateLimit-Remaining",
                                  answer.headers["Access-Control-Expose-Headers"])


class Renamed(EsclusaTest):
    """A repository that was renamed is found under its old name, and under its id as before."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.add_repository("demo/before", cls.repository, "--writable", "--private")
        cls.id = cls.api.get("/repos/demo/before").json["id"]
        done = cls.server.cli("repo", "rename", "demo/before", "After")
        cls.said = done.stdout
        cls.old = "/repos/demo/before/deployments"
        cls.by_id = f"{cls.server.url}/repositories/{cls.id}/deployments"

    BODY = {"ref": "main", "auto_merge": False}

    def test_the_command_says_what_it_did(self):
        self.assertEqual(self.said, "Renamed demo/before to demo/After\n")
        self.assertEqual(self.api.get("/repos/demo/after").json["full_name"], "demo/After")
        taken = self.server.cli("repo", "rename", "demo/after", "SHOP", check=False)
        self.assertNotEqual(taken.returncode, 0)
        self.assertIn("exists already", taken.stderr)

    def test_reading_is_301_and_the_rest_307(self):
        for method, status in (("GET", 301), ("HEAD", 301), ("POST", 307)):
            with self.subTest(method=method):
                answer = self.api.request(method, self.old + "?page=2&per_page=1",
                                          self.BODY if method == "POST" else None)
                self.assertEqual(answer.status, status)
                url = self.by_id + "?page=2&per_page=1"
                self.assertEqual(answer.headers["Location"], url)
                if method != "HEAD":
                    self.assertEqual(answer.json, {
                        "message": "Moved Permanently", "url": url,
                        "documentation_url": "https://docs.github.com/v3/#http-redirects"})

    def test_a_client_that_follows_gets_there(self):
        made = self.api.post(self.api.post(self.old, self.BODY).headers["Location"], self.BODY)
        self.assertEqual(made.status, 201, made)
        under = self.api.get("/api/v3" + self.old)
        self.assertEqual(under.headers["Location"],
                         f"{self.server.url}/api/v3/repositories/{self.id}/deployments")
        listed = self.api.get(under.headers["Location"])
        self.assertIn(made.json["id"], [each["id"] for each in listed.json])

    def test_who_may_not_read_it_is_told_nothing(self):
        for api in (self.server.api(None), self.server.user_with("curious", "repo"),
                    self.server.user_with("scopeless", "repo:status", "demo/after", "admin")):
            answer = api.get(self.old)
            self.assert_error(answer, 404, "Not Found")
            self.assertEqual(answer.json, api.get("/repos/demo/never/deployments").json)
            self.assertNotIn("Location", answer.headers)

    def test_a_name_that_was_taken_again_leads_to_who_took_it(self):
        self.server.add_repository("demo/old-name", self.repository, "--public")
        self.server.cli("repo", "rename", "demo/old-name", "new-name")
        self.assertEqual(self.api.get("/repos/demo/old-name").status, 301)
        self.server.add_repository("demo/old-name", self.repository, "--private")
        self.assertEqual(self.api.get("/repos/demo/old-name").status, 200)
        # Nor does the taker's being hidden bring the old redirect back.
        self.assertEqual(self.server.api(None).get("/repos/demo/old-name").status, 404)
        self.assertEqual(self.server.api(None).get("/repos/demo/new-name").status, 200)


class Conditional(EsclusaTest):
    """What a client has already is not sent again."""

    def assert_unchanged(self, path, condition, full):
        for method in ("GET", "HEAD"):
            answer = self.api.request(method, path, headers=condition)
            self.assertEqual((answer.status, answer.body), (304, b""), (method, condition))
            self.assertNotIn("Content-Length", answer.headers)
            for name in ("ETag", "Last-Modified", "Link", "Cache-Control", "Vary"):
                self.assertEqual(answer.headers.get(name), full.headers.get(name), name)

    def test_if_none_match_on_everything(self):
        for _ in range(2):
            made = self.create()
        hook = self.api.post("/repos/demo/shop/hooks", {
            "config": {"url": "http://127.0.0.1:9/", "content_type": "json"}, "active": False}).json
        for path in (self.deployments, self.deployments + "?per_page=1", made["url"],
                     made["statuses_url"], "/repos/demo/shop", "/repos/demo/shop/hooks",
                     hook["url"], "/user"):
            with self.subTest(path=path):
                full = self.api.get(path)
                etag = full.headers["ETag"]
                self.assertRegex(etag, r'^"[0-9a-f]{64}"$')
                for condition in (etag, "W/" + etag, '"other", ' + etag, "*"):
                    self.assert_unchanged(path, {"If-None-Match": condition}, full)
                other = self.api.get(path, headers={"If-None-Match": '"other"'})
                self.assertEqual((other.status, other.body), (200, full.body))

    def test_a_made_deployment_has_the_etag_that_it_is_read_with(self):
        answer = self.api.post(self.deployments, {"ref": "main", "auto_merge": False,
                                                  "environment": self.environment()})
        self.assertRegex(answer.headers["ETag"], r'^"[0-9a-f]{64}"$')
        read = self.api.get(answer.json["url"])
        self.assertEqual(read.headers["ETag"], answer.headers["ETag"])

    def test_if_modified_since_where_last_modified_is_sent(self):
        made = self.create()
        full = self.api.get(made["url"])
        modified = full.headers["Last-Modified"]
        self.assert_unchanged(made["url"], {"If-Modified-Since": modified}, full)
        for headers in ({"If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"},
                        {"If-Modified-Since": modified, "If-None-Match": '"other"'}):
            self.assertEqual(self.api.get(made["url"], headers=headers).status, 200)
        self.assertNotIn("Last-Modified", self.api.get(self.deployments).headers)

    def test_head_is_get_without_the_body(self):
        made = self.create()
        for path in (self.deployments, made["url"], "/repos/demo/shop", "/user", "/nothing",
                     made["url"] + "/", "/rate_limit"):
            with self.subTest(path=path):
                got, head = self.api.get(path), self.api.request("HEAD", path)
                self.assertEqual((head.status, head.body), (got.status, b""))
                changing = ("Date", "X-GitHub-Request-Id", "X-RateLimit-Reset")
                self.assertEqual(
                    *[{name: value for name, value in answer.headers.items()
                       if name not in changing} for answer in (got, head)])


if __name__ == "__main__":
    unittest.main()
