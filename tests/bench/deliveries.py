"""The bench's rows about webhooks: nginx receives the deliveries, and logs when.

nginx answers every POST with 204 and logs one line for each: when it was done, how long it took,
and the GUID. Its clock is this machine's, with a resolution of a millisecond.
"""
import contextlib
import json
import pathlib
import sqlite3
import threading
import time

import sides
from sides import Invalid

HOOKS = 8
HOOK_SENDS = 4  # concurrent sends for each hook: limits::delivery_hook_concurrency
ENVIRONMENTS = 64  # events of one environment wait for each other
EVENTS = 512
PACE = 1000  # creations a second, if the machine is fast enough
CLIENTS = 16
CURL_LOOP = sides.LOOP.parent / "curl_loop"


class Sink:
    """An nginx that receives webhooks."""

    def __init__(self, folder, url):
        self.url = url
        self._log = pathlib.Path(folder) / "nginx/taken.log"

    def arrivals(self):
        """(GUID, time of its first byte), in the order of the answers."""
        found = []
        for line in self._log.read_text().splitlines():
            done, took, guid = line.split()
            found.append((guid, float(done) - float(took)))
        return found

    def count(self):
        return self._log.read_bytes().count(b"\n")


@contextlib.contextmanager
def sink(folder):
    settings = ("location / { access_log taken.log taken; return 204; }",
                "log_format taken '$msec $request_time $http_x_github_delivery';")
    with sides.nginx(folder, {}, *settings) as (address, _):
        yield Sink(folder, address)


def make_hook(server, url):
    answer = server.api().post("/repos/demo/shop/hooks", {
        "events": ["deployment"],
        "config": {"url": url, "content_type": "json", "secret": "benchmark"}})
    if answer.status != 201:
        raise Invalid(f"no hook: {answer}")
    return answer.json["id"]


def wait_for(taken, count, seconds=60):
    end = time.monotonic() + seconds
    while taken.count() < count:
        if time.monotonic() > end:
            raise Invalid(f"{taken.count()} of {count} deliveries after {seconds} s")
        time.sleep(0.005)


def create(api, number):
    answer = api.post(sides.DEPLOYMENTS, {**sides.NEW_DEPLOYMENT,
                                          "environment": f"server-{number % ENVIRONMENTS}"})
    if answer.status != 201:
        raise Invalid(f"not created: {answer}")
    return answer.json["id"]


def in_threads(count, work):
    """Runs work(number) in `count` threads; raises an exception that one of them raised."""
    failed = []

    def run(number):
        try:
            work(number)
        except Exception as error:  # pylint: disable=broad-except
            failed.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def curl_loop(folder, server, hook, url, connections, seconds):
    """libcurl alone, with the headers and the bytes of a delivery of our server."""
    listed = f"/repos/demo/shop/hooks/{hook}/deliveries"
    latest = server.api().get(listed).json[0]["id"]
    request = server.api().get(f"{listed}/{latest}").json["request"]
    headers, body = pathlib.Path(folder) / "headers", pathlib.Path(folder) / "body"
    headers.write_text("".join(f"{name}: {value}\n" for name, value in request["headers"].items()))
    body.write_text(json.dumps(request["payload"], separators=(",", ":")))
    result = sides.run([CURL_LOOP, url, headers, body, connections, seconds], seconds)
    return {**result, "cpu": 0.0}


@contextlib.contextmanager
def rates(folder):
    """Sides that deliver as fast as possible: our server replays stored deliveries to several
    hooks repeatedly; libcurl alone has as many connections as all of these hooks together."""
    with sides.server(folder) as (server, token), sink(folder) as taken:
        hooks = [make_hook(server, f"{taken.url}/{number}") for number in range(HOOKS)]
        clients = [server.api(token, keep_alive=True) for _ in range(CLIENTS)]
        in_threads(CLIENTS, lambda i: [create(clients[i], i + CLIENTS * k)
                                       for k in range(EVENTS // CLIENTS)])
        expected = HOOKS * EVENTS
        wait_for(taken, expected)

        def ours(seconds):
            started, cpu = taken.count(), sides.cpu_seconds(server.process.pid)
            begin, rounds, load = time.time(), 0, sides.os.getloadavg()[0]
            while time.time() - begin < seconds:
                for hook in hooks:
                    answer = server.api().post(
                        f"/esclusa/repos/demo/shop/hooks/{hook}/replay",
                        {"state": "any", "since": "2020-01-01T00:00:00Z"})
                    if answer.status != 202:
                        raise Invalid(f"no replay: {answer}")
                rounds += 1
                wait_for(taken, started + rounds * expected)
            waits = sorted(at - begin for _, at in taken.arrivals()[started:])
            used = sides.cpu_seconds(server.process.pid) - cpu
            took = time.time() - begin
            return {"requests": len(waits), "seconds": took, "rate": len(waits) / took,
                    "p50": waits[len(waits) // 2] * 1e6, "p99": waits[len(waits) * 99 // 100] * 1e6,
                    "cpu": used / len(waits) * 1e6, "load": load}

        def anchor(seconds):
            return curl_loop(folder, server, hooks[0], taken.url + "/anchor", HOOKS * HOOK_SENDS,
                             seconds)

        yield anchor, ours


@contextlib.contextmanager
def promptness(folder):
    """Sides that measure the delay of one delivery. Ours: from the moment at which the client
    has its 201, which is after the commit, to the first byte at the hook, while deployments are
    created at a steady pace. libcurl's: from the start of a request to the end of its answer, one
    request after another."""
    with sides.server(folder) as (server, token), sink(folder) as taken:
        hook = make_hook(server, taken.url)
        clients = [server.api(token, keep_alive=True) for _ in range(CLIENTS)]
        create(clients[0], 0)
        wait_for(taken, 1)

        def ours(seconds):
            committed, started, cpu = {}, taken.count(), sides.cpu_seconds(server.process.pid)
            begin, load = time.time(), sides.os.getloadavg()[0]

            def steadily(number):
                for step in range(seconds * PACE // CLIENTS):
                    time.sleep(max(0, begin + (step * CLIENTS + number) / PACE - time.time()))
                    if time.time() - begin > seconds:
                        return
                    made = create(clients[number], step * CLIENTS + number)
                    committed[made] = time.time()

            in_threads(CLIENTS, steadily)
            took = time.time() - begin
            wait_for(taken, started + len(committed))
            with contextlib.closing(sqlite3.connect(server.data / "esclusa.db")) as database:
                ids = dict(database.execute(
                    "select guid, deployment_id from event where kind = 'deployment'"))
            waits = sorted(max(0.0, at - committed[ids[guid]])
                           for guid, at in taken.arrivals()[started:])
            used = sides.cpu_seconds(server.process.pid) - cpu
            return {"requests": len(waits), "seconds": took, "rate": len(waits) / took,
                    "p50": waits[len(waits) // 2] * 1e6, "p99": waits[len(waits) * 99 // 100] * 1e6,
                    "cpu": used / len(waits) * 1e6, "load": load}

        def anchor(seconds):
            return curl_loop(folder, server, hook, taken.url + "/anchor", 1, seconds)

        yield anchor, ours
