"""Rows that are old enough to be pruned, in the database of a stopped server."""
import contextlib
import sqlite3

HOUR = 3600
DAY = 24 * HOUR
MICROS = 1_000_000


@contextlib.contextmanager
def database(server):
    """The database of a stopped server; what is done is committed."""
    with contextlib.closing(sqlite3.connect(server.data / "esclusa.db")) as opened:
        opened.execute("pragma foreign_keys = on")
        with opened:
            yield opened


def read(server, query, *values):
    """The rows of a query, also beside a running server."""
    with contextlib.closing(sqlite3.connect(f"file:{server.data}/esclusa.db?mode=ro",
                                            uri=True)) as opened:
        return opened.execute(query, values).fetchall()


def count(server, table):
    return read(server, f"select count(*) from {table}")[0][0]


def make_older(server, seconds, tables):
    """Sets the times of all rows back; `tables` maps names to columns."""
    with database(server) as rows:
        for table, columns in tables.items():
            for column in columns.split():
                rows.execute(f"update {table} set {column} = {column} - ?", [seconds * MICROS])


EVERYTHING = {
    "event": "created_at", "delivery": "created_at", "delivery_attempt": "attempted_at",
    "deployment": "created_at updated_at", "deployment_status": "created_at updated_at",
    "deployment_log": "created_at", "idempotency_key": "created_at",
    "deployment_claim": "claimed_at ended_at", "ref_intent": "created_at settled_at"}


def add_events(server, number, created_at, *, hook=None, attempts=0):
    """So many events with bodies like that of the latest event; with `hook` each has a delivery
    that succeeded, by so many attempts. `created_at` is in seconds since 1970."""
    with database(server) as rows:
        codec, body, repository = rows.execute(
            "select b.codec, b.body, e.repository_id from event e join event_body b "
            "on b.event_id = e.id order by e.id desc limit 1").fetchone()
        first = rows.execute("select max(id) from event").fetchone()[0] + 1
        at = int(created_at * MICROS)
        # Ids grow with time.
        rows.execute("update event set created_at = min(created_at, ?)", [at])
        rows.execute("update delivery set created_at = min(created_at, ?)", [at])
        ids = range(first, first + number)
        rows.executemany(
            "insert into event (id, guid, kind, action, event_no, announced, created_at, "
            "repository_id) values (?, lower(hex(randomblob(16))), 'status', '', 0, 1, ?, ?)",
            [(one, at, repository) for one in ids])
        rows.executemany("insert into event_body (event_id, codec, body) values (?, ?, ?)",
                         [(one, codec, body) for one in ids])
        if hook is None:
            return
        rows.executemany(
            "insert into delivery (event_id, hook_id, order_environment_id, state, attempt_count, "
            "next_attempt_at, created_at) values (?, ?, 0, 'delivered', 1, ?, ?)",
            [(one, hook, at, at) for one in ids])
        for _ in range(attempts):
            rows.execute(
                "insert into delivery_attempt (delivery_id, hook_id, attempted_at, duration, "
                "status_code, status, request_headers, response_headers, response_body) "
                "select id, hook_id, created_at, 1, 200, 'OK', '{}', '{}', 'ok' from delivery "
                "where event_id between ? and ?", [first, first + number - 1])
