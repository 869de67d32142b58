#!/usr/bin/env python3
"""The bytes of the database for a deployment, by table and by index.

The deployment is of the usual kind: two statuses, and five hooks whose receivers answer two
bytes. So it has 3 events, 15 deliveries and 15 attempts. The row `disk` of `./dev bench` measures
it; this program prints what each table takes:

    python3 tests/bench/disk.py [--count 2000]   makes deployments with a server of its own
    python3 tests/bench/disk.py --store FILE     says what is in a database that no server has open
"""
import argparse
import asyncio
import contextlib
import pathlib
import sqlite3
import tempfile
import threading

from measure import harness
from row import Invalid, Row, Sides, at_most
from server import DEPLOYMENTS, NEW_DEPLOYMENT, in_threads, looking_into, server

DEPLOYED, STATUSES, HOOKS, CLIENTS = 1000, ("in_progress", "success"), 5, 4
ANSWER = (b"HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Mon, 30 Nov 2026 12:00:00 GMT\r\n"
          b"Content-Type: text/plain\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok")


class ShortReceiver:
    """Answers each delivery with two bytes, as nginx would, and remembers nothing."""

    def __init__(self):
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @staticmethod
    async def _serve(reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(line.split(b":")[1] for line in head.split(b"\r\n")
                              if line.lower().startswith(b"content-length"))
                await reader.readexactly(int(length))
                writer.write(ANSWER)
        writer.close()


def by_table(path):
    """Name of a table or index → (its table, bytes of its pages)."""
    with looking_into(path) as database:
        return {name: (table, size) for name, table, size in database.execute(
            "select s.name, coalesce(m.tbl_name, s.name), sum(s.pgsize) from dbstat s "
            "left join sqlite_master m on m.name = s.name group by 1, 2")}


def make_deployments(started, token, count):
    def some(_):
        api = started.api(token, keep_alive=True)
        for _ in range(count // CLIENTS):
            made = api.post(DEPLOYMENTS, NEW_DEPLOYMENT)
            for state in STATUSES:
                answer = api.post(made.json["statuses_url"], {"state": state})
                if answer.status != 201:
                    raise Invalid(f"no status: {answer}")
        api.close()

    in_threads(CLIENTS, some)


def settled(started):
    """What each table takes once all events are delivered and the server has stopped."""
    file = started.data / "esclusa.db"

    def is_delivered():
        with looking_into(file) as database:
            return database.execute(
                "select count(*) from delivery where state <> 'delivered'").fetchone()[0] == 0

    harness.wait_until(is_delivered, "all deliveries", 600)
    if started.stop() != 0:
        raise Invalid("the server did not stop well")
    sizes = by_table(file)
    started.start()
    return sizes


@contextlib.contextmanager
def deployed(folder):
    """Gives a function from a number of deployments to what each table grew by for one of them."""
    with server(folder) as (started, token), ShortReceiver() as receiver:
        for number in range(HOOKS):
            answer = started.api().post("/repos/demo/shop/hooks", {
                "events": ["deployment", "deployment_status"],
                "config": {"url": f"{receiver.url}/{number}", "content_type": "json",
                           "secret": "benchmark"}})
            if answer.status != 201:
                raise Invalid(f"no hook: {answer}")

        def grown(count):
            before = settled(started)
            make_deployments(started, token, count)
            after = settled(started)
            return {name: (table, (size - before.get(name, (table, 0))[1]) / count)
                    for name, (table, size) in after.items()}

        yield grown


@contextlib.contextmanager
def disk(folder):
    with deployed(folder) as grown:
        def ours(seconds):
            count = min(DEPLOYED, 52 * seconds)
            sizes = grown(count)
            return {"kib": sum(size for _, size in sizes.values()) / 1024, "requests": count,
                    "load": 0}

        yield Sides(ours)


def rows():
    return [Row("disk", f"disk per deployment, two statuses, {HOOKS} hooks", None, disk,
                [at_most("kib", 8, 6)], rounds=1)]


def print_table(sizes, unit):
    tables = sorted({table for table, _ in sizes.values()},
                    key=lambda one: -sum(size for table, size in sizes.values() if table == one))
    for table in tables:
        parts = sorted(((name, size) for name, (of, size) in sizes.items() if of == table),
                       key=lambda one: (one[0] != table, -one[1]))
        if sum(size for _, size in parts) < 1:
            continue
        print(f"{sum(size for _, size in parts):10.0f}  {table}")
        for name, size in parts:
            print(f"{'':10}  {size:10.0f}  {'the rows' if name == table else name}")
    print(f"{sum(size for _, size in sizes.values()):10.0f}  {unit}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--count", type=int, default=2000, help="how many deployments (2000)")
    parser.add_argument("--store", type=pathlib.Path, help="look at this database instead")
    options = parser.parse_args()
    if options.store:
        print_table(by_table(options.store), "bytes altogether")
        return
    with tempfile.TemporaryDirectory(prefix="esclusa-disk-") as folder, \
            deployed(folder) as grown:
        print_table(grown(options.count), "bytes for a deployment")


if __name__ == "__main__":
    main()
