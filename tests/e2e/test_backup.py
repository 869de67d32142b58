"""Backups of a running server: made under load, verified, restored, and compared by readers that
are not ours.

ESCLUSA_BACKUPS: how many are made under load (10; 3 in the everyday run; 50 in `check --full`).
Cost: some 3 s for each, and 15 s for the rest.
"""
import glob
import hashlib
import os
import pathlib
import random
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import unittest

import backups
from backups import Load, RestoredServer, Stalled, command, compare, query, restore
from harness import (BINARY, IS_EVERYDAY, EsclusaTest, Server, clean_environment,
                     make_repository, wait_until)

COUNT = int(os.environ.get("ESCLUSA_BACKUPS", "3" if IS_EVERYDAY else "10"))


class UnderLoad(unittest.TestCase):
    """Each backup has everything that was acknowledged before it began."""

    def setUp(self):
        self.server = self.enterContext(Server())
        self.server.add_repository("demo/shop", make_repository(self.server.folder), "--writable")
        backups.add_made_repository(self.server)
        answer = self.server.api().post("/repos/demo/shop/hooks", {
            "active": True, "events": ["deployment"],
            "config": {"url": "http://127.0.0.1:9/", "secret": "a secret"}})
        self.assertEqual(answer.status, 201, answer)
        self.folder = self.server.folder / "backups"
        self.folder.mkdir()

    def test_each_is_a_prefix_and_starts(self):
        key = (self.server.data / "secret.key").read_bytes()
        with Load(self.server) as load:
            wait_until(lambda: load.errors or min(map(len, load.writes)) > 2, "the load")
            made = []
            for number in range(COUNT):
                path = self.folder / f"{number}.tar"
                before = load.acknowledged()
                self.server.cli("backup", path)
                made.append((path, before))
                if len(made) > 1:  # the one before, while the load goes on
                    self.check(*made[-2], load, key)
        self.check(*made[-1], load, key)
        self.assertEqual(load.errors, [])
        rows = query(self.server.data, "select detail from audit where action = 'backup.create'")
        self.assertEqual(len(rows), COUNT)
        for (path, _), (detail,) in zip(made, rows):
            self.assertIn(f'"bytes":{path.stat().st_size}', detail)
        self.assertFalse((self.server.data / "backup.db").exists())

    def check(self, path, before, load, key):
        """Verifies, restores, compares, and starts one."""
        content = path.read_bytes()
        for spelling in backups.spellings(key):
            self.assertNotIn(spelling, content)
        names = backups.members(path)
        self.assertEqual((names[0], names[1], names[-2], names[-1]),
                         ("format.json", "esclusa.db", "manifest.json", "end"))
        told = self.server.cli("backup", "verify", path, "--secret-key-file",
                               self.server.data / "secret.key").stdout
        self.assertIn("is whole", told)
        self.assertIn("the right one", told)
        data = self.server.folder / "restored"
        restore(self.server, path, data)
        compare(self, data, load, before)
        newest = max(id_ for (id_,) in query(data, "select id from deployment"))
        with RestoredServer(self.server, data) as server:
            self.assertIn("the database is whole", server.log.read_text())
            api = server.api(self.server.token)
            listed = api.get("/repos/demo/made/deployments?per_page=1")
            self.assertEqual(listed.status, 200, listed)
            answer = api.post("/repos/demo/made/deployments", {
                "ref": "main", "auto_merge": False, "required_contexts": []})
            self.assertEqual(answer.status, 201, answer)
            self.assertGreater(answer.json["id"], newest + 1_000_000)
            # A cursor that an agent had from the lost future is followed by all new events.
            position = query(self.server.data, "select max(id) from event")[0][0]
            events = api.get(f"/esclusa/events?after={position}").json["events"]
            self.assertEqual([event["event"] for event in events], ["deployment"])
            far = api.get(f"/esclusa/events?after={position * 1_000_000_000_000}")
            self.assertEqual((far.status, far.json["reason_code"]), (422, "unknown_cursor"))
        self.assertEqual(query(data, "select count(*) from audit where action = 'backup.restore'"),
                         [(1,)])
        backups.remove(data)


