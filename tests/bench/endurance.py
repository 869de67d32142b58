"""Rows that take time: a log that nobody reads, stops under load, a soak, and overload. Their
lengths are multiples of --seconds, whose default is 5."""
import contextlib
import os
import sys
import threading
import time

from measure import HERE, Requests, cpu_seconds, raw
from row import Invalid, Row, Sides, at_least, at_most, shown
from server import (DEPLOYMENTS, NEW_DEPLOYMENT, address_of, fill, forget_log, in_threads,
                    memory_mib, server)

sys.path.insert(0, str(HERE.parent / "greed"))
import attackers  # noqa: E402
from attackers import harness  # noqa: E402

MUTE_FACTOR, STOPS_FACTOR, SOAK_FACTOR = 12, 20, 120  # 60 s, 100 stops and 10 minutes
BUFFER_MIB = 256  # limits::buffer_bytes
OVERLOAD_CONNECTIONS = 1000
KEPT = 30_000  # deployments whose texts fill limits::kept_bytes


def readings(token, stored=1):
    return [raw("GET", f"{DEPLOYMENTS}/{number}", token) for number in range(1, stored + 1)]


def mixed_load(folder, started, token):
    """Reads of all kinds, and a tenth of creations."""
    lists = [DEPLOYMENTS, DEPLOYMENTS + "?per_page=100", DEPLOYMENTS + "?environment=production",
             DEPLOYMENTS + "/1/statuses", DEPLOYMENTS + "?ref=main"]
    create = raw("POST", DEPLOYMENTS, token, NEW_DEPLOYMENT)
    report = raw("POST", DEPLOYMENTS + "/1/statuses", token, {"state": "success"})
    requests = [*readings(token, 12), *(raw("GET", path, token) for path in lists), create, report]
    return Requests(folder, address_of(started), requests, allowed=None)


# ------------------------------------------------------------------ a log that nobody reads

@contextlib.contextmanager
def mute_log(folder):
    """A server whose standard error is a pipe that nobody reads, for a minute under load, after
    another one that logs to a file. Delayed by it are the requests without a good answer or that
    take half a second, as far as there are more of them than with the other server."""
    mute = harness.Server(parent=folder)
    os.mkfifo(mute.log)
    reader = os.open(mute.log, os.O_RDONLY | os.O_NONBLOCK)
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, reader)
        stack.enter_context(mute)
        mute.add_repository("demo/shop", harness.make_repository(mute.folder), "--writable")
        fill(mute, mute.token, 64)
        heard, token = stack.enter_context(server(folder))
        fill(heard, token, 64)
        loads = [mixed_load(folder, heard, token), mixed_load(folder, mute, mute.token)]

        def ours(seconds):
            usual, result = (load.measure(MUTE_FACTOR * seconds, 16, 400) for load in loads)
            bad = [one["slow"] + one["refused"] for one in (usual, result)]
            return {**result, "delayed": max(0, bad[1] - bad[0]), "usually_slow": bad[0]}

        yield Sides(ours)


# ------------------------------------------------------------------ stops

@contextlib.contextmanager
def stops(folder):
    """Stops while 50 requests are being answered and 50 wait in the backlog; then one while
    connections have sent eight bytes of a head."""
    with attackers.Site(parent=folder) as site:
        def ours(seconds):
            load = os.getloadavg()[0]
            count = STOPS_FACTOR * seconds
            answered, reset, codes, times = zip(*(attackers.stop_under_load(site)
                                                  for _ in range(count)))
            code, half = attackers.stop_with_half_heads(site)
            site.server.start()
            if {*codes, code} != {0}:
                raise Invalid(f"a stop ended with {sorted({*codes, code})}")
            return {"requests": sum(answered), "load": load, "stops": count, "reset": sum(reset),
                    "unanswered": 100 * count - sum(answered) - sum(reset),
                    "longest_stop_s": max(times), "half_head_stop_s": half}

        yield Sides(ours)


# ------------------------------------------------------------------ soak

def descriptors(process):
    return len(os.listdir(f"/proc/{process}/fd"))


