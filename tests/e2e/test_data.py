"""A start refuses a data folder that is incomplete or not ours, and does not change it."""
import contextlib
import os
import shutil
import sqlite3
import stat
import subprocess
import unittest

from data_folder import assert_refused, copy, execute, snapshot, start, stopped_server
from harness import Server, clean_environment

NOT_OURS = "is not Esclusa's"
CHECKED = "the database is whole"


class SomebodysFolder(unittest.TestCase):
    """`--data` names a folder that is not Esclusa's."""

    def setUp(self):
        self.server = Server()
        self.addCleanup(shutil.rmtree, self.server.folder)
        self.folder = self.server.folder / "somebody's"
        self.folder.mkdir(mode=0o755)

    def refused(self, *says):
        assert_refused(self, self.server, self.folder, NOT_OURS, str(self.folder), *says)

    def test_with_files_in_it(self):
        (self.folder / "letter.txt").write_text("dear reader\n")
        self.refused("choose another --data")

    def test_with_folders_in_it_that_have_our_names(self):
        for name in ("run", "repositories", "esclusa.db"):
            (self.folder / name).mkdir()
        self.refused()
        (self.folder / "esclusa.db").rmdir()
        (self.folder / "repositories" / "letter.txt").write_text("dear reader\n")
        self.refused()

    def test_with_the_sticky_bit(self):
        self.folder.chmod(0o1777)
        self.refused("sticky")

    def test_of_another_user(self):
        if os.geteuid() == 0:
            os.chown(self.folder, 65534, 65534)
            self.refused("another user")
        else:
            done = start(self.server, "/")
            self.assertIn("another user", done.stderr)

    def test_that_is_a_file(self):
        self.folder.rmdir()
        self.folder.write_text("a letter\n")
        self.refused("no folder")

    def test_a_link_to_it_changes_nothing(self):
        (self.folder / "letter.txt").write_text("dear reader\n")
        link = self.server.folder / "link"
        link.symlink_to(self.folder)
        before = snapshot(self.folder)
        self.assertIn(NOT_OURS, start(self.server, link).stderr)
        self.assertEqual(snapshot(self.folder), before)


class OurFolder(unittest.TestCase):
    """Esclusa uses new folders and empty ones."""

    def test_an_empty_folder_is_closed_to_others(self):
        server = Server()
        self.addCleanup(shutil.rmtree, server.folder)
        server.data.mkdir(mode=0o755)
        done = start(server, None, "--tls-certificate", "/none", "--tls-key", "/none")
        self.assertIn("/none", done.stderr)
        self.assertEqual(stat.S_IMODE(server.data.stat().st_mode), 0o700)
        server.data.chmod(0o755)
        self.addCleanup(lambda: server.process.poll() is None and server.stop())
        server.start()  # the later failure must not make the folder count as somebody else's
        self.assertEqual(stat.S_IMODE(server.data.stat().st_mode), 0o700)
        for name in ("identity", "secret.key", "lock"):
            self.assertEqual(stat.S_IMODE((server.data / name).stat().st_mode), 0o600, name)

    def becomes_ours(self, *folders, key=None):
        """Checks that a server starts in a folder with these subfolders and this key."""
        server = Server()
        self.addCleanup(shutil.rmtree, server.folder)
        for folder in folders:
            (server.data / folder).mkdir(parents=True)
        if key:
            (server.data / "secret.key").write_bytes(key)
        self.addCleanup(lambda: server.process.poll() is None and server.stop())
        server.start()
        self.assertTrue((server.data / "identity").exists())
        return server

    def test_a_fresh_volume(self):
        self.becomes_ours("lost+found")

    def test_fresh_volumes_in_a_fresh_folder(self):
        self.becomes_ours("repositories/lost+found")
        self.becomes_ours("run", "repositories")

    def test_a_first_start_of_the_earlier_version_that_was_killed(self):
        key = os.urandom(32)
        server = self.becomes_ours("run", "repositories", key=key)
        self.assertEqual((server.data / "secret.key").read_bytes(), key)

    @unittest.skipIf(os.geteuid() != 0, "only root may serve what another user owns")
    def test_a_folder_of_another_user_that_is_ours(self):
        server = stopped_server(self)
        os.chown(server.data, 65534, 65534)
        server.start()

    @unittest.skipIf(os.geteuid() != 0, "only root may serve what another user owns")
    def test_after_roots_server_has_left_its_socket(self):
        server = stopped_server(self)
        for path in (server.data, *server.data.rglob("*")):
            os.chown(path, 65534, 65534, follow_symlinks=False)
        server.start()
        server.kill()
        server.folder.chmod(0o755)
        owner = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        done = subprocess.run([*owner, *server.command()], check=False, timeout=60, text=True,
                              capture_output=True, stdin=subprocess.DEVNULL,
                              env=clean_environment())
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(f"{server.socket}: this socket belongs to root.", done.stderr)
        self.assertIn(f"rm {server.socket}", done.stderr)


