"""A private OpenSSH server for tests: Sshd.

    reason = why_no_sshd()                 # or None
    with Sshd(folder) as sshd:
        key = make_key(folder / "key")
        sshd.authorize(key)
        subprocess.run(sshd.client(key, "true"))

It listens on a port of the loopback interface that the system chose, has its own host key, and
reads nothing in this machine's /etc/ssh. As root it accepts any user, otherwise only the one who
runs it. `settings` come first in its configuration, where the first value of a keyword counts;
`matches`, which may have Match blocks, come last.
"""
import contextlib
import getpass
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from harness import DIES_WITH_PARENT, clean_environment

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
RUN_FOLDER = pathlib.Path("/run/sshd")  # Debian's; sshd as root confines its children in it
START_TRIES = 5


def why_no_sshd():
    """Why no sshd can be started here; None if one can."""
    if not SSHD:
        return "openssh-server is not installed"
    if os.geteuid() == 0:
        try:
            RUN_FOLDER.mkdir(mode=0o755, exist_ok=True)
        except OSError as error:
            return f"{RUN_FOLDER} cannot be made: {error.strerror}"
    return None


def make_key(path, kind="ed25519", *more):
    """Creates a key pair without a passphrase; returns the path of the private key."""
    path = pathlib.Path(path)
    subprocess.run(["ssh-keygen", "-q", "-t", kind, *more, "-N", "", "-C", path.name,
                    "-f", str(path)], check=True, stdin=subprocess.DEVNULL)
    return path


def public_half(key):
    """The public key of a key pair of make_key, as one line."""
    return pathlib.Path(f"{key}.pub").read_text().strip()


def is_locked(user):
    """Whether the password is locked, as root's may be: without PAM sshd refuses such users."""
    try:
        lines = pathlib.Path("/etc/shadow").read_text().splitlines()
    except OSError:  # not root, and only root accepts other users
        return False
    return any(line.startswith(f"{user}:!") for line in lines)


class Sshd:
    """One sshd, from `with` to the end of the block, with the processes that it started."""

    def __init__(self, folder, settings=(), environment=None, matches=()):
        self.folder = pathlib.Path(folder)
        self.user = getpass.getuser()
        self.host = "127.0.0.1"
        self.port = None
        self.log = self.folder / "sshd.log"
        self.known_hosts = self.folder / "known_hosts"
        self.authorized_keys = self.folder / "authorized_keys"
        self.process = None
        self._settings = list(settings)
        self._matches = list(matches)
        self._environment = environment

    def __enter__(self):
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.authorized_keys.touch(mode=0o600)
        self._host_key = make_key(self.folder / "host_key")
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        self.stop()

    def configuration(self):
        """The content of sshd_config."""
        return "\n".join([
            "MaxStartups 1000",  # for this keyword the last value counts
            *self._settings, f"ListenAddress {self.host}:{self.port}",
            f'HostKey "{self._host_key}"', "PidFile none", "LogLevel VERBOSE",
            f'AuthorizedKeysFile "{self.authorized_keys}"', "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            f"UsePAM {'yes' if is_locked(self.user) else 'no'}",
            "StrictModes no",  # below /tmp, which everybody may write to
            "PrintMotd no", "PrintLastLog no", *self._matches]) + "\n"

    def start(self):
        """Starts it. sshd cannot ask the system for a port; if another program takes the free
        port, it tries another one."""
        reason = why_no_sshd()
        if reason:
            raise AssertionError(f"no sshd can be started: {reason}")
        for _ in range(START_TRIES):
            with socket.socket() as probe:
                probe.bind((self.host, 0))
                self.port = probe.getsockname()[1]
            if self._start_on_port():
                self.known_hosts.write_text(
                    f"[{self.host}]:{self.port} {public_half(self._host_key)}\n")
                return self
        raise AssertionError(f"sshd did not start:\n{self.log.read_text()}")

    def _start_on_port(self):
        config = self.folder / "sshd_config"
        config.write_text(self.configuration())
        begin = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "ab") as log:
            # With its absolute path: it starts itself again for each connection.
            self.process = subprocess.Popen(
                [*DIES_WITH_PARENT, SSHD, "-D", "-e", "-f", str(config)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env=clean_environment(self._environment))
        end = time.monotonic() + 20
        while time.monotonic() < end and self.process.poll() is None:
            # Compare bytes: decoding changes the length, because the lines end with two characters.
            if f"Server listening on {self.host}".encode() in self.log.read_bytes()[begin:]:
                return True
            time.sleep(0.01)
        self.stop()
        return False

    def stop(self):
        """Ends it and its connections, with everything that runs in them."""
        if self.process is None:
            return
        # Each connection has its own process group, and outlives the listener.
        left = [self.process.pid, *descendants(self.process.pid)]
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def authorize(self, key, options=""):
        """Allows a key to log in, as an authorized_keys line with these options."""
        with open(self.authorized_keys, "a", encoding="utf-8") as file:
            file.write(f"{options} {public_half(key)}\n".lstrip())

    def client(self, key, *command, user=None, options=()):
        """The argument list of an ssh client that knows this server and offers only this key."""
        return ["ssh", "-F", "/dev/null", "-i", str(key), "-p", str(self.port),
                "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes",
                "-o", "StrictHostKeyChecking=yes", "-o", "GlobalKnownHostsFile=/dev/null",
                "-o", f"UserKnownHostsFile={self.known_hosts}", *options,
                f"{user or self.user}@{self.host}", *command]

    def git_environment(self, key):
        """The environment in which git uses a key."""
        words = self.client(key)[:-1]
        del words[words.index("-p"):words.index("-p") + 2]  # the URL has the port
        return {"GIT_SSH_COMMAND": " ".join(f"'{word}'" for word in words),
                "GIT_SSH_VARIANT": "ssh"}

    def url(self, path, user=None):
        """ssh://user@host:port/path"""
        return f"ssh://{user or self.user}@{self.host}:{self.port}/{str(path).lstrip('/')}"


def descendants(pid):
    """The processes that a process started, and their children, recursively."""
    found = []
    for child in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for number in map(int, child.read_text().split()):
                found += [number, *descendants(number)]
    return found
