"""Rows about webhooks: nginx receives the deliveries.

nginx answers each POST with 204. It counts them itself (stub_status), and logs when the healthy
hook's came. Its clock is this machine's, with a resolution of a millisecond.
"""
import contextlib
import json
import os
import pathlib
import signal
import socket
import time
import urllib.request

import measure
from measure import PROGRAMS, Requests, cpu_seconds, harness, raw, run
from nginx import nginx
from row import Invalid, Row, Sides, at_least, at_most, shown
from server import DEPLOYMENTS, NEW_DEPLOYMENT, address_of, looking_into, server

HOOKS = 8
HOOK_SENDS = 4  # concurrent sends for each hook: limits::delivery_hook_concurrency
ENVIRONMENTS = 64  # events of one environment wait for each other
SECRET = "benchmark"
PACE, PACED_ENVIRONMENTS = 1000, 50  # creations a second, and where
SIGNATURES = ("X-Hub-Signature", "X-Hub-Signature-256", "webhook-id", "webhook-timestamp",
              "webhook-signature")


class Sink:
    """An nginx that receives webhooks: at /healthy it logs them, at /failing it answers 500."""

    def __init__(self, folder, url, process):
        self.url, self.process = url, process
        self._log = pathlib.Path(folder) / "nginx/taken.log"
        self._own = 0  # requests for the count itself

    def count(self):
        """The deliveries that were answered so far."""
        with urllib.request.urlopen(self.url + "/count", timeout=20) as answer:
            total = int(answer.read().split()[9])
        self._own += 1
        return total - self._own

    def arrivals(self):
        """(GUID, time of its first byte in seconds), of the healthy hook."""
        return [(guid, float(done) - float(took)) for done, took, guid in
                (line.split() for line in self._log.read_text().splitlines())]

    @contextlib.contextmanager
    def paused(self):
        """Nothing is answered while the block runs."""
        os.kill(self.process, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.process, signal.SIGCONT)

    def wait_until_quiet(self):
        before = -1
        while (now := self.count()) != before:
            before = now
            time.sleep(0.5)


@contextlib.contextmanager
def sink(folder):
    locations = ("location = /count { access_log off; stub_status; } "
                 "location = /healthy { access_log taken.log taken; return 204; } "
                 "location = /failing { access_log off; return 500; } "
                 "location / { access_log off; return 204; }")
    log = "log_format taken '$msec $request_time $http_x_github_delivery';"
    with nginx(folder, {}, locations, http=log) as (address, process):
        yield Sink(folder, address, process)


def make_hook(started, url):
    answer = started.api().post("/repos/demo/shop/hooks", {
        "events": ["deployment"],
        "config": {"url": url, "content_type": "json", "secret": SECRET}})
    if answer.status != 201:
        raise Invalid(f"no hook: {answer}")
    return answer.json["id"]


def set_active(started, hooks, active):
    for hook in hooks:
        answer = started.api().patch(f"/repos/demo/shop/hooks/{hook}", {"active": active})
        if answer.status != 200:
            raise Invalid(f"the hook cannot be changed: {answer}")


def creations(folder, started, token, environments):
    """Creations of deployments in that many environments."""
    return Requests(folder, address_of(started), [
        raw("POST", DEPLOYMENTS, token, {**NEW_DEPLOYMENT, "environment": f"server-{number}"})
        for number in range(environments)])


def latest_delivery(started, hook):
    listed = f"/repos/demo/shop/hooks/{hook}/deliveries"
    return started.api().get(f"{listed}/{started.api().get(listed).json[0]['id']}").json


def check_delivery(started, hook):
    """Reads back: the hook's latest attempt was answered, and told of an existing deployment."""
    latest = latest_delivery(started, hook)
    told = latest["request"]["payload"]["deployment"]
    stored = started.api().get(f"{DEPLOYMENTS}/{told['id']}").json
    if latest["status_code"] != 204 or stored["sha"] != told["sha"]:
        raise Invalid(f"the latest delivery is wrong: {latest['status']}, {told}")


# ------------------------------------------------------------------ from a backlog

def measure_deliveries(folder, seconds):
    """Deliveries per second from a backlog that was there before the clock started."""
    with server(folder) as (started, token), sink(started.folder) as taken:
        hooks = [make_hook(started, f"{taken.url}/{number}") for number in range(HOOKS)]
        taken.wait_until_quiet()  # the pings
        with taken.paused():
            made = creations(folder, started, token, ENVIRONMENTS).measure(2 * seconds)["requests"]
            set_active(started, hooks, False)
        taken.wait_until_quiet()
        begun = taken.count()
        set_active(started, hooks, True)
        load, cpu, first = os.getloadavg()[0], cpu_seconds(started.process.pid), taken.count()
        begin, now, last = time.monotonic(), 0.0, first
        while now < seconds and last < begun + HOOKS * made - HOOKS * HOOK_SENDS:
            time.sleep(0.02)
            last, now = taken.count(), time.monotonic() - begin
        used = cpu_seconds(started.process.pid) - cpu
        if last == first:
            raise Invalid(f"no delivery in {seconds} s")
        check_delivery(started, hooks[0])
        return {"requests": last - first, "seconds": now, "rate": (last - first) / now,
                "p50": None, "p99": None, "cpu": used / (last - first) * 1e6, "load": load}


