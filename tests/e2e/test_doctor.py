"""`esclusa doctor`: a healthy server gives no finding, and each fault gives its own."""
import contextlib
import datetime
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import ssl
import subprocess
import tempfile
import unittest

from harness import BINARY, Server, clean_environment, make_repository, wait_until

NO_DISK = os.geteuid() != 0 or not shutil.which("mount")


def examine(server, *arguments, data=None):
    """(exit code, document) of `esclusa doctor --json`."""
    done = subprocess.run(
        [BINARY, "doctor", "--json", "--data", str(data or server.data), *arguments], check=False,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
        env=clean_environment())
    if done.returncode == 2:
        return 2, done.stderr
    return done.returncode, json.loads(done.stdout)


class DoctorTest(unittest.TestCase):
    """Known holes are of this machine: they count only where they are meant."""

    def findings(self, server, *arguments, **more):
        """(check, what) of each finding."""
        code, document = examine(server, *arguments, **more)
        self.assertIn(code, (0, 1), document)
        self.assertEqual(code, 1 if document["findings"] else 0)
        for finding in document["findings"]:
            self.assertTrue(all(finding[part] for part in ("check", "what", "why", "remedy")))
        return [(one["check"], one["what"]) for one in document["findings"]
                if one["check"] != "known_holes"]

    def found(self, server, check, *arguments):
        """What the only finding says, which is of this check."""
        found = self.findings(server, *arguments)
        self.assertEqual([one[0] for one in found], [check], found)
        return found[0][1]


