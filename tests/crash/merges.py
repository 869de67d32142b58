#!/usr/bin/env python3
"""merges: kills the server in the middle of an auto-merge, and compares git with the database.

The sweep is complete: strace sends SIGKILL at the K-th call of a kind, for each call by which the
server, or the git that it runs, changes a file, from the first after the request to the last.
After each kill the server is started again, undisturbed, and stopped; then git and the database
must agree about the branch, and the same request must succeed. The random part has many clients
and branches, and kills after a random time. Exit code 1 if they disagree anywhere, or if no kill
came between the move of the branch and its record; 77 if strace may not trace here.
"""
import argparse
import http.client
import itertools
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402
import merge_audit  # noqa: E402

# The kill comes before each call. A kill at `write` leaves a file that was opened and is empty. The
# database's files are written by pwrite64 and fdatasync; sendmsg sends the answer.
SERVER_CALLS = ["mkdir", "mkdirat", "rename", "renameat", "renameat2", "link", "linkat", "unlink",
                "unlinkat", "rmdir", "write", "writev", "fsync", "fdatasync", "pwrite64", "sendmsg",
                "sendto"]
GIT_CALLS = ["execve", "fsync", "link", "unlink", "write"]
SKIPPED = 77
CLIENTS = 4
BRANCHES = 12


def attach(server, call, number, log, follow):
    """strace on all threads of the server; with `follow` also, and only, on its child
    processes."""
    pid = server.process.pid
    threads = os.listdir(f"/proc/{pid}/task")
    command = ["strace", "-qq", "-o", str(log), "-e", f"trace={call}", "-e", "signal=none",
               "-e", f"inject={call}:signal=SIGKILL:when={number}"]
    command += ["-f", "-p", str(pid)] if follow else ["-p", ",".join(threads)]
    tracer = subprocess.Popen([*harness.DIES_WITH_PARENT, *command], stdin=subprocess.DEVNULL)
    end = time.monotonic() + 20
    while not all(re.search(r"^TracerPid:\t[1-9]",
                            pathlib.Path(f"/proc/{pid}/task/{each}/status").read_text(), re.M)
                  for each in threads):
        if tracer.poll() is not None or time.monotonic() > end:
            raise RuntimeError("strace did not attach")
        time.sleep(0.005)
    return tracer


def request_merge(case, api, branch="topic"):
    """Sends the request; None if its connection ended without an answer."""
    try:
        return api.post(case.deployments, {"ref": branch, "required_contexts": []})
    except (OSError, EOFError, http.client.HTTPException):
        return None
    finally:
        api.close()


