#!/usr/bin/env python3
"""commands: which programs does the forced command of a deploy key start, whatever a client
requests?

10,000 hostile values of SSH_ORIGINAL_COMMAND (commands.txt, and variations of them) go to
`esclusa-ssh serve`, 50 of them over a real sshd. strace shows which programs were started: git's
two for the few valid commands among them, and otherwise none. A shell in place of the forced
command proves that strace would show others. Exit code 1 if anything differs; 77 without root,
strace or sshd.
"""
import argparse
import base64
import collections
import contextlib
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import time

from door_site import Site
from execs import OPTIONS, Trace
from hostile import REPOSITORY, RIGHT_COMMANDS, hostile_values, read_corpus
from machine import SKIPPED, run_as_root
from report import Rows

from harness import DIES_WITH_PARENT, make_repository  # in tests/e2e

OVER_SSHD = 50
# A forced command that trusts its clients.
NAIVE = ["/bin/sh", "-c", 'eval "$SSH_ORIGINAL_COMMAND"']


def git_word(started):
    """The git command of the call that starts git; None for another program."""
    if started.path != "/usr/bin/git":
        return None
    words = iter(started.arguments[1:])
    for word in words:
        if word != "-c":
            return word
        next(words)
    return None


def count_git(commands):
    """How often git is started for valid commands: two more calls ask for the folder of its own
    programs and for the repository's configuration."""
    expected = collections.Counter()
    for command in commands:
        expected.update(["--exec-path", "config",
                         "receive-pack" if "receive" in command else "upload-pack"])
    return expected


def judge_started(started, commands):
    """The errors in the started programs, besides those of the forced command."""
    words = collections.Counter(map(git_word, started))
    wrong = [f"started {one}" for one in started if git_word(one) is None]
    expected = count_git(commands)
    del words[None]
    return wrong + ([f"git was started for {dict(words)}, not for {dict(expected)}"]
                    if words != expected else [])


# ------------------------------------------------------------------ given directly

def spawn(site, values, command):
    """Runs the command with each value; returns (the results, strace's trace)."""
    asked, results, trace = (site.folder / "work" / name
                             for name in ("values", "results", "strace.log"))
    asked.write_bytes(b"\n".join(map(base64.b64encode, values)))
    driver = pathlib.Path(__file__).with_name("spawn_all.py")
    subprocess.run(["strace", "--seccomp-bpf", *OPTIONS, "-o", trace, sys.executable, driver,
                    str(site.user.pw_uid), str(site.user.pw_gid), asked, results, *command],
                   check=True, stdin=subprocess.DEVNULL)
    return list(map(json.loads, results.read_text().splitlines())), Trace(trace)


def is_refused(result):
    """One line of our own, and nothing else."""
    code, output, errors = result
    return code == 1 and not output and errors.startswith("esclusa: ") and errors.count("\n") == 1


def test_direct(site, rows, key, values):
    door = [str(site.helper), "serve", "--key-id", str(key.id), "--socket", str(site.socket)]
    right = [command.encode() for command in RIGHT_COMMANDS]
    begin = time.monotonic()
    results, trace = spawn(site, right + values, door)
    seconds = time.monotonic() - begin
    others = [one for one in trace.execs[1:] if one.arguments != door]  # the first is the driver
    rows.figure(f"{len(trace.execs)} programs started in {seconds:.1f} s, "
                f"{len(others)} of them by the door")
    rows.row(f"direct: {len(values)} hostile commands and {len(right)} right ones start git's two "
             "programs for the right ones, and nothing else",
             judge_started(others, RIGHT_COMMANDS))
    ran = len(trace.execs) - 1 - len(others)
    rows.row("direct: strace saw every one of them", [] if ran == len(results) == len(values) + len(
        right) else [f"{ran} started, {len(results)} answers"])
    rows.row("direct: every hostile command is refused in a line of ours",
             [f"{value!r}: {result}" for value, result in zip(values, results[len(right):])
              if not is_refused(result)])
    rows.row("direct: every right command is answered by git",
             [f"{value!r}: {result}" for value, result in zip(right, results)
              if "refs/heads/main" not in result[1]])


def test_control(site, rows):
    """A shell in place of the forced command starts what the client requests, and the trace must
    show it."""
    value = f"git-upload-pack '{REPOSITORY}.git'; id".encode()
    results, trace = spawn(site, [value], NAIVE)
    wrong = judge_started([one for one in trace.execs[1:] if one.arguments != NAIVE], [])
    seen = any("/id" in one for one in wrong)
    rows.row("control: what a door that trusts its clients starts is seen",
             [] if seen and "uid=" in results[0][1] else [f"{results} {trace.execs}"])


# ------------------------------------------------------------------ over sshd

@contextlib.contextmanager
def traced(pid, file):
    """Traces the programs that a process and its children start, into a file."""
    with subprocess.Popen([*DIES_WITH_PARENT, "strace", *OPTIONS, "-o", file, "-p", str(pid)],
                          stdin=subprocess.DEVNULL) as strace:
        try:
            status = pathlib.Path(f"/proc/{pid}/status")
            while "TracerPid:\t0\n" in status.read_text() and strace.poll() is None:
                time.sleep(0.01)
            yield
        finally:
            strace.send_signal(signal.SIGTERM)


def test_sshd(site, rows, key, values):
    trace_file = site.folder / "work/sshd.log"
    url = site.url(REPOSITORY)
    with traced(site.sshd.process.pid, trace_file):
        answers = [site.ssh(key, value, options=("--",)) for value in values]
        control = site.git(key, "ls-remote", url)
    trace = Trace(trace_file)
    forced = f"{site.helper} serve --key-id {key.id} --socket {site.socket}"
    shells = [one.pid for one in trace.execs if one.arguments[1:] == ["-c", forced]]
    sessions = {pid for shell in shells for pid in trace.below(shell)}
    started = [one for one in trace.execs if one.pid in sessions
               and one.arguments[1:] != ["-c", forced] and " ".join(one.arguments) != forced]
    rows.row(f"sshd: {len(values)} hostile commands start nothing, and a right one git",
             judge_started(started, ["upload"]) + ([] if control.returncode == 0 else [control]))
    rows.row("sshd: strace saw every session",
             [] if len(shells) == len(values) + 1 else [f"{len(shells)} forced commands"])
    rows.row("sshd: every hostile command is refused in a line of ours",
             [f"{value!r}: {done.returncode} {done.stdout!r} {done.stderr!r}"
              for value, done in zip(values, answers)
              if not is_refused([done.returncode, done.stdout, done.stderr])])


def run(options):
    rows = Rows()
    values = hostile_values(options.commands, options.seed)
    with Site() as site:
        source = make_repository(site.folder / "work", "source")
        for name in (REPOSITORY, "demo/other", "demo/sealed"):
            site.add_repository(name, source, "--writable", "--private")
        key = site.add_key(REPOSITORY, "commands")
        test_control(site, rows)
        corpus = read_corpus()
        test_sshd(site, rows, key, corpus[::len(corpus) // OVER_SSHD][:OVER_SSHD])
        test_direct(site, rows, key, values)
    return 1 if rows.wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commands", type=int, default=10_000, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not shutil.which("strace"):
        print("commands: there is no strace here")
        return SKIPPED
    return run_as_root("commands", lambda: run(options))


if __name__ == "__main__":
    sys.exit(main())
