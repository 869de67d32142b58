"""What all answers of the API share: preflights, redirects, conditions, limits, versions."""
import base64
import pathlib
import tempfile
import unittest

from harness import EsclusaTest, Server, wait_until


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
                                         "Idempotency-Key, X-GitHub-Api-Version, X-GitHub-OTP, "
                                         "X-Requested-With",
                        "Allow-Methods": "GET, POST, PATCH, PUT, DELETE", "Max-Age": "86400"})
                    self.assertIn("X-RateLimit-Remaining",
                                  answer.headers["Access-Control-Expose-Headers"])


class Renamed(EsclusaTest):
    """A renamed repository is found under its old name, and under its id as before."""

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
        # The old redirect does not return even if the new owner of the name is hidden.
        self.assertEqual(self.server.api(None).get("/repos/demo/old-name").status, 404)
        self.assertEqual(self.server.api(None).get("/repos/demo/new-name").status, 200)


class Conditional(EsclusaTest):
    """A client's cached answer is not sent again."""

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
        # Its ping fails, which changes the hook.
        wait_until(lambda: self.api.get(hook["url"]).json["last_response"]["code"], "the ping")
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


class RateLimits(EsclusaTest):
    """Switched on by a setting, with small numbers that a test can reach."""

    server_settings = {"environment": {"ESCLUSA_RATE_LIMIT_ENABLED": "true"},
                       "arguments": ["--rate-limit-account-per-hour", "40",
                                     "--rate-limit-anonymous-per-hour", "5",
                                     "--rate-limit-content-per-minute", "3"]}

    def standing(self, answer):
        """(limit, remaining, used) from the headers."""
        self.assertEqual(answer.headers["X-RateLimit-Resource"], "core")
        self.assertTrue(answer.headers["X-RateLimit-Reset"].isdigit())
        return tuple(int(answer.headers["X-RateLimit-" + name])
                     for name in ("Limit", "Remaining", "Used"))

    def test_an_account_is_counted_over_all_its_tokens(self):
        api = self.server.user_with("counted", "repo", "demo/shop", "write")
        second = self.server.api(self.server.create_token("counted", "repo"))
        self.assertEqual(self.standing(api.get("/user")), (40, 39, 1))
        full = second.get(self.deployments)
        self.assertEqual(self.standing(full), (40, 38, 2))
        self.assertEqual(self.standing(api.get("/nothing")), (40, 37, 3))
        # An unchanged answer (304) is not counted.
        unchanged = api.get(self.deployments, headers={"If-None-Match": full.headers["ETag"]})
        self.assertEqual(unchanged.status, 304)
        self.assertEqual(self.standing(unchanged), (40, 37, 3))

        limits = api.get("/rate_limit")
        self.assertEqual(self.standing(limits), (40, 37, 3))
        core = limits.json["resources"]["core"]
        self.assertEqual((core["limit"], core["remaining"], core["used"]), (40, 37, 3))
        self.assertEqual(limits.json["rate"], core)
        self.assertEqual(limits.json["resources"],
                         dict.fromkeys(("core", "search", "graphql", "integration_manifest"), core))
        new = api.get("/rate_limit", headers={"X-GitHub-Api-Version": "2026-03-10"})
        self.assertEqual(set(new.json), {"resources"})

        user = api.get("/user").json["id"]
        while api.get("/user").status == 200:
            pass
        refused = api.get("/user")
        self.assert_error(refused, 403, f"API rate limit exceeded for user ID {user}.")
        self.assertEqual(self.standing(refused), (40, 0, 40))
        self.assertEqual(api.get("/rate_limit").status, 200)

    def test_creating_fast_meets_the_secondary_limit(self):
        api = self.server.user_with("hasty", "repo", "demo/shop", "write")
        body = {"ref": "main", "auto_merge": False, "environment": self.environment()}
        answers = [api.post(self.deployments, body) for _ in range(4)]
        self.assertEqual([answer.status for answer in answers], [201, 201, 201, 403])
        self.assert_error(answers[3], 403, "You have exceeded a secondary rate limit. "
                          "Please wait a few minutes before you try again.",
                          "secondary-rate-limits")
        self.assertIn(int(answers[3].headers["Retry-After"]), range(1, 61))
        self.assertEqual(api.get(self.deployments).status, 200)
        self.assertEqual(len([each for each in api.get(self.deployments).json
                              if each["environment"] == body["environment"]]), 3)

    def test_nobody_is_counted_by_the_address(self):
        nobody = self.server.api(None)
        while (answer := nobody.get("/nothing")).status == 404:
            pass
        self.assert_error(answer, 403)
        self.assertTrue(answer.json["message"].startswith(
            "API rate limit exceeded for 127.0.0.1. (But here's the good news: "), answer)
        self.assertEqual(nobody.request("OPTIONS", "/nothing").status, 204)
        self.assertEqual(nobody.get("/livez").status, 200)


class RateLimitSettings(unittest.TestCase):
    """The settings in a file, and invalid settings."""

    def serve(self, folder, text):
        """Starts a server with these settings in a file."""
        file = pathlib.Path(folder) / "settings.toml"
        file.write_text(text)
        return Server(environment={"ESCLUSA_CONFIG": str(file)})

    def test_from_a_file(self):
        with tempfile.TemporaryDirectory() as folder, self.serve(
                folder, "[rate_limit]\nenabled = true\nanonymous_per_hour = 7\n") as server:
            self.assertEqual(server.api(None).get("/nothing").headers["X-RateLimit-Limit"], "7")

    def test_what_is_no_number_or_no_setting_is_refused(self):
        for text, said in (("enabled = 1", "should be true or false"),
                           ("concurrent = 0", "should be a positive whole number"),
                           ("account_per_hour = 1.5", "should be a positive whole number"),
                           ("per_day = 5", "there is no setting")):
            with self.subTest(text=text), tempfile.TemporaryDirectory() as folder:
                with self.assertRaises(AssertionError) as caught:
                    with self.serve(folder, "[rate_limit]\n" + text + "\n"):
                        pass
                self.assertIn(said, str(caught.exception))


