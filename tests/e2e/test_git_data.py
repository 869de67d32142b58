"""Git's own data: refs, tags, trees and blobs, and resources of a commit; every address in an
answer can be read."""
import base64
import os
import pathlib
import re
import urllib.parse

from harness import EsclusaTest, Repository

SHOP = "/repos/demo/shop"
MANY = 100_000


class GitData(EsclusaTest):
    """About demo/shop, with an annotated tag in a branch-like name, a folder and a link."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        git = cls.repository
        git.git("switch", "-q", "-c", "folders", "main")
        git.commit("Add folders", {"deep/er/file.txt": "deep\n", "plain": "plain\n"})
        (git.path / "link").symlink_to("plain")
        git.git("add", "link")
        git.git("commit", "-q", "-m", "Add a link")
        git.git("switch", "-q", "main")
        git.git("tag", "light", "main")
        git.git("tag", "tree", "main^{tree}")
        git.git("tag", "blob", "main:index.html")

    def get(self, path, status=200, repository="demo/shop"):
        answer = self.api.get(f"/repos/{repository}{path}")
        self.assertEqual(answer.status, status, answer)
        return answer

    def names(self, path, **more):
        return [ref["ref"] for ref in self.get(path, **more).json]

    # ---------------------------------------------------------------- refs

    def test_an_exact_name_is_one_ref_as_in_the_older_api(self):
        for name in ("heads/main", "heads/feature/login", "tags/v1.0", "heads%2Fmain"):
            with self.subTest(name=name):
                ref = self.get(f"/git/refs/{name}").json
                self.assertEqual(ref, self.get(f"/git/ref/{name}").json)
                self.assertEqual(ref["ref"], "refs/" + urllib.parse.unquote(name))
                self.assertEqual(self.api.get(ref["url"]).json, ref)

    def test_an_exact_name_wins_over_those_that_begin_so(self):
        for name in ("accepted-1", "accepted-1-1"):
            self.repository.git("tag", name, "main")
        self.addCleanup(self.repository.git, "tag", "-d", "accepted-1-1")
        self.assertEqual(self.get("/git/refs/tags/accepted-1").json["ref"], "refs/tags/accepted-1")
        self.assertEqual(self.names("/git/matching-refs/tags/accepted-1"),
                         ["refs/tags/accepted-1", "refs/tags/accepted-1-1"])
        self.repository.git("tag", "-d", "accepted-1")
        self.assertEqual(self.names("/git/refs/tags/accepted-1"), ["refs/tags/accepted-1-1"])

    def test_no_exact_name_is_all_that_begin_so(self):
        heads = self.names("/git/matching-refs/heads")
        self.assertEqual(len(heads), 4)
        for path in ("heads", "heads/"):
            self.assertEqual(self.names("/git/refs/" + path), heads)
            self.assertEqual(self.names("/git/matching-refs/" + path), heads)
        self.assertEqual(self.names("/git/refs/heads/fea"), ["refs/heads/feature/login"])
        for name in ("heads/nope", "headz", "main", "refs/heads/main", "heads/*", "heads/ma~1"):
            with self.subTest(name=name):
                self.assert_error(self.get(f"/git/refs/{name}", 404), 404, "Not Found")
                self.assertEqual(self.get(f"/git/matching-refs/{name}").json, [])

    def test_all_refs_come_in_pages_and_behind_a_slash_at_once(self):
        everything = self.names("/git/refs/")
        self.assertEqual(everything, self.names("/git/matching-refs/"))
        self.assertIn("refs/heads/main", everything)
        self.assertIn("refs/tags/v1.0", everything)
        answer = self.get("/git/refs?per_page=2")
        self.assertEqual([ref["ref"] for ref in answer.json], everything[:2])
        self.assertEqual([rel for rel, _ in answer.links()], ["next", "last"])
        self.assertEqual([ref["ref"] for ref in self.api.all_pages(SHOP + "/git/refs?per_page=2")],
                         everything)

    def test_pages_end_for_a_client_that_appends_a_second_query_to_each_link(self):
        everything, url = [], SHOP + "/git/refs?per_page=2"
        for _ in range(10):
            answer = self.api.get(url)
            self.assertIn(len(answer.json), (1, 2), answer)
            everything += [ref["ref"] for ref in answer.json]
            following = dict(answer.links()).get("next")
            if not following:
                break
            url = following + "?per_page=2"  # as PyGithub 1.55 does
        self.assertEqual(everything, self.names("/git/refs/"))

    def test_a_prefix_has_pages_for_who_asks_for_one(self):
        heads = self.names("/git/refs/heads")
        answer = self.get("/git/refs/heads?per_page=3")
        self.assertEqual([ref["ref"] for ref in answer.json], heads[:3])
        self.assertEqual([rel for rel, _ in answer.links()], ["next", "last"])
        self.assertEqual(
            [ref["ref"] for ref in self.api.all_pages(SHOP + "/git/refs/heads?per_page=3")], heads)
        self.assertEqual(self.get("/git/refs/heads?page=9").json, [])
        self.get("/git/refs/headz?page=1", 404)

    def test_an_empty_repository_says_so(self):
        self.server.add_repository("demo/bare", Repository(self.server.folder / "bare", bare=True))
        for path in ("git/refs", "git/refs/", "git/refs/heads", "git/refs/heads?per_page=100",
                     "git/refs/heads/main", "git/matching-refs/heads", "git/ref/heads/main",
                     f"git/tags/{'0' * 40}", f"git/commits/{'0' * 40}", "git/trees/main",
                     f"git/blobs/{'0' * 40}", "commits/main/pulls",
                     "commits/main/branches-where-head"):
            with self.subTest(path=path):
                answer = self.get("/" + path, 409, repository="demo/bare")
                self.assert_error(answer, 409, "Git Repository is empty.")
        self.assert_error(self.get("/contents/a", 404, repository="demo/bare"), 404,
                          "This repository is empty.")

    # ---------------------------------------------------------------- long lists

    def many(self, name, count):
        """A repository with `count` packed tags."""
        git = Repository(self.server.folder / name, bare=True)
        sha = self.repository.sha("main")
        git.git("fetch", "-q", "--no-tags", str(self.repository.path), "main:main")
        tags = "".join(f"{sha} refs/tags/t{number:06}\n" for number in range(count))
        (git.path / "packed-refs").write_text(
            "# pack-refs with: peeled fully-peeled sorted \n" + tags)
        self.server.add_repository(f"demo/{name}", git)

    def test_45_tags_come_at_once(self):
        self.many("some", 45)
        for path in ("/git/matching-refs/tags", "/git/matching-refs/tags/", "/git/refs/tags",
                     "/git/matching-refs/tags/?per_page=30&page=2"):
            with self.subTest(path=path):
                answer = self.get(path, repository="demo/some")
                self.assertEqual(len(answer.json), 45)
                self.assertEqual(answer.links(), [])
        etag = self.get("/git/matching-refs/tags", repository="demo/some").headers["ETag"]
        again = self.api.get("/repos/demo/some/git/matching-refs/tags",
                             headers={"If-None-Match": etag})
        self.assertEqual(again.status, 304)
        self.assertEqual(len(self.get("/git/refs", repository="demo/some").json), 30)

    def test_100_000_tags_come_at_once_and_are_not_held_in_memory(self):
        self.many("very-many", MANY)
        before = self.most_memory()
        for path in ("/git/matching-refs/tags/", "/git/refs/tags"):
            answer = self.get(path, repository="demo/very-many")
            refs = answer.json
            self.assertEqual([refs[0]["ref"], refs[-1]["ref"]],
                             ["refs/tags/t000000", f"refs/tags/t{MANY - 1:06}"])
            self.assertEqual([ref["ref"] for ref in refs], sorted({ref["ref"] for ref in refs}))
            self.assertEqual(len(refs), MANY)
            self.assertIsNone(answer.headers["Content-Length"])
            self.assertLess(self.most_memory() - before, len(answer.body) // 3)
        head = self.api.request("HEAD", "/repos/demo/very-many/git/refs/tags")
        self.assertEqual((head.status, head.body), (200, b""))
        self.assertEqual(len(self.get("/git/refs/tags?per_page=100&page=1000",
                                      repository="demo/very-many").json), 100)

    def most_memory(self):
        """The server's peak memory in bytes."""
        status = pathlib.Path(f"/proc/{self.server.process.pid}/status").read_text()
        return int(re.search(r"^VmHWM:\s+(\d+) kB", status, re.M)[1]) * 1024

    # ---------------------------------------------------------------- objects

    def test_an_annotated_tag(self):
        sha = self.repository.git("rev-parse", "v1.0")
        tag = self.get(f"/git/tags/{sha}").json
        self.assertEqual(tag["sha"], sha)
        self.assertEqual(tag["tag"], "v1.0")
        self.assertEqual(tag["object"]["sha"], self.repository.sha("v1.0"))
        self.assertEqual(tag["object"]["type"], "commit")
        self.assertEqual(tag["verification"], {
            "verified": False, "reason": "unsigned", "signature": None, "payload": None,
            "verified_at": None})
        self.assertTrue(tag["message"].endswith("\n"))
        self.assertEqual(self.api.get(tag["url"]).json, tag)
        self.assertEqual(self.get(f"/git/tags/{sha.upper()}").json, tag)
        for other in (self.repository.sha("light"), "v1.0", "light", sha[:10], "0" * 40,
                      self.repository.git("rev-parse", "main^{tree}")):
            with self.subTest(other=other):
                self.assert_error(self.get(f"/git/tags/{other}", 404), 404, "Not Found")

    def test_a_commit_as_git_has_it(self):
        sha = self.repository.sha("main")
        commit = self.get(f"/git/commits/{sha}").json
        full = self.get(f"/commits/{sha}").json
        for name in ("author", "committer", "message", "tree", "verification"):
            self.assertEqual(commit[name], full["commit"][name])
        self.assertEqual(commit["url"], full["commit"]["url"])
        self.assertEqual([parent["sha"] for parent in commit["parents"]],
                         [parent["sha"] for parent in full["parents"]])
        for other in ("main", sha[:10], "0" * 40, self.repository.git("rev-parse", "v1.0")):
            self.get(f"/git/commits/{other}", 404)

    def test_a_tree_by_its_sha_or_a_ref(self):
        sha = self.repository.git("rev-parse", "folders^{tree}")
        tree = self.get(f"/git/trees/{sha}").json
        for other in ("folders", "heads/folders", self.repository.sha("folders")):
            self.assertEqual(self.get(f"/git/trees/{other}").json, tree)
        kinds = {one["path"]: (one["mode"], one["type"]) for one in tree["tree"]}
        self.assertEqual(kinds["deep"], ("040000", "tree"))
        self.assertEqual(kinds["link"], ("120000", "blob"))
        self.assertNotIn("deep/er/file.txt", kinds)
        whole = self.get(f"/git/trees/{sha}?recursive=1").json
        paths = {one["path"]: one for one in whole["tree"]}
        self.assertEqual(paths["deep/er/file.txt"]["size"], 5)
        self.assertIs(whole["truncated"], False)
        self.get("/git/trees/nope", 404)
        self.get("/git/trees/" + self.repository.git("rev-parse", "main:index.html"), 404)

    def test_a_blob(self):
        sha = self.repository.git("rev-parse", "folders:plain")
        blob = self.get(f"/git/blobs/{sha}").json
        self.assertEqual(base64.b64decode(blob["content"]), b"plain\n")
        self.assertEqual((blob["size"], blob["encoding"]), (6, "base64"))
        raw = self.api.get(blob["url"], headers={"Accept": "application/vnd.github.raw+json"})
        self.assertEqual(raw.body, b"plain\n")
        self.get("/git/blobs/" + self.repository.sha("main"), 404)
        large = self.server.folder / "large"
        large.write_bytes(b"x" * (1024 * 1024 + 1))
        sha = self.repository.git("hash-object", "-w", str(large))
        self.assertEqual(self.get(f"/git/blobs/{sha}", 403).json["reason_code"], "blob_too_large")

    def test_files_and_folders_by_their_paths(self):
        file = self.get("/contents/deep/er/file.txt?ref=folders").json
        self.assertEqual((file["type"], file["name"], file["path"]),
                         ("file", "file.txt", "deep/er/file.txt"))
        self.assertEqual(base64.b64decode(file["content"]), b"deep\n")
        self.assertEqual(self.api.get(file["url"]).json, file)
        self.assertEqual(self.get("/contents/link?ref=folders").json["target"], "plain")
        self.assertEqual([one["path"] for one in self.get("/contents/deep/?ref=folders").json],
                         ["deep/er"])
        root = self.get("/contents?ref=folders").json
        self.assertEqual(root, self.get("/contents/?ref=folders").json)
        self.assertEqual({one["path"]: one["type"] for one in root}["link"], "symlink")
        self.assertEqual(self.get("/contents/index.html").json["content"],
                         base64.b64encode(b"three\n").decode())
        for path in ("/contents/nope", "/contents/plain", "/contents/../main",
                     "/contents/deep/file.txt?ref=folders"):
            self.get(path, 404)
        self.assert_error(self.get("/contents/plain?ref=nope", 404), 404,
                          "No commit found for the ref nope")

    # ---------------------------------------------------------------- below a commit

    def test_a_commit_has_no_pull_requests_and_no_comments(self):
        for ref in (self.repository.sha("main"), "main", "feature/login", "heads/feature%2Flogin"):
            for name in ("pulls", "comments"):
                with self.subTest(ref=ref, name=name):
                    self.assertEqual(self.get(f"/commits/{ref}/{name}").json, [])
        for name in ("pulls", "branches-where-head"):
            self.assert_error(self.get(f"/commits/nope/{name}", 422), 422,
                              "No commit found for SHA: nope")
        self.assert_error(self.get("/commits/nope/comments", 404), 404,
                          "No commit found for the ref nope")

    def test_the_branches_that_end_with_a_commit(self):
        sha = self.repository.sha("feature/login")
        branches = self.get(f"/commits/{sha}/branches-where-head").json
        self.assertEqual([branch["name"] for branch in branches], ["feature/login"])
        self.assertEqual(branches[0]["commit"]["sha"], sha)
        parent = self.repository.sha("main~1")
        self.assertEqual(self.get(f"/commits/{parent}/branches-where-head").json, [])

    def test_each_check_run_is_a_suite_of_its_own(self):
        sha = self.repository.sha("folders")
        self.assertEqual(self.get("/commits/folders/check-suites").json,
                         {"total_count": 0, "check_suites": []})
        for name in ("build", "lint"):
            made = self.api.post(SHOP + "/check-runs", {"name": name, "head_sha": sha,
                                                        "conclusion": "success"})
            self.assertEqual(made.status, 201, made)
        listing = self.get("/commits/folders/check-suites")
        self.assertEqual(listing.json["total_count"], 2)
        suite = listing.json["check_suites"][0]
        self.assertEqual((suite["status"], suite["conclusion"], suite["head_sha"]),
                         ("completed", "success", sha))
        self.assertEqual(suite["head_commit"]["id"], sha)
        self.assertEqual(suite["id"], made.json["check_suite"]["id"])
        self.assertEqual(self.api.get(suite["url"]).json, suite)
        self.assertEqual(self.api.get(suite["check_runs_url"]).json["check_runs"], [made.json])
        paged = self.get("/commits/folders/check-suites?per_page=1")
        self.assertEqual([rel for rel, _ in paged.links()], ["next", "last"])
        named = self.get("/commits/folders/check-suites?check_name=build").json
        self.assertEqual(named["total_count"], 1)
        self.assertEqual(self.api.get(suite["check_runs_url"] + "?check_name=other").json,
                         {"total_count": 0, "check_runs": []})
        self.get("/check-suites/999999", 404)
        self.get("/commits/nope/check-suites", 404)

    # ---------------------------------------------------------------- addresses

    # URLs of pages for people, and of the caller's own data, which docs/api.md excepts.
    NO_API = {"html_url", "blob_url", "raw_url", "diff_url", "patch_url", "permalink_url",
              "avatar_url", "details_url", "external_url", "html", "blob_href"}

    def addresses(self, json):
        """The API addresses, without templates, in an answer about code."""
        if isinstance(json, list):
            return set().union(*map(self.addresses, json)) if json else set()
        if not isinstance(json, dict):
            return set()
        found = set()
        for name, value in json.items():
            if name in ("owner", "repository", "app"):
                continue  # addresses of accounts and repositories have their own tests
            found |= self.addresses(value)
            is_address = name in ("url", "self", "git") or name.endswith("_url")
            if is_address and name not in self.NO_API and value and "{" not in value:
                found.add(value)
        return found

    def test_each_address_that_an_answer_names_answers(self):
        self.server.cli("repo", "protect", "demo/shop", "main")
        self.addCleanup(self.server.cli, "repo", "protect", "demo/shop", "main", "--remove")
        made = self.api.post(SHOP + "/check-runs", {
            "name": "crawl", "head_sha": self.repository.sha("main"), "conclusion": "success"})
        unvisited = {self.server.url + SHOP + path for path in (
            "/branches", "/branches/main", "/tags", "/commits", "/commits/folders",
            "/compare/old...folders", "/git/refs", "/git/matching-refs/", "/contents?ref=folders",
            "/git/trees/folders?recursive=1", "/commits/main/check-runs",
            "/commits/main/check-suites", f"/check-runs/{made.json['id']}",
            "/commits/main/branches-where-head")}
        done = set()
        while unvisited:
            url = unvisited.pop()
            done.add(url)
            answer = self.api.get(url)
            with self.subTest(url=url):
                if answer.status == 302:
                    unvisited.add(answer.headers["Location"])
                    continue
                self.assertEqual(answer.status, 200, answer)
                unvisited |= self.addresses(answer.json) - done
        self.assertGreater(len(done), 60)
        for kind in ("commits", "tags", "trees", "blobs", "refs"):
            self.assertTrue(any(f"/git/{kind}/" in url for url in done), kind)

    def test_names_that_are_no_utf8_have_addresses_too(self):
        git = Repository(self.server.folder / "bytes")
        (git.path / os.fsdecode(b"caf\xe9")).write_text("coffee\n")
        git.git("add", "-A")
        git.git("commit", "-q", "-m", "Sell coffee")
        git.git("update-ref", os.fsdecode(b"refs/tags/caf\xe9"), "main")
        self.server.add_repository("demo/bytes", git)
        [ref] = self.get("/git/matching-refs/tags", repository="demo/bytes").json
        self.assertEqual(ref["ref"], "refs/tags/caf\ufffd")
        self.assertTrue(ref["url"].endswith("/git/refs/tags/caf%E9"))
        self.assertEqual(self.api.get(ref["url"]).json, ref)
        [file] = self.get("/commits/main", repository="demo/bytes").json["files"]
        content = self.api.get(file["contents_url"])
        self.assertEqual((content.status, content.json["path"]), (200, "caf\ufffd"))
        self.assertEqual(self.api.get(content.json["url"]).json["sha"], file["sha"])

    def test_an_unprotected_branch_says_so(self):
        self.assert_error(self.get("/branches/old/protection", 404), 404, "Branch not protected")
        self.assert_error(self.get("/branches/nope/protection", 404), 404, "Branch not found")

    def test_what_a_repository_has_on_github_and_never_here_is_empty(self):
        shop = self.get("").json
        for name, empty in (("forks_url", []), ("stargazers_url", []), ("subscribers_url", []),
                            ("languages_url", {})):
            self.assertEqual(self.api.get(shop[name]).json, empty)
