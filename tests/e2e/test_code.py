"""What clients read besides deployments: users, branches, commits, refs, comparisons."""
import os
import urllib.parse

from harness import EsclusaTest, Repository

SHA = r"^[0-9a-f]{40}$"


class Code(EsclusaTest):
    """About demo/shop (private), demo/open (public, the same repository) and others."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.add_repository("demo/open", cls.repository, "--public")
        cls.nobody = cls.server.api(None)
        cls.main = cls.repository.sha("main")

    def get(self, path, status=200, api=None):
        answer = (api or self.api).get("/repos/demo/shop" + path)
        self.assertEqual(answer.status, status, answer)
        return answer

    def assert_commit(self, commit, message):
        """Checks a `commit` in GitHub's form, by Ada, who has no account here."""
        self.assertRegex(commit["sha"], SHA)
        self.assertEqual(commit["commit"]["message"], message)
        self.assertEqual(commit["commit"]["author"]["email"], "ada@example.org")
        self.assertRegex(commit["commit"]["tree"]["sha"], SHA)
        self.assertEqual(commit["commit"]["verification"]["reason"], "unsigned")
        self.assertIsNone(commit["author"])
        self.assertIsNone(commit["committer"])
        self.assertTrue(commit["node_id"].startswith("C_"))
        self.assertEqual(commit["url"],
                         f"{self.server.url}/repos/demo/shop/commits/{commit['sha']}")
        self.assertEqual(self.api.get(commit["url"]).json["sha"], commit["sha"])

    # ---------------------------------------------------------------- branches and refs

    def test_branches_are_listed_in_pages(self):
        answer = self.get("/branches?per_page=2")
        self.assertEqual([branch["name"] for branch in answer.json], ["feature/login", "main"])
        self.assertEqual(answer.json[1]["commit"]["sha"], self.main)
        self.assertIs(answer.json[1]["protected"], False)
        self.assertEqual([rel for rel, _ in answer.links()], ["next", "last"])
        self.assertEqual([branch["name"] for branch in self.api.all_pages(
            "/repos/demo/shop/branches?per_page=2")], ["feature/login", "main", "old"])
        self.assertEqual(self.get("/branches?protected=true").json, [])
        self.assertEqual(len(self.get("/branches?protected=false").json), 3)

    def test_a_branch_is_named_with_its_slashes_encoded_or_not(self):
        for name in ("feature/login", "feature%2Flogin"):
            branch = self.get(f"/branches/{name}").json
            self.assertEqual(branch["name"], "feature/login")
            self.assert_commit(branch["commit"], "Customers can log in")
            self.assertIs(branch["protected"], False)
            self.assertIs(branch["protection"]["enabled"], False)
            self.assertEqual(self.api.get(branch["_links"]["self"]).json, branch)

    def test_an_unknown_branch(self):
        for name in ("nope", "v1.0", "refs/heads/main", self.main, "main~1", "HEAD"):
            with self.subTest(name=name):
                self.assert_error(self.get(f"/branches/{name}", 404), 404, "Branch not found")

    def test_git_ref_gives_what_the_ref_points_to(self):
        ref = self.get("/git/ref/heads/feature/login").json
        self.assertEqual(ref["ref"], "refs/heads/feature/login")
        self.assertEqual(ref["object"]["type"], "commit")
        self.assertEqual(ref["object"]["sha"], self.repository.sha("feature/login"))
        tag = self.get("/git/ref/tags/v1.0").json
        self.assertEqual(tag["object"]["type"], "tag")
        self.assertEqual(tag["object"]["sha"], self.repository.git("rev-parse", "v1.0"))
        for name in ("heads/nope", "heads", "main", "refs/heads/main", "heads/main~1"):
            with self.subTest(name=name):
                self.assert_error(self.get(f"/git/ref/{name}", 404), 404, "Not Found")

    def test_matching_refs_are_those_that_begin_so(self):
        refs = self.get("/git/matching-refs/heads/fea").json
        self.assertEqual([ref["ref"] for ref in refs], ["refs/heads/feature/login"])
        self.assertEqual(len(self.get("/git/matching-refs/heads").json), 3)
        self.assertEqual(self.get("/git/matching-refs/heads/*").json, [])

    def test_the_refs_that_keep_deployed_commits_are_hidden(self):
        self.create()
        kept = self.repository.git("for-each-ref", "refs/deployments")
        self.assertIn(self.main, kept)
        self.assertEqual(self.get("/git/matching-refs/deployments").json, [])
        self.assertEqual(self.get("/git/matching-refs/dep").json, [])
        name = f"deployments/{self.main}"
        self.get(f"/git/ref/{name}", 404)
        self.get(f"/commits/refs/{name}", 422)
        self.get(f"/commits?sha=refs/{name}", 404)
        self.get(f"/compare/refs/{name}...main", 404)

    def test_tags_are_listed_with_their_commits(self):
        tags = self.get("/tags").json
        self.assertEqual([tag["name"] for tag in tags], ["v1.0"])
        self.assertEqual(tags[0]["commit"]["sha"], self.repository.sha("v1.0"))

    # ---------------------------------------------------------------- commits

    def test_a_commit_has_its_files_against_its_first_parent(self):
        commit = self.get("/commits/main").json
        self.assert_commit(commit, "Sell cheese")
        self.assertEqual([parent["sha"] for parent in commit["parents"]],
                         [self.repository.sha("main~1")])
        self.assertEqual(commit["stats"], {"total": 2, "additions": 1, "deletions": 1})
        [file] = commit["files"]
        self.assertEqual(file["filename"], "index.html")
        self.assertEqual(file["status"], "modified")
        self.assertEqual(file["patch"], "@@ -1 +1 @@\n-two\n+three")
        self.assertEqual(file["sha"], self.repository.git("rev-parse", "main:index.html"))
        first = self.get(f"/commits/{self.repository.sha('main~2')}").json
        self.assertEqual(first["parents"], [])
        self.assertEqual([file["status"] for file in first["files"]], ["added", "added"])

    def test_a_commit_is_named_in_many_ways(self):
        for ref in ("main", "heads/main", "refs/heads/main", "HEAD", self.main, self.main[:8]):
            with self.subTest(ref=ref):
                self.assertEqual(self.get(f"/commits/{ref}").json["sha"], self.main)
        for ref in ("v1.0", "tags/v1.0"):
            self.assertEqual(self.get(f"/commits/{ref}").json["sha"], self.repository.sha("v1.0"))
        for ref in ("feature/login", "feature%2Flogin"):
            self.assertEqual(self.get(f"/commits/{ref}").json["sha"],
                             self.repository.sha("feature/login"))

    def test_an_unknown_commit(self):
        for ref in ("nope", "main~1", "main^", "HEAD~1", "0" * 40, "@", ":/Sell"):
            with self.subTest(ref=ref):
                answer = self.get("/commits/" + urllib.parse.quote(ref), 422)
                self.assert_error(answer, 422, f"No commit found for SHA: {ref}")
                self.assertEqual(answer.json["reason_code"], "commit_not_found")

    def test_the_sha_alone(self):
        answer = self.api.get("/repos/demo/shop/commits/main",
                              headers={"Accept": "application/vnd.github.sha"})
        self.assertEqual(answer.body.decode(), self.main)
        for form in ("diff", "v3.patch"):
            answer = self.api.get("/repos/demo/shop/commits/main",
                                  headers={"Accept": f"application/vnd.github.{form}"})
            self.assertEqual(answer.status, 422, answer)

    def test_commits_are_listed_in_pages(self):
        answer = self.get("/commits?per_page=2")
        self.assertEqual([commit["commit"]["message"] for commit in answer.json],
                         ["Sell cheese", "Sell bread"])
        self.assert_commit(answer.json[0], "Sell cheese")
        self.assertNotIn("files", answer.json[0])
        links = dict(answer.links())
        self.assertEqual(list(links), ["next", "last"])
        self.assertIn("/repositories/", links["next"])
        self.assertEqual(len(self.api.all_pages("/repos/demo/shop/commits?per_page=2")), 3)
        self.assertEqual(len(self.get("/commits?sha=feature/login").json), 4)
        moment = answer.json[1]["commit"]["committer"]["date"]
        self.assertEqual(len(self.get(f"/commits?since={moment}").json), 2)
        self.assertEqual(len(self.get(f"/commits?until={moment}").json), 2)

    def test_commits_are_not_listed_by_what_is_ignored_elsewhere(self):
        self.assert_error(self.get("/commits?sha=nope", 404), 404, "Not Found")
        for query in ("path=README", "author=ada", "committer=ada"):
            answer = self.get("/commits?" + query, 422)
            self.assertEqual(answer.json["reason_code"], "filter_not_supported")
        for query in ("since=yesterday", "until=2026"):
            answer = self.get("/commits?" + query, 422)
            self.assertEqual(answer.json["reason_code"], "invalid_request")

    # ---------------------------------------------------------------- comparisons

    def compare(self, basehead, status=200):
        return self.get(f"/compare/{basehead}", status)

    def test_compare_tells_how_two_commits_lie(self):
        rows = [("main...feature/login", "ahead", 1, 0), ("feature/login...main", "behind", 0, 1),
                ("main...old", "diverged", 1, 2), ("main...main", "identical", 0, 0),
                ("old...feature%2Flogin", "diverged", 3, 1), ("v1.0...main", "ahead", 1, 0),
                ("main%2E%2E%2Eold", "diverged", 1, 2), ("demo:main...demo:shop:old", "diverged",
                                                         1, 2)]
        for basehead, status, ahead, behind in rows:
            with self.subTest(basehead=basehead):
                found = self.compare(basehead).json
                self.assertEqual(
                    (found["status"], found["ahead_by"], found["behind_by"]),
                    (status, ahead, behind))
                self.assertEqual(found["total_commits"], ahead)
                self.assertEqual(len(found["commits"]), ahead)

    def test_compare_gives_commits_and_files(self):
        found = self.compare("old...feature/login").json
        self.assertEqual([commit["commit"]["message"] for commit in found["commits"]],
                         ["Sell bread", "Sell cheese", "Customers can log in"])
        self.assert_commit(found["base_commit"], "An old idea")
        self.assert_commit(found["merge_base_commit"], "Open the shop")
        self.assertEqual({file["filename"]: file["status"] for file in found["files"]},
                         {"index.html": "modified", "login.html": "added"})
        self.assertEqual(self.api.get(found["url"]).json, found)

    def test_compare_in_pages(self):
        path = "old...feature/login?per_page=2"
        first = self.compare(path)
        self.assertEqual(len(first.json["commits"]), 2)
        self.assertIn("files", first.json)
        links = dict(first.links())
        self.assertEqual(list(links), ["next", "last"])
        second = self.api.get(links["next"]).json
        self.assertEqual([commit["commit"]["message"] for commit in second["commits"]],
                         ["Customers can log in"])
        self.assertNotIn("files", second)

    def test_compare_what_cannot_be_compared(self):
        for basehead in ("main...nope", "nope...main", "main", "main..old", "...", "main...",
                         "other:main...old", "demo:open:main...old"):
            with self.subTest(basehead=basehead):
                self.assert_error(self.compare(basehead, 404), 404, "Not Found")
        self.repository.git("update-ref", "refs/tags/unrelated", self.repository.git(
            "commit-tree", "-m", "unrelated", "main^{tree}"))
        self.addCleanup(self.repository.git, "tag", "-d", "unrelated")
        answer = self.compare("main...unrelated", 404)
        self.assertEqual(answer.json["reason_code"], "no_common_ancestor")

    # ---------------------------------------------------------------- odd repositories

    def test_an_empty_repository(self):
        empty = Repository(self.server.folder / "empty")
        self.server.add_repository("demo/empty", empty)
        for path, status, expected in [
                ("commits", 409, "Git Repository is empty."),
                ("commits/main", 409, "Git Repository is empty."),
                ("git/ref/heads/main", 409, "Git Repository is empty."),
                ("branches/main", 404, "Branch not found"),
                ("compare/main...main", 404, "Not Found")]:
            with self.subTest(path=path):
                self.assert_error(self.api.get("/repos/demo/empty/" + path), status, expected)
        for path in ("branches", "tags"):
            self.assertEqual(self.api.get("/repos/demo/empty/" + path).json, [])

    def test_a_repository_that_has_vanished(self):
        gone = Repository(self.server.folder / "gone")
        gone.commit("here", {"a": "1"})
        self.server.add_repository("demo/gone", gone)
        gone.path.rename(self.server.folder / "elsewhere")
        for path in ("branches", "branches/main", "commits", "commits/main", "tags",
                     "git/ref/heads/main", "git/refs", "git/matching-refs/heads",
                     "git/trees/main", "contents/here", "commits/main/pulls",
                     "compare/main...main"):
            with self.subTest(path=path):
                answer = self.api.get("/repos/demo/gone/" + path)
                self.assertEqual(answer.status, 503, answer)
                self.assertEqual(answer.json["reason_code"], "repository_unreadable")

    def test_what_cannot_be_read_hides_no_other_branch(self):
        git = Repository(self.server.folder / "holes")
        git.commit("here", {"a": "1"})
        heads = git.path / ".git/refs/heads"
        (heads / "lost").write_text("a" * 40 + "\n")
        (heads / "garbage").write_text("garbage\n")
        (heads / "link").symlink_to("main")
        os.mkfifo(heads / "fifo")
        self.server.add_repository("demo/holes", git)
        for path, name in (("branches", "main"), ("git/matching-refs/heads", "refs/heads/main")):
            answer = self.api.get("/repos/demo/holes/" + path)
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual([one.get("name", one.get("ref")) for one in answer.json], [name])
        for name, reason in (("lost", "repository_unreadable"), ("fifo", "repository_unsafe")):
            answer = self.api.get("/repos/demo/holes/branches/" + name)
            self.assertEqual((answer.status, answer.json["reason_code"]), (503, reason))

    def test_messages_and_names_in_any_encoding(self):
        odd = Repository(self.server.folder / "odd")
        odd.commit("first", {"a": "1"})
        tree = odd.git("rev-parse", "main^{tree}")
        file = self.server.folder / "odd.commit"
        file.write_bytes(b"tree " + tree.encode() + b"\nauthor J\xfcrgen <j> 1 +0000\n"
                         b"committer J\xfcrgen <j> 1 +0000\n\ncaf\xe9 \x01\n")
        odd.git("update-ref", "refs/heads/main",
                odd.git("hash-object", "-t", "commit", "-w", "--literally", str(file)))
        self.server.add_repository("demo/odd", odd)
        commit = self.api.get("/repos/demo/odd/commits/main").json["commit"]
        self.assertEqual(commit["message"], "caf\ufffd \x01")
        self.assertEqual(commit["author"]["name"], "J\ufffdrgen")

    # ---------------------------------------------------------------- who may

    PATHS = ("branches", "branches/main", "tags", "commits", "commits/main",
             "git/ref/heads/main", "git/refs", "git/refs/heads", "git/matching-refs/heads",
             "git/trees/main", "contents/index.html", "commits/main/pulls",
             "commits/main/check-suites", "compare/main...old")

    def assert_each(self, api, repository, status):
        for path in self.PATHS:
            with self.subTest(path=path):
                answer = api.get(f"/repos/{repository}/{path}")
                self.assertEqual(answer.status, status, answer)

    def test_code_of_a_public_repository_needs_no_token(self):
        self.assert_each(self.nobody, "demo/open", 200)

    def test_code_of_a_private_repository_needs_role_and_scope(self):
        self.assert_each(self.nobody, "demo/shop", 404)
        self.assert_each(self.server.user_with("code-stranger", "repo"), "demo/shop", 404)
        self.server.create_user("code-reader")
        self.server.cli("repo", "grant", "demo/shop", "code-reader", "read")
        for scopes, status in [("repo", 200), ("repo_deployment", 404), ("public_repo", 404),
                               ("repo:status", 404), ("admin:repo_hook", 404)]:
            with self.subTest(scopes=scopes):
                api = self.server.api(self.server.create_token("code-reader", scopes))
                self.assert_each(api, "demo/shop", status)


