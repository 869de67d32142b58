#!/usr/bin/env python3
"""bench: measures the server's operations, as ratios to a baseline (the anchor).

A row has two sides. They are measured alternately, round by round, on the same machine with the
same load generator. Each round gives a ratio, and the row has the median of the ratios, so that
other load on the machine affects both sides. Figures of different runs are not comparable. `./dev
bench --help` lists the rows; raw figures are kept in .cache/bench.
"""
import argparse
import contextlib
import dataclasses
import datetime
import fcntl
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import typing

import deliveries
import figures
import sides
from sides import Invalid, Request

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEPT = ROOT / ".cache/bench"


@dataclasses.dataclass
class Row:
    """A measured operation. `compare` names the figure whose ratio ours/anchor counts: `rate`
    must be at least the target, `p50` and `p99` at most. `reference` is the anchor's rate, where
    known, on the machine for which the targets were set (2 cores, Debian 12)."""
    name: str
    what: str
    anchor: str
    sides: typing.Callable  # folder → context manager of (measure anchor, measure ours)
    target: float
    stretch: float
    compare: str = "rate"
    reference: float | None = None


# ------------------------------------------------------------------ reading

@contextlib.contextmanager
def reads(folder, path, *, against):
    """Sides that read `path` from a store of some deployments: our server, and nginx with a
    file of the same bytes, or (`against` full) our server's full answer where a 304 is
    measured."""
    with contextlib.ExitStack() as stack:
        server, token = stack.enter_context(sides.server(folder))
        sides.fill(server, token, sides.STORED)
        headers = {"Authorization": f"Bearer {token}"}
        full = Request(folder, sides.address_of(server), path, headers)
        answer = full.once()

        def measure(request, seconds):
            sides.forget_log(server)
            return request.measure(seconds)

        if against == "full":
            known = {**headers, "If-None-Match": answer.headers["ETag"]}
            anchor, ours = full, Request(folder, sides.address_of(server), path, known, status=304)
        else:
            address = stack.enter_context(sides.nginx(folder, {path.split("?")[0]: answer}))
            anchor, ours = Request(folder, address, path, headers), full
            if anchor.once().body != answer.body:
                raise Invalid("nginx sends other bytes")
        for side in (anchor, ours):
            measure(side, 1)  # warms up, and is not counted
        yield (lambda seconds: measure(anchor, seconds)), (lambda seconds: measure(ours, seconds))


def reads_one(against="nginx"):
    path = f"{sides.DEPLOYMENTS}/{sides.STORED // 2}"
    return lambda folder: reads(folder, path, against=against)


def reads_page(against="nginx"):
    return lambda folder: reads(folder, sides.DEPLOYMENTS, against=against)


# ------------------------------------------------------------------ writing

@contextlib.contextmanager
def writes(parent, connections):
    """Sides that create deployments, each measurement in a new store: our server over HTTP, and
    SQLite alone, which repeats the rows that our server wrote for one deployment."""
    with sides.server(parent) as (server, token):
        sides.create_request(parent, server, token).once()
        server.stop()
        model = sides.copy_database(server.data, pathlib.Path(parent) / "model")
    before = sides.count_rows(model)

    def anchor(seconds):
        with tempfile.TemporaryDirectory(prefix="loop-", dir=parent) as folder:
            copied = shutil.copy(model, folder)
            sides.settle()
            result = sides.run([sides.LOOP, copied, connections, seconds], seconds)
            sides.check_rows(before, sides.count_rows(copied), result["requests"], 0)
            return result

    def ours(seconds):
        with sides.server(parent) as (server, token):
            request = sides.create_request(parent, server, token)
            sides.settle()
            result = request.measure(seconds, connections)
            server.stop()
            after = sides.count_rows(server.data / "esclusa.db")
            sides.check_rows(before, after, result["requests"], connections)
            return result

    yield anchor, ours


ROWS = [
    Row("one", "GET one deployment", "nginx, a file of the same bytes", reads_one(),
        0.6, 0.85, reference=98_000),
    Row("page", "GET a page of 30", "nginx, a file of the same bytes", reads_page(),
        0.5, 0.8, reference=60_000),
    Row("one-304", "GET one, ETag matches", "the full answer", reads_one("full"), 1.0, 1.1),
    Row("page-304", "GET a page, ETag matches", "the full answer", reads_page("full"), 2, 3),
    Row("post", "POST a deployment, 64 connections", "SQLite alone, 64 wait for group commit",
        lambda folder: writes(folder, sides.CONNECTIONS), 0.6, 0.9, reference=11_000),
    Row("post-1", "POST a deployment, 1 connection", "SQLite alone, one after the other",
        lambda folder: writes(folder, 1), 1.6, 1.3, compare="p50"),
    Row("deliver", "deliver to 8 hooks what waits for them", "libcurl alone, 32 connections",
        deliveries.rates, 0.4, 0.8, reference=21_000),
    # 50 ms and 10 ms; a request of libcurl alone takes a tenth of a millisecond.
    Row("prompt", "201 to first byte at the hook, 1,000 creations/s",
        "libcurl alone, a request to its answer", deliveries.promptness, 500, 100, compare="p99"),
]