class Sweep:
    """One server for all moments, and a new repository for each."""

    def __init__(self, server, folder):
        self.server = server
        self.folder = pathlib.Path(folder)
        self.template = merge_audit.Template(folder, ["topic"])
        self.moments, self.disagreements = [], 0

    def run(self, to_first):
        """All moments, or those up to the first disagreement."""
        for follow, calls in ((False, SERVER_CALLS), (True, GIT_CALLS)):
            for call in calls:
                for number in itertools.count(1):
                    if not self.moment(call, number, follow):
                        break
                    if to_first and self.disagreements:
                        return

    def moment(self, call, number, follow):
        """Kills at one moment, and audits. False if there is no such moment."""
        who = "git" if follow else "server"
        case = self.template.add_case(self.server, f"{who}-{call}-{number}")
        log = self.folder / f"{case.name}.strace"
        tracer = attach(self.server, call, number, log, follow)
        answer = request_merge(case, self.server.api(timeout=30))
        if answer and answer.status == 202:
            tracer.terminate()
            tracer.wait()
            return False
        self.server.kill()  # it is already dead, unless only git was killed
        tracer.wait()
        before = self.describe(case)
        self.server.start()
        self.server.stop()
        found = merge_audit.complaints(case, self.server.data)
        after = self.describe(case, stopped=True)
        locks = [lock.name for lock in case.locks()]
        left = len(case.temporary_objects())
        self.server.start()
        found += self.finish(case)
        told = f"{answer.status}" if answer else "no answer"
        self.moments.append((before, after, locks))
        self.disagreements += bool(found)
        print(f"  {number:>3}  {who:<6} {call:<10} {told:<9}  {before:<22} {after:<20}"
              + (" temporary object" if left else "") + "".join(f" {one}" for one in locks),
              flush=True)
        for text in found:
            print(f"       DISAGREES: {text}", flush=True)
        # If the server itself was killed at its own K-th call, the other sweep covers what follows.
        return not follow or answer is not None

    def describe(self, case, stopped=False):
        """The state of the branch and of the intent, in two words."""
        read = merge_audit.read_stopped if stopped else merge_audit.read_killed
        outcomes = read(self.server.data, lambda database: [
            row[-1] for row in merge_audit.read_intents(database, case)])
        moved = "moved" if case.tip("topic") != case.tips["topic"] else "unmoved"
        return f"{moved}, {' '.join(outcomes) or 'no intent'}"

    def finish(self, case):
        """Repeating the same request must lead to the deployment."""
        found = []
        if case.locks():
            found = blocked_complaints(case, "topic", request_merge(case, self.server.api()),
                                       self.server)
        expected = [201] if case.tip("topic") != case.tips["topic"] else [202, 201]
        answers = [request_merge(case, self.server.api(timeout=30)) for _ in expected]
        statuses = [answer.status if answer else None for answer in answers]
        if statuses != expected:
            found.append(f"the request again was answered {answers}, not {expected}")
        return found


def blocked_complaints(case, branch, answer, server):
    """A kill between the creation of git's lock file and its content leaves an empty file,
    which may also belong to a living process: the server must name it, and a human removes
    it."""
    lock = case.path / f"refs/heads/{branch}.lock"
    found = [f"{other} was left" for other in case.locks() if other != lock]
    if not lock.exists() or lock.stat().st_size > 0:
        return found + [f"{lock.name} was left with content" if lock.exists() else
                        f"{branch} does not come to an end: {answer}"]
    if not answer or answer.status != 503 or answer.json["reason_code"] != "branch_locked":
        found.append(f"a left lock was answered {answer}")
    lock.unlink()
    return found


# ------------------------------------------------------------------ many at once

class Client(threading.Thread):
    """Merges into its branches, one after the other, until the server is gone."""

    def __init__(self, case, server, branches):
        super().__init__(daemon=True)
        self.pending = False
        self.statuses = []
        self._case, self._branches = case, branches
        self._apis = [server.api(timeout=30) for _ in branches]

    def run(self):
        for branch, api in zip(self._branches, self._apis):
            self.pending = True
            answer = request_merge(self._case, api, branch)
            if answer is None:
                return  # pending forever: it may or may not have happened
            self.pending = False
            self.statuses.append(answer.status)


def random_cycle(server, template, name, chance):
    """One kill during many merges; returns (number of unanswered requests, the
    complaints)."""
    case = template.add_case(server, name)
    branches = list(case.tips)
    # Each branch has one client, and every third branch a second one, at about the same time.
    clients = [Client(case, server, [branch for number, branch in enumerate(branches)
                                     if number % CLIENTS == each or
                                     (number % 3 == 0 and (number + 1) % CLIENTS == each)])
               for each in range(CLIENTS)]
    for client in clients:
        client.start()
    time.sleep(chance.uniform(0.01, 0.25))
    server.kill()
    for client in clients:
        client.join()
    unanswered = sum(client.pending for client in clients)
    statuses = [status for client in clients for status in client.statuses]
    open_count = merge_audit.read_killed(server.data, lambda database: sum(
        row[-1] == "open" for row in merge_audit.read_intents(database, case)))
    case.created, case.maybe = statuses.count(201), unanswered
    server.start()
    server.stop()
    found = merge_audit.complaints(case, server.data)
    found += [f"a client was answered {status}" for status in statuses
              if status not in (201, 202, 409)]
    server.start()
    moved = sum(case.tip(branch) != old for branch, old in case.tips.items())
    print(f"  {name}: {moved:>2} of {len(branches)} branches moved, {open_count} intents open and "
          f"{unanswered} unanswered at the kill", flush=True)
    found += merge_the_rest(case, server)
    for text in found:
        print(f"       DISAGREES: {text}", flush=True)
    return unanswered, found


