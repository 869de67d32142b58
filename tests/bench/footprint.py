"""Rows about what the server takes: time to start, memory, and room on the disk."""
import contextlib
import os
import random
import time

import disk
import stores
from measure import Requests, harness, raw
from reads import REPOSITORIES, TOKENS, VARIANTS
from row import Invalid, Row, Sides, at_most
from server import DEPLOYMENTS, address_of, memory_mib, server

STARTS = 3  # in a round


def timed_start(started, path, token):
    """Seconds from the start of the process to the first answer."""
    begin = time.monotonic()
    with open(started.log, "ab") as log:
        started.process = harness.subprocess.Popen(
            [*harness.DIES_WITH_PARENT, *started.command()],
            env=harness.clean_environment(), stdin=harness.subprocess.DEVNULL,
            stdout=harness.subprocess.PIPE, stderr=log, text=True)
    for line in started.process.stdout:
        if line.startswith("Esclusa listens on "):
            started.url = line.split()[-1].rstrip("/")
            break
    else:
        raise Invalid("the server did not start")
    if started.api(token).get(path).status != 200:
        raise Invalid("the first answer is wrong")
    return time.monotonic() - begin


@contextlib.contextmanager
def starts(folder, count):
    """Starts of an empty server, or of one with `count` deployments, to the first page of its
    list."""
    with contextlib.ExitStack() as stack:
        if count:
            store = stores.kept(count)
            started = stack.enter_context(stores.serve(folder, store))
            path, token = store.path(0), store.tokens[0]
        else:
            started, token = stack.enter_context(server(folder))
            path = DEPLOYMENTS

        def ours(_):
            load, took = os.getloadavg()[0], []
            for _ in range(STARTS):
                started.stop()
                took.append(timed_start(started, path, token) * 1e3)
            return {"start_ms": sorted(took)[STARTS // 2], "load": load}

        yield Sides(ours)


# ------------------------------------------------------------------ memory

@contextlib.contextmanager
def idle_memory(folder):
    with server(folder) as (started, _):
        def ours(seconds):
            time.sleep(seconds)
            return {"memory_mib": memory_mib(started.process.pid), "load": os.getloadavg()[0]}

        yield Sides(ours)


@contextlib.contextmanager
def hot_memory(folder, count):
    """The memory after reads all over a store of `count` deployments, and of their lists."""
    store = stores.kept(count, REPOSITORIES, TOKENS)
    with stores.serve(folder, store) as started:
        dice = random.Random(1)
        paths = [store.deployment(dice.randrange(1, count + 1)) for _ in range(VARIANTS)]
        paths += [f"{store.path(number)}?page={number % 100 + 1}" for number in range(VARIANTS)]
        requests = Requests(folder, address_of(started), [
            raw("GET", path, dice.choice(store.tokens)) for path in paths])

        def ours(seconds):
            result = requests.measure(seconds)
            return {**result, "memory_mib": memory_mib(started.process.pid)}

        yield Sides(ours)


# ------------------------------------------------------------------ the rows

def rows(stored):
    """`stored`: how many deployments a large store has."""
    return [
        Row("start", "start to first answer, empty", None, lambda folder: starts(folder, 0),
            [at_most("start_ms", 50, 20)]),
        Row("start-grown", f"start to first answer, {stored:,} deployments", None,
            lambda folder: starts(folder, stored), [at_most("start_ms", 100, 50)]),
        Row("memory", "memory, idle", None, idle_memory, [at_most("memory_mib", 30, 20)]),
        Row("memory-hot", f"memory, {stored:,} deployments hot", None,
            lambda folder: hot_memory(folder, stored), [at_most("memory_mib", 200, 120)]),
        *disk.rows(),
    ]
