"""What the tests of data folders share: snapshots, starts that must be refused, copies of
folders."""
import contextlib
import hashlib
import os
import shutil
import sqlite3
import subprocess

from harness import Repository, Server, clean_environment


def snapshot(folder):
    """Everything about a folder and its content that a start must not change. The inode's change
    time is left out: if SQLite runs as root, it gives its log the database's owner."""
    def look(path):
        about = os.lstat(path)
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
        return (about.st_mode, about.st_uid, about.st_gid, about.st_ino, about.st_size,
                about.st_mtime_ns, content)
    return {str(path): look(path) for path in [folder, *sorted(folder.rglob("*"))]}


def start(server, data=None, *arguments):
    """A start that is expected to end by itself; returns the finished process."""
    return subprocess.run([*server.command(data), *arguments], check=False, timeout=60, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, env=clean_environment())


def assert_refused(test, server, data, *says):
    """Checks that the start is refused with a message that contains all these texts, and changes
    nothing."""
    before = snapshot(data)
    done = start(server, data)
    test.assertEqual(done.returncode, 1, done)
    test.assertNotIn("Esclusa listens", done.stdout)
    for words in says:
        test.assertIn(words, done.stderr)
    test.assertEqual(snapshot(data), before)


def stopped_server(test, *, hook=True, killed=False):
    """A server that has stored a repository and a sealed secret, and is stopped or killed."""
    server = test.enterContext(Server())
    server.add_repository("demo/shop", make_bare(server))
    if hook:
        answer = server.api().post("/repos/demo/shop/hooks", {
            "active": False, "config": {"url": "http://127.0.0.1:9/", "secret": "a secret"}})
        test.assertEqual(answer.status, 201, answer)
    server.kill() if killed else server.stop()
    return server


def make_bare(server):
    """A minimal repository."""
    repository = Repository(server.folder / "shop")
    repository.commit("Open the shop", {"README": "A shop.\n"})
    return repository


def copy(server, name="copy"):
    """A copy of a stopped server's folder, next to it."""
    target = server.folder / name
    shutil.copytree(server.data, target, symlinks=True,
                    ignore=lambda _, names: [each for each in names if each.endswith(".sock")])
    target.chmod(0o700)
    return target


def execute(data, *statements):
    """Changes a stopped server's database."""
    with contextlib.closing(sqlite3.connect(data / "esclusa.db")) as database, database:
        for statement in statements:
            database.execute(statement)