class Users(EsclusaTest):
    """Accounts, and the server's data about itself."""

    def test_the_authenticated_user(self):
        self.server.create_user("ada")
        one = self.server.api(self.server.create_token("ada", "repo")).get("/user").json
        self.assertEqual((one["login"], one["type"], one["user_view_type"]),
                         ("ada", "User", "public"))
        self.assertNotIn("owned_private_repos", one)
        two = self.server.api(self.server.create_token("ada", "user")).get("/user").json
        self.assertEqual(two["user_view_type"], "private")
        self.assertEqual(two["owned_private_repos"], 0)
        self.assert_error(self.server.api(None).get("/user"), 401, "Requires authentication")

    def test_anyone_may_look_at_accounts(self):
        nobody = self.server.api(None)
        user = nobody.get("/users/Demo").json
        self.assertEqual(user["login"], "demo")
        self.assertEqual(user["public_repos"], 0)  # demo/shop is private
        self.assertNotIn("owned_private_repos", user)
        self.assertEqual(nobody.get(user["url"]).json, user)
        self.assert_error(nobody.get("/users/nobody-here"), 404, "Not Found")
        self.assertEqual(user["type"], "Organization")
        person = self.api.get("/user").json["login"]
        self.assert_error(nobody.get(f"/orgs/{person}"), 404, "Not Found")

    def test_organizations_and_bots_are_accounts(self):
        nobody = self.server.api(None)
        self.server.create_user("guild", "--kind", "organization")
        self.server.create_user("robot[bot]", "--kind", "bot", "--human", "admin")
        self.assertEqual(nobody.get("/users/robot%5Bbot%5D").json["type"], "Bot")
        self.assertEqual(nobody.get("/users/guild").json["type"], "Organization")
        organization = nobody.get("/orgs/GUILD").json
        self.assertEqual(organization["login"], "guild")
        self.assertEqual(organization["url"], self.server.url + "/orgs/guild")

    def test_what_the_server_says_of_itself(self):
        nobody = self.server.api(None)
        self.assertIs(nobody.get("/meta").json["verifiable_password_authentication"], False)
        self.assertEqual(nobody.get("/versions").json, ["2022-11-28", "2026-03-10"])
        zen = nobody.get("/zen")
        self.assertTrue(zen.headers["Content-Type"].startswith("text/plain"))
        self.assertTrue(zen.body.decode().endswith("."))

    def test_the_index(self):
        nobody = self.server.api(None)
        for path in ("/api/v3", "/api/v3/"):
            self.assertEqual(nobody.get(path).json["user_url"],
                             self.server.url + "/api/v3/users/{user}")
        self.assertEqual(nobody.get("/").json["user_url"], self.server.url + "/users/{user}")
        page = nobody.get("/", headers={"Accept": "text/html"})
        self.assertIn("text/html", page.headers["Content-Type"])
        # GitHub's command line reads this to learn the scopes of its token.
        self.assertIn("repo", self.api.get("/api/v3/").headers["X-OAuth-Scopes"])