class Commands(EsclusaTest):
    """What the commands write, print and refuse."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        backups.add_made_repository(cls.server)
        # More than the sockets and buffers on the way hold, so that a reader that stalls stalls it.
        for number in range(60):
            cls.api.post(cls.deployments, {
                "ref": "main", "auto_merge": False, "required_contexts": [],
                "environment": "filled", "payload": random.Random(number).randbytes(24_000).hex()})

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.server.folder))

    def refused(self, *arguments, code=1):
        done = self.server.cli(*arguments, check=False)
        self.assertEqual(done.returncode, code, done)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done)
        return done.stderr

    def test_a_file(self):
        path = self.folder / "a.tar"
        path.write_text("an older file\n")
        self.assertIn("exists already", self.refused("backup", path))
        self.assertEqual(path.read_text(), "an older file\n")
        path.unlink()
        told = self.server.cli("backup", path).stdout
        self.assertIn(str(path.stat().st_size), told)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual(os.listdir(self.folder), ["a.tar"])
        self.server.cli("backup", "verify", path)

    def test_standard_output(self):
        done = subprocess.run([BINARY, "backup", "-"], check=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE,
                              env=clean_environment({"ESCLUSA_SOCKET": str(self.server.socket)}))
        path = self.folder / "piped.tar"
        path.write_bytes(done.stdout)
        digest = hashlib.sha256(done.stdout).hexdigest()
        self.assertIn(f"{len(done.stdout)} bytes, SHA-256 {digest}", done.stderr.decode())
        self.server.cli("backup", "verify", path)

    def test_keep(self):
        older = [f"esclusa-2020-01-0{day}T00-00-00Z.tar" for day in range(1, 6)]
        for name in [*older, "esclusa-mine.tar", "letter"]:
            (self.folder / name).write_text("x")
        self.server.cli("backup", self.folder, "--keep", "3")
        left = sorted(os.listdir(self.folder))
        (new,) = [name for name in left if name.startswith("esclusa-202") and name not in older]
        self.assertEqual(left, sorted([*older[3:], new, "esclusa-mine.tar", "letter"]))
        self.server.cli("backup", "verify", self.folder / new)
        self.assertIn("--keep", self.refused("backup", self.folder / "a.tar", "--keep", "3"))

    def test_keep_never_removes_the_new_one(self):
        future = [f"esclusa-2999-01-0{day}T00-00-00Z.tar" for day in range(1, 4)]
        for name in future:
            (self.folder / name).write_text("x")
        self.server.cli("backup", self.folder, "--keep", "2")
        (new,) = set(os.listdir(self.folder)) - set(future)
        self.assertEqual(sorted(os.listdir(self.folder)), [new, future[-1]])
        self.server.cli("backup", "verify", self.folder / new)
        self.server.cli("backup", self.folder / "new.tar")

    def test_only_a_new_name_is_written(self):
        os.mkfifo(self.folder / "pipe")
        os.symlink("elsewhere.tar", self.folder / "link")
        os.symlink("/dev/null", self.folder / "device")
        for name in ("pipe", "link", "device"):
            before = os.lstat(self.folder / name)
            self.assertIn("exists already", self.refused("backup", self.folder / name))
            self.assertEqual(os.lstat(self.folder / name), before)
        self.assertEqual(sorted(os.listdir(self.folder)), ["device", "link", "pipe"])

    def test_what_cannot_be_written(self):
        self.assertIn("cannot write into", self.refused("backup", self.folder / "none" / "a.tar"))
        self.assertIn("no folder", self.refused("backup", f"{self.folder}/none/"))
        self.assertIn("Is `esclusa serve` running",
                      self.refused("backup", self.folder, "--socket", self.folder / "none.sock"))
        self.assertEqual(os.listdir(self.folder), [])

    def test_one_at_a_time(self):
        stalled = Stalled(self.server)
        self.addCleanup(stalled.close)
        self.assertEqual(stalled.head, b"HTTP/1.1 200")
        self.assertIn("Another backup", self.refused("backup", self.folder))
        self.assertEqual(os.listdir(self.folder), [])
        self.assert_alive()
        stalled.close()
        wait_until(lambda: self.server.cli("backup", self.folder, check=False).returncode == 0,
                   "the end of a backup whose reader is gone")
        self.assertFalse((self.server.data / "backup.db").exists())

    def test_a_command_that_is_killed_leaves_no_backup(self):
        for number in range(5):
            running = command(self.server, "backup", self.folder)
            time.sleep(random.Random(number).uniform(0, 0.2))
            running.kill()
            running.communicate()
        # A kill may have come too late.
        for name in os.listdir(self.folder):
            self.server.cli("backup", "verify", self.folder / name)
        wait_until(lambda: self.server.cli("backup", self.folder / "a.tar",
                                           check=False).returncode == 0, "a backup afterwards")

    @unittest.skipIf(os.geteuid() != 0, "only root mounts a small disk")
    def test_a_full_disk(self):
        script = ('mount -t tmpfs -o size=512k none "$1" || exit 77; "$0" backup "$1"; code=$?; '
                  'ls -A "$1"; exit $code')
        done = subprocess.run(["unshare", "-m", "sh", "-c", script, BINARY, str(self.folder)],
                              check=False, capture_output=True, text=True,
                              env=clean_environment({"ESCLUSA_SOCKET": str(self.server.socket)}))
        if done.returncode == 77:
            self.skipTest("no mounts here")
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("No space left", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_what_is_not_whole(self):
        path = self.folder / "a.tar"
        self.server.cli("backup", path)
        whole = path.read_bytes()
        random_ = random.Random(1)
        for number in range(6):
            at = random_.randrange(len(whole))
            flipped = bytearray(whole)
            flipped[at] ^= 1 << random_.randrange(8)
            path.write_bytes(flipped if number % 2 else whole[:at])
            for refused in (self.refused("backup", "verify", path),
                            restore(self.server, path, self.folder / "data", check=False).stderr):
                self.assertIn(str(path), refused)
            self.assertEqual(os.listdir(self.folder), ["a.tar"])

    def test_a_restore_needs_an_empty_folder_and_the_key(self):
        path = self.folder / "a.tar"
        self.server.cli("backup", path)
        (self.folder / "used").mkdir()
        (self.folder / "used" / "letter").write_text("dear reader\n")
        self.assertIn("not an empty folder",
                      restore(self.server, path, self.folder / "used", check=False).stderr)
        (self.folder / "key").write_bytes(os.urandom(32))
        self.assertIn("the key is another one",
                      self.refused("restore", path, "--data", self.folder / "data",
                                   "--secret-key-file", self.folder / "key"))
        self.assertIn("the key is another one",
                      self.refused("backup", "verify", path, "--secret-key-file",
                                   self.folder / "key"))
        self.assertEqual(sorted(os.listdir(self.folder)), ["a.tar", "key", "used"])

    def test_a_restore_that_is_killed_leaves_no_folder(self):
        path, data = self.folder / "a.tar", self.folder / "data"
        self.server.cli("backup", path)
        for number in range(5):
            running = command(self.server, "restore", path, "--data", data, "--secret-key-file",
                              self.server.data / "secret.key")
            time.sleep(random.Random(number).uniform(0, 0.4))
            running.kill()
            running.communicate()
            if data.exists():  # the kill came too late: it is a whole one
                self.assertTrue((data / "secret.key").exists())
                self.assertEqual(query(data, "select count(*) from audit where action = "
                                             "'backup.restore'"), [(1,)])
                backups.remove(data)
        restore(self.server, path, data)
        self.assertEqual(sorted(os.listdir(self.folder)), ["a.tar", "data"])

    def test_a_folder_that_no_restore_made_stays(self):
        path, other = self.folder / "a.tar", self.folder / ".data.restore"
        self.server.cli("backup", path)
        other.mkdir()
        (other / "letter").write_text("dear reader\n")
        self.assertIn("no restore made",
                      restore(self.server, path, self.folder / "data", check=False).stderr)
        self.assertEqual(os.listdir(other), ["letter"])
        (other / "letter").unlink()  # an empty one is nobody's
        restore(self.server, path, self.folder / "data")
        self.assertEqual(sorted(os.listdir(self.folder)), ["a.tar", "data"])

    def test_a_verify_that_is_interrupted_leaves_nothing(self):
        path, temporary = self.folder / "a.tar", self.folder / "temporary"
        self.server.cli("backup", path)
        temporary.mkdir()
        for number, signal_ in enumerate((signal.SIGINT, signal.SIGTERM, signal.SIGHUP) * 2):
            running = subprocess.Popen(
                [BINARY, "backup", "verify", str(path)], stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, env=clean_environment({"TMPDIR": str(temporary)}))
            # Half of them while git may run.
            wait_until(lambda: running.poll() is not None
                       or glob.glob(f"{temporary}/*/{'*' if number % 2 else '*.git'}"),
                       "the temporary folder")
            running.send_signal(signal_)
            self.assertIn(running.wait(30), (0, 128 + signal_, -signal_))
            self.assertEqual(os.listdir(temporary), [])

    @unittest.skipIf(os.geteuid() != 0, "only root gives folders away")
    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_the_owner_gets_it_at_the_end(self):
        """Until the folder has its name, its new owner cannot look into it, and the calls that give
        it away follow no path: a folder that is swapped for a link leads nowhere."""
        path, data = self.folder / "a.tar", self.folder / "data"
        self.server.cli("backup", path)
        trace = self.folder / "trace"
        done = subprocess.run(
            ["strace", "-qq", "-f", "-s", "4096", "-o", str(trace), "-e", "trace=/chown|rename",
             BINARY, "restore", str(path), "--data", str(data), "--secret-key-file",
             str(self.server.data / "secret.key"), "--owner", "nobody"],
            check=False, capture_output=True, text=True, env=clean_environment())
        self.assertEqual(done.returncode, 0, done)
        calls = [line.split(" ", 1)[1].strip() for line in trace.read_text().splitlines()]
        given = [call for call in calls if "65534" in call]
        self.assertGreater(len(given), 10)
        for call in given:
            self.assertRegex(call, r'^(fchown\(|fchownat\(\d+, "[^/"]+", .*AT_SYMLINK_NOFOLLOW)')
        self.assertTrue(given[-1].startswith("fchown("), given[-1])
        renamed = [number for number, call in enumerate(calls) if f'"{data}"' in call]
        self.assertEqual(len(renamed), 1, calls)
        last = max(number for number, call in enumerate(calls) if call == given[-1])
        self.assertLess(last, renamed[0])

    @unittest.skipIf(os.geteuid() != 0, "only root gives folders away")
    def test_the_owner(self):
        path = self.folder / "a.tar"
        self.server.cli("backup", path)
        restore(self.server, path, self.folder / "data", "--owner", "nobody")
        found = [self.folder / "data", *(self.folder / "data").rglob("*")]
        self.assertGreater(len(found), 10)
        for each in found:
            about = each.lstat()
            self.assertEqual(about.st_uid, 65534, each)
            self.assertEqual(stat.S_IMODE(about.st_mode) & 0o077, 0, each)

    @unittest.skipIf(os.geteuid() != 0, "only root could be misled")
    def test_root_does_not_work_where_others_write(self):
        path = self.folder / "a.tar"
        self.server.cli("backup", path)
        place = self.folder / "theirs"
        place.mkdir()
        os.chown(place, 65534, 65534)
        self.assertIn("another user may write",
                      restore(self.server, path, place / "data", check=False).stderr)
        self.assertEqual(os.listdir(place), [])

    def test_what_moved_since(self):
        path = self.folder / "a.tar"
        self.repository.git("branch", "leaving", "main")
        self.server.cli("backup", path)
        self.repository.git("branch", "-D", "leaving")
        told = restore(self.server, path, self.folder / "data").stdout
        self.assertIn("demo/shop has no refs/heads/leaving any more", told)

    def test_a_repository_that_is_gone_is_named(self):
        made = backups.find_made(self.server)
        made.rename(self.folder / "away")
        self.addCleanup(lambda: (self.folder / "away").rename(made))
        (self.folder / "out").mkdir()
        path = self.folder / "out" / "a.tar"
        self.assertIn("lacks the repository demo/made", self.refused("backup", path, code=3))
        self.assertIn("lacks the repository demo/made",
                      self.refused("backup", "verify", path, code=3))
        # It takes no complete one's place.
        older = "esclusa-2020-01-01T00-00-00Z.tar"
        (self.folder / "out" / older).write_text("x")
        self.refused("backup", self.folder / "out", "--keep", "1", code=3)
        self.assertIn(older, os.listdir(self.folder / "out"))
        piped = subprocess.run([BINARY, "backup", "-"], check=False, capture_output=True,
                               env=clean_environment({"ESCLUSA_SOCKET": str(self.server.socket)}))
        self.assertEqual(piped.returncode, 3)
        self.assertIn(b"lacks 1 of the repositories", piped.stderr)


class AServerThatEnds(unittest.TestCase):
    """A backup that was not completed leaves nothing, whatever ended it."""

    def setUp(self):
        self.server = self.enterContext(Server())
        self.server.add_repository("demo/shop", make_repository(self.server.folder))
        self.folder = self.server.folder / "backups"
        self.folder.mkdir()

    def begin(self):
        """A command whose server has begun to send."""
        api = self.server.api()
        for number in range(60):
            api.post("/repos/demo/shop/deployments", {
                "ref": "main", "auto_merge": False, "required_contexts": [],
                "payload": random.Random(number).randbytes(24_000).hex()})
        stalled = Stalled(self.server)
        self.addCleanup(stalled.close)
        return stalled

    def test_kill(self):
        self.begin()
        self.server.kill()
        (self.server.data / "backup.db").write_text("what a kill in the middle of the copy leaves")
        self.server.start()
        self.assertFalse((self.server.data / "backup.db").exists())
        running = command(self.server, "backup", self.folder)
        time.sleep(0.02)
        self.server.kill()
        _, errors = running.communicate(timeout=30)
        for name in os.listdir(self.folder):  # the kill may have come too late
            self.server.cli("backup", "verify", self.folder / name)
        if running.returncode != 0:
            self.assertIn(b"esclusa: ", errors)
            self.assertEqual(os.listdir(self.folder), [])
        self.server.start()
        self.assertEqual([name for name in os.listdir(self.server.data) if "backup" in name], [])

    def test_a_stop_does_not_wait_for_it(self):
        stalled = self.begin()
        self.server.process.send_signal(signal.SIGTERM)
        stalled.close()
        self.assertEqual(self.server.stop(), 0)
        wait_until(lambda: "a backup was not completed" in self.server.log.read_text(), "the line")


if __name__ == "__main__":
    unittest.main()