class RunningServer(DoctorTest):
    """Each test puts right what it has broken."""

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server())
        cls.repository = make_repository(cls.server.folder)
        cls.server.add_repository("demo/shop", cls.repository, "--writable")

    def tearDown(self):
        self.assertEqual(self.findings(self.server, "--quick"), [])

    def test_a_healthy_server_has_no_finding(self):
        code, document = examine(self.server)
        self.assertEqual([one for one in document["findings"] if one["check"] != "known_holes"],
                         [])
        self.assertIs(document["server_runs"], True)
        self.assertRegex(document["known_holes_date"], r"^20\d\d-\d\d-\d\d$")
        names = [one["name"] for one in document["components"]]
        self.assertEqual(names[:5], ["sqlite", "libgit2", "libcurl", "openssl", "git"])
        self.assertTrue(all(one["version"] for one in document["components"]))
        self.assertEqual(code, 1 if document["findings"] else 0)

    def test_the_text_says_what_why_and_what_to_type(self):
        key = self.server.data / "secret.key"
        key.chmod(0o644)
        try:
            done = subprocess.run([BINARY, "doctor", "--quick", "--data", self.server.data],
                                  check=False, capture_output=True, text=True, timeout=60,
                                  env=clean_environment())
        finally:
            key.chmod(0o600)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(f"[permissions] {key} has the mode 0644.", done.stdout)
        self.assertIn("    Why:  Other users of this machine could read it if", done.stdout)
        self.assertIn(f"    Type: chmod go-rwx {key}", done.stdout)
        self.assertIn("The table of known holes is of 20", done.stdout)

    def test_modes(self):
        for name in ("", "secret.key", "esclusa.db", "run", "run/admin.sock"):
            path = self.server.data / name
            mode = path.stat().st_mode & 0o7777
            path.chmod(mode | 0o044)
            try:
                self.assertIn("has the mode", self.found(self.server, "permissions", "--quick"))
            finally:
                path.chmod(mode)

    def test_a_key_that_is_gone_or_another_one(self):
        key = self.server.data / "secret.key"
        kept = key.read_bytes()
        try:
            key.unlink()
            self.assertEqual(self.found(self.server, "key", "--quick"),
                             f"The key {key} is not there.")
            for wrong, said in ((os.urandom(32), "has another key than the database"),
                                (b"short", "cannot be used: it has no key.")):
                key.write_bytes(wrong)
                key.chmod(0o600)
                self.assertIn(said, self.found(self.server, "key", "--quick"))
        finally:
            key.write_bytes(kept)
            key.chmod(0o600)

    def test_a_socket_of_no_server(self):
        wrong = self.server.folder / "none.sock"
        code, document = examine(self.server, "--quick", "--socket", str(wrong))
        self.assertEqual(code, 1)
        finding = next(one for one in document["findings"] if one["check"] == "server")
        self.assertEqual(finding["what"], f"There is no server at {wrong}.")
        self.assertEqual(finding["remedy"], f"esclusa doctor --data {self.server.data} --socket "
                                            f"{self.server.socket}")

    def test_a_server_that_hangs(self):
        self.server.process.send_signal(signal.SIGSTOP)
        try:
            found = dict(self.findings(self.server))
        finally:
            self.server.process.send_signal(signal.SIGCONT)
        self.assertEqual(set(found), {"server"})
        self.assertEqual(found["server"], "The server does not answer the first question: it said "
                                          "nothing for 10 seconds.")

    @unittest.skipUnless(os.geteuid() == 0, "only root gives files away")
    def test_owners(self):
        path = self.server.data / "identity"
        os.chown(path, 65534, -1)
        try:
            self.assertIn("belongs to nobody", self.found(self.server, "permissions", "--quick"))
        finally:
            os.chown(path, os.geteuid(), -1)

    def test_a_repository_that_is_gone(self):
        away = self.repository.path.with_name("away")
        self.repository.path.rename(away)
        try:
            self.assertIn("The repository demo/shop", self.found(self.server, "repositories"))
        finally:
            away.rename(self.repository.path)

    def test_a_repository_that_is_open_to_all(self):
        place = self.repository.path / ".git"
        mode = place.stat().st_mode & 0o7777
        place.chmod(mode | 0o002)
        try:
            self.assertIn("Everybody on this machine may write",
                          self.found(self.server, "repositories", "--quick"))
        finally:
            place.chmod(mode)

    def test_a_hook_that_fails(self):
        api = self.server.api()
        hook = api.post("/repos/demo/shop/hooks", {
            "events": ["*"], "config": {"url": "http://127.0.0.1:9/dead"}}).json

        def is_found():
            return [check for check, _ in self.findings(self.server, "--quick")]
        try:
            for _ in range(6):
                api.post("/repos/demo/shop/deployments", {
                    "ref": "main", "auto_merge": False, "required_contexts": []})
            wait_until(is_found, "the finding")
            self.assertEqual(set(is_found()), {"hooks"})
        finally:
            api.delete(hook["url"])


