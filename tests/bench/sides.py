"""The two sides of each row of the bench: the server, and its baseline.

A measurement is a dict: requests, seconds, rate (requests/s), p50 and p99 (microseconds), cpu
(microseconds of the side's process for each request, which a busy machine disturbs least), load
(the machine's load average at the start). A wrong answer raises `Invalid`.
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import harness  # noqa: E402

DEPLOYMENTS = "/repos/demo/shop/deployments"
NEW_DEPLOYMENT = {"ref": "main", "auto_merge": False, "required_contexts": [],
                  "environment": "production", "description": "Release of the week",
                  "payload": {"build": 4711, "servers": ["one", "two"]}}
CONNECTIONS = 64
STORED = 1000  # deployments in the store of the read rows
LOOP = pathlib.Path(harness.BINARY).parent / "sqlite_loop"
TABLES = ["deployment", "event", "event_body", "audit"]  # a created deployment adds a row to each


class Invalid(Exception):
    """A side did something else than it was measured for."""


def run(command, seconds, environment=None):
    """Runs a program that measures for `seconds`; returns its last line, which is JSON."""
    load = os.getloadavg()[0]
    done = subprocess.run([*harness.DIES_WITH_PARENT, *map(str, command)], check=False, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds + 60,
                          env={**os.environ, **(environment or {})})
    if done.returncode != 0:
        raise Invalid(f"{command[0]}: exit code {done.returncode}: {done.stderr.strip()[-300:]}")
    result = json.loads(done.stdout.splitlines()[-1])
    return {**result, "rate": result["requests"] / result["seconds"], "load": load}


# ------------------------------------------------------------------ requests

class Request:
    """A repeated request, the process that answers it, and the expected answer."""

    def __init__(self, folder, address, path, headers, *, method="GET", body=b"", status=200):
        base, self._process = address
        self.url = base + path
        self.status = status
        self._base, self._path, self._method, self._body = base, path, method, body
        self._headers = {"Accept": "application/vnd.github+json", "User-Agent": "esclusa-bench",
                         **headers}
        if body:
            self._headers["Content-Type"] = "application/json"
        self._file = pathlib.Path(folder) / f"request-{len(os.listdir(folder))}"
        head = "".join(f"{name}: {value}\n" for name, value in self._headers.items())
        self._file.write_bytes(f"{method}\n{head}\n".encode() + body)

    def once(self):
        """Sends the request once; returns the answer, which must be the expected one."""
        answer = harness.Api(self._base).request(self._method, self._path, self._body or None,
                                                 self._headers)
        if answer.status != self.status:
            raise Invalid(f"{self.url}: {answer}")
        return answer

    def measure(self, seconds, connections=CONNECTIONS):
        """Repeats the request on kept-alive connections. wrk counts refusals; the number of
        bytes shows other wrong answers."""
        expected = wire_size(self.once())
        before = cpu_seconds(self._process)
        result = run(["wrk", "--threads", 1, "--connections", connections, "--latency",
                      "--duration", f"{seconds}s", "--timeout", "10s", "--script",
                      HERE / "wrk.lua", self.url],
                     seconds, {"BENCH_REQUEST": str(self._file)})
        used = cpu_seconds(self._process) - before
        if result["refused"] or result["broken"]:
            raise Invalid(f"{self.url}: {result['refused']} refused, {result['broken']} broken")
        if result["requests"] == 0:
            raise Invalid(f"{self.url}: no answer at all")
        size = result["bytes"] / result["requests"]
        if abs(size - expected) > 0.02 * expected + 16:
            raise Invalid(f"{self.url}: {size:.0f} bytes an answer, {expected} expected")
        return {**result, "cpu": used / result["requests"] * 1e6}


def cpu_seconds(process):
    """The CPU time of a process with all its threads so far."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wire_size(answer):
    """The bytes of an answer on the wire, without its reason phrase."""
    head = sum(len(name) + len(value) + 4 for name, value in answer.headers.items())
    return len("HTTP/1.1 200 OK\r\n\r\n") + head + len(answer.body)


# ------------------------------------------------------------------ nginx

