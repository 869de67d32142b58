"""Rows that create deployments and statuses, against SQLite and PostgreSQL alone."""
import contextlib
import itertools
import os
import pathlib
import pwd
import shutil
import sqlite3
import subprocess
import tempfile

import measure
import server as one_server
import stores
from measure import CONNECTIONS, HERE, Requests, harness, raw, run
from reads import SHORT
from row import Invalid, Row, Sides, at_least, at_most
from server import DEPLOYMENTS, address_of, bearer, create_request, read_back, server

ANCHOR = HERE / "anchor.sql"
BODY_BYTES = 7400
FRESH = 200_000  # deployments in the store of a row of statuses, beside the successes
SUCCESSES = 100_000
POSTGRES = pathlib.Path("/usr/lib/postgresql/15/bin")


def anchor_sql(engine):
    identity = {"sqlite": "integer primary key autoincrement",
                "postgres": "bigint generated always as identity primary key"}[engine]
    return ANCHOR.read_text().replace("{id}", identity).replace("{body}", "x" * BODY_BYTES)


def with_volume(result, rows, size):
    """A measurement with its rows and bytes per second, so that leaner rows are seen."""
    return {**result, "rows_per_second": rows / result["seconds"],
            "bytes_per_second": size / result["seconds"]}


# ------------------------------------------------------------------ deployments

def measure_loop(parent, connections, seconds):
    """SQLite alone, in a new database of frozen rows."""
    with tempfile.TemporaryDirectory(prefix="loop-", dir=parent) as folder:
        path = pathlib.Path(folder) / "loop.db"
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute("pragma journal_mode=wal")
            database.executescript(anchor_sql("sqlite"))
        before, size = one_server.count_rows(path), one_server.database_bytes(path)
        measure.settle()
        result = run([one_server.LOOP, path, connections, seconds], seconds)
        rows = one_server.check_rows(before, one_server.count_rows(path), result["requests"], 0)
        return with_volume(result, rows, one_server.database_bytes(path) - size)


@contextlib.contextmanager
def creations(parent, connections):
    """Sides that create deployments, each measurement in a new store: our server over HTTP, and
    SQLite alone with the frozen rows."""
    def ours(seconds):
        with server(parent) as (started, token):
            request = create_request(parent, started, token)
            request.once()
            database = started.data / "esclusa.db"
            before, size = one_server.count_rows(database), one_server.database_bytes(database)
            measure.settle()
            result = request.measure(seconds, connections)
            read_back(started, token)
            started.stop()
            rows = one_server.check_rows(before, one_server.count_rows(database),
                                         result["requests"], connections + 1)
            return with_volume(result, rows, one_server.database_bytes(database) - size)

    yield Sides(ours, lambda seconds: measure_loop(parent, connections, seconds))


