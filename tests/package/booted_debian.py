"""A Debian with a systemd of its own, as in a container: namespaces, and nothing of this machine's.

    with BootedDebian(packages) as debian:
        debian.run("systemctl", "is-active", "esclusa")
"""
import pathlib
import subprocess
import time

from bare_debian import BareDebian, DIES_WITH_PARENT, MOUNTED

# cgroups: as systemd wants them, in the unified hierarchy or, where the kernel has the old ones
# too, beside them. Mounts must spread within, since systemd hands credentials over by them.
BOOTED = MOUNTED + r"""
mount -t sysfs sysfs root/sys; mount -t tmpfs tmpfs root/run; mount -t tmpfs tmpfs root/tmp
mount -t tmpfs tmpfs root/sys/fs/cgroup; mkdir root/sys/fs/cgroup/systemd
if mount -t cgroup -o none,name=systemd cgroup root/sys/fs/cgroup/systemd 2>/dev/null; then
  mkdir root/sys/fs/cgroup/unified; mount -t cgroup2 cgroup2 root/sys/fs/cgroup/unified
else
  umount root/sys/fs/cgroup; mount -t cgroup2 cgroup2 root/sys/fs/cgroup
fi
ip link set lo up; hostname esclusa-test
cd root; mkdir -p old; pivot_root . old; umount -l /old; mount --make-rshared /
exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd \
  --log-target=null
"""


class BootedDebian(BareDebian):
    """As long as the block lasts. systemd is process 1 there; `run` waits for nothing of it."""

    def __enter__(self):
        self.root.mkdir()
        self._holder = subprocess.Popen(
            [*DIES_WITH_PARENT, "unshare", "--mount", "--propagation", "private", "--pid", "--net",
             "--uts", "--ipc", "--cgroup", "--fork", "--kill-child", "sh", "-c", BOOTED, "sh",
             str(self.folder), str(self.below)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            self._wait_until_booted()
        except BaseException:
            self.__exit__()
            raise
        return self

    def first_process(self):
        """systemd, by this machine's number; None until it is there."""
        children = pathlib.Path(f"/proc/{self._holder.pid}/task/{self._holder.pid}/children")
        numbers = children.read_text().split()
        return numbers[0] if numbers else None

    def _wait_until_booted(self):
        end = time.monotonic() + 60
        while self._holder.poll() is None and time.monotonic() < end:
            if self.first_process():
                said = self.run("systemctl", "is-system-running", check=False).strip()
                if said in ("running", "degraded"):
                    return
            time.sleep(0.1)
        self._holder.kill()
        raise AssertionError(f"systemd does not boot:\n{self._holder.stdout.read()[-3000:]}")

    def command(self, *command):
        return [*DIES_WITH_PARENT, "nsenter", "--target", self.first_process(), "--all",
                "env", "-i", "HOME=/root", "LC_ALL=C.UTF-8", "SYSTEMD_PAGER=",
                "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive",
                *map(str, command)]

    def copy(self, file, folder="/root"):
        name = f"{folder}/{pathlib.Path(file).name}"
        self.run("mkdir", "-p", folder)
        with open(file, "rb") as content:
            subprocess.run(self.command("sh", "-c", f"cat > {name}"), stdin=content, check=True)
        return name

    def write(self, path, text, mode=0o644):
        """Writes a file there, and makes its folder."""
        self.run("sh", "-c", f"mkdir -p $(dirname {path}); cat > {path}; chmod {mode:o} {path}",
                 data=text)
