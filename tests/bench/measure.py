"""Runs the load generators: wrk for one repeated request, http_loop for different requests and for
a steady pace. Each gives a measurement (row.py), and raises `Invalid` at a wrong answer."""
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.parse

from row import Invalid

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import harness  # noqa: E402

CONNECTIONS = 64
PROGRAMS = pathlib.Path(harness.BINARY).parent  # sqlite_loop and the others are beside the server
FIELDS = {"Accept": "application/vnd.github+json", "User-Agent": "esclusa-bench"}


def run(command, seconds, environment=None):
    """Runs a program that measures for `seconds`; returns its last line, which is JSON."""
    load = os.getloadavg()[0]
    return result_of(start(command, environment), seconds + 60, load)


def start(command, environment=None):
    return subprocess.Popen([*harness.DIES_WITH_PARENT, *map(str, command)], text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env={**os.environ, **(environment or {})})


def result_of(process, timeout, load):
    try:
        output, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    if process.returncode != 0:
        raise Invalid(f"{process.args[-1]}: exit code {process.returncode}: "
                      f"{errors.strip()[-300:]}")
    result = json.loads(output.splitlines()[-1])
    return {**result, "rate": result["requests"] / result["seconds"], "load": load}


def cpu_seconds(process):
    """The CPU time of a process with all its threads so far."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def with_cpu(process, measure):
    """A measurement with the CPU time of the process that answered."""
    before = cpu_seconds(process)
    result = measure()
    used = cpu_seconds(process) - before
    return {**result, "cpu": used / result["requests"] * 1e6 if result["requests"] else None}


def settle():
    """Lets the disk finish pending writes of others and of the last measurement."""
    os.sync()
    time.sleep(0.1)


# ------------------------------------------------------------------ one request, by wrk

class Request:
    """A repeated request, the process that answers it, and the expected answer."""

    def __init__(self, folder, address, path, headers, *, method="GET", body=b"", status=200):
        base, self._process = address
        self.url = base + path
        self.status = status
        self._base, self._path, self._method, self._body = base, path, method, body
        self._headers = {**FIELDS, **headers}
        if body:
            self._headers["Content-Type"] = "application/json"
        self._file = new_file(folder, "request")
        head = "".join(f"{name}: {value}\n" for name, value in self._headers.items())
        self._file.write_bytes(f"{method}\n{head}\n".encode() + body)

    def once(self, tls=None):
        """Sends the request once; returns the answer, which must be the expected one."""
        answer = harness.Api(self._base, tls=tls).request(
            self._method, self._path, self._body or None, self._headers)
        if answer.status != self.status:
            raise Invalid(f"{self.url}: {answer}")
        return answer

    def measure(self, seconds, connections=CONNECTIONS, tls=None):
        """Repeats the request on kept-alive connections. wrk counts refusals; the number of
        bytes shows other wrong answers."""
        expected = wire_size(self.once(tls))
        result = with_cpu(self._process, lambda: run(
            ["wrk", "--threads", 1, "--connections", connections, "--latency",
             "--duration", f"{seconds}s", "--timeout", "10s", "--script", HERE / "wrk.lua",
             self.url], seconds, {"BENCH_REQUEST": str(self._file)}))
        if result["refused"] or result["broken"]:
            raise Invalid(f"{self.url}: {result['refused']} refused, {result['broken']} broken")
        if result["requests"] == 0:
            raise Invalid(f"{self.url}: no answer at all")
        size = result["bytes"] / result["requests"]
        if abs(size - expected) > 0.02 * expected + 16:
            raise Invalid(f"{self.url}: {size:.0f} bytes an answer, {expected} expected")
        return result


def wire_size(answer):
    """The bytes of an answer on the wire, without its reason phrase."""
    head = sum(len(name) + len(value) + 4 for name, value in answer.headers.items())
    return len("HTTP/1.1 200 OK\r\n\r\n") + head + len(answer.body)


def new_file(folder, name):
    return pathlib.Path(folder) / f"{name}-{len(os.listdir(folder))}"


# ------------------------------------------------------------------ many requests, by http_loop

def raw(method, path, token=None, body=None, more=None):
    """A whole request for http_loop; `body` is sent as JSON."""
    data = b"" if body is None else json.dumps(body).encode()
    fields = {"Host": "127.0.0.1", **FIELDS, **(more or {})}
    if token:
        fields["Authorization"] = f"Bearer {token}"
    if body is not None:
        fields |= {"Content-Type": "application/json", "Content-Length": str(len(data))}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + data


class Requests:
    """Different requests in turn, and the process that answers them. `address` is (URL or path of a
    unix socket, process). An answer of another status than those `allowed` makes a measurement
    invalid. With None everything is allowed, and `refused` counts what had no good answer."""

    def __init__(self, folder, address, requests, *, allowed=(200, 201)):
        base, self._process = address
        self.allowed = allowed
        self._place = urllib.parse.urlsplit(base).netloc or base
        self._file = new_file(folder, "requests")
        self._file.write_bytes(b"".join(one + b"\0" for one in requests))

    def command(self, seconds, connections, rate, sender, answers):
        return [PROGRAMS / "http_loop", self._place, sender, self._file, connections, rate,
                seconds, *([answers] if answers else [])]

    def measure(self, seconds, connections=CONNECTIONS, rate=0, sender="-", answers=None):
        """`rate` 0: as fast as answers come. `sender`: the local address of the connections."""
        result = with_cpu(self._process, lambda: run(
            self.command(seconds, connections, rate, sender, answers), seconds))
        return self.checked(result)

    def checked(self, result):
        if self.allowed is None:
            bad = sum(count for status, count in result["statuses"].items() if int(status) >= 400)
            return {**result, "refused": bad + result["broken"] + result["unanswered"]}
        wrong = {status: count for status, count in result["statuses"].items()
                 if int(status) not in self.allowed}
        if wrong or result["broken"] or result["unanswered"]:
            raise Invalid(f"answers by status: {result['statuses']}, {result['broken']} broken, "
                          f"{result['unanswered']} without an answer")
        if result["requests"] == 0:
            raise Invalid("no answer at all")
        return result

    @contextlib.contextmanager
    def beside(self, seconds, rate, connections=CONNECTIONS):
        """Sends at that rate while the block runs, which takes `seconds`. Gives a dict that has the
        measurement after the block."""
        load, result = os.getloadavg()[0], {}
        process = start(self.command(seconds + 0.5, connections, rate, "-", None))
        try:
            time.sleep(0.3)
            yield result
            result.update(self.checked(result_of(process, seconds + 90, load)))
        finally:
            process.kill()
            process.wait()