class OlderRows(DoctorTest):
    """What time alone brings about: rows are changed while the server stands still. Each test has
    a server of its own."""

    def setUp(self):
        self.server = self.enterContext(Server())
        self.server.add_repository("demo/shop", make_repository(self.server.folder))

    def test_an_agent_that_is_silent(self):
        self.server.cli("agent", "token", "demo/shop", "--environment", "silent", "--name", "web-1")
        made = self.server.api().post("/repos/demo/shop/deployments", {
            "ref": "main", "auto_merge": False, "required_contexts": [],
            "environment": "silent"}).json
        self.assertEqual(self.findings(self.server, "--quick"), [])
        self.change("update agent_token set created_at = created_at - 7200000000",
                    "update deployment set created_at = created_at - 3600000000")
        found = self.found(self.server, "agents", "--quick")
        self.assertIn("1 deployment of silent in demo/shop waits, the oldest for 1 hour", found)
        self.assertIn("(web-1)", found)
        self.server.api().post(made["statuses_url"], {"state": "success"})
        self.assertEqual(self.findings(self.server, "--quick"), [])

    def test_backups_that_have_stopped(self):
        row = ("insert into audit (at, action, request_id, detail) values "
               "(cast(strftime('%s') as integer) * 1000000 - {} * 3600000000, 'backup.create', "
               "'', '{{}}')")
        self.change(*[row.format(hours) for hours in (171, 147, 123, 99)])
        self.assertIn("The latest backup is 4 days old", self.found(self.server, "backups"))

    def test_a_backup_that_lacks_a_repository(self):
        self.change("insert into audit (at, action, request_id, detail) values "
                    "(cast(strftime('%s') as integer) * 1000000, 'backup.create', '', "
                    "'{\"repositories\":2,\"missing_repositories\":1}')")
        self.assertEqual(self.found(self.server, "backups", "--quick"),
                         "The latest backup lacks 1 repository.")

    def test_a_server_that_was_never_backed_up(self):
        self.server.api().post("/repos/demo/shop/deployments", {
            "ref": "main", "auto_merge": False, "required_contexts": []})
        self.assertEqual(self.findings(self.server, "--quick"), [])
        self.change("update deployment set created_at = created_at - 25 * 3600000000")
        self.assertIn("No backup was ever made", self.found(self.server, "backups", "--quick"))
        self.server.stop()
        self.assertIn("No backup was ever made", dict(self.findings(self.server))["backups"])
        self.server.start()
        self.server.cli("backup", self.server.folder / "backup.tar")
        self.assertEqual(self.findings(self.server, "--quick"), [])

    def test_rows_of_the_future(self):
        self.change("insert into audit (at, action, request_id, detail) values "
                    "(cast(strftime('%s') as integer) * 1000000 + 7500000000, 'x.y', '', '{}')")
        self.assertIn("2 hours in the future", self.found(self.server, "clock", "--quick"))

    def change(self, *statements):
        self.server.stop()
        with contextlib.closing(sqlite3.connect(self.server.data / "esclusa.db")) as database:
            for statement in statements:
                database.execute(statement)
            database.commit()
        self.server.start()


class Certificates(DoctorTest):
    """A server with a certificate that ends soon."""

    def certificate(self, folder, days):
        """(certificate, key); `days` may be negative."""
        end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days, hours=1)
        begin = end - datetime.timedelta(days=90)
        file, key = folder / f"{days}.pem", folder / f"{days}.key"
        request = folder / f"{days}.csr"
        subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-keyout",
                        key, "-out", request], check=True, capture_output=True)
        authority = folder / f"authority{days}"
        authority.mkdir()
        (authority / "index.txt").touch()
        (authority / "serial").write_text("01")
        (authority / "ca.conf").write_text(
            f"[ca]\ndefault_ca = own\n[own]\ndatabase = {authority}/index.txt\n"
            f"serial = {authority}/serial\nnew_certs_dir = {authority}\ndefault_md = sha256\n"
            "policy = any\n[any]\ncommonName = supplied\n")
        subprocess.run(["openssl", "ca", "-batch", "-selfsign", "-config", authority / "ca.conf",
                        "-keyfile", key, "-in", request, "-out", file, "-notext", "-startdate",
                        f"{begin:%Y%m%d%H%M%SZ}", "-enddate", f"{end:%Y%m%d%H%M%SZ}"], check=True,
                       capture_output=True)
        return file, key

    def test_certificates(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="esclusa-")))
        live, key = folder / "live.pem", folder / "live.key"

        def use(days, key_of=None):
            made = self.certificate(folder, days)
            shutil.copy(made[0], live)
            shutil.copy(key_of or made[1], key)
            return made
        use(30)
        tls = ssl.create_default_context()
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        server = self.enterContext(Server(tls=tls, arguments=(
            "--tls-certificate", str(live), "--tls-key", str(key))))
        self.assertEqual(self.findings(server, "--quick"), [])
        soon = use(20)
        self.assertIn("expires in 20 days", self.found(server, "certificate", "--quick"))
        use(-2)
        self.assertIn("expired 1 day ago", self.found(server, "certificate", "--quick"))
        use(31, soon[1])
        self.assertIn("does not belong to the certificate",
                      self.found(server, "certificate", "--quick"))


