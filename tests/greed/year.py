#!/usr/bin/env python3
"""year: a server starts on a year's data, and prunes it while a stranger is served.

The store is that of `./dev bench` (tests/bench/stores.py), with its deployments spread over a year
and with bodies for the latest events. The first round after the start must delete every deployment
that is older than its retention, and no other, and every body, while the stranger's requests are
answered.

  year.py [--deployments N]     100,000 without a number
"""
import argparse
import contextlib
import json
import pathlib
import sqlite3
import sys
import tempfile
import time

import attackers
from pruning import Stranger

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
import stores  # noqa: E402

YEAR, KEPT_DAYS = 365, 90
DAY = 24 * 3600 * 1_000_000  # microseconds
SHOP = "/repos/demo/shop-0"


def spread(data, share):
    """Spreads the deployments over a year, the newest is of now, and gives a share of the events
    bodies."""
    now = time.time_ns() // 1000
    with contextlib.closing(sqlite3.connect(data / "esclusa.db", isolation_level=None)) as rows:
        rows.executescript("pragma journal_mode = off; pragma synchronous = off; begin")
        for table, key, columns in (("deployment", "id", ("created_at", "updated_at")),
                                    ("deployment_status", "deployment_id", ("created_at",)),
                                    ("event", "id", ("created_at",))):  # ids grow with time
            last, = rows.execute(f"select max({key}) from {table}").fetchone()
            at = f"{now} - cast(({last} - {key}) * {YEAR * DAY / last} as integer)"
            rows.execute(f"update {table} set " + ", ".join(f"{one} = {at}" for one in columns))
        rows.execute("insert into event_body (event_id, codec, body, end_id) select e.id, m.codec, "
                     "m.body, m.end_id from event e, (select codec, body, end_id from event_body "
                     f"order by event_id limit 1) as m where e.id % {share} = 0 "
                     "on conflict do nothing")
        rows.execute("delete from retention_clock")
        rows.execute("commit")
        rows.execute("pragma journal_mode = wal")


def numbers(server, query, *values):
    with contextlib.closing(sqlite3.connect(f"file:{server.data}/esclusa.db?mode=ro",
                                            uri=True)) as rows:
        return rows.execute(query, values).fetchone()[0]


def younger(server, days, before):
    """How many deployments were created since so many days before that time."""
    return numbers(server, "select count(*) from deployment where created_at >= ?",
                   before - days * DAY)


def state(server):
    return json.loads(server.cli("prune", "--dry-run", "--json").stdout)


class Place:
    """What a stranger needs of a site."""

    def __init__(self, server, token):
        self.server, self.token = server, token


def year(count):
    store = stores.kept(count)
    arguments = [*attackers.NO_LIMITS, "--retention-deployments", f"{KEPT_DAYS}d"]
    with tempfile.TemporaryDirectory(prefix="esclusa-year-") as folder, \
            stores.StoreServer(store, copies=True, prepare=lambda data: spread(data, 10),
                               parent=folder, arguments=arguments) as server:
        begin, young = time.time_ns() // 1000, younger(server, KEPT_DAYS, time.time_ns() // 1000)
        with Stranger(Place(server, store.administrator), SHOP) as stranger:
            stranger.prunes = 1
            seconds = time.monotonic()
            while not state(server)["rounds_ended"]:
                time.sleep(2)
            seconds = time.monotonic() - seconds
        left = numbers(server, "select count(*) from deployment where created_at < ?", begin)
        slow = {method: round(stranger.p99(method, 1) * 1000, 1) for method in ("GET", "POST")}
        return [("deployments before", count, lambda value: value > 0),
                ("seconds of pruning", round(seconds), lambda value: value >= 0),
                (f"deployments that are left, of {young} young ones", left,
                 lambda value: young - count // 1000 <= value <= young + 10),
                ("bodies that are left and old", numbers(
                    server, "select count(*) from event_body b join event e on e.id = b.event_id "
                    "where e.created_at < ?", begin - 8 * DAY), 0),
                ("events without a row", numbers(
                    server, "select count(*) from event_body b left join event e on "
                    "e.id = b.event_id where e.id is null"), 0),
                ("integrity", numbers(server, "pragma integrity_check"), "ok"),
                ("requests of the stranger that were refused", stranger.refused, 0),
                ("p99 of the stranger, ms", slow, lambda value: value["GET"] > 0)]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deployments", type=int, default=100_000)
    failed = 0
    for what, value, wanted in year(parser.parse_args().deployments):
        good = wanted(value) if callable(wanted) else value == wanted
        print(f"{'ok  ' if good else 'FAIL'} year: {what}: {value}", flush=True)
        failed += not good
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