class Speech(EsclusaTest):
    """Versions, tokens, headers and odd paths."""

    def test_without_rate_limits_there_is_nothing_of_them(self):
        answer = self.api.get("/rate_limit")
        self.assert_error(answer, 404, "Rate limiting is not enabled.")
        for path in ("/user", "/rate_limit"):
            self.assertFalse([name for name in self.api.get(path).headers
                              if name.lower().startswith("x-ratelimit")])

    def test_versions(self):
        header = "X-GitHub-Api-Version"
        for sent, selected in (({}, "2022-11-28"), ({header: ""}, "2022-11-28"),
                               ({header: "2022-11-28"}, "2022-11-28"),
                               ({header: "2026-03-10"}, "2026-03-10")):
            answer = self.api.get("/repos/demo/shop", headers=sent)
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.headers["x-github-api-version-selected"], selected)
            self.assertEqual("has_downloads" in answer.json, selected == "2022-11-28")
        answer = self.api.get("/user", headers={header: "v3"})
        self.assert_error(answer, 400, 'The version you specified in the "X-GitHub-API-Version" '
                          'request header, "v3", is not a supported version. The following '
                          'versions are currently supported: "2026-03-10" (most recent), '
                          '"2022-11-28".')
        self.assertNotIn("x-github-api-version-selected", answer.headers)

    def test_every_form_of_a_token(self):
        token = self.server.create_token("admin", "repo")
        nobody = self.server.api(None)

        def basic(pair):
            return "Basic " + base64.b64encode(pair.encode()).decode()

        for value in (f"Bearer {token}", f"bearer {token}", f"token {token}", f"Token {token}",
                      basic(f"admin:{token}"), basic(f"x-access-token:{token}"),
                      basic(f"{token}:"), basic(f"{token}:x-oauth-basic")):
            answer = nobody.get("/user", headers={"Authorization": value})
            self.assertEqual((answer.status, answer.json.get("login")), (200, "admin"), value[:8])
        for value in ("", "Bearer", f"Digest {token}", basic("admin:password"), "Basic !",
                      token, f"Bearer {token} x"):
            answer = nobody.get("/user", headers={"Authorization": value})
            self.assert_error(answer, 401, "Bad credentials")

    def test_what_a_token_is_told(self):
        plain = self.api.get("/repos/demo/shop")
        self.assertNotIn("github-authentication-token-expiration", plain.headers)
        self.assertEqual(plain.headers["Vary"], "Accept, Authorization, Cookie, X-GitHub-OTP, "
                         "Accept-Encoding, Accept, X-Requested-With")
        self.assertEqual(plain.headers["X-GitHub-Media-Type"], "github.v3; format=json")
        self.assertNotIn("X-GitHub-Enterprise-Version", plain.headers)
        short = self.server.api(self.server.create_token("admin", "repo", "--expires-in", "1h"))
        self.assertRegex(short.get("/user").headers["github-authentication-token-expiration"],
                         r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$")

    def test_media_types_change_nothing_but_their_header(self):
        plain = self.api.get(self.deployments)
        for accept, named in (
                ("application/vnd.github.v3+json", "github.v3; format=json"),
                ("application/vnd.github.raw", "github.v3; param=raw"),
                ("application/vnd.github.ant-man-preview+json",
                 "github.ant-man-preview; format=json"),
                ("application/vnd.github.nobody-knows-preview+json",
                 "github.nobody-knows-preview; format=json"),
                ("text/html", "unknown, github.v3")):
            answer = self.api.get(self.deployments, headers={"Accept": accept})
            self.assertEqual((answer.status, answer.body), (200, plain.body), accept)
            self.assertEqual(answer.headers["X-GitHub-Media-Type"], named)
            self.assertEqual(answer.headers["Content-Type"], plain.headers["Content-Type"])

    def test_odd_paths_are_404_in_githubs_shape(self):
        for path in ("//", "/repos//shop", "/repos/demo/shop/", "/repos/demo/%zz", "/repos/demo/%",
                     "/repos/demo/%ff", "/api/v4", "/api/v3/api/v3/user", "/USER",
                     "/repos/demo/shop/deployments/x", "/repos/demo/shop/deployments/-1"):
            for method in ("GET", "POST", "DELETE"):
                with self.subTest(method=method, path=path):
                    self.assert_error(self.api.request(method, path), 404, "Not Found")
        self.assert_error(self.api.request("get", "/user"), 404, "Not Found")


class BadCredentials(EsclusaTest):
    """It has its own server, because failures are counted for the whole address."""

    def test_a_good_token_is_not_locked_out_by_bad_ones(self):
        nobody = self.server.api(None, keep_alive=True)
        bad = self.server.api("nonsense", keep_alive=True)
        answers = [bad.get("/user") for _ in range(1100)]
        self.assert_error(answers[-1], 403, "Maximum number of login attempts exceeded. "
                          "Please try again later.")
        self.assertEqual(answers[0].status, 401)
        self.assertEqual(self.api.get("/user").status, 200)
        self.assertEqual(nobody.get("/nothing").status, 404)
        bad.close()
        nobody.close()


if __name__ == "__main__":
    unittest.main()
