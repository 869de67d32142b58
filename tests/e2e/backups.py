"""What the tests of backups share: a load whose acknowledged writes are known, and an independent
reader of what was restored (Python's sqlite3 and git itself)."""
import contextlib
import itertools
import shutil
import socket
import sqlite3
import subprocess
import tarfile
import threading

from canaries import base64_cores
from harness import BINARY, Repository, Server, clean_environment


class Load:
    """Writers that create deployments with statuses, and push to a repository that Esclusa made.
    Each does one thing after the other, and keeps what was acknowledged, in order."""

    def __init__(self, server, writers=3):
        self.server = server
        self.made = find_made(server)
        self.writes = [[] for _ in range(writers)]  # of each writer: ("deployment" | "status", id)
        self.pushes = []  # (branch, commit)
        self.errors = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._guard, args=(self._write, number))
                         for number in range(writers)]
        self._threads.append(threading.Thread(target=self._guard, args=(self._push,)))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def acknowledged(self):
        """How much was acknowledged until now: of each writer, and of the pushes."""
        return [len(list_) for list_ in self.writes], len(self.pushes)

    def _guard(self, work, *arguments):
        try:
            work(*arguments)
        except Exception as error:  # the test fails because of it
            if not self._stop.is_set():
                self.errors.append(repr(error))

    def _write(self, number):
        api = self.server.api(keep_alive=True)
        repositories = itertools.cycle(("demo/shop", "demo/made"))
        while not self._stop.wait(0.02):  # the rest of the test needs the machine, too
            answer = api.post(f"/repos/{next(repositories)}/deployments", {
                "ref": "main", "auto_merge": False, "required_contexts": [],
                "environment": f"writer-{number}", "payload": "x" * 1000})
            assert answer.status == 201, answer
            self.writes[number].append(("deployment", answer.json["id"]))
            status = api.post(answer.json["statuses_url"], {"state": "success"})
            assert status.status == 201, status
            self.writes[number].append(("deployment_status", status.json["id"]))
        api.close()

    def _push(self):
        clone = Repository(self.server.folder / "pushed")
        for number in itertools.count():
            if self._stop.wait(0.3):
                return
            branch = f"topic-{number}"
            commit = clone.commit(branch, {"file": f"{number}\n"})
            clone.git("push", "-q", str(self.made), f"HEAD:refs/heads/{branch}")
            self.pushes.append((branch, commit))


def find_made(server):
    """The folder of the one repository that the server made."""
    (path,) = (server.data / "repositories").iterdir()
    return path


def add_made_repository(server, name="demo/made"):
    """A repository that Esclusa makes, with one commit on main."""
    server.cli("repo", "create", name)
    repository = Repository(server.folder / "first")
    commit = repository.commit("The first", {"README": "made\n"})
    repository.git("push", "-q", str(find_made(server)), "HEAD:refs/heads/main")
    return commit


def query(data, sql, *arguments):
    """The rows of a folder's database, read by Python's sqlite3."""
    uri = f"file:{data / 'esclusa.db'}?mode=ro"
    with contextlib.closing(sqlite3.connect(uri, uri=True)) as database:
        return database.execute(sql, arguments).fetchall()


def git(repository, *arguments):
    return subprocess.run(["git", "--git-dir", str(repository), *arguments], check=True, text=True,
                          env=clean_environment({"GIT_CONFIG_GLOBAL": "/dev/null",
                                                 "GIT_CONFIG_NOSYSTEM": "1"}),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout.strip()


def restored_repository(data):
    (path,) = (data / "repositories").iterdir()
    return path


def compare(test, data, load, before):
    """Checks that a restored folder has a prefix of what each writer was acknowledged, and at
    least what was acknowledged before the backup began."""
    test.assertEqual(query(data, "pragma integrity_check"), [("ok",)])
    test.assertEqual(query(data, "pragma foreign_key_check"), [])
    there = {table: {row[0] for row in query(data, f"select id from {table}")}
             for table in ("deployment", "deployment_status")}
    counts, push_count = before
    for writes, count in zip(load.writes, counts):
        found = [id_ in there[table] for table, id_ in list(writes)]
        test.assertEqual(found, sorted(found, reverse=True), "it is no prefix")
        test.assertGreaterEqual(sum(found), count, "something acknowledged is missing")
    # Each deployment that is there has its statuses' events, and the commit that it names.
    repository = restored_repository(data)
    git(repository, "fsck", "--full", "--strict")
    refs = dict(reversed(line.split(" ")) for line in
                git(repository, "for-each-ref", "--format=%(objectname) %(refname)").splitlines())
    for branch, commit in load.pushes[:push_count]:
        test.assertEqual(refs.get(f"refs/heads/{branch}"), commit)
    kept = query(data, "select distinct d.sha from deployment d join repository r on "
                       "r.id = d.repository_id where r.path = ?", str(repository))
    for (sha,) in kept:
        test.assertEqual(git(repository, "cat-file", "-t", sha), "commit")
        test.assertIn(f"refs/deployments/{sha}", refs)


def spellings(secret):
    """The ways in which bytes may appear in a file: raw, hex, and base64 at each alignment."""
    yield from (secret, secret.hex().encode(), secret.hex().upper().encode())
    for core in base64_cores(secret):
        yield from (core, core.replace(b"+", b"-").replace(b"/", b"_"))


def members(path):
    """The names of a tar file's members, as Python reads them."""
    with tarfile.open(path) as tar:
        return tar.getnames()


class Stalled:
    """A client of the administrator's socket that asks for a backup, and does not read it."""

    def __init__(self, server):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.settimeout(30)
        self._socket.connect(str(server.socket))
        self._socket.sendall(b"GET /esclusa/admin/backup HTTP/1.1\r\nHost: local\r\n\r\n")
        self.head = self._socket.recv(12)

    def close(self):
        self._socket.close()


def command(server, *arguments, **more):
    """`esclusa ARGUMENTS…` as a process."""
    return subprocess.Popen([BINARY, *map(str, arguments)], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env=clean_environment({"ESCLUSA_SOCKET": str(server.socket)}), **more)


def restore(server, backup, folder, *more, check=True):
    return server.cli("restore", backup, "--data", folder, "--secret-key-file",
                      server.data / "secret.key", *more, check=check)


def remove(folder):
    shutil.rmtree(folder, ignore_errors=True)


class RestoredServer(Server):
    """A server on a restored folder."""

    def __init__(self, original, data):
        super().__init__()
        self.data = data
        self.socket = data / "run/admin.sock"
        self.token = original.token
