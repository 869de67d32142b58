"""The server as a side of a row: started with a repository, filled, and looked at afterwards."""
import contextlib
import json
import os
import pathlib
import sqlite3
import threading

from measure import PROGRAMS, Request, harness
from row import Invalid

DEPLOYMENTS = "/repos/demo/shop/deployments"
NEW_DEPLOYMENT = {"ref": "main", "auto_merge": False, "required_contexts": [],
                  "environment": "production", "description": "Release of the week",
                  "payload": {"build": 4711, "servers": ["one", "two"]}}
TABLES = ["deployment", "event", "event_body", "audit"]  # a created deployment adds a row to each
LOOP = PROGRAMS / "sqlite_loop"


@contextlib.contextmanager
def server(parent, **settings):
    """A server with an empty repository demo/shop. Returns (server, the deployer's
    token)."""
    with harness.Server(parent=parent, **settings) as started:
        repository = harness.make_repository(started.folder)
        started.add_repository("demo/shop", repository, "--writable", "--private")
        deployer = started.user_with("deployer", "repo_deployment", "demo/shop", "write")
        yield started, deployer.token


def address_of(started):
    return started.url, started.process.pid


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def create_request(folder, started, token, path=DEPLOYMENTS, **more):
    """The creation of a deployment as a repeated request."""
    body = json.dumps({**NEW_DEPLOYMENT, **more}).encode()
    return Request(folder, address_of(started), path, bearer(token), method="POST", body=body,
                   status=201)


def read_back(started, token, path=DEPLOYMENTS, **more):
    """The newest deployment, which must be one that `create_request` asked for."""
    newest = started.api(token).get(f"{path}?per_page=1").json[0]
    wrong = {key: newest.get(key) for key, value in {**NEW_DEPLOYMENT, **more}.items()
             if key in newest and newest[key] != value}
    if wrong:
        raise Invalid(f"the newest deployment has {wrong}")
    return newest


def in_threads(count, work):
    """Runs work(number) in `count` threads; raises an exception that one of them raised."""
    failed = []

    def one(number):
        try:
            work(number)
        except Exception as error:  # pylint: disable=broad-except
            failed.append(error)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def fill(started, token, count, clients=8):
    """Creates deployments."""
    def create(_):
        api = started.api(token, keep_alive=True)
        for _ in range(count // clients):
            answer = api.post(DEPLOYMENTS, NEW_DEPLOYMENT)
            if answer.status != 201:
                raise Invalid(f"the store cannot be filled: {answer}")
        api.close()

    in_threads(clients, create)


def forget_log(started):
    """Empties the server's log, which has a line for each request: it must not affect what
    follows."""
    os.truncate(started.log, 0)


def memory_mib(process):
    """The resident memory of a process."""
    for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise Invalid(f"process {process} has no memory")


# ------------------------------------------------------------------ the database

def looking_into(path):
    """A connection to a database, which only reads while a server has it open."""
    mode = "ro" if pathlib.Path(f"{path}-wal").exists() else "rw"
    return contextlib.closing(sqlite3.connect(f"file:{path}?mode={mode}", uri=True))


def count_rows(path):
    """Table → number of rows, for the tables that a created deployment writes."""
    with looking_into(path) as database:
        return {table: database.execute(f"select count(*) from {table}").fetchone()[0]
                for table in TABLES}


def check_rows(before, after, requests, in_flight):
    """Checks that every acknowledged creation has left a row in each table; gives the number of
    new rows."""
    for table in TABLES:
        made = after[table] - before[table]
        if not requests <= made <= requests + in_flight:
            raise Invalid(f"{made} new rows in {table} after {requests} acknowledged creations")
    return sum(after.values()) - sum(before.values())


def database_bytes(path):
    """The size of a database, with what is in its write-ahead log."""
    with looking_into(path) as database:
        pages, = database.execute("pragma page_count").fetchone()
        size, = database.execute("pragma page_size").fetchone()
        return pages * size
