#!/usr/bin/env python3
"""crash: kills the server while requests are unanswered, and audits what it had promised.

In each cycle eight writers create deployments and statuses on keep-alive connections; at a random
moment the server gets SIGKILL; then it is started again on the same data. A cycle counts only if
at least one request was unanswered at the kill. The webhook receiver is a process of its own that
lives through all of it. Writers and receiver keep their own synced files, outside the server.

At the end, when all events have arrived, the audit compares three records: what the writers were
told, what the API has, and what the receiver got. Every line of the table marked `must be 0` must
be. Exit code 1 otherwise, and then the records are kept.
"""
import argparse
import dataclasses
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402
import receiver  # noqa: E402

DEPLOYMENTS = "/repos/demo/shop/deployments"
SECRET = "the receiver knows it"
WRITERS = 8
STALLED_SECONDS = 30  # without a new event, the missing ones are lost


class Journal:
    """A writer's own record: a synced line before each request, and one after its answer."""

    def __init__(self, path):
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, **line):
        os.write(self._file, json.dumps({"at": time.time(), **line}).encode() + b"\n")
        os.fsync(self._file)

    def close(self):
        os.close(self._file)


class Writer(threading.Thread):
    """One client for one cycle: creates deployments, and reports statuses of them, until stopped.

    `pending` is a request's key from the moment before it is sent to the moment of its answer.
    """

    def __init__(self, number, api, journal, chance):
        super().__init__(daemon=True)
        self.pending = None
        self._environment = f"staging-{number}"
        self._api, self._journal, self._chance = api, journal, chance
        self._stopped = threading.Event()
        self._made = []

    def stop(self):
        self._stopped.set()

    def run(self):
        try:
            while not self._stopped.is_set():
                self._one()
        except (OSError, EOFError, http.client.HTTPException):
            pass  # the kill; the last request stays without a return line: "maybe"
        finally:
            self._api.close()

    def _one(self):
        """One request; its key, in the description, tells it again in the API."""
        key = str(uuid.uuid4())
        if self._made and self._chance.random() < 0.5:
            kind, path = "status", f"{DEPLOYMENTS}/{self._chance.choice(self._made[-5:])}/statuses"
            body = {"state": self._chance.choice(["in_progress", "failure", "success"])}
        else:
            kind, path = "deployment", DEPLOYMENTS
            body = {"ref": "main", "auto_merge": False, "required_contexts": [],
                    "environment": self._environment}
        self._journal.write(invoke=key, kind=kind)
        self.pending = key
        answer = self._api.post(path, {**body, "description": key})
        self.pending = None
        made = answer.json["id"] if answer.status == 201 else None
        self._journal.write(returned=key, status=answer.status, id=made)
        if made and kind == "deployment":
            self._made.append(made)
        if answer.status >= 500:  # it may refuse, but then it wants a pause
            time.sleep(0.02)


# ------------------------------------------------------------------ the cycles

