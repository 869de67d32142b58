"""What the rows of greed and of `./dev bench greed` share: a site with a server, clients that ask
one thing, and the attackers. An attacker is started by a function, and ends when its connections
close.
"""
import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402

SHOP = "/repos/demo/shop"
GREEDY, STRANGER = "127.0.0.3", "127.0.0.2"  # addresses of clients
NO_LIMITS = ["--rate-limit-enabled", "false"]


def port_of(server):
    return int(server.url.rsplit(":", 1)[1])


def connect(server, address=GREEDY):
    """A raw connection from that address."""
    return socket.create_connection(("127.0.0.1", port_of(server)), 60, (address, 0))


def head(method, path, server, token=None, more=""):
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    return (f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port_of(server)}\r\n{authorization}"
            f"{more}\r\n").encode()


def ask(server, method, path, body=None, token=None, address=STRANGER, timeout=60):
    """One request of a new connection; gives its status."""
    connection = http.client.HTTPConnection("127.0.0.1", port_of(server), timeout=timeout,
                                            source_address=(address, 0))
    fields = {"Authorization": f"Bearer {token}"} if token else {}
    with contextlib.closing(connection):
        connection.request(method, path, json.dumps(body) if body is not None else None, fields)
        answer = connection.getresponse()
        answer.read()
        return answer.status


def deployment(environment="greed", **more):
    return {"ref": "main", "environment": environment, "auto_merge": False,
            "required_contexts": [], **more}


def received(connection):
    """What has arrived at a connection."""
    connection.setblocking(False)
    parts = []
    with contextlib.suppress(BlockingIOError):
        while part := connection.recv(1 << 20):
            parts.append(part)
    return b"".join(parts)


class Crowd:
    """Requests that run beside the stranger's, each on a thread and a connection of its own."""

    def __init__(self, server, requests, token=None):
        self.statuses = []
        self._threads = [threading.Thread(target=self._ask, args=(server, request, token),
                                          daemon=True) for request in requests]
        for thread in self._threads:
            thread.start()

    def _ask(self, server, request, token):
        method, path, *body = request
        try:
            status = ask(server, method, path, *body, token=token, address=GREEDY)
        except OSError as error:
            status = type(error).__name__
        self.statuses.append(status)

    def waiting(self):
        return len(self._threads) - len(self.statuses)

    def join(self):
        for thread in self._threads:
            thread.join()
        return self.statuses


class Site(contextlib.ExitStack):
    """A server with demo/shop, public and writable, and what a row makes of it."""

    def __init__(self, **settings):
        super().__init__()
        arguments = [*NO_LIMITS, *settings.pop("arguments", [])]
        self.server = self.enter_context(harness.Server(arguments=arguments, **settings))
        self.repository = harness.make_repository(self.server.folder)
        self.server.add_repository("demo/shop", self.repository, "--writable", "--public")
        self.token = self.server.token

    def add_repository(self, name):
        """Another public repository, demo/NAME."""
        repository = harness.make_repository(self.server.folder, name)
        self.server.add_repository(f"demo/{name}", repository, "--public")
        return repository

    def create(self, **more):
        return ask(self.server, "POST", SHOP + "/deployments", deployment(**more), self.token)

    def is_well(self):
        """Whether the stranger is answered: a read, a creation, and `/livez`."""
        return [ask(self.server, "GET", SHOP + "/deployments"), self.create(environment="stranger"),
                ask(self.server, "GET", "/livez")] == [200, 201, 200]


def memory_mib(server):
    """The resident memory of the server."""
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    [resident] = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(resident.split()[1]) // 1024


# ------------------------------------------------------------------ attackers

def pipeline(connection, server, count):
    """Sends so many pipelined HEAD of a long list, each by another address: whole answers to the
    same request are kept, and cost nothing."""
    connection.sendall(b"".join(
        head("HEAD", f"{SHOP}/deployments?per_page=100&number={number}", server)
        for number in range(count)))


def idle_connections(server, count):
    return [connect(server) for _ in range(count)]


def unfinished_bodies(server, count, length=60_000, sent=30_000):
    """Connections whose requests have sent so many bytes of longer bodies, without a token."""
    more = f"Content-Type: application/json\r\nContent-Length: {length}\r\n"
    request = head("POST", SHOP + "/deployments", server, more=more) + b" " * sent
    connections = idle_connections(server, count)
    for one in connections:
        one.sendall(request)
    return connections


def grow(repository, count):
    """Adds so many commits to main; gives the first one."""
    parts = []
    for number in range(1, count + 1):
        parts.append(f"commit refs/heads/main\nmark :{number}\ncommitter A <a@example.org> "
                     f"{1_700_000_000 + number} +0000\ndata 4\ntext\n"
                     + (f"from :{number - 1}\n" if number > 1 else "")
                     + f"M 100644 inline file\ndata {len(str(number))}\n{number}\n")
    subprocess.run(["git", "-C", repository.path, "fast-import", "--quiet"], check=True,
                   input="".join(parts).encode())
    return repository.git("rev-list", "--max-parents=0", "main")


def long_comparison(site, count=30_000):
    """A repository with so many commits; gives the path of the comparison of all of them."""
    long = harness.Repository(site.server.folder / "long.git", bare=True)
    root = grow(long, count)
    site.server.add_repository("demo/long", long, "--public")
    return f"/repos/demo/long/compare/{root}...main"


def sick_repository(site):
    """demo/sick, of which a ref is a FIFO that nobody writes; gives the path of its
    deployments."""
    ref = site.add_repository("sick").path / ".git/refs/heads/main"
    ref.unlink()
    os.mkfifo(ref)
    return "/repos/demo/sick/deployments"


def add_hook(site, repository, url):
    body = {"events": ["deployment"], "config": {"url": url}}
    assert ask(site.server, "POST", repository + "/hooks", body, site.token) == 201


def hang_hooks(site, silent, hooks=20, events=10):
    """So many events for hooks of demo/shop at a listener that never answers."""
    for number in range(hooks):
        add_hook(site, SHOP, f"http://127.0.0.1:{silent.getsockname()[1]}/{number}")
    for number in range(events):
        assert site.create(environment=f"e{number}") == 201


def stop_under_load(site, count=50):
    """A stop while requests are being answered and wait in the listener's backlog; the server is
    started again. Gives (answered, reset, exit code, seconds)."""
    clients = [connect(site.server, STRANGER) for _ in range(count)]
    request = head("GET", SHOP + "/deployments", site.server, more="Connection: close\r\n")
    site.server.process.send_signal(signal.SIGSTOP)  # so that they are in the backlog
    late = [connect(site.server, STRANGER) for _ in range(count)]
    for client in clients + late:
        client.sendall(request)
    begin = time.monotonic()
    site.server.process.send_signal(signal.SIGTERM)
    site.server.process.send_signal(signal.SIGCONT)
    answered = reset = 0
    for client in clients + late:
        with client:
            try:
                answered += b" 200 " in client.recv(64)
            except ConnectionResetError:
                reset += 1
    code = site.server.stop()
    seconds = time.monotonic() - begin
    site.server.start()
    return answered, reset, code, seconds


def stop_with_half_heads(site, count=10):
    """A stop while connections have sent eight bytes of a head, and others nothing. Gives (exit
    code, seconds)."""
    half = idle_connections(site.server, 2 * count)
    for one in half[:count]:
        one.sendall(b"GET / HT")
    begin = time.monotonic()
    code = site.server.stop()
    seconds = time.monotonic() - begin
    for one in half:
        one.close()
    return code, seconds
