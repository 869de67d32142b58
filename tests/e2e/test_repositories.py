"""Registered repositories: the examination, the default branch, changes and removal."""
import shutil
import unittest

from harness import EsclusaTest, Repository, make_repository

DEPLOYMENTS = "/deployments"


class Repositories(EsclusaTest):
    server_settings = {"arguments": ("--ssh-address", "git@deploy.example.org:2222")}

    def add(self, *flags, name=None):
        """Registers a new bare repository; returns its path in the API, and the repository."""
        name = name or self.environment()[:60]
        work = make_repository(self.server.folder, f"{name}-work")
        bare = Repository(self.server.folder / f"{name}.git", bare=True)
        work.git("push", "-q", "--mirror", str(bare.path))
        self.server.cli("repo", "add", f"demo/{name}", bare.path, *flags)
        return f"/repos/demo/{name}", bare

    def listed(self, name):
        lines = self.server.cli("repo", "list").stdout.splitlines()
        return next((line for line in lines if f" demo/{name} " in line), None)

    def test_the_default_branch_follows_head(self):
        path, bare = self.add("--writable")
        self.assertEqual(self.api.get(path).json["default_branch"], "main")
        bare.git("branch", "-m", "main", "trunk")
        self.assertEqual(self.api.get(path).json["default_branch"], "trunk")
        answer = self.api.post(path + DEPLOYMENTS, {"ref": "old"})
        self.assertEqual((answer.status, answer.json["message"]),
                         (202, "Auto-merged trunk into old on deployment."))
        self.assertEqual(len(self.api.get(f"{path}/commits").json), 3)

    def test_without_a_default_branch_nothing_is_let_through(self):
        path, bare = self.add("--writable")
        bare.git("symbolic-ref", "HEAD", "refs/heads/gone")
        for answer in (self.api.post(path + DEPLOYMENTS, {"ref": "old"}),
                       self.api.get(f"{path}/commits")):
            self.assert_error(answer, 409)
            self.assertEqual(answer.json["reason_code"], "default_branch_missing")
        self.assertIn("HEAD of the repository points to gone", self.listed(self.environment()[:60]))
        answer = self.api.patch(path, {"default_branch": "main"})
        self.assertEqual((answer.status, answer.json["default_branch"]), (200, "main"))
        self.assertEqual(bare.git("symbolic-ref", "HEAD"), "refs/heads/gone")
        self.assertEqual(self.api.post(path + DEPLOYMENTS, {"ref": "old"}).status, 202)

    def test_patch(self):
        path, _ = self.add("--private")
        answer = self.api.patch(path, {"description": "Shop", "private": False})
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual((answer.json["description"], answer.json["visibility"]),
                         ("Shop", "public"))
        self.assertEqual(self.server.api(None).get(path).json["description"], "Shop")
        self.assert_error(self.api.patch(path, {"default_branch": "nope"}), 422)
        self.assert_error(self.api.patch(path, {"archived": True}), 422)
        moved = self.api.patch(path, {"name": "patched"}).json
        self.assertEqual(moved["full_name"], "demo/patched")
        self.assertEqual(self.api.get(path).status, 301)

    def test_git_is_sent_to_the_ssh_door(self):
        path, _ = self.add()
        name = path.removeprefix("/repos/")
        url = f"ssh://git@deploy.example.org:2222/{name}.git"
        answer = self.api.get(path).json
        self.assertEqual([answer[key] for key in ("ssh_url", "clone_url", "git_url")], [url] * 3)

    def test_set(self):
        path, bare = self.add("--writable")
        name = path.removeprefix("/repos/")
        done = self.server.cli("repo", "set", name, "--read-only", "--default-branch", "old")
        self.assertIn("read-only, auto_merge ignore, default branch old", done.stdout)
        self.assertEqual(self.api.get(path).json["default_branch"], "old")
        done = self.server.cli("repo", "set", name, "--default-branch", "auto")
        self.assertIn("default branch main as HEAD says", done.stdout)
        moved = bare.path.with_name("moved-" + bare.path.name)
        shutil.move(bare.path, moved)
        self.assertIn("No such file", self.listed(path.split("/")[-1]))
        self.server.cli("repo", "set", name, "--path", moved)
        self.assertTrue(self.listed(path.split("/")[-1]).endswith(" ok"))

    def test_what_borrows_or_lacks_objects_is_refused(self):
        _, bare = self.add(name="pool")
        borrower = Repository(self.server.folder / "borrower.git", bare=True)
        (borrower.path / "objects/info/alternates").write_text(f"{bare.path}/objects\n")
        refused = self.server.cli("repo", "add", "demo/borrower", borrower.path, check=False)
        self.assertEqual(refused.returncode, 1)
        flag = f"--alternate {bare.path}/objects"
        self.assertIn(flag, refused.stderr)
        done = self.server.cli("repo", "add", "demo/borrower", borrower.path, *flag.split())
        self.assertIn(f"It borrows objects from {bare.path}/objects.", done.stdout)
        shallow = self.server.folder / "shallow.git"
        bare.git("clone", "-q", "--bare", "--depth=1", f"file://{bare.path}", str(shallow))
        refused = self.server.cli("repo", "add", "demo/shallow", shallow, check=False)
        self.assertIn("fetch --unshallow", refused.stderr)

    def test_remove(self):
        path, bare = self.add("--writable")
        name = path.removeprefix("/repos/")
        receiver = self.receiver()
        hook = {"config": {"url": receiver.url, "content_type": "json"},
                "events": ["deployment", "deployment_status"]}
        self.assertEqual(self.api.post(f"{path}/hooks", hook).status, 201)
        self.api.request("PUT", f"{path}/environments/guarded", {"wait_timer": 30})
        held = self.api.post(path + DEPLOYMENTS, {
            "ref": "main", "auto_merge": False, "required_contexts": [],
            "environment": "guarded"}).json
        number = self.api.get(path).json["id"]
        done = self.server.cli("repo", "remove", name)
        self.assertIn("ended 1 deployment that waited, deleted 1 hook", done.stdout)
        for gone in (path, f"/repositories/{number}", held["url"], f"{path}/hooks"):
            self.assertEqual(self.api.get(gone).status, 404, gone)
        self.assertIsNone(self.listed(path.split("/")[-1]))
        self.server.cli("repo", "add", name, bare.path, "--writable")
        again = self.api.get(path).json
        self.assertGreater(again["id"], number)
        self.assertEqual(self.api.get(path + DEPLOYMENTS).json, [])
        self.assertEqual(self.api.get(f"/repositories/{number}").status, 404)


if __name__ == "__main__":
    unittest.main()