# ------------------------------------------------------------------ rounds

def measure_row(row, options, folder, result):
    """Fills `result` with the row's rounds; an error of a side makes the row invalid."""
    try:
        with row.sides(folder) as (anchor, ours):
            for number in range(options.rounds):
                pair = {"anchor": anchor(options.seconds), "ours": ours(options.seconds)}
                result["rounds"].append(pair)
                ratio = pair["ours"][row.compare] / pair["anchor"][row.compare]
                print(f"  {row.name}: round {number + 1} of {options.rounds}: {ratio:.2f}",
                      flush=True)
    except (Invalid, AssertionError, OSError, subprocess.SubprocessError) as error:
        result["invalid"] = str(error) or type(error).__name__
        print(f"  {row.name}: INVALID: {result['invalid']}", flush=True)


# ------------------------------------------------------------------ the run

def first_line(*command):
    """The first line of a program's output, or why there is none."""
    try:
        done = subprocess.run(command, check=False, text=True, stdin=subprocess.DEVNULL, cwd=ROOT,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except OSError as error:
        return str(error)
    return (done.stdout.splitlines() or [""])[0]


def machine():
    """The machine and the software on which the figures were measured."""
    model = [line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text()
             .splitlines() if line.startswith("model name")]
    return {"cpu": model[0] if model else platform.machine(), "cores": os.cpu_count(),
            "kernel": platform.release(), "load_average": os.getloadavg(),
            "commit": first_line("git", "rev-parse", "HEAD"),
            "changed_files": bool(first_line("git", "status", "--porcelain")),
            "versions": {"esclusa": first_line(sides.harness.BINARY, "--version"),
                         "nginx": first_line("/usr/sbin/nginx", "-v"),
                         "wrk": first_line("wrk", "-v"),
                         "sqlite": sides.sqlite3.sqlite_version,
                         "compiler": first_line("g++", "--version")}}


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="of each side in each round")
    parser.add_argument("rows", nargs="*", metavar="ROW",
                        help="all, or some of: " + ", ".join(row.name for row in ROWS))
    options = parser.parse_args()
    unknown = set(options.rows) - {row.name for row in ROWS}
    if unknown:
        parser.error(f"there is no row {', '.join(sorted(unknown))}")
    if options.rounds < 1 or options.seconds < 1:
        parser.error("--rounds and --seconds begin at 1")
    return options


def only_one():
    """The lock of this working tree's bench: two runs at once would disturb each other. Removes
    what a killed run has left."""
    KEPT.mkdir(parents=True, exist_ok=True)
    lock = open(KEPT / "lock", "w", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit("bench: another one runs here")
    for left in KEPT.glob("data-*"):
        shutil.rmtree(left)
    return lock


def measure_all(options, results):
    """Measures row after row, each in a folder of its own on the disk of this working tree."""
    for row in ROWS:
        if options.rows and row.name not in options.rows:
            continue
        result = {"rounds": []}
        results.append((row, result))
        with tempfile.TemporaryDirectory(prefix="data-", dir=KEPT,
                                         ignore_cleanup_errors=True) as folder:
            measure_row(row, options, folder, result)
        result["summary"] = figures.summarize(row, result)


def keep(report, results):
    """Writes the raw figures."""
    rows = {row.name: {"what": row.what, "anchor": row.anchor, "compare": row.compare,
                       "target": row.target, "stretch": row.stretch, "reference": row.reference,
                       **result} for row, result in results}
    file = KEPT / f"{report['time'].replace(':', '')}.json"
    file.write_text(json.dumps({**report, "rows": rows}, indent=1) + "\n")
    return file


def main():
    options = parse_arguments()
    # So that cleanup happens even if a shell started this process with SIGINT ignored.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    lock = only_one()
    now = datetime.datetime.now(datetime.timezone.utc)
    report = {"time": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "rounds": options.rounds,
              "seconds": options.seconds, "interrupted": False, **machine()}
    print(f"bench: {options.rounds} rounds of {options.seconds} s for either side", flush=True)
    results = []
    try:
        measure_all(options, results)
    except KeyboardInterrupt:
        report["interrupted"] = True
    measured = [pair for pair in results if pair[1]["rounds"] or "invalid" in pair[1]]
    if measured:
        for row, result in measured:
            result["summary"] = figures.summarize(row, result)
        print("\n" + "\n".join(figures.table(measured)))
        print(f"\n{report['cores']} cores, {report['cpu']}, load average at the start "
              f"{report['load_average'][0]:.1f}\nraw figures: {keep(report, measured)}")
    lock.close()
    if report["interrupted"]:
        return 130
    return 1 if any("invalid" in result for _, result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
