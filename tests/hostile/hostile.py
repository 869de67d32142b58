#!/usr/bin/env python3
"""hostile: what can hostile repositories make the server do?

Each kind of the table is created, registered, listed, compared, deployed with and without
auto_merge, fetched and pushed to over SSH, while strace watches the server, the SSH sessions, and
all their children. The expected result of every step is known for each kind. For all kinds: only
the programs of an ordinary repository are started; no file is reached outside the repository, our
data and the files of an ordinary run; the victim's repository and the server's secret do not
change; and nothing hangs: another repository is deployed afterwards.

  ./dev hostile                    all kinds, in each of the modes
  ./dev hostile --sample           the kinds of ./dev check, without Landlock, which hides attempts
  ./dev hostile branch_is_a_fifo   one kind

The modes: `landlock` as on this machine, `version2` as with Debian 12's own kernel, `none` without
Landlock. Controls show that the judge detects a forbidden program and path. Exit code 1 if any
result differs; 77 without strace.
"""
import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import links  # each module adds its kinds to the table
import objects  # noqa: E402,F401
import programs  # noqa: E402,F401
import refs  # noqa: E402,F401
import special  # noqa: E402,F401
from harness import BINARY, SSH_PROGRAM  # noqa: E402
from controls import control_rows  # noqa: E402
from modes import MODE_NAMES, make_modes, ruleset_sizes, why_not  # noqa: E402
from place import Place, make_template  # noqa: E402
from table import KINDS, is_as_expected  # noqa: E402
from trace import Judge, links_below  # noqa: E402
from visit import PATIENCE, Visit  # noqa: E402

SKIPPED = 77
# All programs that the server and SSH sessions may start, also for an ordinary repository.
PROGRAMS = {"git", "ssh-keygen", "pre-receive", "post-receive", "setpriv",
            pathlib.Path(BINARY).name, pathlib.Path(SSH_PROGRAM).name}
GIT_PROGRAMS = subprocess.run(["git", "--exec-path"], check=True, stdout=subprocess.PIPE,
                              text=True).stdout.strip()


@dataclasses.dataclass
class Played:
    """The results of one kind: `wrong` as text, the outcome of each step, the reached files
    outside the repository, the programs, and the sizes of Landlock's rulesets."""
    name: str
    wrong: list
    outcomes: dict = dataclasses.field(default_factory=dict)
    files: set = frozenset()
    programs: set = frozenset()
    rulesets: set = frozenset()
    seconds: float = 0.0


def visit_kind(kind, run, usual, parent):
    place = Place(parent / "case", run.template)
    kind.before(place)
    alternates = [place.folder / folder for folder in kind.alternates]
    with Visit(place, run.template, run.patience, run.strace) as visit:
        visit.register_before(alternates)
        kind.make(place)
        links_then = links_below(place.path)
        outcomes = visit.steps(kind.refs)
        events, rulesets = visit.events(), ruleset_sizes(visit.traces())
        damage = [*visit.damage(), *kind.afterwards(place)]
        roots = [place.path, visit.server.data, visit.healthy, *alternates]
    judge = Judge(place.folder, roots, links_then, *usual)
    expected = kind.expected | {f"ref {ref}": words for ref, words in kind.refs.items()}
    wrong = [f"{step}: {words} expected, {outcomes[step]}" for step, words in expected.items()
             if not is_as_expected(outcomes[step], words)]
    return Played(kind.name, [*damage, *judge.wrong(events), *wrong], outcomes,
                  *judge.places(events), rulesets)


@dataclasses.dataclass(frozen=True)
class Run:
    """What all kinds of a mode share; it is sent to other processes."""
    mode: str
    strace: tuple
    template: pathlib.Path
    patience: int

    def play(self, name, usual=((), ())):
        """Runs one kind. `usual` are the files and programs that are not reported."""
        begin = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="hostile-") as parent:
            try:
                played = visit_kind(KINDS[name], self, usual, pathlib.Path(parent))
            except Exception:  # the other kinds continue
                played = Played(name, traceback.format_exc().splitlines())
        played.seconds = time.monotonic() - begin
        return played