@contextlib.contextmanager
def postgres(folder):
    """A PostgreSQL cluster that keeps what it confirms, on the disk of `folder`; gives the command
    that runs its programs. PostgreSQL refuses to run as root."""
    place = pathlib.Path(folder) / "postgres"
    place.mkdir()
    prefix = []
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(place, user.pw_uid, user.pw_gid)
        pathlib.Path(folder).chmod(0o711)
        prefix = ["setpriv", "--reuid", str(user.pw_uid), "--regid", str(user.pw_gid),
                  "--clear-groups"]

    def command(program, *words):
        return [*prefix, str(POSTGRES / program), *map(str, words)]

    sockets = tempfile.mkdtemp(prefix="esclusa-pg-")  # a short path: that of a socket is limited
    os.chmod(sockets, 0o777)
    subprocess.run(command("initdb", "-D", place / "data", "-U", "bench", "-A", "trust",
                           "--locale=C", "-E", "UTF8"), check=True, capture_output=True, cwd="/")
    process = subprocess.Popen(
        [*harness.DIES_WITH_PARENT, *command("postgres", "-D", place / "data", "-k", sockets, "-c",
                                             "listen_addresses=", "-c", "shared_buffers=256MB")],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
    try:
        harness.wait_until(lambda: subprocess.run(
            command("pg_isready", "-q", "-h", sockets), check=False, cwd="/").returncode == 0,
            "PostgreSQL")
        yield lambda program, *words: command(program, "-h", sockets, "-U", "bench", *words)
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(sockets, ignore_errors=True)


def pgbench_script():
    """The rows of anchor.sql in one statement, which is the fastest that PostgreSQL can do."""
    texts = {}
    for part in ANCHOR.read_text().split("insert into ")[1:]:
        texts[part.split()[0]] = "insert into " + part.rpartition(";")[0]
    event = texts["event"].replace("'dcb16136-96a5-4933-8822-a922080403d5', 1, 1,",
                                   "gen_random_uuid()::text, 1, (select id from d),")
    audit = texts["audit"].replace("3, 2, 1, 1,", "3, 2, 1, (select id from d),")
    body = f"insert into event_body select id, repeat('x', {BODY_BYTES}) from e"
    return (f"with d as ({texts['deployment']} returning id), e as ({event} returning id), "
            f"b as ({body}) {audit};\n")


@contextlib.contextmanager
def against_postgres(parent):
    """Sides that create deployments with 64 connections: our server, and pgbench with the frozen
    rows."""
    with creations(parent, CONNECTIONS) as sides, postgres(parent) as command:
        place = pathlib.Path(tempfile.mkdtemp(prefix="esclusa-pgbench-"))
        place.chmod(0o755)
        (place / "create.sql").write_text(pgbench_script())
        subprocess.run(command("psql", "-q", "postgres"), check=True, text=True, cwd="/",
                       input=anchor_sql("postgres"), stdout=subprocess.DEVNULL)

        def anchor(seconds):
            load = os.getloadavg()[0]
            measure.settle()
            done = subprocess.run(
                command("pgbench", "-n", "-M", "prepared", "-c", CONNECTIONS, "-j", 1, "-T",
                        seconds, "-f", place / "create.sql", "postgres"), check=False, text=True,
                capture_output=True, timeout=seconds + 60, cwd="/")
            figures = dict(line.partition("=")[::2] if "=" in line else line.partition(":")[::2]
                           for line in done.stdout.splitlines())
            if done.returncode != 0 or "tps " not in figures:
                raise Invalid(f"pgbench: {(done.stderr or done.stdout)[-300:]}")
            rate = float(figures["tps "].split()[0])
            mean = float(figures["latency average "].split()[0]) * 1000
            return {"requests": round(rate * seconds), "seconds": seconds, "rate": rate,
                    "p50": mean, "p99": None, "cpu": None, "load": load}

        try:
            yield Sides(sides.ours, anchor)
        finally:
            shutil.rmtree(place)


# ------------------------------------------------------------------ statuses

@contextlib.contextmanager
def status_server(parent, successes):
    """A server whose production environment has that many successes, and a side that reports
    `success` for other deployments in it, 64 at once; each round begins with other ones."""
    store = stores.kept(FRESH + len(stores.ENVIRONMENTS) * successes)
    # The first environment, production, has every second deployment.
    fresh = range(store.count - FRESH + 2, store.count + 1, len(stores.ENVIRONMENTS))
    succeeded = store.first + store.count - FRESH

    def prepare(data):
        with contextlib.closing(sqlite3.connect(data / "esclusa.db")) as database, database:
            database.execute("update deployment set state = case when id <= ? then 'success' end "
                             "where environment_id = (select environment_id from deployment "
                             "where id = ?)", (succeeded, store.first + fresh[0]))

    with stores.serve(parent, store, copies=True, prepare=prepare) as started:
        requests = [raw("POST", f"{store.deployment(number)}/statuses", store.tokens[0],
                        {"state": "success"}) for number in fresh]
        begins = itertools.count(0, len(requests) // 5)

        def side(seconds):
            begin = next(begins) % len(requests)
            ordered = requests[begin:] + requests[:begin]
            result = Requests(parent, address_of(started), ordered).measure(seconds)
            path = f"{store.deployment(fresh[begin])}/statuses"
            latest = started.api(store.tokens[0]).get(path).json[0]
            if latest["state"] != "success":
                raise Invalid(f"the reported status reads {latest['state']}")
            return result

        yield side, started, store


@contextlib.contextmanager
def first_status(parent):
    """Sides that report statuses, and that create deployments."""
    with status_server(parent, 0) as (ours, started, store):
        create = create_request(parent, started, store.tokens[0], store.path(0))
        yield Sides(ours, create.measure)


@contextlib.contextmanager
def status_history(parent):
    """Sides that report statuses where there are 100,000 successes, and where there is none."""
    with status_server(parent, SUCCESSES) as (ours, *_), status_server(parent, 0) as (anchor, *_):
        yield Sides(ours, anchor)


# ------------------------------------------------------------------ growth

@contextlib.contextmanager
def grown(parent, count):
    """Sides that create deployments in a store of `count` deployments, and in one of 10,000, of
    which each measurement gets a new copy."""
    def request_of(started, store):
        return create_request(parent, started, store.tokens[0], store.path(0))

    store, short = stores.kept(count), stores.kept(SHORT)

    def anchor(seconds):
        with stores.serve(parent, short, copies=True) as started:
            return request_of(started, short).measure(seconds)

    with stores.serve(parent, store, copies=True) as started:
        yield Sides(request_of(started, store).measure, anchor,
                    lambda: read_back(started, store.tokens[0], store.path(0)))


# ------------------------------------------------------------------ the rows

def rows(stored):
    """`stored`: how many deployments a long history has."""
    return [
        Row("post", "POST a deployment, 64 connections", "SQLite alone, 64 wait for group commit",
            lambda folder: creations(folder, CONNECTIONS), [at_least("rate", 0.75, 0.95)], 14_800),
        Row("post-1", "POST a deployment, 1 connection", "SQLite alone, one after the other",
            lambda folder: creations(folder, 1), [at_most("p50", 2.0, 1.7)]),
        Row("post-pg", "POST a deployment, 64 connections", "pgbench, the same rows",
            against_postgres, [at_least("rate", 3, 5)], 5_700),
        Row("status", "POST a first status, 64 connections", "POST a deployment",
            first_status, [at_least("rate", 1.0)]),
        Row("status-history", f"POST a status, {SUCCESSES:,} successes before", "none before",
            status_history, [at_least("rate", 0.9)]),
        Row("post-grown", f"POST a deployment among {stored:,}", f"among {SHORT:,}",
            lambda folder: grown(folder, stored), [at_least("rate", 0.8, 0.9)]),
    ]
