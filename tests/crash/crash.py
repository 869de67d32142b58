#!/usr/bin/env python3
"""crash: kills the server while requests are unanswered, and checks what it had acknowledged.

In each cycle eight writers create deployments, their statuses and those of a commit, on keep-alive
connections; at a random moment the server gets SIGKILL; then it is started again on the same data.
A cycle counts only if at least one request was unanswered at the kill. Three webhook receivers,
each a separate process with its own hook and secret, run all the time: one for every event, one
that gets forms, and one only for deployments, which is slow, and often fails or closes the
connection, so that kills happen during retries. Writers and receivers keep their own synced files,
outside the server.

At the end, when all events have arrived, the audit (kill_audit.py) compares three records: the
answers to the writers, the content of the API, and the deliveries to each receiver. Every line of
the table marked `must be 0` must be. Otherwise the exit code is 1, and the records are kept.
"""
import argparse
import contextlib
import dataclasses
import http.client
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402
import kill_audit  # noqa: E402
import receiver  # noqa: E402
from kill_audit import DEPLOYMENTS, REPOSITORY  # noqa: E402
from received import Received  # noqa: E402

WRITERS = 8
STRAGGLERS = 500  # events that may still be pending when the next cycle begins
# A tenth of the tests' usual pauses: a delivery that fails six times still arrives within seconds.
SETTINGS = {"ESCLUSA_WEBHOOKS_RETRY_SCALE": "0.0001"}


@dataclasses.dataclass
class Hook:
    """A hook of the test, and how its receiver behaves."""
    name: str
    content_type: str
    events: list
    mood: list = dataclasses.field(default_factory=list)

    @property
    def secret(self):
        return f"only {self.name} knows it"


HOOKS = [Hook("everything", "json", ["*"]),
         Hook("forms", "form", ["deployment", "deployment_status", "status"]),
         Hook("moody", "json", ["deployment"],
              ["--fail", "0.15", "--drop", "0.05", "--pause", "0.02"])]


class Journal:
    """A writer's own record: a synced line before each request, and one after its answer."""

    def __init__(self, path):
        self.acknowledged = 0
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, **line):
        os.write(self._file, json.dumps({"at": time.time(), **line}).encode() + b"\n")
        os.fsync(self._file)

    def close(self):
        os.close(self._file)


class Writer(threading.Thread):
    """One client for one cycle: creates deployments, and reports statuses of them, until stopped.

    `pending` is the key of a request from before it is sent until its answer.
    """

    def __init__(self, number, api, commit, journal, chance):
        super().__init__(daemon=True)
        self.pending = None
        self._environment = f"staging-{number}"
        self._api, self._commit, self._journal, self._chance = api, commit, journal, chance
        self._stopped = threading.Event()
        self._made = []

    def stop(self):
        self._stopped.set()

    def run(self):
        try:
            while not self._stopped.is_set():
                self._one()
        except (OSError, EOFError, http.client.HTTPException):
            pass  # the kill; the last request has no return line: "maybe"
        finally:
            self._api.close()

    def _one(self):
        """Sends one request; its key, in the description, identifies it in the API."""
        key = str(uuid.uuid4())
        chance = self._chance.random()
        if chance < 0.1:  # each for its own context, which may have only 1000 statuses
            kind, path = "commit_status", f"{REPOSITORY}/statuses/{self._commit}"
            body = {"state": self._chance.choice(["pending", "success"]), "context": key}
        elif self._made and chance < 0.55:
            kind, path = "status", f"{DEPLOYMENTS}/{self._chance.choice(self._made[-5:])}/statuses"
            body = {"state": self._chance.choice(["in_progress", "failure", "success"])}
        else:
            kind, path = "deployment", DEPLOYMENTS
            body = {"ref": "main", "auto_merge": False, "required_contexts": [],
                    "environment": self._environment}
        self._journal.write(invoke=key, kind=kind, environment=self._environment)
        self.pending = key
        answer = self._api.post(path, {**body, "description": key})
        self.pending = None
        made = answer.json["id"] if answer.status == 201 else None
        self._journal.acknowledged += made is not None
        self._journal.write(returned=key, status=answer.status, id=made)
        if made and kind == "deployment":
            self._made.append(made)
        if answer.status >= 500:  # it may refuse, but then it needs a pause
            time.sleep(0.02)


# ------------------------------------------------------------------ the cycles

