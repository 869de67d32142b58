#!/usr/bin/env python3
"""clocks: wait timers, deliveries and timestamps on a machine whose clocks are changed.

Each case has its own server, under libfaketime, which moves its wall clock but not its boot clock.
A timer of a minute and one of thirty days run, and a failed delivery waits for its retry, when the
wall clock jumps: by a second to ten years, forwards or backwards, once or each second, in the
running server or between two runs. Within one boot the minute must still take a minute. A run with
another boot_id (bound over the kernel's) uses the wall clock, and one whose boot clock is ahead (a
time namespace) uses the boot clock.

All cases run in the same minute. The server's records show that its clock was really moved. Exit
code 1 when a timer opened too early or stayed shut, a delivery came never or too often, time ran
backwards, or a duration was negative. 77 without libfaketime.
"""
import argparse
import contextlib
import dataclasses
import glob
import heapq
import itertools
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from clock_site import MONTH_MINUTES, Site  # noqa: E402
import harness  # noqa: E402  (clock_site knows the way)

SKIPPED = 77
MINUTE, DAY, YEAR = 60, 86_400, 365 * 86_400
JUMP_AT = 3  # seconds after the timers began
PROBE_AT = 23  # then a deployment is created that shows the server's current time
END_AT = MINUTE + 6
PATIENCE = 30  # for what must come, on a busy machine
RETRY_WITHIN = 2 * 5.5 + PATIENCE  # twice the pause: after a backward jump the clock runs slowly
SPANS = {"a second": 1, "90 seconds": 90, "an hour": 3600, "a day": DAY, "a year": YEAR,
         "ten years": 10 * YEAR}
NEVER = (math.inf, math.inf)
NORMAL = (MINUTE, MINUTE + PATIENCE)


@dataclasses.dataclass
class Case:
    """What happens to the clocks, and when its timers must open: real seconds, from and until."""
    name: str
    script: object
    minute: tuple = NORMAL
    month: tuple = NEVER
    offset: tuple = None  # of the probe's time, from and until; None: not asked
    is_restarted: bool = False

    def timers(self):
        return (("minute", self.minute), ("month", self.month))


# ------------------------------------------------------------------ the cases
# A script does something and yields the time, in seconds from its start, at which it continues.

def jumps(seconds):
    """The wall clock jumps in the running server."""
    def script(site):
        yield JUMP_AT
        site.jump(seconds)
    return script


def jumps_all_the_time(chance):
    def script(site):
        for second in range(1, PROBE_AT):
            yield second
            site.jump(chance.choice((1, -1)) * chance.choice(list(SPANS.values())))
        yield PROBE_AT
        site.jump(0)
    return script


def restarts(seconds):
    """The server is killed, and restarts with another wall clock in the same boot."""
    def script(site):
        yield JUMP_AT
        site.restart(jump=seconds)
    return script


def reboots(seconds, then=None):
    """The server is killed, and restarts with another boot_id and another wall clock."""
    def script(site):
        yield JUMP_AT
        boot_id = site.folder / "boot_id"
        boot_id.write_text(f"{uuid.uuid4()}\n")
        site.restart(jump=seconds, run_in=(
            f"exec {NAMESPACE} --mount sh -c 'mount --bind {boot_id} "
            "/proc/sys/kernel/random/boot_id && exec \"$@\"' sh"))
        if then is not None:
            yield END_AT - 3
            site.jump(then)
    return script


def sleeps(seconds):
    """The machine's boot clock is ahead, but its wall clock is not."""
    def script(site):
        yield JUMP_AT
        site.restart(run_in=f"exec {NAMESPACE} --time --boottime {seconds}")
    return script


NAMESPACE = "unshare" if os.geteuid() == 0 else "unshare --user --map-root-user"
# After a backward jump, time runs at half speed until the probe.
SLOW = (PROBE_AT - JUMP_AT) / 2
SLACK = 3  # seconds by which scripts may be late


def cases(chance):
    made = [Case("nothing", lambda site: iter(()), offset=(0, SLACK))]
    for name, seconds in SPANS.items():
        back = -min(seconds, SLOW)
        made.append(Case(f"{name} ahead", jumps(seconds), offset=(seconds, seconds + SLACK)))
        made.append(Case(f"{name} back", jumps(-seconds), offset=(back - SLACK, back + SLACK)))
    for name, seconds in SPANS.items():
        if seconds >= 90:
            made.append(Case(f"{name} ahead, a new run", restarts(seconds),
                             offset=(seconds, seconds + SLACK), is_restarted=True))
            made.append(Case(f"{name} back, a new run", restarts(-seconds),
                             offset=(-seconds, -seconds + SLACK), is_restarted=True))
    made.append(Case("ahead and back each second", jumps_all_the_time(chance)))
    soon = (JUMP_AT, JUMP_AT + PATIENCE)
    made += [
        Case("another boot, the clock is right", reboots(0)),
        Case("another boot, a minute ahead", reboots(MINUTE), minute=soon),
        Case("another boot, a year ahead", reboots(YEAR), minute=soon, month=soon),
        Case("another boot, an hour back until the end", reboots(-3600, 0),
             minute=(END_AT - 3, END_AT + PATIENCE), is_restarted=True),
        Case("thirty days of sleep, less a minute", sleeps(MONTH_MINUTES * 60 - MINUTE),
             minute=soon, month=NORMAL),
    ]
    return made


