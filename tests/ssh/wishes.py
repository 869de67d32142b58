"""Sessions that request more than git: terminals, agents, displays, variables, and forwarding."""
import contextlib
import pathlib
import socket
import subprocess
import threading
import time

from outcomes import refusal, silent

BAIT = b"bait\n"
# None of these may reach a session, whatever its meaning. A mark shows which ones did.
ASKED_VARIABLES = [
    "LANG", "LC_ALL", "TERM", "PATH", "HOME", "ENV", "BASH_ENV", "IFS", "LD_PRELOAD",
    "LD_LIBRARY_PATH", "GIT_DIR", "GIT_EXEC_PATH", "GIT_TRACE", "GIT_CONFIG_COUNT",
    "GIT_CONFIG_GLOBAL", "GIT_SSH_COMMAND", "ESCLUSA_SOCKET", "ESCLUSA_SSH_HOOKS",
    "SSH_ORIGINAL_COMMAND", "SSH_AUTH_SOCK", "DISPLAY"]
MARK = "marked-by-the-client"


class Bait:
    """The target of a forwarding: a socket of the loopback interface that sends a greeting."""

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._greet, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _greet(self):
        with contextlib.suppress(OSError):
            while True:
                with self._listener.accept()[0] as taken:
                    taken.sendall(BAIT)


# ------------------------------------------------------------------ sessions that want more

class Inside:
    """The observed state of a session while it waits for its client."""

    def __init__(self, visit):
        pids = visit.site.sessions(visit.key)
        assert len(pids) >= 2, f"no session of key {visit.key.id}: {pids}"
        # The forced command, the guard that leads git's processes, and git.
        self.door, self.git = environment_of(pids[0]), environment_of(pids[-1])


def environment_of(pid):
    text = pathlib.Path(f"/proc/{pid}/environ").read_text(encoding="utf-8", errors="replace")
    return dict(entry.split("=", 1) for entry in text.split("\0") if entry)


def hold(visit, options, environment=None):
    """(the finished client, the observed state or None)"""
    words = visit.site.ssh_words(visit.key, visit.ask("git-upload-pack"), options=("-v", *options))
    if "-A" in options:
        words[words.index("IdentityAgent=none")] = f"IdentityAgent={visit.agent}"
    with subprocess.Popen(words, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE,
                          env=visit.site.client_environment(environment)) as client:
        first = client.stdout.read(1)
        inside = Inside(visit) if first else None
        output, errors = client.communicate(b"0000", timeout=60)
    return subprocess.CompletedProcess(words, client.returncode, first + output,
                                       errors.decode(errors="replace")), inside


def asking(options, asked, judge, environment=None):
    """A session that must continue without what it requested; `asked` proves that the client
    requested it."""
    def action(visit):
        done, inside = hold(visit, options, environment)
        if inside is None:
            return silent(done)
        if asked not in done.stderr:
            return f"the client did not ask: {done.stderr[-600:]!r}"
        bad = judge(done, inside)
        return bad or ("ignored" if done.returncode == 0 else refusal(done))
    return action


def want_terminal(*command):
    """A client that needs a terminal, and ends when it gets none."""
    def action(visit):
        done = visit.ssh(*command, options=["-tt"])
        is_off = "PTY allocation request failed" in done.stderr and done.returncode == 255
        return "off" if is_off and not done.stdout else silent(done)
    return action


def lacks(variable):
    return lambda done, inside: (variable in inside.door or variable in inside.git) \
        and f"it has {variable}"


def judge_variables(done, inside):
    """Debian's sshd accepts the locale, which changes neither git nor our program."""
    through = {name for name, value in inside.git.items() if MARK in value}
    through |= {name for name, value in inside.door.items() if MARK in value} - {"LANG", "LC_ALL"}
    return through and f"{', '.join(sorted(through))} got through"


def judge_bad_protocol(done, inside):
    return "GIT_PROTOCOL" in inside.git and "git was told of it"


def use_protocol(visit):
    done, inside = hold(visit, ["-o", "SetEnv=GIT_PROTOCOL=version=2"])
    if inside is None:
        return silent(done)
    right = inside.git.get("GIT_PROTOCOL") == "version=2" and b"version 2" in done.stdout
    return "ok" if right and done.returncode == 0 else f"{inside.git} {done.stdout[:100]!r}"


# ------------------------------------------------------------------ forwarding

def forward(visit, what, reach):
    """A client that only forwards. `reach` tries to use the forwarding, and returns what came
    through; None if it cannot be tried yet."""
    words = visit.site.ssh_words(visit.key, options=(
        "-N", "-v", "-o", "ExitOnForwardFailure=yes", *what))
    log = visit.folder / "forward.log"
    with open(log, "wb") as file:
        client = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                                  env=visit.site.client_environment())
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            said = log.read_text(errors="replace")
            if (came := reach(said)) is not None:
                return "off" if came == b"" else f"{came!r} came through"
            if client.poll() is not None:
                ended = subprocess.CompletedProcess(words, client.returncode, b"", said)
                is_off = "remote port forwarding failed" in said
                return "off" if client.returncode == 255 and is_off else silent(ended)
            time.sleep(0.02)
        return f"nothing came of it: {said[-600:]!r}"
    finally:
        client.kill()
        client.wait()


def through(entry, sent):
    """What somebody gets who connects to this entry and sends data."""
    def reach(said):
        if "Entering interactive session" not in said:
            return None
        with contextlib.suppress(FileNotFoundError, ConnectionRefusedError), \
                socket.socket(socket.AF_UNIX) as caller:
            caller.settimeout(30)
            caller.connect(str(entry))
            try:
                caller.sendall(sent)
                return caller.recv(100)
            except OSError as error:  # closed immediately
                return b"" if not isinstance(error, TimeoutError) else b"it was left open"
        return None
    return reach


def local(visit, destination, sent=b""):
    entry = visit.folder / "entry"
    entry.unlink(missing_ok=True)
    return forward(visit, ["-L", f"{entry}:{destination}"], through(entry, sent))


def remote(visit, entry):
    """sshd listens or refuses: no connection is needed."""
    def reach(said):
        granted = "remote forward success" in said or "Allocated port" in said
        return b"a listening socket" if granted else None
    return forward(visit, ["-R", f"{entry}:127.0.0.1:{visit.bait.port}"], reach)
