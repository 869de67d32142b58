"""Git over SSH without sshd: the output of `esclusa-ssh keys`, and git over `esclusa-ssh
serve`."""
import os
import signal
import subprocess
import unittest

from harness import SSH_PROGRAM, Repository, make_repository
from public_keys import line, public_key
from ssh_door import DoorTest, children_of, git_of, has_ended

ZEROS = "0" * 40


class Keys(DoorTest):
    """esclusa-ssh keys"""

    def test_a_line_for_a_key_that_opens_something(self):
        key_id = self.add_key()
        key = public_key(self.id())
        done = self.keys(*key.split())
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, f'restrict,command="{os.path.realpath(SSH_PROGRAM)} serve '
                                      f'--key-id {key_id} --socket {self.socket}" {key}\n')
        self.assertIsNone(self.api.get(f"{self.path}/keys/{key_id}").json["last_used"])

    def test_nothing_for_everything_else(self):
        expired = self.add_key("expired", expires_at="2100-01-01T00:00:00Z")
        deleted = self.add_key("deleted")
        self.api.delete(f"{self.path}/keys/{deleted}")
        self.server.create_user("mallory")
        self.server.cli("repo", "grant", f"demo/{self.name}", "mallory", "admin")
        mallory = self.server.api(self.server.create_token("mallory", "repo"))
        answer = mallory.post(f"{self.path}/keys", {"key": public_key("mallory")})
        self.assertEqual(answer.status, 201, answer)
        self.assertEqual(self.keys(*public_key("mallory").split()).returncode, 0)
        self.server.cli("user", "block", "mallory")
        good = public_key(self.id())
        self.add_key()
        self.assertEqual(self.keys(*public_key("expired").split()).returncode, 0)
        for name, arguments in {
                "deleted": public_key("deleted").split(),
                "blocked": public_key("mallory").split(),
                "unknown": public_key("unknown").split(),
                "damaged": (good.split()[0], good.split()[1][:-4]),
                "another type": ("ssh-rsa", good.split()[1]),
                "certificate": line("ssh-ed25519-cert-v01@openssh.com", b"a").split(),
                "a comment": (good.split()[0], good.split()[1] + " x"),
                "a line more": (good.split()[0], good.split()[1] + "\n" + good),
                "options": ("no-pty", good),
                "nothing": ("", ""),
        }.items():
            with self.subTest(name=name):
                done = self.keys(*arguments)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertTrue(done.stderr.startswith("esclusa: "), done.stderr)
        self.assertTrue(expired)

    def test_nothing_without_a_server(self):
        good = public_key(self.id()).split()
        self.add_key()
        nowhere = self.keys(*good, socket=self.folder / "none.sock")
        self.assertNotEqual((nowhere.returncode, nowhere.stdout), (0, ""))
        self.assertEqual(nowhere.stdout, "")
        self.assertEqual(self.keys(*good, socket="run/keys.sock").stdout, "")
        self.assertEqual(self.keys(*good, socket="/tmp/a b").stdout, "")
        # The server hangs: the key is refused nevertheless.
        self.server.process.send_signal(signal.SIGSTOP)
        try:
            hanging = self.keys(*good)
        finally:
            self.server.process.send_signal(signal.SIGCONT)
        self.assertNotEqual(hanging.returncode, 0)
        self.assertEqual(hanging.stdout, "")

    def test_the_socket_answers_nothing_else(self):
        curl = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket",
                str(self.socket)]
        for path in ("/esclusa/admin/users", "/livez", "/", "/meta", self.path,
                     "/esclusa/events", "/openapi.json"):
            with self.subTest(path=path):
                done = subprocess.run([*curl, f"http://local{path}"], check=True,
                                      capture_output=True, text=True)
                self.assertEqual(done.stdout, "404")
        self.assertEqual(os.stat(self.socket).st_mode & 0o777, 0o600)


