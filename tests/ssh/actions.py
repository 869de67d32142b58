"""What a client tries over SSH with a deploy key: one function for each row of truth.txt, which
returns the word for the outcome, or a description of an unexpected one.
"""
import re
import subprocess

from harness import Repository
from outcomes import done_or_refused, refusal, silent
from wishes import (MARK, ASKED_VARIABLES, asking, judge_bad_protocol, judge_variables, lacks,
                    local, remote, use_protocol, want_terminal)

KEPT_REF = "refs/deployments/7"  # named as the server names them
CLOSED = re.compile(r"(\s*(scp: )?Connection closed\.?\s*)+")


class Visit:
    """A key of one kind in use: its repository, and another one."""

    def __init__(self, world, kind, key, target, another):
        self.site, self.bait, self.agent = world.site, world.bait, world.agent
        self.kind, self.key = kind, key
        self.target, self.another = target, another
        self.source = world.source        # a work tree with the same content as the repositories
        self.bare = world.bares[target]   # the target's folder on the server
        self.folder = self.site.folder / "work" / kind
        self.folder.mkdir()

    @property
    def url(self):
        return self.site.url(self.target)

    def git(self, *arguments, folder=None):
        return self.site.git(self.key, *arguments, folder=folder or self.folder)

    def ssh(self, *command, **more):
        return self.site.ssh(self.key, *command, **more)

    def ask(self, program):
        """git's request for the target, as its client sends it."""
        return f"{program} '{self.target}.git'"


# ------------------------------------------------------------------ git

def clone(visit):
    place = visit.folder / "clone"
    return done_or_refused(visit.git("clone", "-q", visit.url, place), (place / "README").exists)


def fetch(visit):
    place = Repository(visit.folder / "fetch")
    head, tag = place.path / ".git/FETCH_HEAD", visit.site.refs(visit.bare)["refs/tags/v1.0"]
    done = visit.git("fetch", "-q", visit.url, "v1.0", folder=place.path)
    return done_or_refused(done, lambda: head.exists() and head.read_text().startswith(tag))


def list_refs(visit):
    done = visit.git("ls-remote", visit.url)
    if b"refs/deployments" in done.stdout:
        return f"lists {done.stdout!r}"
    return done_or_refused(done, lambda: b"\trefs/heads/main\n" in done.stdout)


def try_push(visit, source, ref, effect):
    """Pushes; the ref must have changed if the push succeeded, and only then."""
    done = visit.git("push", "-q", visit.url, f"{source}:{ref}", folder=visit.source.path)
    if done.returncode != 0 and re.search("deny (updating|deleting) a hidden ref", done.stderr):
        return "hidden" if not effect(visit.site.refs(visit.bare)) else "refused, and done"
    return done_or_refused(done, lambda: effect(visit.site.refs(visit.bare)))


def push(visit):
    ref, sha = f"refs/heads/from/{visit.kind}", visit.source.sha("main")
    return try_push(visit, "main", ref, lambda refs: refs.get(ref) == sha)


def push_deployments(visit):
    ref = f"refs/deployments/of-{visit.kind}"
    return try_push(visit, "main", ref, lambda refs: ref in refs)


def drop_deployments(visit):
    return try_push(visit, "", KEPT_REF, lambda refs: KEPT_REF not in refs)


def list_deployments(visit):
    assert KEPT_REF in visit.site.refs(visit.bare)
    done = visit.git("ls-remote", visit.url, "refs/deployments/*", KEPT_REF)
    if done.returncode != 0:
        return silent(done)
    return "hidden" if not done.stdout else f"lists {done.stdout!r}"


def fetch_deployments(visit):
    done = visit.git("fetch", visit.url, KEPT_REF, folder=visit.source.path)
    return "hidden" if "couldn't find remote ref" in done.stderr else refusal(done)


def clone_named(visit, name):
    place = visit.folder / "named"
    done = visit.git("clone", "-q", visit.site.url(name), place)
    return done_or_refused(done, place.exists)


def another(visit):
    return clone_named(visit, visit.another)


def no_repository(visit):
    return clone_named(visit, "demo/nowhere")


# ------------------------------------------------------------------ other commands

def upload_archive(visit):
    return silent(visit.git("archive", f"--remote={visit.url}", "main"))


def copy(visit, program, *rest):
    """scp or sftp, which use another option for the port."""
    words = visit.site.ssh_words(visit.key)[1:-1]
    words[words.index("-p")] = "-P"
    done = subprocess.run([program, *words, *rest], check=False, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=60, cwd=visit.folder,
                          env=visit.site.client_environment())
    done.stderr = done.stderr.decode(errors="replace")
    if (visit.folder / "taken").exists():
        return "it was copied"
    # sshd does not pass on the standard error of a subsystem.
    return "closed" if CLOSED.fullmatch(done.stderr) else silent(done)


def scp(visit, *rest):
    place = f"{visit.site.user.pw_name}@{visit.site.sshd.host}:"
    return copy(visit, "scp", *(part.replace("THERE:", place) for part in rest))


def sftp(visit):
    return copy(visit, "sftp", f"{visit.site.user.pw_name}@{visit.site.sshd.host}")


def run_command(command, *options, given=b"id\n"):
    return lambda visit: silent(visit.ssh(*([command] if command else []), options=options,
                                          given=given))


ACTIONS = {
    "clone": clone, "fetch": fetch, "list": list_refs, "push": push,
    "push-deployments": push_deployments, "drop-deployments": drop_deployments,
    "list-deployments": list_deployments, "fetch-deployments": fetch_deployments,
    "another": another, "no-repository": no_repository, "upload-archive": upload_archive,
    "lfs": run_command("git-lfs-authenticate 'demo/shop.git' download"),
    "lfs-transfer": run_command("git-lfs-transfer 'demo/shop.git' upload"),
    "sftp": sftp,
    "scp-to": lambda visit: scp(visit, "-O", "/etc/hostname", "THERE:taken"),
    "scp-from": lambda visit: scp(visit, "-O", "THERE:/etc/passwd", "taken"),
    "scp-by-sftp": lambda visit: scp(visit, "THERE:/etc/passwd", "taken"),
    "shell": run_command(None), "shell-with-pty": want_terminal(),
    "command": run_command("id"),
    "git-shell": run_command("git-shell -c \"git-upload-pack 'demo/shop.git'\""),
    "pty": want_terminal("id"),
    "-A": asking(["-A"], "Requesting authentication agent forwarding",
                 lacks("SSH_AUTH_SOCK")),
    "-X": asking(["-Y"], "Requesting X11 forwarding", lacks("DISPLAY"), {"DISPLAY": ":99"}),
    "environment": asking(
        ["-o", "SetEnv=" + " ".join(f"{name}={MARK}" for name in ASKED_VARIABLES)],
        "SSH_ORIGINAL_COMMAND", judge_variables),
    "bad-GIT_PROTOCOL": asking(["-o", f"SetEnv=GIT_PROTOCOL={MARK}=2"], "GIT_PROTOCOL",
                               judge_bad_protocol),
    "GIT_PROTOCOL": use_protocol,
    "-L": lambda visit: local(visit, f"127.0.0.1:{visit.bait.port}"),
    "-L-to-socket": lambda visit: local(visit, visit.site.socket, b"GET / HTTP/1.1\r\n\r\n"),
    "-R": lambda visit: remote(visit, "127.0.0.1:0"),
    "-R-to-socket": lambda visit: remote(visit, f"{visit.site.user.pw_dir}/{visit.kind}"),
}
