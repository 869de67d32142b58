#!/usr/bin/env python3
"""revocation: a session ends when its key opens nothing any more, and a push is told of once,
whoever dies meanwhile.

  sessions  a clone whose client has stopped reading, and a push that has begun, end after the key
            is deleted, has expired, or who added it is blocked; how fast is printed. The next
            connection is refused at once, and half a clone is none
  killed    the server is killed with -9 at each stage of a push: before git changes the ref, after
            that, and after the server was told. Started again, it has sent one `push` event for
            each change that git made, and none for the one that it did not make

Exit code 1 if anything is otherwise; 77 where nobody may be root, or there is no sshd.
"""
import contextlib
import datetime
import json
import os
import pathlib
import subprocess
import sys
import time

from door_site import Site
from machine import run_as_root
from report import Rows

from harness import make_repository  # in tests/e2e
from receiver import Receiver

BIG = 24 * 1024 * 1024  # more than pipes, sockets and TCP windows hold
BOUND = 60.0  # generous: 5 s are promised on an idle machine
READ = 64 * 1024  # the part that is read before the client stalls
LIVES = 6  # the lifetime of the expiring key in seconds


def wait_until(what, condition):
    """Returns the seconds that it took."""
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > BOUND:
            raise AssertionError(f"not in {BOUND} s: {what}")
        time.sleep(0.01)
    return time.monotonic() - begin


# ------------------------------------------------------------------ sessions

def line(text):
    """A line of git's protocol."""
    return f"{len(text) + 4:04x}{text}".encode()


class Stalled:
    """A client in a session that waits for it."""

    def __init__(self, site, key, command, words):
        self.site, self.key = site, key
        self.errors = site.folder / f"work/{key.path.name}.err"
        with open(self.errors, "wb") as errors:
            self.client = subprocess.Popen(
                site.ssh_words(key, command), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=errors, env=site.client_environment())
        while (head := self.client.stdout.read(4)) != b"0000":  # the refs
            assert head, self.errors.read_text()
            self.client.stdout.read(int(head, 16) - 4)
        self.client.stdin.write(words)
        self.client.stdin.flush()
        if words:  # the pack has begun, and the rest is not read
            assert self.client.stdout.read(8).startswith(b"0008NAK"), self.errors.read_text()
            self.client.stdout.read(READ)
        assert site.sessions(key), "no session"

    def finish(self):
        """(the unread rest, the messages to the client)"""
        self.client.stdin.close()
        rest = self.client.stdout.read()
        self.client.wait()
        return rest, self.errors.read_text(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.kill()
        self.client.wait()


def begin_clone(site, key, head):
    return Stalled(site, key, "git-upload-pack 'demo/shop.git'",
                   line(f"want {head} ofs-delta\n") + b"0000" + line("done\n"))


def begin_push(site, key, _):
    return Stalled(site, key, "git-receive-pack 'demo/shop.git'", b"")


def revocations(site):
    """(description, key, function that revokes it)"""
    def delete(key):
        return lambda: site.api.delete(key.url)
    for what, begin in (("a clone", begin_clone), ("a push", begin_push)):
        name = what.split()[1]
        key = site.add_key("demo/shop", f"{name}-deleted")
        yield f"{what} when the key is deleted", begin, key, delete(key)
        login = f"leaver-{name}"
        leaver = site.server.user_with(login, "repo", "demo/shop", "admin")
        key = site.add_key("demo/shop", f"{name}-blocked", api=leaver)
        yield (f"{what} when who added the key is blocked", begin, key,
               lambda login=login: site.server.cli("user", "block", login))
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=LIVES)
        key = site.add_key("demo/shop", f"{name}-expired",
                           expires_at=end.strftime("%Y-%m-%dT%H:%M:%SZ"))
        yield (f"{what} when the key has expired", begin, key,
               lambda end=end: wait_until("the end of the key", lambda: datetime.datetime.now(
                   datetime.timezone.utc) >= end.replace(microsecond=0)))


def test_sessions(site, rows, head):
    witness = site.add_key("demo/shop", "witness")
    with begin_clone(site, witness, head) as left_alone:
        for what, begin, key, revoke in revocations(site):
            wrong = []
            with begin(site, key, head) as session:
                revoke()
                begun = time.monotonic()
                next_one = site.git(key, "ls-remote", site.url("demo/shop"))
                if next_one.returncode == 0 or "Permission denied" not in next_one.stderr:
                    wrong.append(f"the next connection: {next_one}")
                answered = time.monotonic() - begun
                wait_until("the session's end", lambda key=key: not site.sessions(key))
                gone = time.monotonic() - begun
                rest, said = session.finish()
                if len(rest) > BIG / 2 or "opens nothing any more" not in said:
                    wrong.append(f"it got {len(rest)} bytes, and was told {said!r}")
            rows.figure(f"{what}: the next connection was refused within {answered:.1f} s, and the "
                        f"session's processes were gone within {gone:.1f} s")
            rows.row(f"sessions: {what}", wrong)
        rest, said = left_alone.finish()
        rows.row("sessions: one with another key goes on to its end",
                 [] if len(rest) > BIG - 2 * READ and "esclusa:" not in said
                 else [f"{len(rest)} bytes, {said!r}"])


