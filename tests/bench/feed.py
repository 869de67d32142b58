"""Rows about the feed of events: how soon and how fast 1,000 readers get them."""
import contextlib
import json
import os
import pathlib
import resource
import sqlite3

import measure
import stores
from measure import PROGRAMS, Requests, cpu_seconds, raw, run
from row import Invalid, Row, Sides, at_least, at_most, shown
from server import DEPLOYMENTS, NEW_DEPLOYMENT, address_of, looking_into, server

READERS = 1000
PACE = 20  # creations a second, in the row of delays
EVENTS = 200  # of each reader, in the row of rates


def commits(started, answers, after):
    """Event id → when the client had the 201 of its deployment, in microseconds."""
    times = {int(line.split()[2]): int(line.split()[0])
             for line in answers.read_text().splitlines()}
    with looking_into(started.data / "esclusa.db") as database:
        events = database.execute("select id, deployment_id from event where id > ? and kind = "
                                  "'deployment'", (after,)).fetchall()
    return {event: times[deployment] for event, deployment in events if deployment in times}


def newest_event(started):
    with looking_into(started.data / "esclusa.db") as database:
        return database.execute("select coalesce(max(id), 0) from event").fetchone()[0]


@contextlib.contextmanager
def readers_of(folder, started, tokens, events, arrivals):
    """feed_loop, whose readers wait at the end of the feed for so many events."""
    requests = measure.new_file(folder, "feed")
    position = {"Accept": "text/event-stream", "Last-Event-ID": str(newest_event(started))}
    requests.write_bytes(b"".join(
        raw("GET", "/esclusa/repos/demo/shop/events", token, more=position) + b"\0"
        for token in tokens))
    process = measure.start([PROGRAMS / "feed_loop", started.url.removeprefix("http://"), requests,
                             len(tokens), events, arrivals])
    try:
        if process.stdout.readline() != "ready\n":
            raise Invalid(f"no {len(tokens)} readers: {process.stderr.read()[-300:]}")
        yield process
    finally:
        process.kill()
        process.wait()


def creation(folder, started, token):
    return Requests(folder, address_of(started), [raw("POST", DEPLOYMENTS, token,
                                                      NEW_DEPLOYMENT)])


@contextlib.contextmanager
def feed_server(folder):
    """A server with as many accounts as readers, because one account gets half of the streams at
    most. Gives (server, the deployer's token, the readers' tokens)."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # for the readers of both sides
    with server(folder) as (started, token):
        started.cli("repo", "set", "demo/shop", "--public")
        started.stop()
        with contextlib.closing(sqlite3.connect(started.data / "esclusa.db")) as database, database:
            tokens = [stores.add_account(database, f"reader-{number}")
                      for number in range(READERS)]
        started.start()
        yield started, token, tokens


# ------------------------------------------------------------------ delays

@contextlib.contextmanager
def delays(folder):
    """From the 201 of a creation to its event at each of 1,000 readers, at a steady pace."""
    with feed_server(folder) as (started, token, tokens):
        create = creation(folder, started, token)
        create.measure(1, 8, PACE)
        arrivals, answers = pathlib.Path(folder) / "arrivals", pathlib.Path(folder) / "answers"

        def ours(seconds):
            after, events = newest_event(started), PACE * seconds
            with readers_of(folder, started, tokens, events, arrivals) as readers:
                made = create.measure(seconds + 1, 8, PACE, answers=answers)
                result = measure.result_of(readers, 120, made["load"])
            known = commits(started, answers, after)
            waits = sorted(int(at) - known[int(event)] for event, at in
                           (line.split() for line in arrivals.read_text().splitlines())
                           if int(event) in known)
            if len(waits) < 0.9 * events * READERS:
                raise Invalid(f"only {len(waits)} of {events * READERS} arrivals can be told")
            return {**result, "cpu": None, "p50": waits[len(waits) // 2],
                    "p99": waits[len(waits) * 99 // 100]}

        yield Sides(ours)


# ------------------------------------------------------------------ rates

@contextlib.contextmanager
def rates(folder):
    """Sides that bring events to 1,000 readers as fast as possible: our server, while deployments
    are created, and a process that sends the same number of bytes without asking anything."""
    with feed_server(folder) as (started, token, tokens):
        create = creation(folder, started, token)
        create.measure(1, 1, PACE)
        listed = started.api(token).get("/esclusa/repos/demo/shop/events?after=0&limit=1").json
        size = len(json.dumps(listed["events"][0], separators=(",", ":")))

        def ours(seconds):
            load, process = os.getloadavg()[0], started.process.pid
            with readers_of(folder, started, tokens, EVENTS * seconds, os.devnull) as readers:
                cpu = cpu_seconds(process)
                writer = measure.start(create.command(100, 8, 0, "-", None))
                try:
                    result = measure.result_of(readers, 120, load)
                finally:
                    writer.kill()
                    writer.communicate()
            used = cpu_seconds(process) - cpu
            return {**result, "p50": None, "p99": None, "cpu": used / result["requests"] * 1e6}

        def anchor(seconds):
            result = run([PROGRAMS / "feed_loop", "bare", size, READERS, EVENTS * seconds], seconds)
            return {**result, "p50": None, "p99": None, "cpu": None}

        yield Sides(ours, anchor)


# ------------------------------------------------------------------ the rows

def rows():
    return [
        Row("feed-delay", f"201 to event at {READERS:,} readers, {PACE} creations/s", None, delays,
            [at_most("p99", 50_000), shown("reopened")]),
        Row("feed-rate", f"events to {READERS:,} readers", "the same bytes sent bare", rates,
            [at_least("rate", 0.5)]),
    ]
