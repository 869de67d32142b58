"""A bare Debian in a folder, in which a package is installed, started, upgraded and removed.

    with BareDebian(dependencies) as debian:
        debian.run("dpkg", "--install", "/tmp/esclusa.deb")

The folder has what mmdebstrap's variant minbase has, and the dependencies, but no systemd that
runs. It is made once, and kept in .cache/package; each test has a layer of its own above it.
Everything happens in a mount namespace of its own, so that nothing is left when the test is killed.
Needs root.
"""
import fcntl
import functools
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache/package"
SUITE = "bookworm"
MEMORY_BYTES = 3 << 30  # free, to make the folder there: it has 0.3 GB
DIES_WITH_PARENT = ["setpriv", "--pdeathsig", "KILL"]
# No syncs, and no translations: a test needs neither.
DPKG_OPTIONS = ["--dpkgopt=force-unsafe-io", "--dpkgopt=path-exclude=/usr/share/locale/*"]


@functools.cache
def why_not():
    """Why there can be no bare Debian here; None if there can."""
    if os.geteuid() != 0:
        return "to install a package into a folder one must be root"
    for program in ("mmdebstrap", "unshare", "nsenter", "setpriv"):
        if not shutil.which(program):
            return f"{program} is not installed"
    allowed = subprocess.run(["unshare", "--mount", "--pid", "--fork", "mount", "-t", "tmpfs",
                              "tmpfs", "/mnt"], check=False, stderr=subprocess.DEVNULL)
    return None if allowed.returncode == 0 else "nothing may be mounted here"


def mirror():
    """Where this machine's apt gets the suite from."""
    said = subprocess.run(["apt-get", "indextargets", "--format", "$(CODENAME) $(SITE)",
                           "Created-By: Packages"], check=True, capture_output=True, text=True)
    sites = [line.split(" ", 1)[1] for line in said.stdout.splitlines()
             if line.startswith(SUITE + " ")]
    if not sites:
        raise AssertionError(f"apt on this machine has no source for {SUITE}")
    return sites[0]


def prepare(packages):
    """Makes the folder with these packages, unless it is there; returns its path. Another thread or
    process that wants the same one waits for it."""
    text = "\n".join([SUITE, *sorted(packages), *DPKG_OPTIONS])
    folder = CACHE / f"{SUITE}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            make(packages, folder)
        os.utime(folder)  # in use
    for other in CACHE.glob(f"{SUITE}-*"):  # of former dependencies
        if other.stem != folder.name and time.time() - other.stat().st_mtime > 7 * 24 * 60 * 60:
            shutil.rmtree(other, ignore_errors=True)
    return folder


def make(packages, folder):
    """In memory, if there is room: unpacking waits for a disk otherwise."""
    memory = pathlib.Path("/dev/shm")
    is_fit = memory.is_dir() and not os.statvfs(memory).f_flag & os.ST_NOEXEC
    has_room = is_fit and shutil.disk_usage(memory).free >= MEMORY_BYTES
    unfinished = pathlib.Path(f"{folder}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="esclusa-debian-",
                                     dir=memory if has_room else CACHE) as work:
        os.chmod(work, 0o755)  # apt downloads as a user of its own
        done = subprocess.run(
            ["mmdebstrap", "--mode=root", "--variant=minbase", "--quiet", *DPKG_OPTIONS,
             f"--include={','.join(sorted(packages))}", SUITE, f"{work}/root", mirror()],
            check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "TMPDIR": work})
        if done.returncode != 0:
            raise AssertionError(f"mmdebstrap cannot make a bare Debian:\n{done.stdout[-3000:]}")
        subprocess.run(["cp", "--archive", f"{work}/root", unfinished], check=True)
    unfinished.rename(folder)


# Mounts a layer above the folder $2 in $1, with what programs need; then goes on in it.
MOUNTED = r"""
set -e; mount -t tmpfs -o mode=755 tmpfs "$1"; cd "$1"; mkdir upper work root
mount -t overlay -o "lowerdir=$2,upperdir=upper,workdir=work" overlay root
mount -t proc proc root/proc; mount -t tmpfs -o mode=755 tmpfs root/dev
for name in null zero full random urandom tty; do
  touch root/dev/$name; mount --bind /dev/$name root/dev/$name; done
mkdir root/dev/pts; mount -t devpts -o newinstance,ptmxmode=0666 devpts root/dev/pts
ln -s pts/ptmx root/dev/ptmx; ln -s /proc/self/fd root/dev/fd; mkdir -m 1777 root/dev/shm
"""
HELD = MOUNTED + 'echo mounted; exec sleep infinity'


class BareDebian:
    """A layer above the prepared folder, as long as the block lasts."""

    def __init__(self, packages=()):
        self.below = prepare(packages)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="esclusa-package-"))
        self.root = self.folder / "root"
        self._holder = None

    def __enter__(self):
        self.root.mkdir()
        self._holder = subprocess.Popen(
            [*DIES_WITH_PARENT, "unshare", "--mount", "--propagation", "private", "sh", "-c",
             HELD, "sh", str(self.folder), str(self.below)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        if self._holder.stdout.readline() != "mounted\n":
            self.__exit__()
            raise AssertionError("the bare Debian cannot be mounted")
        return self

    def __exit__(self, *_):
        self._holder.kill()
        self._holder.wait()
        self._holder.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def inside(self, *command):
        """The argument list that runs a command in the namespace, with this machine's root."""
        return [*DIES_WITH_PARENT, "nsenter", "--target", str(self._holder.pid), "--mount",
                *map(str, command)]

    def command(self, *command):
        """The argument list that runs a command of the bare Debian as root."""
        return self.inside("chroot", self.root, "env", "-i", "HOME=/root", "LC_ALL=C.UTF-8",
                           "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive",
                           *command)

    def run(self, *command, check=True, data=None):
        """Runs a command of the bare Debian as root; returns what it has printed, of both kinds."""
        done = subprocess.run(self.command(*command), check=False, input=data, text=True,
                              stdin=subprocess.DEVNULL if data is None else None,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, command))}: exit code {done.returncode}\n"
                                 f"{done.stdout}")
        return done.stdout

    def copy(self, file):
        """Copies a file of this machine into /tmp there; returns its path there."""
        subprocess.run(self.inside("cp", file, self.root / "tmp"), check=True)
        return f"/tmp/{pathlib.Path(file).name}"