@contextlib.contextmanager
def soak(folder):
    """The mixed load for ten minutes: after the first tenth, memory and descriptors stay as they
    are. Before it, what the server keeps of deployments gets its full size (limits::kept_bytes)."""
    with server(folder) as (started, token):
        fill(started, token, 64)
        load = mixed_load(folder, started, token)
        create = Requests(folder, address_of(started),
                          [raw("POST", DEPLOYMENTS, token, NEW_DEPLOYMENT)], allowed=None)
        process = started.process.pid

        def ours(seconds):
            while create.measure(seconds)["refused"] == 0:
                if len(started.api(token).all_pages(DEPLOYMENTS + "?per_page=100")) > KEPT:
                    break
            load.measure(SOAK_FACTOR * seconds // 10, 32, 300)
            memory, open_ones = memory_mib(process), descriptors(process)
            result = load.measure(SOAK_FACTOR * seconds * 9 // 10, 32, 300)
            forget_log(started)
            return {**result, "memory_mib": memory_mib(process),
                    "growth_share": memory_mib(process) / memory - 1,
                    "descriptor_growth": descriptors(process) - open_ones}

        yield Sides(ours)


# ------------------------------------------------------------------ overload

class Peak:
    """The most memory that a process has while the block runs, in MiB."""

    def __init__(self, process):
        self.mib, self._process, self._ended = memory_mib(process), process, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self):
        while not self._ended.wait(0.05):
            self.mib = max(self.mib, memory_mib(self._process))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()


def at_once(kinds, seconds, connections, rates):
    """Measures all kinds of requests at the same time, each at its rate."""
    found, names = {}, list(kinds)

    def one(number):
        name = names[number]
        found[name] = kinds[name].measure(seconds, connections, rates[name])

    in_threads(len(names), one)
    return found


@contextlib.contextmanager
def overload(folder):
    """Twice as many reads and creations as the server can answer: it refuses early what is too
    much, answers what it accepts, and is itself again a second later."""
    with server(folder) as (started, token):
        fill(started, token, 64)
        kinds = {"read": Requests(folder, address_of(started), readings(token, 64), allowed=None),
                 "write": Requests(folder, address_of(started), [
                     raw("POST", DEPLOYMENTS, token, NEW_DEPLOYMENT)], allowed=None)}

        def ours(seconds):
            capacity = at_once(kinds, seconds, 32, {"read": 0, "write": 0})
            rates = {name: round(2 * one["rate"]) for name, one in capacity.items()}
            before, cpu = memory_mib(started.process.pid), cpu_seconds(started.process.pid)
            with Peak(started.process.pid) as peak:
                found = at_once(kinds, seconds, OVERLOAD_CONNECTIONS // 2, rates)
            used = cpu_seconds(started.process.pid) - cpu
            seconds_to_recover = recovery(started, token)
            forget_log(started)
            answered = sum(one["requests"] for one in found.values())
            return {**found["read"], "requests": answered, "rate": answered / seconds,
                    "cpu": used / answered * 1e6, "asked_rate": sum(rates.values()),
                    "capacity_rate": sum(one["rate"] for one in capacity.values()),
                    "read_p99": found["read"]["sent_p99"], "write_p99": found["write"]["sent_p99"],
                    "refused_503": sum(one["statuses"].get("503", 0) for one in found.values()),
                    "lost": sum(one["broken"] + one["unanswered"] for one in found.values()),
                    "growth_mib": peak.mib - before, "recovery_s": seconds_to_recover}

        yield Sides(ours)


def recovery(started, token):
    """Seconds until ten reads one after the other take no more than 50 ms each."""
    begin, good = time.monotonic(), 0
    while good < 10:
        asked = time.monotonic()
        if asked - begin > 60:
            raise Invalid("it was not itself again for a minute")
        status = started.api(token).get(f"{DEPLOYMENTS}/1").status
        good = good + 1 if status == 200 and time.monotonic() - asked <= 0.05 else 0
    return time.monotonic() - begin


# ------------------------------------------------------------------ the rows

def overload_rows():
    return [Row("overload", "twice what it can serve, reads and creations", None, overload,
                [at_most("read_p99", 50_000), at_most("lost", 0), at_most("growth_mib", BUFFER_MIB),
                 at_most("recovery_s", 1), shown("refused_503"), shown("write_p99"),
                 shown("capacity_rate"), shown("asked_rate")])]


def rows():
    return [
        Row("mute-log", "a log that nobody reads, under load", None, mute_log,
            [at_most("delayed", 0), at_least("rate", 300), shown("usually_slow")], rounds=1),
        Row("stops", "stops under load with a full backlog", None, stops,
            [at_most("reset", 0), at_most("unanswered", 0), at_most("longest_stop_s", 12),
             at_most("half_head_stop_s", 1), shown("stops")], rounds=1),
        Row("soak", "a mixed load for ten minutes", None, soak,
            [at_most("growth_share", 0.1), at_most("descriptor_growth", 8), at_most("refused", 0),
             shown("memory_mib")],
            rounds=1),
    ]