class Setup:
    """The server, the receiver's process, and the folder of the auditor's records."""

    def __init__(self, folder):
        self.records = pathlib.Path(folder)
        self.received = self.records / "received.jsonl"
        self.server = harness.Server()
        self._receiver = None

    def __enter__(self):
        self.server.__enter__()
        try:
            self._start_receiver()
            repository = harness.make_repository(self.server.folder)
            self.server.add_repository("demo/shop", repository, "--writable", "--private")
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start_receiver(self):
        script = pathlib.Path(receiver.__file__).resolve()
        self._receiver = subprocess.Popen(
            [*harness.DIES_WITH_PARENT, sys.executable, str(script), "--file", str(self.received)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.receiver_url = self._receiver.stdout.readline().split()[-1]

    def __exit__(self, *_):
        if self._receiver:
            self._receiver.terminate()
            self._receiver.wait()
            self._receiver.stdout.close()
        self.server.__exit__()

    def make_hook(self):
        answer = self.server.api().post("/repos/demo/shop/hooks", {
            "events": ["deployment", "deployment_status"],
            "config": {"url": self.receiver_url, "content_type": "json", "secret": SECRET}})
        assert answer.status == 201, answer


def kill_once(setup, journals, chance):
    """One cycle; gives how many requests were unanswered at the kill."""
    server = setup.server
    writers = [Writer(number, server.api(keep_alive=True, timeout=10), journal, chance)
               for number, journal in enumerate(journals)]
    for writer in writers:
        writer.start()
    time.sleep(chance.uniform(0.05, 1.5))
    pending = [writer.pending for writer in writers]
    server.kill()
    for writer in writers:
        writer.stop()
    for writer in writers:
        writer.join()
    # Counted when everything has come to rest: sent before the kill, and never answered. (An
    # answer that was on its way is an answer; what was sent to a dead server does not count.)
    unanswered = sum(key is not None and key == writer.pending
                     for key, writer in zip(pending, writers))
    server.start()
    return unanswered


def run_cycles(setup, cycles, chance):
    """All cycles. A server that never has anything unanswered would be repeated for ever."""
    journals = [Journal(setup.records / f"writer-{number}.jsonl") for number in range(WRITERS)]
    counted = tried = 0
    try:
        while counted < cycles:
            tried += 1
            if tried > 3 * cycles + 10:
                sys.exit("crash: too few of the kills met an unanswered request")
            unanswered = kill_once(setup, journals, chance)
            counted += unanswered > 0
            print(f"  cycle {counted:>3} of {cycles}: {unanswered} unanswered at the kill"
                  + ("" if unanswered else " (does not count)"), flush=True)
    finally:
        for journal in journals:
            journal.close()
    return counted, tried


# ------------------------------------------------------------------ the audit

@dataclasses.dataclass
class Committed:
    """What the API has: id → description (the writer's key), for both kinds."""
    deployments: dict
    statuses: dict       # without the inactive ones, which send no event
    inactive_count: int


@dataclasses.dataclass
class Told:
    """What the writers were told."""
    invoked: dict   # key → kind
    acked: dict     # key → (kind, id), answered with 201
    refused: int    # answered with something else


def read_api(api):
    """Reads all deployments and all statuses."""
    deployments = {one["id"]: one["description"]
                   for one in api.all_pages(DEPLOYMENTS + "?per_page=100")}
    statuses, inactive = {}, 0
    for made in deployments:
        for status in api.all_pages(f"{DEPLOYMENTS}/{made}/statuses?per_page=100"):
            if status["state"] == "inactive":
                inactive += 1
            else:
                statuses[status["id"]] = status["description"]
    return Committed(deployments, statuses, inactive)


def read_journals(folder):
    """Reads what the writers wrote down."""
    told = Told({}, {}, 0)
    for path in sorted(folder.glob("writer-*.jsonl")):
        for text in path.read_text().splitlines():
            line = json.loads(text)
            if "invoke" in line:
                told.invoked[line["invoke"]] = line["kind"]
            elif line["status"] == 201:
                told.acked[line["returned"]] = (told.invoked[line["returned"]], line["id"])
            else:
                told.refused += 1
    return told


def event_key(delivery):
    """("deployment", id) or ("status", id) of what a delivery is about."""
    body = json.loads(delivery["body"])
    if delivery["event"] == "deployment":
        return "deployment", body["deployment"]["id"]
    return "status", body["deployment_status"]["id"]


def read_deliveries(path):
    """The deliveries of the two events, as (key, delivery)."""
    return [(event_key(one), one) for one in receiver.read_file(path)
            if one["event"] in ("deployment", "deployment_status")]


def wait_until_drained(path, expected):
    """Waits until an event for everything expected has arrived, or nothing new does any more."""
    print(f"  waiting for the events of {len(expected)} records", flush=True)
    count, changed = -1, time.monotonic()
    while time.monotonic() - changed < STALLED_SECONDS:
        seen = {key for key, _ in read_deliveries(path)}
        if expected <= seen:
            time.sleep(1)  # what arrives too often would arrive now
            return
        if len(seen) != count:
            count, changed = len(seen), time.monotonic()
        time.sleep(0.5)


def badly_signed(deliveries):
    def expected(delivery):
        return "sha256=" + hmac.new(SECRET.encode(), delivery["body"].encode(),
                                    hashlib.sha256).hexdigest()
    return sum(one["headers"].get("X-Hub-Signature-256") != expected(one) for _, one in deliveries)


def spread(pairs):
    """How many first elements come with more than one second element."""
    seen = {}
    for first, second in pairs:
        seen.setdefault(first, set()).add(second)
    return sum(len(seconds) > 1 for seconds in seen.values())


def audit(told, committed, deliveries):
    """The table: (what, count, must it be 0)."""
    kinds = {"deployment": committed.deployments, "status": committed.statuses}
    keys = [key for found in kinds.values() for key in found.values()]
    expected = {(kind, number) for kind, found in kinds.items() for number in found}
    lost = [key for key, (kind, number) in told.acked.items() if kinds[kind].get(number) != key]
    maybe = set(told.invoked) - set(told.acked)
    received = {key for key, _ in deliveries}
    guids = [one["guid"] for _, one in deliveries]
    return [
        ("requests", len(told.invoked), False),
        ("acknowledged with 201", len(told.acked), False),
        ("refused", told.refused, False),
        ("maybe: not acknowledged", len(maybe), False),
        ("  of these found committed", len(maybe & set(keys)), False),
        ("deployments", len(committed.deployments), False),
        ("statuses", len(committed.statuses), False),
        ("statuses by auto_inactive", committed.inactive_count, False),
        ("deliveries received", len(deliveries), False),
        ("duplicates of a delivery", len(guids) - len(set(guids)), False),
        ("acknowledged and lost", len(lost), True),
        ("committed twice", len(keys) - len(set(keys)), True),
        ("committed by nobody", len(set(keys) - set(told.invoked)), True),
        ("events lost", len(expected - received), True),
        ("ghosts: events of nothing", len(received - expected), True),
        ("GUIDs with two bodies", spread((one["guid"], one["sha256"]) for _, one in deliveries),
         True),
        ("events with two GUIDs", spread((key, one["guid"]) for key, one in deliveries), True),
        ("bad signatures", badly_signed(deliveries), True),
    ]


def integrity_errors(data, folder):
    """`PRAGMA integrity_check` on copies of the stopped server's database files."""
    errors, checked = [], 0
    for file in sorted(path for path in data.rglob("*") if path.is_file()):
        with open(file, "rb") as opened:
            if opened.read(16) != b"SQLite format 3\0":
                continue
        for suffix in ("", "-wal"):
            if pathlib.Path(f"{file}{suffix}").exists():
                shutil.copy(f"{file}{suffix}", folder / f"{file.name}{suffix}")
        database = sqlite3.connect(folder / file.name)
        errors += [row[0] for row in database.execute("pragma integrity_check") if row[0] != "ok"]
        errors += [f"foreign key: {row}" for row in database.execute("pragma foreign_key_check")]
        database.close()
        checked += 1
    return errors if checked else ["no database file found"]


def print_table(rows):
    for what, number, must_be_zero in rows:
        mark = "" if not must_be_zero else "must be 0" if number == 0 else "MUST BE 0"
        print(f"  {what:<30} {number:>8}  {mark}".rstrip())


def run(folder, cycles, seed):
    """The whole test; gives whether everything is as it must be."""
    chance = random.Random(seed)
    with Setup(folder) as setup:
        setup.make_hook()
        counted, tried = run_cycles(setup, cycles, chance)
        told = read_journals(setup.records)
        committed = read_api(setup.server.api(keep_alive=True))
        expected = ({("deployment", number) for number in committed.deployments}
                    | {("status", number) for number in committed.statuses})
        wait_until_drained(setup.received, expected)
        deliveries = read_deliveries(setup.received)
        stopped = setup.server.stop()
        errors = integrity_errors(setup.server.data, setup.records)
        shutil.copy(setup.server.log, setup.records / "server.log")
    rows = [("cycles", counted, False), ("  and repeated ones", tried - counted, False)]
    rows += audit(told, committed, deliveries)
    rows += [("integrity_check errors", len(errors), True),
             ("exit code of the last stop", stopped, True)]
    print_table(rows)
    for error in errors:
        print(f"  integrity: {error}")
    return all(number == 0 for _, number, must_be_zero in rows if must_be_zero) and told.acked


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000),
                        help="of the moments of the kills and the requests")
    options = parser.parse_args()
    print(f"crash: {options.cycles} cycles, {WRITERS} writers, seed {options.seed}", flush=True)
    folder = tempfile.mkdtemp(prefix="esclusa-audit-")
    good = False
    try:
        good = run(folder, options.cycles, options.seed)
    finally:
        if good:
            shutil.rmtree(folder)
        else:
            print(f"crash: FAILED; the records are kept in {folder}")
    if good:
        print("crash: nothing was lost")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