def print_row(what, wrong, seconds=0.0):
    print(f"{'FAIL' if wrong else 'ok  '} {what} ({seconds:.1f} s)", flush=True)
    for line in wrong[:30]:
        print(f"       {line}")
    return bool(wrong)


def play_ordinary(run):
    """The run that the others are compared with. Its reached files are reported separately."""
    played = run.play("ordinary")
    wrong = [line for line in played.wrong if not line.startswith(("OPENED", "STARTED"))]
    wrong += [f"STARTED {path}" for path in played.programs
              if os.path.basename(path) not in PROGRAMS and os.path.dirname(path) != GIT_PROGRAMS]
    wrong += [f"OPENED {path}" for path in played.files if path.startswith("CASE")]
    played.wrong = wrong
    return played


def play_mode(name, mode, names, options, template):
    """Runs the kinds in a mode, several at a time; returns (number of wrong kinds, the outcome of
    each step of each kind)."""
    run = Run(name, tuple(mode.strace), template, options.patience)
    ordinary = play_ordinary(run)
    if not mode.is_right(ordinary.rulesets):
        ordinary.wrong.append(f"this was another mode: rulesets {ordinary.rulesets}")
    wrong = print_row(f"{name}: ordinary", ordinary.wrong, ordinary.seconds)
    seen = {}
    # Processes, not threads: a server is killed when the thread that started it ends.
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        rows = [pool.submit(run.play, kind, (ordinary.files, ordinary.programs))
                for kind in names if kind != "ordinary"]
        for done in concurrent.futures.as_completed(rows):
            played = done.result()
            wrong += print_row(f"{name}: {played.name}", played.wrong, played.seconds)
            seen[played.name] = {"outcomes": played.outcomes, "wrong": played.wrong}
    return wrong, seen


def play_all(names, mode_names, options):
    """Runs the controls, then the kinds in all modes; returns the number of errors."""
    wrong, seen = 0, {}
    with tempfile.TemporaryDirectory(prefix="hostile-template-") as folder:
        template = make_template(pathlib.Path(folder))
        if not options.kind:
            wrong += sum(print_row(f"control: {what}", bad)
                         for what, bad in control_rows(template))
        modes = make_modes(template)
        for name in mode_names:
            bad, seen[name] = play_mode(name, modes[name], names, options, template)
            wrong += bad
    if options.record:
        options.record.write_text(json.dumps(seen, indent=1))
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", nargs="*", help="only these kinds")
    parser.add_argument("--sample", action="store_true", help="the twelve kinds of ./dev check")
    parser.add_argument("--mode", action="append", choices=MODE_NAMES, help="only this mode")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N",
                        help="so many kinds at a time (as many as processors)")
    parser.add_argument("--patience", type=int, default=PATIENCE, metavar="S",
                        help=f"seconds for an answer ({PATIENCE})")
    parser.add_argument("--record", type=pathlib.Path, metavar="FILE",
                        help="also writes what came of each step, as JSON")
    options = parser.parse_args()
    if unknown := set(options.kind) - set(KINDS):
        parser.error(f"there is no kind {', '.join(sorted(unknown))}")
    if not shutil.which("strace") or subprocess.run(
            ["strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "true"], check=False,
            stderr=subprocess.DEVNULL).returncode != 0:
        print("hostile: there is no strace, or it may not trace here")
        return SKIPPED
    is_root = os.geteuid() == 0
    names = [name for name, kind in KINDS.items()
             if (not options.kind or name in options.kind)
             and (not options.sample or kind.in_sample) and (is_root or not kind.needs_root)]
    modes = []
    for mode in options.mode or (["none"] if options.sample else MODE_NAMES):
        if reason := why_not(mode):
            print(f"hostile: mode {mode} is left out: {reason}")
        else:
            modes.append(mode)
    wrong = play_all(names, modes or ["none"], options)
    left_out = 0 if is_root else sum(kind.needs_root for kind in KINDS.values())
    print(f"hostile: {len(names)} kinds in {len(modes or ['none'])} modes, {wrong} wrong"
          + (f"; {left_out} kinds want root, and were left out" if left_out else ""))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
