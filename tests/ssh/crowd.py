#!/usr/bin/env python3
"""crowd: many clients over SSH at once, and many keys on the server.

  clones   200 clients clone at the same moment, with the settings of sshd that `esclusa ssh setup`
           prints; every one of them succeeds
  lookups  with 100,000 keys on the server: how long sshd waits for one, printed and not judged,
           through the program that sshd runs, and at keys.sock alone; each answer must be right

Exit code 1 if a clone or an answer fails; 77 where nobody may be root, or there is no sshd.
"""
import argparse
import base64
import concurrent.futures
import contextlib
import hashlib
import http.client
import json
import random
import socket
import sqlite3
import subprocess
import sys
import time

from door_site import Site
from machine import run_as_root
from report import Rows

from harness import make_repository  # in tests/e2e
from public_keys import public_key

UNKNOWN = "nobody's key"
SEED = 1


# ------------------------------------------------------------------ clones

def test_clones(site, rows, options):
    key = site.add_key("demo/shop", "crowd", read_only=True)
    url = site.url("demo/shop")
    head = site.refs(site.server.folder / "demo-shop.git")["refs/heads/main"]

    def clone(number):
        begin = time.monotonic()
        place = site.folder / f"work/clone-{number}"
        done = site.git(key, "clone", "-q", url, place)
        taken = time.monotonic() - begin
        heads = place / ".git/packed-refs"
        right = done.returncode == 0 and heads.exists() and head in heads.read_text()
        return taken, None if right else f"clone {number}: {done.returncode} {done.stderr[-300:]}"
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(options.clones) as pool:
        outcomes = list(pool.map(clone, range(options.clones)))
    seconds = time.monotonic() - begin
    rows.figure(f"{options.clones} clones in {seconds:.1f} s, the slowest in "
                f"{max(taken for taken, _ in outcomes):.1f} s")
    rows.row(f"clones: {options.clones} at once, all succeed",
             [wrong for _, wrong in outcomes if wrong])


# ------------------------------------------------------------------ lookups

def add_rows(data, repository, count):
    """Adds many keys to the database of a stopped server, as the API would."""
    with contextlib.closing(sqlite3.connect(data / "esclusa.db")) as database, database:
        place = database.execute(
            "select k.repository_id, k.added_by_id, k.created_at from deploy_key k "
            "join repository r on r.id = k.repository_id where r.name = ?",
            (repository,)).fetchone()
        assert place, "no key to follow the example of"
        database.executemany(
            "insert into deploy_key (repository_id, added_by_id, created_at, title, public_key, "
            "fingerprint, read_only) values (?, ?, ?, ?, ?, ?, 1)",
            ((*place, f"key {number}", key, fingerprint(key))
             for number, key in ((number, public_key(f"crowd {number}"))
                                 for number in range(count))))


def fingerprint(key):
    digest = hashlib.sha256(base64.b64decode(key.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


class SocketConnection(http.client.HTTPConnection):
    """HTTP over a socket of the file system."""

    def __init__(self, path):
        super().__init__("local")
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


def look_up_at_socket(site, key):
    """One connection for each lookup, as in the real program."""
    with contextlib.closing(SocketConnection(site.socket)) as connection:
        connection.request("POST", "/esclusa/ssh/keys", json.dumps({"key": key}),
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status == 200 and json.loads(answer.read())["key"] == key


def look_up_as_sshd(site, key):
    """As sshd does, with the command that `esclusa ssh setup` prints."""
    done = subprocess.run([site.helper, "keys", *key.split(), "--socket", site.socket],
                          check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          user=site.user.pw_uid, group=site.user.pw_gid, extra_groups=[], cwd="/",
                          env={"PATH": "/usr/bin:/bin"}, timeout=60)
    line = done.stdout.split(" serve ")
    return done.returncode == 0 and line[0] == f'restrict,command="{site.helper}' \
        and line[1].endswith(f'" {key}\n')


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(share * len(times)))] * 1000


def test_lookups(site, rows, options):
    site.add_key("demo/other", "first")
    site.server.stop()
    add_rows(site.server.data, "other", options.keys)
    site.server.start()
    dice = random.Random(SEED)
    for what, look_up, count in (("keys.sock", look_up_at_socket, options.lookups),
                                 ("the program that sshd runs", look_up_as_sshd,
                                  options.lookups // 10)):
        times, wrong = [], []
        for number in dice.choices(range(options.keys), k=count):
            key = public_key(f"crowd {number}")
            begin = time.monotonic()
            if not look_up(site, key):
                wrong.append(f"key {number} was not found")
            times.append(time.monotonic() - begin)
        if look_up(site, public_key(UNKNOWN)):
            wrong.append("a key that nobody has was found")
        rows.figure(f"{count} lookups among {options.keys} keys through {what}: "
                    f"p50 {percentile(times, 0.5):.2f} ms, p99 {percentile(times, 0.99):.2f} ms, "
                    f"max {max(times) * 1000:.2f} ms")
        rows.row(f"lookups: {count} through {what} find their key", wrong)


def run(options):
    rows = Rows()
    with Site() as site:
        source = make_repository(site.folder / "work", "source")
        for name in ("demo/shop", "demo/other"):
            site.add_repository(name, source, "--private")
        test_lookups(site, rows, options)
        test_clones(site, rows, options)
    return 1 if rows.wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clones", type=int, default=200, metavar="N")
    parser.add_argument("--keys", type=int, default=100_000, metavar="N")
    parser.add_argument("--lookups", type=int, default=3000, metavar="N")
    options = parser.parse_args()
    return run_as_root("crowd", lambda: run(options))


if __name__ == "__main__":
    sys.exit(main())
