#!/usr/bin/env python3
"""greed: one client, repository or hook that wants everything, and a stranger beside it.

Each row lets somebody be greedy, and checks that the stranger is answered while the greedy requests
still wait. Rows check order and counts. The one bound in seconds, of a stop, lies far below the ten
seconds that it rules out.

  greed.py [ROW…]     all rows without names
"""
import argparse
import contextlib
import ctypes
import http.client
import inspect
import json
import os
import pathlib
import resource
import socket
import sys
import threading

from attackers import (GREEDY, SHOP, Crowd, Site, add_hook, ask, connect, deployment, hang_hooks,
                       harness, head, idle_connections, long_comparison, memory_mib, pipeline,
                       received, sick_repository, stop_under_load, stop_with_half_heads,
                       unfinished_bodies)
from pruning import pruning
from public_keys import public_key  # in tests/e2e
from receiver import Receiver  # in tests/e2e


# ------------------------------------------------------------------ rows

def pipelined():
    """1,000 pipelined HEAD of a long list in one connection: the stranger is answered before."""
    with Site() as site:
        for number in range(100):
            assert site.create(environment=f"e{number}") == 201
        with connect(site.server) as greedy:
            pipeline(greedy, site.server, 1000)
            assert site.is_well()
            got = received(greedy)
            return [("answers that the greedy one had when the stranger was served",
                     got.count(b"HTTP/1.1 200"), lambda count: count < 1000)]


def connections():
    """256 descriptors, and 300 idle connections of one address: git, the administrator's socket
    and /livez work, and the stranger is answered."""
    limit = ["prlimit", "--nofile=256:256", "--"]
    with Site(wrapper=limit) as site:
        idle = idle_connections(site.server, 300)
        well = site.is_well()
        users = site.server.cli("user", "list").returncode
        git = ask(site.server, "GET", SHOP + "/commits/main")
        own = ask(site.server, "GET", "/livez", address=GREEDY)
        for one in idle:
            one.close()
        return [("the stranger is answered", well, bool), ("exit code of `user list`", users, 0),
                ("a commit is read", git, 200), ("/livez for the greedy address itself", own, 200)]


def bodies():
    """300 unfinished bodies without a token: the memory grows by no more than they sent."""
    with Site() as site:
        before = memory_mib(site.server)
        more = "Content-Type: application/json\r\nContent-Length: 1000000\r\n"
        large = [connect(site.server) for _ in range(10)]
        for one in large:
            one.sendall(head("POST", SHOP + "/deployments", site.server, more=more))
        refused = sum(b" 401 " in one.recv(64) for one in large)
        small = unfinished_bodies(site.server, 300)
        well = site.is_well()
        grown = memory_mib(site.server) - before
        for one in large + small:
            one.close()
        return [("large bodies that were refused", refused, 10),
                ("the stranger is answered", well, bool),
                ("MiB of growth", grown, lambda mib: mib <= 64)]


def compares():
    """80 comparisons of 30,000 commits: the stranger creates a deployment before they end."""
    with Site() as site:
        crowd = Crowd(site.server, [("GET", long_comparison(site))] * 80)
        well, waiting = site.is_well(), crowd.waiting()
        statuses = crowd.join()
        return [("the stranger is answered", well, bool),
                ("comparisons that still ran", waiting, lambda count: count > 0),
                ("comparisons with another answer than 200 or 503",
                 len([status for status in statuses if status not in (200, 503)]), 0)]


def sick():
    """70 creations in a repository of which a ref is a FIFO that nobody writes: they do not hang,
    and another repository is served."""
    with Site() as site:
        writers = [("POST", sick_repository(site), deployment())] * 70
        crowd = Crowd(site.server, writers, site.token)
        well = site.is_well()
        statuses = crowd.join()
        return [("the stranger is answered", well, bool),
                ("creations that were refused with 503", statuses.count(503), 70)]


def hanging_hooks():
    """Ten events for each of 20 hooks whose receiver never answers: the hook of another repository
    gets its event before one of them has ended."""
    with Site() as site, socket.create_server(("127.0.0.1", 0), backlog=1000) as silent:
        site.add_repository("other")
        file = site.server.folder / "received.jsonl"
        receiver = site.enter_context(Receiver(file))
        add_hook(site, "/repos/demo/other", receiver.url)
        hang_hooks(site, silent)
        path = "/repos/demo/other/deployments"
        created = ask(site.server, "POST", path, deployment(), site.token)
        harness.wait_until(lambda: receiver.deliveries("deployment"), "the stranger's event")
        ended = [one for hook in site.server.api().get(SHOP + "/hooks").json
                 for one in site.server.api().get(hook["deliveries_url"]).json]
        return [("the other repository's deployment", created, 201),
                ("deliveries to hanging hooks that had ended", len(ended), 0)]


def backlog():
    """10 stops under load, with requests in the listener's backlog: none that was accepted is
    reset."""
    with Site() as site:
        stops = [stop_under_load(site) for _ in range(10)]
    answered, reset, codes, _ = zip(*stops)
    return [("requests that were answered", sum(answered), 1000),
            ("requests that were reset", sum(reset), 0), ("exit codes", set(codes), {0})]


def half_heads():
    """Connections with eight bytes of a head, and idle ones: they do not hold up a stop."""
    with Site() as site:
        code, seconds = stop_with_half_heads(site)
        return [("exit code", code, 0),
                ("seconds until the end (the grace for answers is 10)", round(seconds, 1),
                 lambda value: value < 8)]


