"""Sessions of git over SSH without sshd: what they tell the server, and what git may do in them."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import BINARY, Repository, clean_environment
from public_keys import public_key
from ssh_door import DoorTest, git_of


class Relayed(DoorTest):
    """Sessions whose requests to the server are seen."""

    def setUp(self):
        super().setUp()
        self.use_relay()

    def test_the_server_hears_of_the_end_of_each_session(self):
        key_id = self.add_key()
        clone = self.clone(key_id)
        self.git(key_id, "ls-remote", self.url())
        self.commit(clone)
        self.git(key_id, "push", "-q", "origin", "HEAD:main", directory=clone)
        self.assertEqual(len(self.relay.sessions), 3)
        self.assertEqual([path for method, path in self.relay.requests if method == "DELETE"],
                         [f"/esclusa/ssh/sessions/{session}?git=reported"
                          for session in self.relay.sessions])

    def test_one_refusal_ends_a_session_whatever_is_answered_later(self):
        process = self.start(self.add_key())
        self.relay.answers["POST", "/checks"] = 403
        self.assertEqual(process.wait(60), 1)
        self.assertIn("esclusa: not now", process.stderr.read())


class Sessions(DoorTest):
    def test_the_server_has_the_processor_before_the_git_of_a_session(self):
        session = self.start(self.add_key())
        server = os.getpriority(os.PRIO_PROCESS, self.server.process.pid)
        self.assertEqual(os.getpriority(os.PRIO_PROCESS, int(git_of(session))), server + 5)


class Confined(DoorTest):
    """What git may use while it serves a repository."""

    def granted(self, service):
        """The rights in the repository that git gets for a service, as strace sees them."""
        trace = self.folder / "trace"
        self.tracer = ("strace", "-f", "-qq", "-y", "-s", "4096", "-e", "signal=none",
                       "-e", "trace=landlock_add_rule", "-o", str(trace))
        done = self.serve(self.add_key(service), f"git-{service} 'demo/{self.name}.git'")
        self.assertEqual(done.returncode, 0, done.stderr)
        path = re.escape(str(self.bare.path))
        rules = re.findall(r"allowed_access=(\S+), parent_fd=\d+<" + path + ">",
                           trace.read_text())
        self.assertTrue(rules, trace.read_text())
        return set("|".join(rules).split("|"))

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_only_a_push_may_write_to_the_repository(self):
        if "git is not confined" in self.server.log.read_text():
            self.skipTest("this kernel has no Landlock")
        reads, writes = self.granted("upload-pack"), self.granted("receive-pack")
        self.assertEqual(reads, {"LANDLOCK_ACCESS_FS_READ_FILE", "LANDLOCK_ACCESS_FS_READ_DIR"})
        self.assertIn("LANDLOCK_ACCESS_FS_WRITE_FILE", writes)

    def test_declared_alternates_are_served(self):
        name, objects = f"{self.name}-borrower", self.bare.path / "objects"
        borrower = Repository(self.server.folder / f"{name}.git", bare=True)
        (borrower.path / "objects/info/alternates").write_text(f"{objects}\n")
        borrower.git("update-ref", "refs/heads/main", self.bare.sha("main"))
        self.server.add_repository(f"demo/{name}", borrower, "--writable", "--alternate",
                                   str(objects))
        answer = self.api.post(f"/repos/demo/{name}/keys", {"key": public_key(self.id())})
        self.git(answer.json["id"], "clone", "-q", self.url(name), "clone")
        clone = self.folder / "clone"
        self.assertEqual(self.git(0, "rev-parse", "HEAD", directory=clone).stdout.strip(),
                         self.bare.sha("main"))
        new = self.commit(clone)
        self.git(answer.json["id"], "push", "-q", "origin", "HEAD:main", directory=clone)
        self.assertEqual(borrower.sha("main"), new)


class Setup(unittest.TestCase):
    """esclusa ssh setup"""

    def test_a_program_at_a_path_that_sshd_cannot_use(self):
        with tempfile.TemporaryDirectory(prefix="esclusa setup ") as folder:
            program = shutil.copy(BINARY, folder)
            done = subprocess.run([program, "ssh", "setup"], check=False, capture_output=True,
                                  text=True, stdin=subprocess.DEVNULL, timeout=60,
                                  env=clean_environment())
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(f"at a path of letters, digits and /._-+@, not at {program}", done.stderr)


if __name__ == "__main__":
    unittest.main()
