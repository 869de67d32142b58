"""What the tests of git over SSH share: a machine on which it is installed as `esclusa ssh setup`
says.

    with Site() as site:
        site.add_repository("demo/shop", source)
        key = site.add_key("demo/shop", "ci", read_only=True)
        site.git(key, "clone", site.url("demo/shop"), folder)

Both programs are copied to a folder that only root can change; a separate system user runs the
server and is the login of git clients; a private sshd has the printed settings above Debian's. All
of that is removed at the end, and leftovers of a killed run when the next one begins.
"""
import contextlib
import dataclasses
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402
from harness import Repository, clean_environment  # noqa: E402
from machine import SITE_PREFIX, installed_programs, system_user  # noqa: E402
from sshd import Sshd, descendants, make_key, public_half  # noqa: E402

# Besides the settings for Esclusa: how Debian installs sshd.
DEBIAN_SETTINGS = ["UsePAM yes", "X11Forwarding yes", "AcceptEnv LANG LC_*",
                   "Subsystem sftp /usr/lib/openssh/sftp-server"]


class DoorServer(harness.Server):
    """A server that runs as the SSH user, from a copy of the program."""

    def __init__(self, user, program, **more):
        super().__init__(environment={"HOME": user.pw_dir}, wrapper=[
            "setpriv", "--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups",
            "--pdeathsig", "KILL", "--"], **more)
        os.chown(self.folder, user.pw_uid, user.pw_gid)
        self._program = str(program)

    def command(self, data=None):
        words = super().command(data)
        words[words.index(harness.BINARY)] = self._program
        return words


@dataclasses.dataclass
class DoorKey:
    """A deploy key: the path of its private key, and its data from the API."""
    path: pathlib.Path
    id: int = 0
    url: str = ""


class Site:
    """The server, its user, and an sshd before it, from `with` to the end of the block."""

    def __init__(self, **server_settings):
        self._settings = server_settings
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        try:
            with contextlib.ExitStack() as stack:
                self._prepare(stack)
                self._stack = stack.pop_all()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _prepare(self, stack):
        self.folder = pathlib.Path(stack.enter_context(
            tempfile.TemporaryDirectory(prefix=SITE_PREFIX)))
        self.folder.chmod(0o711)  # the user's home is in it, and the server's folder
        for name in ("keys", "work", "sshd"):
            (self.folder / name).mkdir(mode=0o700)
        self.program, self.helper = stack.enter_context(installed_programs())
        self.user = stack.enter_context(system_user(self.folder / "home"))
        self.server = stack.enter_context(DoorServer(self.user, self.program, parent=self.folder,
                                                     **self._settings))
        self.socket = self.server.data / "run/keys.sock"
        setup = self.folder / "sshd/esclusa.conf"
        setup.write_text(self.command("setup").stdout)
        self.sshd = stack.enter_context(
            Sshd(self.folder / "sshd", [f'Include "{setup}"', *DEBIAN_SETTINGS]))

    @property
    def api(self):
        """The administrator's client; a restarted server has another port."""
        return self.server.api()

    def command(self, name, *more):
        """`esclusa ssh setup` or `esclusa ssh check` for what is installed here."""
        return subprocess.run(
            [self.program, "ssh", name, "--user", self.user.pw_name, "--helper", self.helper,
             "--socket", self.socket, *more], check=name == "setup", capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=60)

    def as_user(self, *command, **more):
        """Runs a command as the SSH user; returns its output."""
        return subprocess.run(
            list(map(str, command)), check=True, text=True, stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL, user=self.user.pw_uid, group=self.user.pw_gid,
            extra_groups=[], cwd="/", env={"PATH": os.environ["PATH"], "HOME": self.user.pw_dir},
            **more).stdout.strip()

    # -------------------------------------------------------------- repositories and keys

    def add_repository(self, name, source, *flags):
        """Registers a bare copy of a repository, which belongs to the SSH user."""
        bare = Repository(self.server.folder / f"{name.replace('/', '-')}.git", bare=True)
        source.git("push", "-q", "--mirror", str(bare.path))
        subprocess.run(["chown", "-R", f"{self.user.pw_uid}:{self.user.pw_gid}", bare.path],
                       check=True)
        self.server.add_repository(name, bare, *flags)
        return bare.path

    def refs(self, bare):
        """name → commit or tag of a registered repository's refs, including the hidden ones."""
        lines = self.as_user("git", "-C", bare, "for-each-ref", "--format=%(refname) %(objectname)")
        return dict(line.split() for line in lines.splitlines())

    def make_key(self, label, kind="ed25519"):
        return DoorKey(make_key(self.folder / "keys" / label, kind))

    def add_key(self, repository, label, api=None, **more):
        """Makes a key and adds it to a repository."""
        key = self.make_key(label)
        answer = (api or self.api).post(f"/repos/{repository}/keys",
                                        {"key": public_half(key.path), **more})
        assert answer.status == 201, answer
        key.id, key.url = answer.json["id"], answer.json["url"]
        return key

    # -------------------------------------------------------------- clients

    def client_environment(self, more=None):
        """The environment of a client, without the settings of the current user."""
        kept = {name: value for name, value in clean_environment().items()
                if name not in ("SSH_AUTH_SOCK", "SSH_ASKPASS", "DISPLAY")}
        return {**kept, "HOME": str(self.folder / "work"), "GIT_CONFIG_GLOBAL": "/dev/null",
                "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", **(more or {})}

    def ssh_words(self, key, *command, options=()):
        return self.sshd.client(key.path, *command, user=self.user.pw_name, options=options)

    def ssh(self, key, *command, options=(), environment=None, given=b""):
        """Runs an ssh client until it ends."""
        return run_client(self.ssh_words(key, *command, options=options), given,
                          self.client_environment(environment))

    def git(self, key, *arguments, folder=None):
        """Runs git as a client until it ends."""
        environment = self.sshd.git_environment(key.path)
        return run_client(["git", "-C", str(folder or self.folder / "work"),
                           *map(str, arguments)], b"", self.client_environment(environment))

    def url(self, repository):
        return self.sshd.url(f"{repository}.git", user=self.user.pw_name)

    def sessions(self, key):
        """The processes of a key's sessions: the forced command, then its children."""
        found = []
        for pid in descendants(self.sshd.process.pid):
            with contextlib.suppress(OSError):
                words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                if words[:4] == [str(self.helper).encode(), b"serve", b"--key-id",
                                 str(key.id).encode()]:
                    found += [pid, *descendants(pid)]
        return found


def run_client(words, given, environment, timeout=60):
    """Runs a client until it ends; its standard error is text."""
    done = subprocess.run(words, check=False, input=given, capture_output=True, env=environment,
                          timeout=timeout)
    done.stderr = done.stderr.decode(errors="replace")
    return done
