"""Visit: the steps that are done with a repository, and their outcomes.

    with Visit(place, options) as visit:
        visit.register_before()
        kind.make(place)
        outcomes = visit.steps(kind.refs)
    events = visit.events()          # what strace saw of the server and of the SSH door

The server runs under strace. Clients use `esclusa-ssh serve`, the forced command that sshd would
run for their key, under an strace of its own.
"""
import contextlib
import http.client
import os
import pathlib
import re
import signal
import subprocess
import time

import harness
from harness import clean_environment
from place import digest
from public_keys import public_key
from trace import OPTIONS, read_trace
from table import AUTO_MERGE
from traced import TracedServer

PATIENCE = 30  # seconds; a step without an answer by then is stuck
LINGER = 20  # seconds that a session may live on without its server
STUCK = "stuck"
STUCK_MAX = 3  # after this many stuck steps the others are skipped
WRAPPER = """#!/bin/sh
for command; do :; done
SSH_ORIGINAL_COMMAND="$command" exec strace -f --seccomp-bpf -e signal=none {options} \\
  -o {trace}.$$ {program} serve --key-id {key} --socket {socket}
"""
BRANCHES_SHOWN = 6  # of longer lists only the number
READS, WRITES = "demo/reads", "demo/writes"


class Visit:
    """One server, and all steps with one repository."""

    def __init__(self, place, template, patience=PATIENCE, strace=()):
        self.place = place
        self._patience, self._strace = patience, [*OPTIONS, *strace]
        self._template = template
        self.server = TracedServer(self._strace, parent=place.folder)
        self._stuck = 0
        self._environments = 0
        self._left = []

    def __enter__(self):
        self.server.__enter__()
        self.place.server_data = self.server.data
        self._secret = (self.server.data / "secret.key").read_bytes()
        return self

    def __exit__(self, *_):
        self.server.__exit__()

    # -------------------------------------------------------------- registration

    def register_before(self, alternates):
        """Registers the repository while it is still ordinary; with its declared alternates."""
        flags = [word for folder in alternates for word in ("--alternate", folder)]
        self.healthy = self.place.folder / "healthy.git"
        subprocess.run(["cp", "-a", self._template / "repository.git", self.healthy], check=True)
        self._api = self.server.api(timeout=self._patience)
        self.server.cli("repo", "add", "demo/healthy", self.healthy, "--writable")
        self.server.cli("repo", "add", READS, self.place.path, *flags)
        self.server.cli("repo", "add", WRITES, self.place.path, "--writable", *flags)
        self._keys = {}
        for name in (READS, WRITES):
            answer = self._api.post(f"/repos/{name}/keys", {"key": public_key(name)})
            assert answer.status == 201, answer
            self._keys[name] = answer.json["id"]

    def _register(self, name, *flags):
        done = self.server.cli("repo", "add", name, self.place.path, *flags, check=False)
        if done.returncode == 0:
            return "ok"
        return (done.stderr + done.stdout).strip().splitlines()[0].replace(
            str(self.place.folder), "CASE")

    # -------------------------------------------------------------- the API

    def _ask(self, method, path, body=None):
        return self._api.request(method, path, body)

    def _answer(self, method, path, body=None, show=lambda json: ""):
        answer = self._ask(method, path, body)
        if answer.status < 300:
            return f"{answer.status}{show(answer.json)}"
        reason = answer.json.get("reason_code") if isinstance(answer.json, dict) else None
        return f"{answer.status} {reason}" if reason else f"{answer.status}"

    def _list(self, what):
        def show(json):
            names = sorted(one["name"] for one in json)
            shown = " ".join(names) if len(names) <= BRANCHES_SHOWN else f": {len(names)}"
            return f" {shown}" if names else ""
        return self._answer("GET", f"/repos/{READS}/{what}?per_page=100", show=show)

    def _read_git_data(self, victim):
        """Reads refs, objects and files by every route; none may show the victim's."""
        wrong = []
        for path in ("git/refs", "git/refs/heads", "git/refs/heads/main", "git/matching-refs/",
                     "git/matching-refs/tags/", "git/trees/main?recursive=1",
                     "git/trees/topic", "contents?ref=main", "contents/index.html?ref=main",
                     "commits/main/branches-where-head", "commits/main/pulls"):
            status = self._ask("GET", f"/repos/{READS}/{path}").status
            if status not in (200, 404, 409, 422, 503):
                wrong.append(f"{status} {path}")
        for kind in ("commits", "trees", "tags", "blobs"):
            status = self._ask("GET", f"/repos/{READS}/git/{kind}/{victim}").status
            if status not in (404, 409, 503):
                wrong.append(f"{status} git/{kind} of the victim")
        return ", ".join(wrong) or "ok"

    def _deploy(self, ref, repository=WRITES, auto_merge=False):
        self._environments += 1
        body = {"ref": ref, "auto_merge": auto_merge, "required_contexts": [],
                "environment": f"environment-{self._environments}"}
        return self._answer("POST", f"/repos/{repository}/deployments", body)

    def _is_kept(self):
        """Whether the keep-ref of main exists, and points to it."""
        main = self.place.sha("refs/heads/main", self._template / "repository.git")
        place = self.place.path / "refs/deployments" / main
        return "yes" if place.is_file() and place.read_text() == main + "\n" else "no"

    # -------------------------------------------------------------- the SSH door

    def _git(self, repository, *arguments, folder=None):
        """Runs git as a client over SSH."""
        wrapper = self.place.folder / f"ssh-{self._keys[repository]}"
        wrapper.write_text(WRAPPER.format(
            options=" ".join(f"'{word}'" for word in self._strace),
            trace=self.place.folder / "door", program=harness.SSH_PROGRAM,
            key=self._keys[repository], socket=self.server.data / "run/keys.sock"))
        wrapper.chmod(0o755)
        return subprocess.run(
            ["git", *map(str, arguments)], cwd=folder or self.place.folder, check=False,
            capture_output=True, timeout=self._patience, stdin=subprocess.DEVNULL,
            env=clean_environment({
                "GIT_SSH_COMMAND": str(wrapper), "GIT_SSH_VARIANT": "ssh", "LC_ALL": "C",
                "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_TERMINAL_PROMPT": "0"}))

    def _client_outcome(self, done):
        """"ok", or the first message of the server or of git."""
        if done.returncode == 0:
            return "ok"
        text = done.stderr.decode(errors="replace").replace(str(self.place.folder), "CASE")
        lines = [re.sub(r"^remote: ", "", line).strip() for line in text.splitlines()]
        said = [line for line in lines if line.startswith(("esclusa:", "fatal:", "error:", "! ["))]
        return (said or lines or ["no word"])[0]

    def _fetch(self):
        clone = self.place.folder / "clone"
        return self._client_outcome(
            self._git(READS, "clone", "-q", "--bare", f"ssh://git@door/{READS}.git", clone))

    def _push(self):
        """A new commit to main, and a new branch, from an ordinary clone."""
        work = self.place.folder / "client"
        subprocess.run(["cp", "-a", self._template / "work", work], check=True)
        self.place.git("commit", "-q", "--allow-empty", "-m", "Pushed", repository=work)
        return self._client_outcome(self._git(
            WRITES, "push", "-q", f"ssh://git@door/{WRITES}.git", "main",
            "main:refs/heads/pushed", folder=work))

    # -------------------------------------------------------------- all of it

    def steps(self, refs):
        """step → outcome. The steps with the read-only repository come first."""
        before, self._victim = digest(self.place.path), digest(self.place.victim)
        victim = self.place.sha("refs/heads/main", self.place.victim)
        reads = f"/repos/{READS}"
        plan = {
            "branches": lambda: self._list("branches"),
            "tags": lambda: self._list("tags"),
            "commits": lambda: self._answer("GET", f"{reads}/commits?sha=main&per_page=100",
                                            show=lambda json: f": {len(json)}"),
            "compare": lambda: self._answer("GET", f"{reads}/compare/main...topic",
                                            show=lambda json: f": {json['total_commits']}"),
            "victim": lambda: self._answer("GET", f"{reads}/commits/{victim}"),
            "read": lambda: self._read_git_data(victim),
            "deploy": lambda: self._deploy("main", READS),
            "fetch": self._fetch,
            "add": lambda: self._register("demo/late"),
            "unchanged": lambda: "yes" if digest(self.place.path) == before else "no",
            **{f"ref {ref}": lambda ref=ref: self._deploy(
                ref.removesuffix(AUTO_MERGE), auto_merge=ref.endswith(AUTO_MERGE)) for ref in refs},
            "add_writable": lambda: self._register("demo/late-writable", "--writable"),
            "keep": lambda: self._deploy("main"),
            "kept": self._is_kept,
            "merge": lambda: self._deploy("topic", auto_merge=True),
            "again": lambda: self._deploy("topic", auto_merge=True),
            "clash": lambda: self._deploy("clash", auto_merge=True),
            "push": self._push,
        }
        outcomes = {step: self._try(action) for step, action in plan.items()}
        self._stuck = 0
        outcomes["healthy"] = self._try(lambda: self._deploy("main", "demo/healthy"))
        outcomes["stop"] = str(self.server.stop())
        self._left = end_processes(self.place.folder)
        return outcomes

    def _try(self, action):
        if self._stuck >= STUCK_MAX:
            return "not tried"
        try:
            return action()
        except (TimeoutError, subprocess.TimeoutExpired):
            self._stuck += 1
            return STUCK
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__

    def damage(self):
        """Forbidden changes: a sentence each."""
        wrong = []
        if digest(self.place.victim) != self._victim:
            wrong.append("CHANGED the victim's repository")
        if (self.server.data / "secret.key").read_bytes() != self._secret:
            wrong.append("CHANGED secret.key")
        if self.place.mark.exists():
            wrong += [f"RAN {line}" for line in self.place.mark.read_text().splitlines()]
        wrong += [f"LEFT BEHIND {command}" for command in self._left]
        return list(dict.fromkeys(wrong))

    def traces(self):
        """The files that strace wrote: of the server, and of each SSH session."""
        return [self.server.trace, *sorted(self.place.folder.glob("door.*"))]

    def events(self):
        return [event for trace in self.traces() for event in read_trace(trace)]



def end_processes(folder):
    """Waits for the processes of a case; ends those that continue, and returns their commands.
    Sessions must end by themselves when the server no longer answers."""
    end = time.monotonic() + LINGER
    while (found := processes_in(folder)) and time.monotonic() < end:
        time.sleep(0.1)
    for pid in found:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    return sorted(set(found.values()))


def processes_in(folder):
    """pid → command of the processes that are in a folder, or name it; without this process."""
    found = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            where = os.readlink(entry / "cwd")
            if (str(folder) in words or where.startswith(str(folder))) and (
                    int(entry.name) != os.getpid()):
                found[int(entry.name)] = words.replace(str(folder), "CASE").strip()
    return found