def slow_log_readers():
    """40 readers of a log of 16 MiB who take nothing: the memory grows by less than their logs."""
    with Site() as site:
        assert site.create() == 201
        path = "/esclusa" + SHOP + "/deployments/1/log"
        for part in range(16):
            sent = site.server.api().request("PATCH", f"{path}?offset={part * 1_000_000}",
                                             b"x" * 1_000_000)
            assert sent.status == 200, sent
        before = memory_mib(site.server)
        readers = [connect(site.server) for _ in range(40)]
        for one in readers:
            one.sendall(head("GET", path, site.server, site.token))
        begun = sum(b" 200 " in one.recv(64) for one in readers)
        well = site.is_well()
        grown = memory_mib(site.server) - before
        for one in readers:
            one.close()
        return [("logs that have begun", begun, 40), ("the stranger is answered", well, bool),
                ("MiB of growth", grown, lambda mib: mib <= 64)]


class LocalConnection(http.client.HTTPConnection):
    """HTTP on a unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self._path)


def start_sessions(site, key, count):
    """The statuses of so many starts of SSH sessions of a key."""
    body = json.dumps({"key_id": key, "service": "upload-pack", "repository": "demo/shop"})
    statuses = []
    with contextlib.closing(LocalConnection(site.server.data / "run/keys.sock")) as connection:
        for _ in range(count):
            connection.request("POST", "/esclusa/ssh/sessions", body)
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
    return statuses


def sessions():
    """1,104 starts of SSH sessions of one key, for which there are 1,000 places: another key starts
    one."""
    with Site() as site:
        keys = [site.server.api().post(SHOP + "/keys", {"key": public_key(name)}).json["id"]
                for name in ("greedy", "stranger")]
        statuses = []
        threads = [threading.Thread(target=lambda: statuses.extend(
            start_sessions(site, keys[0], 138))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        others = [status for status in statuses if status not in (201, 503)]
        return [("starts of the stranger's key", start_sessions(site, keys[1], 1), [201]),
                ("starts of the greedy key that were answered", len(statuses), 1104),
                ("starts with another answer than 201 or 503", len(others), 0)]


def hostile_patterns():
    """500 patterns that are tedious to match with a long name: who asks for the gates of a
    deployment 200 times holds up no creation."""
    with Site() as site:
        long_name = "/".join(["a" * 249] * 4)
        site.repository.git("branch", long_name)
        ada = site.server.api().get("/user").json["id"]
        place = SHOP + "/environments/guarded"
        rules = {"reviewers": [{"type": "User", "id": ada}], "deployment_branch_policy":
                 {"protected_branches": False, "custom_branch_policies": True}}
        assert site.server.api().request("PUT", place, rules).status == 200
        tail = "".join(f"[{letter}a]" for letter in "bcdefghij")
        for number in range(500):
            name = "**/*" + "a?" * 100 + tail + f"{number:03}" if number else "*/*/*/*"
            added = site.server.api().post(place + "/deployment-branch-policies", {"name": name})
            assert added.status == 200, added
        held = site.server.api().post(SHOP + "/deployments",
                                      deployment("guarded") | {"ref": long_name})
        gates = f"/esclusa{SHOP}/deployments/{held.json['id']}/gates"
        crowd = Crowd(site.server, [("GET", gates)] * 200)
        well = site.is_well()
        return [("the creation in the guarded environment", held.status, 201),
                ("the stranger is answered", well, bool),
                ("answers with the gates", crowd.join().count(200), 200)]


def hanging_thread():
    """A background thread that hangs: `/livez` says which one, and is well when it goes on. Begins
    before all other rows and ends after them, as a thread counts as hung after a minute."""
    with Site() as site:
        tasks = pathlib.Path(f"/proc/{site.server.process.pid}/task")
        [thread] = [int(task.name) for task in tasks.iterdir()
                    if (task / "comm").read_text() == "housekeeper\n"]
        with stopped(thread):
            yield
            livez = site.server.api(None)
            harness.wait_until(lambda: livez.get("/livez").status == 503, "503", timeout=120)
            said = livez.get("/livez").body.decode()
            well = site.create(environment="beside")
        harness.wait_until(lambda: livez.get("/livez").status == 200, "200")
        yield [("the hung thread is named", said, lambda text: '"housekeeper" hangs' in text),
               ("a creation beside it", well, 201)]


@contextlib.contextmanager
def stopped(thread):
    """Stops one thread of another process, and no other, by ptrace(2)."""
    seize, interrupt, detach = 0x4206, 0x4207, 17
    libc = ctypes.CDLL(None, use_errno=True)

    def trace(request):
        if libc.ptrace(request, thread, None, None) != 0:
            raise OSError(ctypes.get_errno(), "ptrace")
    trace(seize)
    try:
        trace(interrupt)
        os.waitpid(thread, 0x40000000)  # __WALL
        yield
    finally:
        trace(detach)


ROWS = [pipelined, connections, bodies, compares, sick, hanging_hooks, backlog,
        half_heads, slow_log_readers, sessions, hostile_patterns, hanging_thread]
# Compares times, so nothing may run beside it: only by its name.
ALONE = [pruning]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", choices=[[], *(row.__name__ for row in ROWS + ALONE)],
                        metavar="ROW", help=", ".join(row.__name__ for row in ROWS + ALONE))
    names = parser.parse_args().rows
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, most), most))
    failed = 0
    rows = [row for row in ROWS + ALONE if row.__name__ in names] if names else ROWS
    begun = {row: row() for row in rows if inspect.isgeneratorfunction(row)}
    for row in begun.values():
        next(row)
    for row in rows:
        for what, value, wanted in next(begun[row]) if row in begun else row():
            good = wanted(value) if callable(wanted) else value == wanted
            print(f"{'ok  ' if good else 'FAIL'} {row.__name__}: {what}: {value}", flush=True)
            failed += not good
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