def script_of(case, site):
    """The case's script, and the steps that all cases share."""
    site.begin()
    own = case.script(site)
    moment = next(own, math.inf)
    while moment < PROBE_AT:
        yield moment
        moment = next(own, math.inf)
    yield PROBE_AT
    site.create("probe")
    while moment < math.inf:
        yield moment
        moment = next(own, math.inf)
    yield END_AT


def run_scripts(pairs):
    """Runs all scripts in parallel, in this thread, because this thread must start the servers."""
    waiting, tie = [], itertools.count()
    for case, site in pairs:
        script = script_of(case, site)
        moment, begin = next(script), time.monotonic()
        heapq.heappush(waiting, (begin + moment, next(tie), begin, script))
    while waiting:
        due, _, begin, script = heapq.heappop(waiting)
        time.sleep(max(0, due - time.monotonic()))
        moment = next(script, None)
        if moment is not None:
            heapq.heappush(waiting, (begin + moment, next(tie), begin, script))


def wait_for_all(pairs):
    """Waits until everything has arrived that must, or is stuck."""
    def all_here(case, site):
        return len(site.arrivals("retried")) > 1 and all(
            site.arrivals(name) for name, span in case.timers() if span != NEVER)
    end = time.monotonic() + PATIENCE
    while not all(all_here(*pair) for pair in pairs) and time.monotonic() < end:
        time.sleep(0.1)


# ------------------------------------------------------------------ the verdict

def judge(case, site):
    """The errors (a list), and a row of the table."""
    wrong = []
    for name, (earliest, latest) in case.timers():
        arrived = site.arrivals(name)
        if len(arrived) != (latest < math.inf):
            wrong.append(f"{len(arrived)} events of the {name}")
        if arrived and not earliest <= arrived[0] <= latest:
            wrong.append(f"the {name} opened after {arrived[0]:.3f} s, not in "
                         f"{earliest} to {latest}")
    late = [at for at in site.arrivals("retried") if at > RETRY_WITHIN]
    if late:
        wrong.append(f"the next attempt came after {late[0]:.1f} s")
    for name, attempts in (("retried", 2), ("probe", 1)):
        if len(site.arrivals(name)) != attempts:
            wrong.append(f"{len(site.arrivals(name))} attempts at `{name}`, not {attempts}")
    site.server.stop()
    created, shortest = site.read()
    number, sent = site.made["probe"]
    offset = created[number] - sent
    if case.offset and not case.offset[0] <= offset <= case.offset[1]:
        wrong.append(f"the server's clock is {offset:.1f} s off: was it moved?")
    if shortest < 0:
        wrong.append(f"something lasted {shortest} µs")
    if not case.is_restarted and sorted(created.values()) != list(created.values()):
        wrong.append("time ran backwards within a run")
    first = [f"{[math.nan, *site.arrivals(name)][-1]:.1f}" for name in ("minute", "retried")]
    return wrong, (case.name, f"{offset:,.1f}", *first)


def find_library():
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    return found[0] if found else None


def can_boot():
    """Whether another boot_id and another boot clock are possible here."""
    bind = "mount --bind /dev/null /proc/sys/kernel/random/boot_id"
    for command in (f"{NAMESPACE} --mount sh -c '{bind}'",
                    f"test $({NAMESPACE} --time --boottime 999999999 "
                    "cut -d. -f1 /proc/uptime) -gt 999999999"):
        if subprocess.run(command, shell=True, check=False,
                          stderr=subprocess.DEVNULL).returncode != 0:
            return False
    return True


def remove_leftovers():
    """What libfaketime leaves in shared memory for each process that was killed."""
    for path in map(pathlib.Path, glob.glob("/dev/shm/*faketime_*")):
        if not pathlib.Path("/proc", path.name.rpartition("_")[2]).exists():
            path.unlink(missing_ok=True)


def run(folder, library, chosen):
    """Runs all cases; returns whether all are right."""
    repository = harness.make_repository(folder)
    good = True
    with contextlib.ExitStack() as ending:
        pairs = [(case, ending.enter_context(Site(folder, library, repository)))
                 for case in chosen]
        run_scripts(pairs)
        wait_for_all(pairs)
        print(f"  {'case':<42}{'its clock':>16}{'minute':>8}{'retry':>8}   (seconds)")
        for case, site in pairs:
            wrong, (name, *figures) = judge(case, site)
            print(f"  {name:<42}{figures[0]:>16}{figures[1]:>8}{figures[2]:>8}", flush=True)
            for what in wrong:
                print(f"clocks: WRONG: {case.name}: {what}")
            good = good and not wrong
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000),
                        help="of the jumps of each second")
    parser.add_argument("words", nargs="*", help="only the cases with one of these in their names")
    options = parser.parse_args()
    library = find_library()
    if not library:
        print("clocks: libfaketime is missing (Debian's package faketime)")
        return SKIPPED
    chosen = [case for case in cases(random.Random(options.seed))
              if not options.words or any(word in case.name for word in options.words)]
    if not can_boot():
        print("clocks: no namespaces may be had here: without other boots and sleep")
        chosen = [case for case in chosen if not case.script.__qualname__.startswith(
            ("reboots", "sleeps"))]
    print(f"clocks: {len(chosen)} servers, seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="esclusa-clocks-") as folder:
        good = run(folder, library, chosen)
    remove_leftovers()
    print(f"clocks: {'every timer kept its time' if good else 'FAILED'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
