"""`./dev bench greed`: what a stranger waits beside somebody who wants everything.

The stranger reads one deployment and creates others at a steady pace, first in quiet, then while
the attacker of the row (tests/greed/attackers.py) is at work. Each p99 must be at most three times
that of the quiet time, or 50 ms: `…_of_bound` is its share of that.
"""
import contextlib
import json
import os
import pathlib
import resource
import socket
import sys
import threading
import time
import types

from measure import HERE, Requests, raw
from row import Invalid, Row, Sides, at_most, shown
from server import in_threads

sys.path.insert(0, str(HERE.parent / "greed"))
import attackers  # noqa: E402
from attackers import GREEDY, SHOP, STRANGER, Crowd, Site, ask, deployment, harness  # noqa: E402

from public_keys import public_key  # noqa: E402  these two are in tests/e2e
from receiver import Receiver  # noqa: E402

READS, CREATIONS = 100, 30  # the stranger's, a second
BOUND = 50_000  # microseconds
NO_ANSWER = 20_000_000  # the p99 where nothing was answered: http_loop waits so long
LOG_BYTES, LOG_READERS = 16 * 1024 * 1024, 40


class Stranger:
    """Reads one deployment, and creates others, at a steady pace from an address of its own."""

    def __init__(self, folder, site):
        self.address = (site.server.url, site.server.process.pid)
        site.create()
        self._reads = Requests(folder, self.address,
                               [raw("GET", SHOP + "/deployments/1", site.token)], allowed=None)
        self._creations = Requests(folder, self.address, [
            raw("POST", SHOP + "/deployments", site.token, deployment(f"stranger-{number}"))
            for number in range(8)], allowed=None)

    def measure(self, seconds):
        """The p99 of both, and how many requests had no good answer."""
        found = {}

        def one(number):
            requests, rate = ((self._reads, READS), (self._creations, CREATIONS))[number]
            found[number] = requests.measure(seconds, 8, rate, sender=STRANGER)

        in_threads(2, one)
        for result in found.values():
            if not result["requests"]:
                result["p99"] = NO_ANSWER
        return {"get_p99": found[0]["p99"], "post_p99": found[1]["p99"],
                "refused": found[0]["refused"] + found[1]["refused"], **{
                    key: found[0][key] for key in ("requests", "seconds", "rate", "load")}}


@contextlib.contextmanager
def beside(folder, attack, make_site=lambda folder: Site(parent=folder)):
    """Sides that measure the stranger in quiet and beside `attack(site)`, a context manager, which
    may give a function that adds figures after the measurement."""
    with make_site(folder) as site:
        stranger = Stranger(folder, site)

        def ours(seconds):
            quiet = stranger.measure(seconds)
            before = attackers.memory_mib(site.server)
            with attack(site) as more:
                found = stranger.measure(seconds)
                found["growth_mib"] = attackers.memory_mib(site.server) - before
                if more:
                    found |= more()
            if quiet["refused"]:
                raise Invalid(f"{quiet['refused']} requests were refused in quiet")
            for name in ("get", "post"):
                figure = f"{name}_p99"
                found[f"{name}_quiet_p99"] = quiet[figure]
                found[f"{name}_of_bound"] = found[figure] / max(3 * quiet[figure], BOUND)
            return found

        yield Sides(ours)


# ------------------------------------------------------------------ attackers