def curl_loop(folder, request, url, connections, seconds, signs):
    """libcurl alone, with the headers and the bytes of a delivery of our server."""
    headers, body = pathlib.Path(folder) / "headers", pathlib.Path(folder) / "body"
    headers.write_text("".join(f"{name}: {value}\n" for name, value in request["headers"].items()
                               if not signs or name not in SIGNATURES))
    body.write_text(json.dumps(request["payload"], separators=(",", ":")))
    return run([PROGRAMS / "curl_loop", url, headers, body, connections, seconds,
                *([SECRET] if signs else [])], seconds)


@contextlib.contextmanager
def rates(folder, signs):
    """Sides that deliver as fast as possible: our server, and libcurl alone with as many
    connections as all hooks together, which signs each request or none."""
    with sink(folder) as taken:
        with server(folder) as (started, token):
            hook = make_hook(started, taken.url)
            creations(folder, started, token, 1).measure(1, 1)
            taken.wait_until_quiet()
            request = latest_delivery(started, hook)["request"]

        def anchor(seconds):
            return curl_loop(folder, request, taken.url + "/anchor", HOOKS * HOOK_SENDS, seconds,
                             signs)

        yield Sides(lambda seconds: measure_deliveries(folder, seconds), anchor)


# ------------------------------------------------------------------ at a steady pace

def waits_of(started, answers, arrivals, after):
    """For each delivery: seconds from the client's 201 to the first byte at the hook. A wait below
    zero is one that ended before the client had its answer."""
    committed = {}
    for line in answers.read_text().splitlines():
        at, _, deployment = line.split()
        committed[int(deployment)] = int(at) / 1e6
    with looking_into(started.data / "esclusa.db") as database:
        ids = dict(database.execute("select guid, deployment_id from event where id > ? and "
                                    "kind = 'deployment'", (after,)))
    came = {ids[guid]: at for guid, at in arrivals if guid in ids}
    if missing := set(committed) - set(came):
        raise Invalid(f"{len(missing)} of {len(committed)} events have not arrived")
    return sorted(came[one] - committed[one] for one in committed)


@contextlib.contextmanager
def promptness(folder):
    """The delay of a delivery to a healthy hook beside one that hangs and one that fails, while
    deployments are created at a steady pace."""
    settings = {"environment": {"ESCLUSA_WEBHOOKS_RETRY_SCALE": "1"}}
    with server(folder, **settings) as (started, token), sink(folder) as taken, \
            socket.create_server(("127.0.0.1", 0), backlog=1000) as silent:
        hook = make_hook(started, taken.url + "/healthy")
        make_hook(started, taken.url + "/failing")
        make_hook(started, f"http://127.0.0.1:{silent.getsockname()[1]}/")
        create = creations(folder, started, token, PACED_ENVIRONMENTS)
        answers = pathlib.Path(folder) / "answers"
        create.measure(1, 8)  # makes the environments
        harness.wait_until(lambda: len(taken.arrivals()) > PACED_ENVIRONMENTS, "deliveries")

        def ours(seconds):
            taken.wait_until_quiet()
            known = len(taken.arrivals())
            with looking_into(started.data / "esclusa.db") as database:
                after, = database.execute("select max(id) from event").fetchone()
            result = create.measure(seconds, measure.CONNECTIONS, PACE, answers=answers)
            with contextlib.suppress(AssertionError):  # `waits_of` then tells how many are missing
                harness.wait_until(
                    lambda: len(taken.arrivals()) - known >= result["requests"], "deliveries", 60)
            waits = waits_of(started, answers, taken.arrivals(), after)
            return {**result, "p50": waits[len(waits) // 2] * 1e6,
                    "p99": waits[len(waits) * 99 // 100] * 1e6, "created_p99": result["p99"]}

        yield Sides(ours, check=lambda: check_delivery(started, hook))


# ------------------------------------------------------------------ the rows

def rows():
    ours = f"deliver to {HOOKS} hooks what waits for them"
    return [
        Row("deliver", ours, "libcurl alone, 32 connections, a limit",
            lambda folder: rates(folder, False), [at_least("rate", 0.35, 0.45), shown("cpu")],
            21_000),
        Row("deliver-signed", ours, "libcurl that signs, 32 connections",
            lambda folder: rates(folder, True), [at_least("rate", 0.5, 0.7), shown("cpu")]),
        Row("prompt", f"201 to first byte at the hook, {PACE:,} creations/s", None, promptness,
            [at_most("p99", 20_000, 5_000), at_least("rate", 0.95 * PACE),
             shown("created_p99")]),
    ]