class StoppedServer(DoctorTest):
    """What is seen without a server."""

    def test_a_server_that_does_not_run(self):
        with Server() as server:
            server.add_repository("demo/shop", make_repository(server.folder))
            before = {file.name: file.stat().st_mtime_ns for file in server.data.iterdir()}
            server.stop()
            self.assertIn("No server runs on", self.found(server, "server"))
            self.assertEqual(set(before) - {"esclusa.db-wal", "esclusa.db-shm"},
                             {file.name for file in server.data.iterdir()}
                             - {"esclusa.db-wal", "esclusa.db-shm"})
            server.start()
            self.assertEqual(self.findings(server), [])

    def test_a_server_that_was_killed(self):
        with Server() as server:
            server.create_user("late")
            server.kill()
            self.assertIn("No server runs on", self.found(server, "server"))
            server.start()

    def test_the_key_of_a_server_that_does_not_run(self):
        with Server() as server:
            server.stop()
            own, elsewhere = server.data / "secret.key", server.folder / "key"
            own.rename(elsewhere)
            self.assertEqual(dict(self.findings(server, "--quick"))["key"],
                             f"The key {own} is not there.")
            self.assertNotIn("key", dict(self.findings(
                server, "--quick", "--secret-key-file", str(elsewhere))))
            elsewhere.write_bytes(os.urandom(32))
            self.assertEqual(dict(self.findings(server, "--quick", "--secret-key-file",
                                                str(elsewhere)))["key"],
                             f"{elsewhere} has another key than the database.")

    def test_a_damaged_database(self):
        with Server() as server:
            server.stop()
            with contextlib.closing(sqlite3.connect(server.data / "esclusa.db")) as database:
                database.execute("update token set account_id = 4711")
                database.commit()
            found = dict(self.findings(server))
            self.assertIn("row 1 of token refers to a row of account", found["integrity"])
            self.assertNotIn("integrity", dict(self.findings(server, "--quick")))

    def test_a_damaged_table_of_a_running_server(self):
        with Server() as server:
            server.stop()
            with contextlib.closing(sqlite3.connect(server.data / "esclusa.db")) as database:
                root = database.execute("select rootpage from sqlite_master where name = "
                                        "'audit_by_actor'").fetchone()[0]
                size = database.execute("pragma page_size").fetchone()[0]
            server.start()
            with open(server.data / "esclusa.db", "r+b") as file:
                file.seek((root - 1) * size)
                file.write(b"\0" * 100)
            self.assertIn("audit", self.found(server, "integrity"))
            server.kill()

    @unittest.skipIf(NO_DISK, "only root mounts a small disk")
    def test_a_disk_that_is_nearly_full(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="esclusa-"))
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m,nr_inodes=500", "esclusa",
                               folder], check=False, capture_output=True)
        if made.returncode != 0:
            folder.rmdir()
            self.skipTest("this system does not let root mount")
        try:
            with Server(parent=folder) as server:
                found = self.findings(server, "--quick")
                self.assertEqual([check for check, _ in found], ["disk", "disk"], found)
                self.assertIn("MiB are free", found[0][1])
                self.assertIn("more files can be made", found[1][1])
        finally:
            subprocess.run(["umount", folder], check=True)
            folder.rmdir()

    def test_what_it_cannot_look_at(self):
        code, said = examine(None, data="/nowhere/esclusa")
        self.assertEqual(code, 2)
        self.assertIn("say with --data or --config where it is", said)

    def test_a_folder_that_is_no_data_folder(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="esclusa-")))
        for make in (lambda: None, (folder / "website.html").touch):
            make()
            code, said = examine(None, data=folder)
            self.assertEqual(code, 2)
            self.assertEqual(said, f"esclusa: {folder} is not a data folder of Esclusa\n")


if __name__ == "__main__":
    unittest.main()