class Sessions(DoorTest):
    """esclusa-ssh serve"""

    def test_a_key_that_may_read_clones_and_does_not_push(self):
        key_id = self.add_key(read_only=True)
        self.api.post(f"{self.path}/deployments", {"ref": "main", "required_contexts": []})
        clone = self.clone(key_id)
        self.assertEqual(self.git(0, "rev-parse", "HEAD", directory=clone).stdout.strip(),
                         self.bare.sha("main"))
        key = self.api.get(f"{self.path}/keys/{key_id}").json
        self.assertIsNotNone(key["last_used"])
        refs = self.git(key_id, "ls-remote", self.url()).stdout
        self.assertIn("refs/heads/old", refs)
        self.assertNotIn("refs/deployments", refs)
        self.assertIn("refs/deployments", self.bare.git("for-each-ref"))
        self.commit(clone)
        refused = self.git(key_id, "push", "origin", "main", directory=clone, check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn(f"esclusa: this deploy key may read demo/{self.name}, but not push to it",
                      refused.stderr)
        self.assertEqual(self.pushes(), [])

    def test_both_protocols(self):
        key_id = self.add_key()
        for version in "012":
            with self.subTest(version=version):
                done = self.git(key_id, "-c", f"protocol.version={version}", "ls-remote",
                                self.url())
                self.assertIn("refs/tags/v1.0", done.stdout)

    def test_a_push_is_an_event_and_what_a_deployment_gets(self):
        key_id = self.add_key()
        clone = self.clone(key_id)
        before, after = self.bare.sha("main"), self.commit(clone)
        self.git(key_id, "push", "-q", "origin", "main", directory=clone)
        [push] = self.pushes()
        self.assertEqual((push["ref"], push["before"], push["after"]),
                         ("refs/heads/main", before, after))
        self.assertEqual((push["created"], push["deleted"], push["forced"]), (False, False, False))
        self.assertEqual([commit["id"] for commit in push["commits"]], [after])
        self.assertEqual(push["commits"][0]["added"], ["new.txt"])
        self.assertTrue(push["commits"][0]["distinct"])
        self.assertEqual(push["head_commit"]["id"], after)
        self.assertEqual((push["pusher"]["name"], push["sender"]["login"]), ("admin", "admin"))
        answer = self.api.post(f"{self.path}/deployments", {"ref": "main",
                                                            "required_contexts": []})
        self.assertEqual((answer.status, answer.json["sha"]), (201, after))

    def test_branches_and_tags_come_move_by_force_and_go(self):
        key_id = self.add_key()
        clone = self.clone(key_id)
        main, new = self.bare.sha("main"), self.commit(clone)
        push = lambda *what: self.git(key_id, "push", "-q", "origin", *what, directory=clone)
        push("HEAD:refs/heads/-topic", "v1.0:refs/tags/v2.0")
        branch, tag = self.pushes()
        self.assertEqual((branch["ref"], branch["before"], branch["after"], branch["created"]),
                         ("refs/heads/-topic", ZEROS, new, True))
        self.assertEqual([commit["id"] for commit in branch["commits"]], [new])
        self.assertEqual((tag["ref"], tag["created"], tag["commits"]),
                         ("refs/tags/v2.0", True, []))
        self.assertEqual(tag["after"], self.bare.git("rev-parse", "refs/tags/v2.0"))
        self.assertEqual(tag["head_commit"]["id"], self.bare.sha("v1.0"))
        # The other branch first gets objects that the server already has, and is then moved back;
        # both are deleted.
        push("HEAD:refs/heads/old", "--force")
        push(f"{main}:refs/heads/-topic", "--force")
        push(":refs/heads/-topic", ":refs/tags/v2.0")
        old, back, gone, gone_tag = self.pushes()[2:]
        self.assertTrue(old["forced"])
        self.assertIn(new, [commit["id"] for commit in old["commits"]])
        self.assertEqual({commit["distinct"] for commit in old["commits"]}, {False})
        self.assertEqual((back["forced"], back["commits"], back["head_commit"]["id"]),
                         (True, [], main))
        self.assertEqual((gone["ref"], gone["deleted"], gone["after"], gone["head_commit"]),
                         ("refs/heads/-topic", True, ZEROS, None))
        self.assertEqual((gone_tag["ref"], gone_tag["deleted"]), ("refs/tags/v2.0", True))

    def test_what_is_refused(self):
        key_id = self.add_key()
        other = Repository(self.server.folder / f"{self.name}-other.git", bare=True)
        self.server.add_repository(f"demo/{self.name}-other", other, "--writable")
        for command in (None, "", "sh", "git-upload-pack", f"git-upload-pack demo/{self.name}",
                        f"git-upload-archive 'demo/{self.name}'",
                        f"git-lfs-authenticate demo/{self.name}.git download",
                        f"git-upload-pack 'demo/{self.name}-other.git'",
                        f"git-upload-pack '{self.bare.path}'", "git-upload-pack 'demo/nothing'",
                        f"git-upload-pack '--help'; 'demo/{self.name}'",
                        f"git-upload-pack 'demo/{self.name}.git' --help",
                        f"git-upload-pack  'demo/{self.name}.git'", "x" * 5000):
            with self.subTest(command=command):
                done = self.serve(key_id, command)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertTrue(done.stderr.startswith("esclusa: "), done.stderr)
        unknown = self.serve(999_999, f"git-upload-pack 'demo/{self.name}.git'")
        self.assertIn("opens nothing any more", unknown.stderr)
        good = self.serve(key_id, f"git upload-pack '/demo/{self.name}'")
        self.assertIn("refs/heads/main", good.stdout)

    def test_a_repository_that_was_renamed_is_found_by_its_former_name(self):
        key_id = self.add_key()
        self.server.cli("repo", "rename", f"demo/{self.name}", f"{self.name}-2")
        self.assertIn("refs/heads/main", self.git(key_id, "ls-remote", self.url()).stdout)
        self.assertIn("refs/heads/main",
                      self.git(key_id, "ls-remote", self.url(f"{self.name}-2")).stdout)

    def test_nobody_pushes_where_it_is_read_only(self):
        other = Repository(self.server.folder / f"{self.name}-fixed.git", bare=True)
        self.repository.git("push", "-q", other.path, "main")
        self.server.add_repository(f"demo/{self.name}-fixed", other)
        answer = self.api.post(f"/repos/demo/{self.name}-fixed/keys",
                               {"key": public_key(self.id())})
        done = self.serve(answer.json["id"], f"git-receive-pack 'demo/{self.name}-fixed.git'")
        self.assertEqual(done.returncode, 1)
        self.assertIn("is registered as read-only", done.stderr)
        self.assertEqual(self.serve(answer.json["id"],
                                    f"git-upload-pack 'demo/{self.name}-fixed.git'").stderr, "")

    def test_hidden_refs_and_broken_objects_are_not_pushed(self):
        key_id = self.add_key()
        clone = self.clone(key_id)
        new = self.commit(clone)
        hidden = self.git(key_id, "push", "origin", f"HEAD:refs/deployments/{new}",
                          directory=clone, check=False)
        self.assertIn("deny updating a hidden ref", hidden.stderr)
        tree = self.git(0, "rev-parse", "HEAD^{tree}", directory=clone).stdout.strip()
        broken = subprocess.run(
            ["git", "hash-object", "-t", "commit", "-w", "--stdin", "--literally"], cwd=clone,
            input=f"tree {tree}\nauthor Nobody\ncommitter Nobody\n\nbroken\n", check=True,
            capture_output=True, text=True).stdout.strip()
        refused = self.git(key_id, "push", "origin", f"{broken}:refs/heads/broken",
                           directory=clone, check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("fsck error", refused.stderr)
        self.assertEqual(self.pushes(), [])

    def test_only_branches_tags_and_notes_are_pushed(self):
        key_id = self.add_key()
        clone = self.clone(key_id)
        new, refused_refs = self.commit(clone), ["refs/pull/1/head", "refs/stash"]
        refused_refs.append(f"refs/replace/{self.bare.sha('main')}")
        done = self.git(key_id, "push", "origin", "HEAD:main",
                        *(f"HEAD:{ref}" for ref in refused_refs), "HEAD:refs/tags/last",
                        directory=clone, check=False)
        self.assertNotEqual(done.returncode, 0)
        for ref in refused_refs:
            self.assertIn(f"esclusa: {ref} cannot be pushed: only branches, tags and notes can",
                          done.stderr)
        self.assertNotIn("refs/heads/main cannot", done.stderr)
        self.assertEqual(done.stderr.count("cannot be pushed"), len(refused_refs))
        self.assertIn("esclusa: the push was refused as a whole", done.stderr)
        self.assertNotEqual(self.bare.sha("main"), new)
        self.assertEqual(self.pushes(), [])
        self.git(key_id, "push", "-q", "origin", "HEAD:refs/notes/commits", "HEAD:main",
                 directory=clone)
        self.assertEqual(self.bare.git("rev-parse", "refs/notes/commits"), new)

    def test_a_commit_is_fetched_by_its_sha_in_all_protocols(self):
        key_id = self.add_key(read_only=True)
        answer = self.api.post(f"{self.path}/deployments", {
            "ref": "main", "required_contexts": [], "environment": "fetched"})
        deployed, tip = answer.json["sha"], self.bare.sha("old")
        # A deployed commit that a force-push has left behind, a commit behind a branch, and one
        # that no ref reaches.
        self.bare.git("update-ref", "refs/heads/main", tip)
        lost = self.bare.git("commit-tree", "-m", "lost", f"{tip}^{{tree}}")
        behind = self.bare.git("rev-parse", f"{deployed}~1")
        self.assertNotEqual(deployed, tip)
        for version in "012":
            for sha in (deployed, behind, lost, tip):
                with self.subTest(version=version, sha=sha):
                    place = Repository(self.folder / f"fetch-{version}-{sha}", bare=True)
                    self.git(key_id, "-c", f"protocol.version={version}", "fetch", "-q",
                             self.url(), sha, directory=place.path)
                    self.assertEqual(place.git("rev-parse", "FETCH_HEAD"), sha)
                    refused = self.git(key_id, "-c", f"protocol.version={version}", "fetch", "-q",
                                       self.url(), "1" * 40, directory=place.path, check=False)
                    self.assertIn("not our ref", refused.stderr)

    def test_a_branch_that_somebody_works_on_stays(self):
        name = f"{self.name}-work"
        work = make_repository(self.server.folder, name)
        self.server.add_repository(f"demo/{name}", work, "--writable")
        key = self.api.post(f"/repos/demo/{name}/keys", {"key": public_key(self.id())}).json["id"]
        self.git(key, "clone", "-q", self.url(name), "clone")
        clone = self.folder / "clone"
        self.commit(clone)
        refused = self.git(key, "push", "origin", "HEAD:main", directory=clone, check=False)
        self.assertIn("refusing to update checked out branch", refused.stderr)
        self.git(key, "push", "-q", "origin", "HEAD:topic", directory=clone)

    def test_nothing_of_the_clients_environment_reaches_git(self):
        key_id = self.add_key()
        trace = self.folder / "trace"
        done = self.serve(key_id, f"git-upload-pack 'demo/{self.name}.git'",
                          GIT_TRACE=str(trace), GIT_EXEC_PATH="/nonexistent", PATH="/nonexistent",
                          GIT_DIR="/nonexistent", GIT_PROTOCOL="version=2:\n",
                          LD_BIND_NOW="1", GIT_CONFIG_COUNT="nonsense")
        self.assertEqual(done.stderr, "")
        self.assertIn("refs/heads/main", done.stdout)  # version 0
        self.assertFalse(trace.exists())


class Endings(DoorTest):
    """Revocation, and crashes of the server and of the session."""

    def test_a_key_that_is_deleted_ends_its_sessions(self):
        key_id, other = self.add_key(), self.add_key("other")
        ended = [self.start(key_id), self.start(key_id, "git-receive-pack")]
        going_on = self.start(other)
        self.api.delete(f"{self.path}/keys/{key_id}")
        for process in ended:
            self.assertEqual(process.wait(60), 1)
            self.assertIn("opens nothing any more", process.stderr.read())
            self.assertEqual(process.stdout.read(-1)[-4:], "0000")  # git's end of the refs
        self.assertIsNone(going_on.poll())
        refused = self.serve(key_id, f"git-upload-pack 'demo/{self.name}.git'")
        self.assertIn("opens nothing any more", refused.stderr)

    def test_a_session_goes_with_its_server(self):
        process = self.start(self.add_key())
        self.server.kill()
        self.assertEqual(process.wait(60), 1)
        self.assertIn("cannot reach the server", process.stderr.read())
        self.start_server()

    def receive_part(self):
        """A push that stops in the middle of its pack: returns the session, and the ids of git and
        of the program that git has started to read the pack."""
        process = self.start(self.add_key(), "git-receive-pack")
        git = git_of(process)
        command = f"{ZEROS} {'1' * 40} refs/heads/new\0report-status"
        process.stdin.write(f"{len(command) + 4:04x}{command}0000PACK\0\0\0\2\0\0\0\1")
        process.stdin.flush()
        self.wait_for(lambda: children_of(git), "git's own child")
        return process, git, children_of(git)[0]

    def test_a_door_that_is_killed_takes_git_and_its_children_with_it(self):
        process, git, child = self.receive_part()
        process.kill()
        self.wait_for(lambda: has_ended(git) and has_ended(child), "the end of both")

    def test_a_git_that_dies_takes_its_children_with_it(self):
        process, git, child = self.receive_part()
        os.kill(int(git), signal.SIGKILL)
        self.wait_for(lambda: has_ended(child), "the child's end")
        self.assertEqual(process.wait(60), 128 + signal.SIGKILL)


if __name__ == "__main__":
    unittest.main()