def merge_the_rest(case, server):
    """Finishes the merges that were killed or never began."""
    found = []
    for branch in case.tips:
        answers = []
        while len(answers) < 2 and (not answers or answers[-1].status == 202):
            answers.append(request_merge(case, server.api(timeout=30), branch))
        if answers[-1].status != 201:
            found += blocked_complaints(case, branch, answers[-1], server)
    return found


def run_random(server, folder, cycles, chance):
    """(cycles with an unanswered request, disagreements)."""
    template = merge_audit.Template(folder, [f"topic-{number}" for number in range(BRANCHES)])
    counted = disagreements = 0
    for number in range(1, cycles + 1):
        unanswered, found = random_cycle(server, template, f"cycle-{number}", chance)
        counted += unanswered > 0
        disagreements += bool(found)
    return counted, disagreements


# ------------------------------------------------------------------ the whole

def can_trace():
    """Whether strace exists, and may trace a process that is not its child."""
    if not shutil.which("strace"):
        return False
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        tracer = subprocess.Popen(["strace", "-qq", "-o", "/dev/null", "-e", "trace=none", "-p",
                                   str(sleeper.pid)], stderr=subprocess.DEVNULL)
        time.sleep(0.3)
        attached = tracer.poll() is None
        tracer.terminate()
        tracer.wait()
        sleeper.kill()
    return attached


def sweep(server, folder, to_first):
    """The deterministic part; returns whether everything is right."""
    print("    K  whose  call       answer     at the kill            after the next start")
    found = Sweep(server, folder)
    found.run(to_first)
    kinds = {before for before, *_ in found.moments}
    between, not_yet = "moved, open" in kinds, "unmoved, open" in kinds
    if not between:
        print("merges: no moment between the move and its record was found: this proves nothing")
    if not not_yet:
        print("merges: no moment between the intent and the move was found: this proves nothing")
    print(f"merges: {sum(bool(moment[-1]) for moment in found.moments)} of them left git's lock "
          "without content, which is for a human")
    print(f"{len(found.moments)} moments, {found.disagreements} disagreements", flush=True)
    return between and not_yet and found.disagreements == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=10, help="of the random part (10)")
    parser.add_argument("--to-first", action="store_true",
                        help="end the sweep at the first disagreement")
    parser.add_argument("--no-sweep", action="store_true", help="the random part alone")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000),
                        help="of the moments of the random part")
    options = parser.parse_args()
    if not can_trace():
        print("merges: strace is missing or may not trace here; nothing was killed")
        return SKIPPED
    good = True
    with tempfile.TemporaryDirectory(prefix="esclusa-merges-") as folder:
        if not options.no_sweep:
            (pathlib.Path(folder) / "sweep").mkdir()
            with harness.Server() as server:
                good = sweep(server, pathlib.Path(folder) / "sweep", options.to_first)
        if options.cycles:
            print(f"merges: {options.cycles} random kills, {CLIENTS} clients, {BRANCHES} branches, "
                  f"seed {options.seed}", flush=True)
            (pathlib.Path(folder) / "random").mkdir()
            with harness.Server() as server:
                counted, disagreements = run_random(server, pathlib.Path(folder) / "random",
                                                    options.cycles, random.Random(options.seed))
            print(f"{options.cycles} kills, {counted} with unanswered requests, "
                  f"{disagreements} disagreements")
            good = good and disagreements == 0 and counted > 0
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
