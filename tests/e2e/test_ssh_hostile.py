"""Hostile repositories over SSH: git serves them without harm, or a message says why not."""
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import struct
import subprocess
import time
import unittest
import zlib

from harness import clean_environment, make_repository
from ssh_door import DoorTest, git_of


class Hostile(DoorTest):
    """Repositories whose owner wants our git to run, read or write something else."""

    def setUp(self):
        super().setUp()
        self.trace = self.folder / "trace"
        self.victim = make_repository(self.folder, "victim")
        self.secret = self.folder / "secret"
        self.secret.write_text("the-secret\n")

    def evil_program(self, name="evil"):
        file = self.bare.path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\necho $0 >> {self.trace}\n")
        file.chmod(0o755)
        return file

    def test_no_program_of_the_repository_runs(self):
        evil = self.evil_program()
        for name in ("core.fsmonitor", "core.alternateRefsCommand", "core.sshCommand",
                     "core.editor", "core.pager", "gpg.program", "uploadpack.packObjectsHook",
                     "core.gitProxy", "credential.helper", "alias.pack-objects"):
            self.bare.git("config", name, str(evil))
        for name, value in {"core.hooksPath": f"{self.bare.path}/more-hooks", "gc.auto": "1",
                            "receive.procReceiveRefs": "refs/heads", "receive.autogc": "true",
                            "receive.certNonceSeed": "x", "extensions.partialClone": "evil",
                            "remote.evil.url": f"ext::{evil}", "remote.evil.promisor": "true",
                            "core.attributesFile": str(evil)}.items():
            self.bare.git("config", name, value)
        included = self.folder / "included"
        included.write_text(f"[core]\n\tfsmonitor = {evil}\n")
        self.bare.git("config", "include.path", str(included))
        for folder in ("hooks", "more-hooks"):
            for name in ("pre-receive", "update", "post-receive", "post-update", "pre-auto-gc",
                         "proc-receive", "reference-transaction", "push-to-checkout"):
                self.evil_program(f"{folder}/{name}")
        key_id = self.add_key()
        clone = self.clone(key_id)
        new = self.commit(clone)
        self.git(key_id, "push", "-q", "origin", "HEAD:main", "HEAD:topic", ":old",
                 directory=clone)
        self.assertEqual(self.bare.sha("topic"), new)
        self.assertEqual(len(self.pushes()), 3)
        self.assertFalse(self.trace.exists())

    def test_no_file_that_the_configuration_names_is_read(self):
        key_id = self.add_key()
        clone = self.clone(key_id)
        for name in ("receive.fsck.skipList", "fsck.skipList", "mailmap.file", "include.path"):
            self.bare.git("config", name, str(self.secret))
        # On a command line, this name would become another name with a value.
        self.bare.git("config", f"receive.fsck.skipList={self.secret}.z", "error")
        (self.folder / "secret.z=error").write_text("the-secret\n")
        self.commit(clone)
        done = self.git(key_id, "push", "origin", "main", directory=clone)
        self.assertNotIn("the-secret", done.stderr)

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_a_push_is_durable_and_leaves_no_pack_whatever_the_repository_says(self):
        for name, value in {"core.fsync": "none", "core.fsyncMethod": "writeout-only",
                            "core.fsyncObjectFiles": "false", "receive.unpackLimit": "1",
                            "transfer.unpackLimit": "1"}.items():
            self.bare.git("config", name, value)
        key_id = self.add_key()
        clone = self.clone(key_id)
        before = sorted(os.listdir(self.bare.path / "objects/pack"))
        (self.folder / f"ssh-{key_id}").unlink()
        self.tracer = ("strace", "-f", "-qq", "-y", "-s", "4096", "-e", "signal=none",
                       "-e", "trace=fsync,fdatasync", "-o", str(self.trace))
        new = self.commit(clone)
        self.git(key_id, "push", "-q", "origin", "HEAD:main", directory=clone)
        self.assertEqual(self.bare.sha("main"), new)
        synced = re.findall(r"f(?:data)?sync\(\d+<([^>]+)>\) += 0", self.trace.read_text())
        objects = [path for path in synced if "/objects/" in path and "/tmp_obj_" in path]
        self.assertEqual(len(objects), 3, synced)  # a commit, a tree and a blob
        self.assertIn(str(self.bare.path / "refs/heads/main.lock"), synced)
        self.assertEqual(sorted(os.listdir(self.bare.path / "objects/pack")), before)

    def receive(self, key_id, commands, pack):
        """Pushes these bytes; returns the finished process."""
        line = f"{commands}\0report-status\n"
        return subprocess.run(
            self.serve_command(key_id), check=False, capture_output=True, timeout=60,
            input=f"{len(line) + 4:04x}{line}0000".encode() + pack, env=clean_environment(
                {"SSH_ORIGINAL_COMMAND": f"git-receive-pack 'demo/{self.name}.git'"}))

    def test_an_object_that_claims_10_gb_is_not_believed(self):
        self.bare.git("config", "core.bigFileThreshold", "1024g")
        key_id = self.add_key()
        for count in (1, 5000):  # git unpacks a few objects, but indexes a pack of many
            for kind in (2, 3):  # a tree, a blob
                size, header = 10 << 30, bytearray()
                byte, size = kind << 4 | size & 15, size >> 4
                while size:
                    header.append(byte | 0x80)
                    byte, size = size & 0x7f, size >> 7
                header.append(byte)
                pack = b"PACK" + struct.pack(">II", 2, count) + bytes(header) + zlib.compress(b"x")
                pack += hashlib.sha1(pack).digest()
                done = self.receive(key_id, f"{'0' * 40} {'1' * 40} refs/heads/big", pack)
                with self.subTest(count=count, kind=kind):
                    self.assertIn(b"unpack ", done.stdout)
                    self.assertNotIn(b"unpack ok", done.stdout)
                    if kind == 2:
                        self.assertIn(b"over limit 1073741824", done.stderr)
                    self.assertNotIn(b"ut of memory", done.stderr)

    def test_a_folder_that_another_program_has_locked(self):
        key_id = self.add_key()
        folder = os.open(self.bare.path, os.O_RDONLY)
        self.addCleanup(os.close, folder)
        fcntl.flock(folder, fcntl.LOCK_EX)
        begin = time.monotonic()
        done = self.serve(key_id, f"git-receive-pack 'demo/{self.name}.git'")
        self.assertLess(time.monotonic() - begin, 30)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        self.assertIn("another program has locked the repository's folder", done.stderr)
        fcntl.flock(folder, fcntl.LOCK_UN)
        done = self.serve(key_id, f"git-receive-pack 'demo/{self.name}.git'")
        self.assertEqual(done.returncode, 0, done.stderr)

    def assert_refused(self, sentence):
        """Checks that neither git program starts, and that the client gets the reason."""
        key_id = self.add_key()
        before = self.victim.sha("main")
        for service in ("upload-pack", "receive-pack"):
            done = self.serve(key_id, f"git-{service} 'demo/{self.name}.git'")
            self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
            self.assertIn(sentence, done.stderr)
            self.assertNotIn(str(self.bare.path), done.stderr)
        self.assertEqual(self.victim.sha("main"), before)
        self.assertEqual(self.secret.read_text(), "the-secret\n")

    def replace(self, name, make):
        """Replaces a file or folder of the repository by something else."""
        place = self.bare.path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_dir():
            place.rename(self.folder / "was")
        else:
            place.unlink(missing_ok=True)
        make(place)

    def test_a_folder_of_refs_that_is_a_link(self):
        self.replace("refs/heads/v", lambda place: place.symlink_to(
            self.victim.path / ".git/refs/heads"))
        self.assert_refused("refs/heads/v in the git repository is a symbolic link")

    def test_a_folder_of_objects_that_is_a_link(self):
        self.replace("objects/pack", lambda place: place.symlink_to(
            self.victim.path / ".git/objects"))
        self.assert_refused("objects/pack in the git repository is a symbolic link")

    def test_a_log_that_is_a_link(self):
        self.bare.git("config", "core.logAllRefUpdates", "always")
        self.replace("logs/refs/heads/main", lambda place: place.symlink_to(self.secret))
        self.assert_refused("logs/refs/heads/main in the git repository is a symbolic link")

    def test_a_head_that_is_a_link(self):
        self.replace("HEAD", lambda place: place.symlink_to(self.victim.path / ".git/HEAD"))
        self.assert_refused("HEAD in the git repository is a symbolic link")

    def test_packed_refs_that_are_a_link(self):
        self.replace("packed-refs", lambda place: place.symlink_to(self.secret))
        self.assert_refused("packed-refs in the git repository is a symbolic link")

    def test_a_ref_that_is_a_fifo(self):
        self.replace("refs/heads/fifo", os.mkfifo)
        self.assert_refused("refs/heads/fifo in the git repository is a FIFO")

    def test_alternates_that_nobody_declared(self):
        self.replace("objects/info/alternates", lambda place: place.write_text(
            f"# a comment\n{self.victim.path}/.git/objects\n"))
        self.assert_refused(f"names {self.victim.path}/.git/objects, which was not declared")

    def test_git_is_confined(self):
        process = self.start(self.add_key())
        status = pathlib.Path(f"/proc/{git_of(process)}/status").read_text()
        if "git is not confined" in self.server.log.read_text():
            self.skipTest("this kernel has no Landlock")
        self.assertIn("NoNewPrivs:\t1", status)

    def test_git_has_a_limit_of_processor_time(self):
        limits = pathlib.Path(f"/proc/{git_of(self.start(self.add_key()))}/limits").read_text()
        self.assertRegex(limits, r"Max cpu time +1800 +1800 +seconds")

    def test_a_shared_repository_stays_shared(self):
        self.bare.git("config", "core.sharedRepository", "group")
        key_id = self.add_key()
        clone = self.clone(key_id)
        new = self.commit(clone)
        while (self.bare.path / f"objects/{new[:2]}").exists():  # made before it was shared
            new = self.commit(clone, new + "\n")
        before = os.umask(0o077)
        try:
            self.git(key_id, "push", "-q", "origin", "HEAD:refs/heads/a/b", directory=clone)
        finally:
            os.umask(before)
        made = {"refs/heads/a": 0o070, "refs/heads/a/b": 0o060, f"objects/{new[:2]}": 0o070,
                f"objects/{new[:2]}/{new[2:]}": 0o040}
        for name, mode in made.items():
            self.assertEqual((self.bare.path / name).stat().st_mode & 0o070, mode, name)


if __name__ == "__main__":
    unittest.main()
