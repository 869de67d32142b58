"""Git over SSH without sshd where the server is set to run the hooks of a repository's owner."""
import fcntl
import os
import pathlib
import signal
import threading
import unittest

from ssh_door import DoorTest, has_ended

SESSION_FOLDERS = "esclusa-ssh-*"  # in /tmp


class RepositoryHooks(DoorTest):
    """The server is set to run the hooks of a repository's owner, and processes die while one
    runs."""

    server_settings = {"arguments": ("--ssh-repository-hooks", "true")}

    def test_the_repositorys_own_hooks_run(self):
        key_id = self.add_key()
        clone = self.clone(key_id)
        told = self.folder / "told"
        for name in ("pre-receive", "update", "post-receive"):
            self.hook(name, f'echo "$0 $# $(cat)" >> {told}\n'
                            f'test "$(git config core.hooksPath)" = ""\n'
                            f"test ! -e {self.folder}/deny-{name}\n")
        before, after = self.bare.sha("main"), self.commit(clone)
        (self.folder / "deny-pre-receive").touch()
        refused = self.git(key_id, "push", "origin", "main", directory=clone, check=False)
        self.assertIn("pre-receive hook declined", refused.stderr)
        self.assertEqual(self.pushes(), [])
        (self.folder / "deny-pre-receive").unlink()
        told.unlink()
        self.git(key_id, "push", "-q", "origin", "main", directory=clone)
        hooks, change = self.bare.path / "hooks", f"{before} {after} refs/heads/main"
        self.assertEqual(told.read_text().splitlines(),
                         [f"{hooks}/pre-receive 0 {change}", f"{hooks}/update 3 ",
                          f"{hooks}/post-receive 0 {change}"])
        self.assertEqual(len(self.pushes()), 1)

    def hook(self, name, script):
        """Writes a hook of the repository."""
        file = self.bare.path / "hooks" / name
        file.write_text(f"#!/bin/sh\n{script}")
        file.chmod(0o755)
        return file

    def hold(self, name="pre-receive"):
        """Makes the repository's hook wait: returns a function that waits until it is reached, and
        one that lets it continue."""
        reached, gate = self.folder / f"{name}-reached", self.folder / f"{name}-gate"
        os.mkfifo(reached)
        os.mkfifo(gate)
        self.hook(name, f"echo > {reached}\ncat {gate} > /dev/null\n")
        return reached.read_text, lambda: gate.write_text("")

    def push(self, key_id, clone, *what):
        """Pushes in a thread; returns a function that waits for its end."""
        done = []
        thread = threading.Thread(target=lambda: done.append(
            self.git(key_id, "push", "-q", "origin", *(what or ["main"]), directory=clone,
                     check=False)))
        thread.start()

        def wait():
            thread.join(120)
            return done[0]
        return wait

    def test_the_server_dies_between_the_hooks_and_is_not_there_at_the_end(self):
        key_id = self.add_key()
        clone = self.clone(key_id)
        new = self.commit(clone)
        reached, let_go = self.hold()
        wait = self.push(key_id, clone, "HEAD:main", "HEAD:new", ":old")
        reached()  # the server knows of the push
        self.server.kill()
        let_go()
        self.assertEqual(wait().returncode, 0)
        self.assertEqual(self.bare.sha("main"), new)
        self.start_server()
        self.assertEqual({push["ref"] for push in self.pushes()},
                         {"refs/heads/main", "refs/heads/new", "refs/heads/old"})
        self.restart_server()
        self.assertEqual(len(self.pushes()), 3)

    def test_a_server_that_comes_back_waits_for_the_git_that_is_at_work(self):
        key_id = self.add_key()
        clone = self.clone(key_id)
        self.commit(clone)
        reached, let_go = self.hold()
        wait = self.push(key_id, clone)
        reached()
        self.server.kill()
        self.start_server()
        self.assertEqual(self.pushes(), [])
        let_go()
        self.assertEqual(wait().returncode, 0)
        self.assertEqual(len(self.pushes()), 1)
        self.restart_server()
        self.assertEqual(len(self.pushes()), 1)

    def test_a_push_that_is_ended_before_git_changed_anything_is_no_event(self):
        key_id = self.add_key()
        clone = self.clone(key_id)
        before = self.bare.sha("main")
        self.commit(clone)
        reached, _ = self.hold()
        wait = self.push(key_id, clone)
        reached()
        self.api.delete(f"{self.path}/keys/{key_id}")
        ended = wait()
        self.assertNotEqual(ended.returncode, 0)
        self.assertIn("opens nothing any more", ended.stderr)
        self.assertEqual(self.bare.sha("main"), before)
        self.restart_server()
        self.assertEqual(self.pushes(), [])

    def test_a_push_that_is_ended_after_git_changed_the_ref_is_one_event(self):
        key_id = self.add_key()
        clone = self.clone(key_id)
        new = self.commit(clone)
        # It runs after the refs have changed, and before anybody could report the change.
        reached, _ = self.hold("reference-transaction")
        hook = self.bare.path / "hooks/reference-transaction"
        hook.write_text(hook.read_text().replace("#!/bin/sh\n",
                                                 '#!/bin/sh\n[ "$1" = committed ] || exit 0\n'))
        wait = self.push(key_id, clone)
        reached()
        self.api.delete(f"{self.path}/keys/{key_id}")
        wait()
        self.assertEqual(self.bare.sha("main"), new)
        self.assertEqual([push["after"] for push in self.pushes()], [new])

    def push_whose_report_fails(self, meanwhile):
        """Pushes a new commit to main. The server does not take the report of what git has changed;
        then `meanwhile` is called with the commit, before the session ends."""
        key_id = self.add_key()
        clone = self.clone(key_id)
        new = self.commit(clone)
        self.relay.answers["PUT", "/changes"] = 503
        reached, let_go = self.hold("post-receive")
        wait = self.push(key_id, clone)
        reached()
        meanwhile(new)
        let_go()
        self.assertEqual(wait().returncode, 0)
        self.assertEqual(self.relay.answers, {})
        return new

    def test_a_change_that_could_not_be_reported_is_reported_at_the_end(self):
        self.use_relay()
        new = self.push_whose_report_fails(lambda _: self.assertEqual(self.pushes(), []))
        self.assertEqual([push["after"] for push in self.pushes()], [new])

    def test_it_is_reported_though_its_ref_has_moved_on(self):
        self.use_relay()
        old = self.bare.sha("old")
        new = self.push_whose_report_fails(
            lambda _: self.bare.git("update-ref", "refs/heads/main", old))
        self.assertEqual([push["after"] for push in self.pushes()], [new])

    def test_it_is_found_in_the_refs_if_the_note_of_it_was_lost(self):
        def empty_note(new):
            """What a full disk leaves."""
            notes = pathlib.Path("/tmp").glob(f"{SESSION_FOLDERS}/hooks/unreported")
            [note] = [note for note in notes if new in note.read_text()]
            note.write_text("")
        self.use_relay()
        new = self.push_whose_report_fails(empty_note)
        self.assertEqual([push["after"] for push in self.pushes()], [new])

    def test_a_ref_that_git_refused_is_no_push_though_a_hook_moves_it(self):
        key_id = self.add_key()
        clone = self.clone(key_id)
        new = self.commit(clone)
        self.hook("update", '[ "$1" != refs/heads/topic ]\n')
        self.hook("post-receive", f"git update-ref refs/heads/topic {new}\n")
        refused = self.git(key_id, "push", "origin", "HEAD:main", "HEAD:topic", directory=clone,
                           check=False)
        self.assertIn("hook declined", refused.stderr)
        self.assertEqual((self.bare.sha("main"), self.bare.sha("topic")), (new, new))
        self.assertEqual([push["ref"] for push in self.pushes()], ["refs/heads/main"])

    def test_a_process_that_a_hook_leaves_behind_is_not_taken_for_a_push(self):
        key_id = self.add_key()
        clone = self.clone(key_id)
        self.commit(clone)
        left = self.folder / "left"
        self.hook("post-receive", f"sleep 1000 < /dev/null > /dev/null 2>&1 &\necho $! > {left}\n")
        self.git(key_id, "push", "-q", "origin", "main", directory=clone)
        process = int(left.read_text())
        self.addCleanup(os.kill, process, signal.SIGKILL)
        self.assertFalse(has_ended(process))
        folder = os.open(self.bare.path, os.O_RDONLY)
        self.addCleanup(os.close, folder)
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails if somebody holds the lock


if __name__ == "__main__":
    unittest.main()
