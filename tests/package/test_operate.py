"""Each block of docs/operate.md, as it stands in the page, on two booted Debians that share a network.

The package is made of the build of ESCLUSA_BINARY. The test does what the page leaves to people: it
copies files from one machine to the other, and is the forge whose repository is deployed.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests/e2e"))
from bare_debian import why_not  # noqa: E402
from booted_debian import BootedDebian  # noqa: E402
from test_package import dependencies, make_package  # noqa: E402

PAGE = ROOT / "docs/operate.md"
BLOCK = re.compile(r"^```sh (\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# What the page installs, and what a Debian has that is not as bare as ours.
MORE = ["systemd", "systemd-sysv", "dbus", "procps", "curl", "openssh-server", "openssh-client",
        "iproute2", "nginx-light", "nginx", "openssl", "ca-certificates", "git"]
ADDRESSES = {"deploy": "10.77.0.1", "web1": "10.77.0.2"}
# The files that the page tells people to copy: the machine and the path that they come from.
COPIES = {
    "web1.token": ("deploy", "/root/web1.token"),
    "example-ca.crt": ("deploy", "/etc/nginx/tls/ca.crt"),
    "web1.key.pub": ("web1", "/etc/esclusa/agent/web1.key.pub"),
    "backup.tar": ("deploy", "/var/backups/esclusa/*.tar"),
    "secret.key": ("deploy", "/root/esclusa-secret.key"),
}
# The forge: a system user, and a repository that is open to its group.
FORGE = r"""
set -e
useradd --system --create-home --home-dir /srv/git --shell /bin/sh git
git init -q --bare --shared=group -b main /srv/git/shop.git
mkdir /tmp/shop; cd /tmp/shop; git init -q -b main .
git config user.name Ada; git config user.email ada@example.org
echo '<p>The shop</p>' > index.html; git add .; git commit -q -m 'Open the shop'
git push -q /srv/git/shop.git main
chown -R git:git /srv/git; chmod 750 /srv/git; systemctl start ssh
"""


def blocks():
    """(line, machine, commands) for each block of the page."""
    text = PAGE.read_text(encoding="utf-8")
    return [(text.count("\n", 0, found.start()) + 2, found[1], found[2])
            for found in BLOCK.finditer(text)]


@unittest.skipIf(why_not(), why_not())
class OperateTest(unittest.TestCase):
    def setUp(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="esclusa-operate-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        package = make_package(folder / "newer")
        older = make_package(folder / "older", "--version", "0.0.1")
        self.hosts = {}
        for name in ADDRESSES:
            debian = BootedDebian(dependencies(package) + MORE)
            self.hosts[name] = debian.__enter__()
            self.addCleanup(debian.__exit__)
            debian.copy(older)
            debian.copy(package, "/root/new")
        self.connect()
        self.hosts["deploy"].run("bash", "-c", FORGE)

    def connect(self):
        """A cable between the two, and the names of both in their /etc/hosts."""
        first, second = (self.hosts[name].first_process() for name in ADDRESSES)
        subprocess.run(["ip", "link", "add", "cable", "netns", first, "type", "veth", "peer",
                        "name", "cable", "netns", second], check=True)
        names = "127.0.0.1 localhost\n" + "".join(
            f"{address} {name}.example.org\n" for name, address in ADDRESSES.items())
        for name, address in ADDRESSES.items():
            self.hosts[name].write("/etc/hosts", names)
            self.hosts[name].run("ip", "address", "add", f"{address}/24", "dev", "cable")
            self.hosts[name].run("ip", "link", "set", "cable", "up")

    def bring(self, host, commands):
        """Copies the files of the other machine that these commands name."""
        for file, (source, path) in COPIES.items():
            if file in commands and source != host:
                content = self.hosts[source].run("sh", "-c", f"base64 -w0 $(ls -t {path} | head -1)")
                self.hosts[host].run("sh", "-c", f"base64 -d > /root/{file}", data=content)

    def test_each_block_as_it_stands(self):
        begin, said = time.monotonic(), {}
        for line, host, commands in blocks():
            self.bring(host, commands)
            try:
                said[line] = self.hosts[host].run(
                    "bash", "-euo", "pipefail", "-c", f"cd /root\n{commands}")
            except AssertionError as error:
                journal = self.hosts[host].run(
                    "journalctl", "--no-pager", "--lines=60", "--unit=esclusa*", check=False)
                runs = self.hosts["web1"].run(
                    "sh", "-c", "tail -n 40 /var/lib/esclusa-agent/web1/*/*", check=False)
                self.fail(f"docs/operate.md:{line}, on {host}:\n{commands}\n{error}\n{journal}\n"
                          f"{runs}")
            print(f"ok   docs/operate.md:{line} on {host}", flush=True)
            if "esclusa deploy" in commands:
                print(f"from the installation to the first success: "
                      f"{time.monotonic() - begin:.0f} s, copies by hand left out")
                self.assertIn("success", said[line])
        self.assertIn("<p>The shop</p>", "".join(said.values()))

    def test_the_page_has_blocks_for_both(self):
        self.assertEqual(set(ADDRESSES), {host for _, host, _ in blocks()})
        self.assertGreaterEqual(len(blocks()), 20)


if __name__ == "__main__":
    unittest.main()
