#!/usr/bin/env python3
"""bench: measures the server's operations, as ratios to a baseline (the anchor).

A row has two sides (row.py). They are measured alternately, round by round, on the same machine
with the same load generator. Each round gives a ratio, and the row has the median of the ratios, so
that other load on the machine affects both sides. Figures of different runs are not comparable.
`./dev bench --help` lists the rows; raw figures are kept in .cache/bench.
"""
import argparse
import datetime
import fcntl
import json
import os
import pathlib
import platform
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile

import deliveries
import endurance
import feed
import figures
import footprint
import gits
import greed_rows
import keys
import peers
import reads
import writes
from measure import harness
from row import Invalid

KEPT = harness.ROOT / ".cache/bench"
STORED, GROWTH = 1_000_000, 10_000_000


def all_rows(stored):
    """Group → its rows. `stored` is the number of deployments in a long history."""
    return {"reading": reads.rows(stored), "writing": writes.rows(stored),
            "git": gits.rows(), "webhooks": deliveries.rows(), "feed": feed.rows(),
            "ssh": keys.rows(), "footprint": footprint.rows(stored),
            "overload": endurance.overload_rows(),
            "greed": [*greed_rows.rows(), *endurance.rows()], "peers": peers.rows()}


def chosen_rows(groups, names):
    """The rows of these names or groups, in the order of the groups; without names all but those
    of greed, which take as long as all others, and of the peers, which are installed from npm."""
    return [row for group, rows in groups.items() for row in rows
            if group in names or row.name in names
            or (not names and group not in ("greed", "peers"))]


# ------------------------------------------------------------------ rounds

def measure_row(row, options, folder, result):
    """Fills `result` with the row's rounds; an error of a side makes the row invalid."""
    rounds = min(options.rounds, row.rounds or options.rounds)
    try:
        with row.sides(folder) as sides:
            for number in range(rounds):
                pair = {"anchor": sides.anchor(options.seconds)} if sides.anchor else {}
                pair["ours"] = sides.ours(options.seconds)
                result["rounds"].append(pair)
                if sides.check:
                    sides.check()
                print(f"  {row.name}: round {number + 1} of {rounds}", flush=True)
    except (Invalid, AssertionError, OSError, subprocess.SubprocessError, sqlite3.Error,
            ValueError, LookupError) as error:
        name = "" if isinstance(error, Invalid) else f"{type(error).__name__}: "
        result["invalid"] = name + " ".join(str(error).split())
        print(f"  {row.name}: INVALID: {result['invalid']}", flush=True)


def measure_all(rows, options, results):
    """Measures row after row, each in a folder of its own on the disk of this working tree."""
    for row in rows:
        result = {"rounds": []}
        results.append((row, result))
        with tempfile.TemporaryDirectory(prefix="data-", dir=KEPT,
                                         ignore_cleanup_errors=True) as folder:
            measure_row(row, options, folder, result)
        result["summary"] = figures.summarize(row, result)


# ------------------------------------------------------------------ the run

def first_line(*command):
    """The first line of a program's output, or why there is none."""
    try:
        done = subprocess.run(command, check=False, text=True, stdin=subprocess.DEVNULL,
                              cwd=harness.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except OSError as error:
        return str(error)
    return (done.stdout.splitlines() or [""])[0]


def machine():
    """The machine and the software on which the figures were measured."""
    model = [line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text()
             .splitlines() if line.startswith("model name")]
    return {"cpu": model[0] if model else platform.machine(), "cores": os.cpu_count(),
            "memory_gib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30,
            "kernel": platform.release(), "load_average": os.getloadavg(),
            "commit": first_line("git", "rev-parse", "HEAD"),
            "changed_files": bool(first_line("git", "status", "--porcelain")),
            "versions": {"esclusa": first_line(harness.BINARY, "--version"),
                         "nginx": first_line("/usr/sbin/nginx", "-v"),
                         "wrk": first_line("wrk", "-v"),
                         "sqlite": sqlite3.sqlite_version,
                         "postgres": first_line("/usr/lib/postgresql/15/bin/postgres", "-V"),
                         "compiler": first_line("g++", "--version")}}


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="of each side in each round")
    parser.add_argument("--stored", type=int, default=STORED, metavar="N",
                        help="deployments in a long history")
    parser.add_argument("--growth", dest="stored", action="store_const", const=GROWTH,
                        help=f"the same as --stored {GROWTH}")
    parser.add_argument("--peers", action="store_true", help="the same as the group peers")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="rows or groups of rows")
    options = parser.parse_args()
    options.rows += ["peers"] if options.peers else []
    groups = all_rows(options.stored)
    known = [*groups, *(row.name for rows in groups.values() for row in rows)]
    unknown = set(options.rows) - set(known)
    if unknown:
        parser.error(f"there is no row {', '.join(sorted(unknown))}; there are {', '.join(known)}")
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


def keep(report, results):
    """Writes the raw figures."""
    rows = {row.name: {"what": row.what, "anchor": row.anchor, "reference": row.reference, **result}
            for row, result in results}
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
    rows = chosen_rows(all_rows(options.stored), options.rows)
    results = []
    try:
        measure_all(rows, options, results)
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
    return 1 if any(figures.invalid_reason(result) for _, result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