class PartsOfTwoFolders(unittest.TestCase):
    """Parts are missing, or do not belong together."""

    def test_without_the_key(self):
        server = stopped_server(self)
        key = (server.data / "secret.key").read_bytes()
        (server.data / "secret.key").unlink()
        assert_refused(self, server, server.data, "no secret.key", "Restore secret.key from",
                       "secrets of all webhooks and environments are lost")
        (server.data / "secret.key").write_bytes(key)
        server.start()

    def test_without_the_key_after_a_kill(self):
        server = stopped_server(self, killed=True)
        (server.data / "secret.key").unlink()
        assert_refused(self, server, server.data, "no secret.key")

    def test_with_a_damaged_key(self):
        server = stopped_server(self)
        (server.data / "secret.key").write_bytes(b"short")
        assert_refused(self, server, server.data, "secret.key is damaged")
        (server.data / "secret.key").write_bytes(b"")
        assert_refused(self, server, server.data, "secret.key is damaged")

    def test_with_the_key_of_another_folder(self):
        server, other = stopped_server(self, hook=False), stopped_server(self, killed=True)
        for one, two in ((server, other), (other, server)):
            data = copy(one, f"copy-{id(one)}")
            shutil.copy(two.data / "secret.key", data / "secret.key")
            assert_refused(self, server, data, "secret.key and esclusa.db are of two folders")

    def test_with_key_and_database_of_another_folder(self):
        server, other = stopped_server(self), stopped_server(self)
        for name in ("secret.key", "esclusa.db"):
            shutil.copy(other.data / name, server.data / name)
        assert_refused(self, server, server.data, "the file `identity` names the data")
        (server.data / "identity").unlink()  # as the message recommends
        server.start()

    def test_without_the_database(self):
        for killed in (False, True):
            server = stopped_server(self, killed=killed)
            (server.data / "esclusa.db").unlink()
            assert_refused(self, server, server.data, "no esclusa.db", "Restore esclusa.db",
                           "everything that was recorded is lost")

    def test_without_the_database_beside_a_key_or_a_log_alone(self):
        for kept in ("secret.key", "esclusa.db-wal", "identity"):
            server = stopped_server(self, killed=True)
            for path in server.data.iterdir():
                if path.name != kept:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            assert_refused(self, server, server.data, "no esclusa.db")

    def test_without_the_database_beside_a_key_and_repositories(self):
        """A killed first start of the earlier version had no repository yet."""
        server = stopped_server(self)
        for path in server.data.glob("*"):
            if path.name not in ("secret.key", "repositories"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        (server.data / "repositories" / "demo").mkdir(exist_ok=True)
        assert_refused(self, server, server.data, "no esclusa.db")

    def test_with_an_empty_database_beside_a_log(self):
        server = stopped_server(self, killed=True)
        (server.data / "esclusa.db").write_bytes(b"")
        assert_refused(self, server, server.data, "no esclusa.db, or an empty one")

    def test_with_a_database_that_is_none(self):
        server = stopped_server(self)
        (server.data / "esclusa.db").write_bytes(b"no database" * 1000)
        assert_refused(self, server, server.data, "cannot read", "esclusa.db",
                       "Restore another backup")

    def test_without_the_file_identity(self):
        server = stopped_server(self)
        before = (server.data / "identity").read_text()
        (server.data / "identity").unlink()
        server.start()
        self.assertEqual((server.data / "identity").read_text(), before)

    def test_with_a_damaged_file_identity(self):
        server = stopped_server(self)
        (server.data / "identity").write_text("x\n")
        assert_refused(self, server, server.data, "identity is damaged")

    def test_how_to_go_on_without_the_key(self):
        """Does what docs/data-folder.md says."""
        server = stopped_server(self)
        (server.data / "secret.key").write_bytes(os.urandom(32))
        execute(server.data, "update hook set active = 0, secret_sealed = null, "
                "former_secret_sealed = null", "delete from environment_secret",
                "delete from environment_key", "delete from key_rotation",
                "delete from data_identity")
        server.start()
        hook, = server.api().get("/repos/demo/shop/hooks").json
        self.assertFalse(hook["active"])


class Copies(unittest.TestCase):
    """A copied database is checked once, before the server serves."""

    def starts(self, server):
        """Starts and stops it; returns its log."""
        before = server.log.stat().st_size
        server.start()
        server.stop()
        return server.log.read_bytes()[before:].decode()

    def test_a_whole_copy(self):
        for killed in (False, True):
            server = stopped_server(self, killed=killed)
            server.data = copy(server)
            (server.data / "lock").unlink()
            log = self.starts(server)
            self.assertIn(CHECKED, log)
            self.assertNotIn(CHECKED, self.starts(server))

    def test_a_torn_copy(self):
        server = stopped_server(self)
        damage = bytearray((server.data / "esclusa.db").read_bytes())
        for page in range(10, len(damage) // 4096, 7):
            damage[page * 4096:(page + 1) * 4096] = b"\x55" * 4096
        data = copy(server)
        (data / "esclusa.db").write_bytes(damage)
        assert_refused(self, server, data, "esclusa.db", "Restore another backup")
        (data / "lock").unlink()
        assert_refused(self, server, data, "esclusa.db", "Restore another backup")

    def test_a_copy_that_lost_a_row(self):
        server = stopped_server(self)
        data = copy(server)
        execute(data, "delete from account where login = 'demo'")
        assert_refused(self, server, data, "the database is damaged",
                       "refers to a row of account that is not there", "Restore another backup")

    def test_what_is_no_copy_is_not_checked(self):
        for killed in (False, True):
            server = stopped_server(self, killed=killed)
            self.assertNotIn(CHECKED, self.starts(server))
            self.assertNotIn(CHECKED, self.starts(server))
            self.assertNotIn(CHECKED, server.log.read_text())

    def test_what_was_killed_after_a_checkpoint_is_not_checked(self):
        server = stopped_server(self)
        server.start()
        before = (server.data / "esclusa.db").stat().st_mtime_ns
        hook, = server.api().get("/repos/demo/shop/hooks").json
        for number in range(2000):
            if (server.data / "esclusa.db").stat().st_mtime_ns != before:
                break
            server.api().patch(f"/repos/demo/shop/hooks/{hook['id']}", {
                "config": {"url": f"http://127.0.0.1:9/{number}"}})
        self.assertNotEqual((server.data / "esclusa.db").stat().st_mtime_ns, before)
        server.kill()
        self.assertNotIn(CHECKED, self.starts(server))

    def test_an_older_database_in_its_place_beside_the_log_of_the_newer_one(self):
        server = stopped_server(self)
        older = (server.data / "esclusa.db").read_bytes()
        with contextlib.closing(sqlite3.connect(server.data / "esclusa.db")) as database:
            database.execute("vacuum")  # then all content is in other pages
        server.start()
        server.create_token("admin", "repo")
        server.kill()
        self.assertGreater((server.data / "esclusa.db-wal").stat().st_size, 0)
        newer, times = copy(server, "newer"), os.stat(server.data / "esclusa.db")
        (server.data / "esclusa.db").write_bytes(older)
        os.utime(server.data / "esclusa.db", ns=(times.st_atime_ns, times.st_mtime_ns))
        assert_refused(self, server, server.data, "another one's esclusa.db-wal beside it",
                       "Restore another backup")
        shutil.copy(newer / "esclusa.db", server.data)  # the database to which the log belongs
        self.assertIn(CHECKED, self.starts(server))
        self.assertNotIn(CHECKED, self.starts(server))

    def test_without_the_note_of_the_last_change(self):
        server = stopped_server(self)
        (server.data / "last-change").unlink()
        self.assertIn(CHECKED, self.starts(server))
        self.assertNotIn(CHECKED, self.starts(server))


class Versions(unittest.TestCase):
    """The database was made by another version of the program."""

    def test_a_newer_one(self):
        server = stopped_server(self)
        execute(server.data, "insert into migration (name, digest, applied_at) "
                "values ('9999_of_tomorrow', 'd', 0)")
        assert_refused(self, server, server.data, "9999_of_tomorrow", "its own newest is 00")

    def test_a_changed_one(self):
        server = stopped_server(self, killed=True)
        execute(server.data,
                "update migration set digest = 'other' where name = '0001_initial'")
        assert_refused(self, server, server.data, "0001_initial", "the digest other")


if __name__ == "__main__":
    unittest.main()