# ------------------------------------------------------------------ killed

class Stage:
    """A hook of the repository in which a push waits until it may continue."""

    def __init__(self, site, bare, hook):
        self.reached, self._go_on = (site.folder / f"home/{name}" for name in ("reached", "go-on"))
        self._hook = pathlib.Path(bare) / "hooks" / hook
        self._hook.write_text(f"#!/bin/sh\ntouch {self.reached}\n"
                              f"while [ ! -e {self._go_on} ]; do sleep 0.02; done\n")
        self._hook.chmod(0o755)

    def go_on(self):
        self._go_on.touch()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._hook.unlink()
        for file in (self.reached, self._go_on):
            file.unlink(missing_ok=True)


class Killing:
    """Pushes during which the server is killed, and the events that it sends afterwards."""

    def __init__(self, site, rows, receiver, source, bare):
        self.site, self.rows, self.receiver = site, rows, receiver
        self.source, self.bare = source, bare
        self.key = site.add_key("demo/shop", "killed")
        self.expected = []

    def push(self, hook, what, restart_first, expected=True):
        """Kills the server while the push is in one of the repository's hooks, and restarts it
        before the push continues or after it has ended."""
        before = self.site.refs(self.bare)["refs/heads/main"]
        sha = self.source.commit(what, {"news": f"{what}\n"})
        with Stage(self.site, self.bare, hook) as stage:
            words = self.site.client_environment(self.site.sshd.git_environment(self.key.path))
            with subprocess.Popen(["git", "push", "-q", self.site.url("demo/shop"), "main"],
                                  cwd=self.source.path, env=words, stderr=subprocess.PIPE,
                                  stdin=subprocess.DEVNULL, text=True) as client:
                wait_until(f"{hook} runs", stage.reached.exists)
                self.site.server.kill()
                if restart_first:
                    self.site.server.start()
                if expected:
                    stage.go_on()
                errors = client.communicate(timeout=BOUND)[1]
            wait_until("the session's end", lambda: not self.site.sessions(self.key))
        if not restart_first:
            self.site.server.start()
        moved = self.site.refs(self.bare)["refs/heads/main"] == sha
        wrong = [] if moved == expected else [f"the branch was {'' if moved else 'not '}moved: "
                                              f"{errors!r}"]
        self._judge(what, wrong, [(before, sha)] if moved else [])

    def _judge(self, what, wrong, changes):
        """Each change must be reported once; a sentinel event comes after any duplicates."""
        self.expected += changes
        before = self.site.refs(self.bare)["refs/heads/main"]
        sha = self.source.commit(f"After: {what}", {"more": f"{what}\n"})
        done = self.site.git(self.key, "push", "-q", self.site.url("demo/shop"), "main",
                             folder=self.source.path)
        if done.returncode != 0:
            wrong.append(f"the next push: {done.stderr}")
        self.expected.append((before, sha))
        with contextlib.suppress(AssertionError):
            self.receiver.wait_for(lambda _: (before, sha) in self.told())
        wrong += [] if sorted(self.told()) == sorted(self.expected) else [
            f"told of {self.told()}, not of {self.expected}"]
        self.rows.row(f"killed: {what}", wrong)

    def told(self):
        """(before, after) of each push event; repeated deliveries of a GUID count once."""
        bodies = {one["guid"]: json.loads(one["body"])
                  for one in self.receiver.deliveries("push")}
        return [(body["before"], body["after"]) for body in bodies.values()]


def test_killed(site, rows, source, bare):
    with Receiver(site.folder / "received") as receiver:
        hook = site.api.post("/repos/demo/shop/hooks", {
            "events": ["push"], "config": {"url": receiver.url, "content_type": "json"}})
        assert hook.status == 201, hook
        killing = Killing(site, rows, receiver, source, bare)
        killing.push("pre-receive", "before git changes the ref, back at the end", False)
        killing.push("pre-receive", "before git changes the ref, back at once", True)
        killing.push("update", "while git is about to change the ref", False)
        killing.push("post-receive", "after the server was told", False)
        killing.push("pre-receive", "and git never comes to change the ref", False, expected=False)


def run():
    rows = Rows()
    with Site(arguments=("--ssh-repository-hooks", "true")) as site:
        source = make_repository(site.folder / "work", "source")
        (source.path / "big").write_bytes(os.urandom(BIG))
        source.git("add", "big")
        head = source.commit("Something big", {})
        bare = site.add_repository("demo/shop", source, "--writable", "--private")
        test_sessions(site, rows, head)
        test_killed(site, rows, source, bare)
    return 1 if rows.wrong else 0


if __name__ == "__main__":
    sys.exit(run_as_root("revocation", run))