@contextlib.contextmanager
def nginx(parent, answers, more_locations="", log_format=""):
    """nginx with a file for each answer (path → answer), sent with that answer's headers, and
    with further locations. Returns its address and its worker's process. Its master gets SIGTERM
    even if the bench is killed, because it must end the worker."""
    folder = pathlib.Path(parent) / "nginx"
    folder.mkdir()
    listening = socket.create_server(("127.0.0.1", 0), backlog=511)
    address = "127.0.0.1:%d" % listening.getsockname()[1]
    locations = "".join(location(folder, path, answer) for path, answer in answers.items())
    (folder / "nginx.conf").write_text(f"""
        daemon off; worker_processes 1; pid nginx.pid; error_log error.log;
        {"user root;" if os.geteuid() == 0 else ""}
        events {{ worker_connections 1024; }}
        http {{
          client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
          uwsgi_temp_path uwsgi; scgi_temp_path scgi;
          access_log off; keepalive_requests 1000000000; types {{ }} {log_format}
          open_file_cache max=16 inactive=1h; open_file_cache_valid 1h;
          server {{ listen {address}; {locations} {more_locations} }}
        }}""")
    # nginx inherits a listening socket, as it does at an upgrade of its program: the system chooses
    # the port, and nobody can take it in between.
    ends_with_us = ["setpriv", "--pdeathsig", "TERM"] if harness.DIES_WITH_PARENT else []
    process = subprocess.Popen(
        [*ends_with_us, "/usr/sbin/nginx", "-p", str(folder), "-c", "nginx.conf", "-e",
         "error.log"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, pass_fds=[listening.fileno()],
        env={**os.environ, "NGINX": f"{listening.fileno()};"})
    listening.close()
    try:
        yield f"http://{address}", worker_of(process.pid, folder)
        if process.poll() is not None:
            raise Invalid("nginx ended: " + (folder / "error.log").read_text()[-300:])
    finally:
        process.terminate()
        process.wait()


def worker_of(master, folder):
    """The only child of nginx's master process."""
    for _ in range(500):
        children = pathlib.Path(f"/proc/{master}/task/{master}/children").read_text().split()
        if children:
            return int(children[0])
        time.sleep(0.01)
    raise Invalid("nginx did not start: " + (folder / "error.log").read_text()[-300:])


def location(folder, path, answer):
    """nginx's configuration for one answer, and the file that it sends; a large file is sent in
    the way that is faster for large files."""
    large = len(answer.body) > 16 * 1024
    sending = "sendfile on; tcp_nopush on;" if large else "sendfile off;"
    name = path.strip("/").replace("/", "-")
    (folder / name).write_bytes(answer.body)
    kept = {key: value for key, value in answer.headers.items() if key.lower() not in
            ("content-length", "content-type", "connection", "date", "server", "etag",
             "last-modified")}
    headers = " ".join(f"add_header {key} {quoted(value)};" for key, value in kept.items())
    return (f"location = {path} {{ alias {folder / name}; {sending} {headers} "
            f"default_type {quoted(answer.headers['Content-Type'])}; }}\n")


def quoted(text):
    """A string of nginx's configuration language, in which `$` cannot be escaped."""
    if "$" in text:
        raise Invalid(f"nginx cannot send the header {text}")
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


# ------------------------------------------------------------------ the server

@contextlib.contextmanager
def server(parent):
    """A server with an empty repository demo/shop. Returns (server, the deployer's
    token)."""
    with harness.Server(parent=parent) as started:
        repository = harness.make_repository(started.folder)
        started.add_repository("demo/shop", repository, "--writable", "--private")
        deployer = started.user_with("deployer", "repo_deployment", "demo/shop", "write")
        yield started, deployer.token


def address_of(started):
    return started.url, started.process.pid


def create_request(folder, started, token):
    return Request(folder, address_of(started), DEPLOYMENTS, {"Authorization": f"Bearer {token}"},
                   method="POST", body=json.dumps(NEW_DEPLOYMENT).encode(), status=201)


def fill(started, token, count, clients=8):
    """Creates deployments."""
    failed = []

    def create(share):
        api = started.api(token, keep_alive=True)
        for _ in range(share):
            answer = api.post(DEPLOYMENTS, NEW_DEPLOYMENT)
            if answer.status != 201:
                return failed.append(answer)
        return api.close()

    threads = [threading.Thread(target=create, args=(count // clients,)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise Invalid(f"the store cannot be filled: {failed[0]}")


def forget_log(started):
    """Empties the server's log, which has a line for each request: it must not affect what
    follows."""
    os.truncate(started.log, 0)


# ------------------------------------------------------------------ the database

def copy_database(data, folder):
    """A copy of a stopped server's database."""
    folder.mkdir()
    source = data / "esclusa.db"
    if pathlib.Path(f"{source}-wal").exists():
        raise Invalid("the server left a write-ahead log behind")
    return pathlib.Path(shutil.copy(source, folder / "loop.db"))


def count_rows(path):
    """Table → number of rows, for the tables that a created deployment writes."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        return {table: database.execute(f"select count(*) from {table}").fetchone()[0]
                for table in TABLES}


def check_rows(before, after, requests, in_flight):
    """Checks that every acknowledged creation has left a row in each table."""
    for table in TABLES:
        made = after[table] - before[table]
        if not requests <= made <= requests + in_flight:
            raise Invalid(f"{made} new rows in {table} after {requests} acknowledged creations")


def settle():
    """Lets the disk finish pending writes of others and of the last measurement."""
    os.sync()
    time.sleep(0.1)