class Setup:
    """The server, the receivers' processes, and the folder of the records."""

    def __init__(self, folder):
        self.records = pathlib.Path(folder)
        self.server = harness.Server(environment=SETTINGS)
        self.received = {hook.name: Received(self._file_of(hook), hook.secret)
                         for hook in HOOKS}
        self._ending = contextlib.ExitStack()

    def _file_of(self, hook):
        return self.records / f"received-{hook.name}.jsonl"

    def __enter__(self):
        with contextlib.ExitStack() as ending:
            ending.enter_context(self.server)
            repository = harness.make_repository(self.server.folder)
            self.server.add_repository("demo/shop", repository, "--writable", "--private")
            self.commit = repository.sha("main")
            for hook in HOOKS:
                self._make_hook(hook, self._start_receiver(hook, ending))
            self._ending = ending.pop_all()
        return self

    def __exit__(self, *_):
        self._ending.close()

    def _start_receiver(self, hook, ending):
        """Starts a hook's receiver, and gives its URL."""
        script = pathlib.Path(receiver.__file__).resolve()
        process = subprocess.Popen(
            [*harness.DIES_WITH_PARENT, sys.executable, str(script), "--file",
             str(self._file_of(hook)), *hook.mood],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        ending.enter_context(process)  # waits, and closes its output
        ending.callback(process.terminate)
        return process.stdout.readline().split()[-1]

    def _make_hook(self, hook, url):
        answer = self.server.api().post("/repos/demo/shop/hooks", {
            "events": hook.events,
            "config": {"url": url, "content_type": hook.content_type, "secret": hook.secret}})
        assert answer.status == 201, answer


def kill_once(setup, journals, chance):
    """One cycle; returns the number of requests that were unanswered at the kill."""
    server = setup.server
    writers = [Writer(number, server.api(keep_alive=True, timeout=10), setup.commit, journal,
                      chance) for number, journal in enumerate(journals)]
    for writer in writers:
        writer.start()
    time.sleep(chance.uniform(0.05, 1.5))
    pending = [writer.pending for writer in writers]
    server.kill()
    for writer in writers:
        writer.stop()
    for writer in writers:
        writer.join()
    # Counted when everything has come to rest: sent before the kill, and never answered. (An answer
    # that was already on its way counts as an answer; a request to a dead server does not count.)
    unanswered = sum(key is not None and key == writer.pending
                     for key, writer in zip(pending, writers))
    server.start()
    return unanswered


def wait_for_stragglers(setup, acknowledged):
    """In a long run more is written than can be delivered in the same time, and an ever growing
    queue would make each cycle slower. Some deliveries must remain for the next kill."""
    slowest = setup.received["forms"]  # of those that get every event
    end = time.monotonic() + 60  # a lost event never comes; the audit will report it
    while time.monotonic() < end:
        slowest.read()
        if len(slowest.taken) >= acknowledged - STRAGGLERS:
            return
        time.sleep(0.1)


def run_cycles(setup, cycles, chance):
    """Runs all cycles, but gives up if the server never has an unanswered request."""
    journals = [Journal(setup.records / f"writer-{number}.jsonl") for number in range(WRITERS)]
    counted = tried = 0
    try:
        while counted < cycles:
            tried += 1
            if tried > 3 * cycles + 10:
                sys.exit("crash: too few of the kills met an unanswered request")
            unanswered = kill_once(setup, journals, chance)
            counted += unanswered > 0
            wait_for_stragglers(setup, sum(journal.acknowledged for journal in journals))
            print(f"  cycle {counted:>3} of {cycles}: {unanswered} unanswered at the kill"
                  + ("" if unanswered else " (does not count)"), flush=True)
    finally:
        for journal in journals:
            journal.close()
    return counted, tried


# ------------------------------------------------------------------ the whole run

def run(folder, cycles, seed, patience):
    """The whole test; returns whether everything is right."""
    chance = random.Random(seed)
    with Setup(folder) as setup:
        counted, tried = run_cycles(setup, cycles, chance)
        told = kill_audit.read_journals(setup.records)
        committed = kill_audit.read_api(setup.server.api(keep_alive=True))
        expected = {hook.name: committed.records(hook.events) for hook in HOOKS}
        kill_audit.wait_until_drained(setup.received, expected, patience)
        stopped = setup.server.stop()
        errors = kill_audit.integrity_errors(setup.server.data, setup.records)
        shutil.copy(setup.server.log, setup.records / "server.log")
    rows = [("cycles", [counted], False), ("  and repeated ones", [tried - counted], False)]
    rows += kill_audit.audit(told, committed, setup.received, expected)
    rows += [("integrity_check errors", [len(errors)], True),
             ("exit code of the last stop", [stopped], True)]
    print(f"  {'':<32}{''.join(f'{hook.name:>11}' for hook in HOOKS)}")
    kill_audit.print_table(rows)
    for error in errors:
        print(f"  integrity: {error}")
    wrong = [what for what, counts, must_be_zero in rows if must_be_zero and any(counts)]
    for what in wrong:
        print(f"crash: WRONG: {what}")
    return not wrong and told.acked


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000),
                        help="of the moments of the kills and the requests")
    parser.add_argument("--patience", type=float, default=30, metavar="SECONDS",
                        help="without a new event, after which the missing ones are lost (30)")
    options = parser.parse_args()
    print(f"crash: {options.cycles} cycles, {WRITERS} writers, {len(HOOKS)} receivers, "
          f"seed {options.seed}", flush=True)
    folder = tempfile.mkdtemp(prefix="esclusa-audit-")
    good = False
    try:
        good = run(folder, options.cycles, options.seed, options.patience)
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