@contextlib.contextmanager
def again_and_again(count, work):
    """So many threads that call work() until the block ends; an error of the network is part of
    what happens to an attacker."""
    ended = threading.Event()

    def one():
        while not ended.is_set():
            with contextlib.suppress(OSError):
                work()

    threads = [threading.Thread(target=one, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    try:
        yield None
    finally:
        ended.set()
        for thread in threads:
            thread.join(40)


def asks(site, method, path, *body, token=None):
    return lambda: ask(site.server, method, path, *body, token=token, address=GREEDY)


def pipelined(site):
    """100 pipelined HEAD of a list of 100, again and again."""
    for number in range(100):
        site.create(environment=f"e{number}")

    def work():
        with attackers.connect(site.server) as greedy:
            attackers.pipeline(greedy, site.server, 100)
            answers = b""
            while answers.count(b"HTTP/1.1 ") < 100 and (part := greedy.recv(1 << 16)):
                answers += part

    return again_and_again(1, work)


@contextlib.contextmanager
def closing(connections):
    time.sleep(0.5)
    try:
        yield None
    finally:
        for one in connections:
            one.close()


def idle(site):
    """12,000 idle connections of one address."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < 13_000:
        raise Invalid(f"only {most} descriptors are allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return closing(attackers.idle_connections(site.server, 12_000))


def bodies(site):
    return closing(attackers.unfinished_bodies(site.server, 300))


def slow_readers(site):
    """40 readers of a log of 16 MiB, who read a kilobyte now and then."""
    api = site.server.api()
    path = SHOP.replace("/repos/", "/esclusa/repos/") + "/deployments/1/log"
    part = b"x" * 63 + b"\n"
    size = 512 * 1024
    for offset in range(0, LOG_BYTES, size):
        answer = api.request("PATCH", f"{path}?offset={offset}", part * (size // len(part)),
                             {"Content-Type": "text/plain"})
        if answer.status >= 300 and answer.status != 409:
            raise Invalid(f"no log: {answer}")
    request = attackers.head("GET", path, site.server, site.token)

    def work():
        with socket.socket() as reader:
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.bind((GREEDY, 0))
            reader.connect(("127.0.0.1", attackers.port_of(site.server)))
            reader.sendall(request)
            reader.settimeout(20)
            if not reader.recv(1024).startswith(b"HTTP/1.1 200"):
                time.sleep(0.2)  # refused: a reader that comes again at once is another attack
                return
            for _ in range(20):
                time.sleep(0.1)
                reader.recv(1024)

    return again_and_again(LOG_READERS, work)


def compares(site):
    """80 comparisons of 30,000 commits at once."""
    if not (site.server.folder / "long.git").exists():
        site.comparison = attackers.long_comparison(site)
    return again_and_again(80, asks(site, "GET", site.comparison))


def patterns(site):
    """Creations that are judged by 500 patterns which match after very many steps, or never."""
    place = "/repos/demo/patterns"
    if not (site.server.folder / "patterns").exists():
        repository = site.add_repository("patterns")
        repository.git("branch", "a" * 200)
        api = site.server.api()
        answer = api.request("PUT", place + "/environments/hostile", {
            "deployment_branch_policy": {"protected_branches": False,
                                         "custom_branch_policies": True}})
        for number in range(500):
            if answer.status != 200:
                raise Invalid(f"no pattern: {answer}")
            answer = api.post(place + "/environments/hostile/deployment-branch-policies",
                              {"name": "*a" * 100 + f"*b{number}"})
    body = deployment("hostile", ref="a" * 200)
    return again_and_again(16, asks(site, "POST", place + "/deployments", body, token=site.token))


@contextlib.contextmanager
def hooks(site):
    """Ten events for 20 hanging hooks; then the first event of another repository's hook."""
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as silent, \
            Receiver(site.server.folder / "received.jsonl") as receiver:
        other = f"other-{time.monotonic_ns()}"
        site.add_repository(other)
        attackers.add_hook(site, f"/repos/demo/{other}", receiver.url)
        if not site.server.api().get(SHOP + "/hooks").json:
            attackers.hang_hooks(site, silent)

        def first_delivery():
            begin = time.monotonic()
            asks(site, "POST", f"/repos/demo/{other}/deployments", deployment(),
                 token=site.token)()
            harness.wait_until(lambda: receiver.deliveries("deployment"), "the event", 60)
            return {"first_delivery_s": time.monotonic() - begin}

        yield first_delivery


@contextlib.contextmanager
def sessions(site):
    """999 session starts of one key at keys.sock at once."""
    key = site.server.api().post(SHOP + "/keys", {"key": public_key(str(time.monotonic_ns()))}).json
    body = json.dumps({"key_id": key["id"], "service": "upload-pack",
                       "repository": "demo/shop"}).encode()
    request = (b"POST /esclusa/ssh/sessions HTTP/1.1\r\nHost: local\r\n"
               b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)) + body
    opened = []
    for _ in range(999):
        one = socket.socket(socket.AF_UNIX)
        one.settimeout(5)
        with contextlib.suppress(OSError):
            one.connect(str(site.server.data / "run/keys.sock"))
            one.sendall(request)
        opened.append(one)
    with closing(opened):
        yield None


def sick(site):
    """70 creations at once in a repository of which a ref is a FIFO."""
    if not (site.server.folder / "sick").exists():
        attackers.sick_repository(site)
    return again_and_again(70, asks(site, "POST", "/repos/demo/sick/deployments", deployment(),
                                    token=site.token))


# ------------------------------------------------------------------ through sshd

@contextlib.contextmanager
def door_site(parent):
    """A site behind a real sshd, as `esclusa ssh setup` says; only root can make one."""
    sys.path.insert(0, str(HERE.parent / "ssh"))
    import door_site as door  # pylint: disable=import-outside-toplevel
    from sshd import why_no_sshd  # pylint: disable=import-outside-toplevel
    if os.geteuid() != 0:
        raise Invalid("a site behind sshd can be made by root alone")
    if reason := why_no_sshd():
        raise Invalid(reason)
    with door.Site(arguments=attackers.NO_LIMITS) as behind:
        # systemd weighs sshd as a whole (docs/ssh.md). Here each of its processes counts. By this
        # niceness 50 of them weigh less than one thread of the server.
        os.setpriority(os.PRIO_PROCESS, behind.sshd.process.pid, 19)
        source = harness.make_repository(pathlib.Path(parent), "source")
        behind.add_repository("demo/shop", source, "--public", "--writable")
        token = behind.server.token

        def create(**more):
            return ask(behind.server, "POST", SHOP + "/deployments", deployment(**more), token)

        yield types.SimpleNamespace(server=behind.server, token=token, create=create, door=behind,
                                    run_client=door.run_client,
                                    key=behind.add_key("demo/shop", "greedy", read_only=True))


def ssh_clients(site):
    """50 clients at once that start sessions through sshd, again and again. They stand for other
    machines, so they run only while nothing of the server's machine wants a processor."""
    words = ["chrt", "--idle", "0",
             *site.door.ssh_words(site.key, "git-upload-pack 'demo/shop.git'")]
    environment = site.door.client_environment()
    return again_and_again(50, lambda: site.run_client(words, b"", environment))


# ------------------------------------------------------------------ the rows

ATTACKS = {
    "pipelined": ("100 pipelined HEAD of a list of 100", pipelined, []),
    "idle": ("12,000 idle connections of one address", idle, []),
    "bodies": ("300 unfinished bodies", bodies, [at_most("growth_mib", 64)]),
    "readers": ("40 slow readers of a 16 MiB log", slow_readers, [at_most("growth_mib", 64)]),
    "compares": ("80 compares of 30,000 commits", compares, []),
    "patterns": ("creations judged by 500 hostile patterns", patterns, []),
    "hooks": ("ten events x 20 hanging hooks", hooks, [at_most("first_delivery_s", 1)]),
    "sessions": ("999 session starts of one key", sessions, []),
    "sshd": ("50 clients of one key through sshd", ssh_clients, [], door_site),
    "sick": ("70 creations where a ref is a FIFO", sick, []),
}


def rows():
    stranger = [at_most("get_of_bound", 1), at_most("post_of_bound", 1), at_most("refused", 0),
                shown("get_p99"), shown("get_quiet_p99"), shown("post_p99"),
                shown("post_quiet_p99")]
    return [Row(f"greed-{name}", f"a stranger beside {what}", None,
                lambda folder, attack=attack, place=place: beside(folder, attack, *place),
                [*stranger, *more])
            for name, (what, attack, more, *place) in ATTACKS.items()]
