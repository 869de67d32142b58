"""The Debian package below a systemd that runs: the units as they are, with all that they forbid.

The package is made of the build of ESCLUSA_BINARY. In namespaces of its own a Debian boots; the
package is installed there, serves, deploys by its agent, and is removed.
"""
import json
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
from harness import wait_until  # noqa: E402
from test_package import dependencies, make_older, make_package  # noqa: E402

# What deploy commands use; the dependencies of the package are added.
MORE = ["systemd", "systemd-sysv", "dbus", "procps", "curl", "sudo", "nodejs", "openssh-server",
        "openssh-client", "iproute2"]
DEPLOY = """#!/bin/sh
set -e
node -e 'require("fs").writeFileSync("/srv/www/by-node", String([1, 2].map(n => n * 2)))'
ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new guest@127.0.0.1 id -un > /srv/www/by-ssh
sudo -n /usr/bin/install -m 644 /dev/null /srv/by-sudo
cp page.html /srv/www/
if touch /usr/by-agent 2>/dev/null; then exit 7; fi
"""
AGENT = """
server = "http://127.0.0.1:8080"
token_file = "web.token"
mode = "pull"
work = "/var/lib/esclusa-agent/web"
[[deploy]]
repository = "acme/shop"
git = "/srv/git/shop.git"
environment = "staging"
command = ["./deploy.sh"]
"""


def setUpModule():
    global FOLDER, PACKAGE, OLDER, PACKAGES
    FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="esclusa-packages-"))
    unittest.addModuleCleanup(shutil.rmtree, FOLDER, ignore_errors=True)
    PACKAGE = make_package(FOLDER / "newer")
    OLDER = make_older(PACKAGE, FOLDER)
    PACKAGES = dependencies(PACKAGE) + MORE


@unittest.skipIf(why_not(), why_not())
class SystemdTest(unittest.TestCase):
    """One story, since each step needs the one before."""

    def setUp(self):
        debian = BootedDebian(PACKAGES)
        self.debian = debian.__enter__()
        self.addCleanup(debian.__exit__)
        self.run_there = self.debian.run

    def show(self, unit, setting):
        return self.run_there("systemctl", "show", "--value", f"--property={setting}", unit).strip()

    def as_esclusa(self, *command):
        return self.run_there("setpriv", "--reuid=esclusa", "--regid=esclusa", "--clear-groups",
                              *command)

    def api(self, method, path, body=None):
        """Asks the server from within its network; returns status and JSON."""
        said = self.run_there(
            "curl", "-sS", "-X", method, "-H", f"Authorization: Bearer {self.token}", "-w",
            "\n%{http_code}", f"http://127.0.0.1:8080{path}",
            *(["-d", json.dumps(body)] if body is not None else []))
        text, _, status = said.rpartition("\n")
        return int(status), json.loads(text)

    def rest_memory(self, unit):
        """Resident memory of its process in MB."""
        status = self.run_there("cat", f"/proc/{self.show(unit, 'MainPID')}/status")
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def test_from_the_installation_to_the_removal(self):
        self.leave_services_off()
        older = self.debian.copy(OLDER)
        begin = time.monotonic()
        self.run_there("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", older)
        self.see_the_service()
        self.make_a_repository_elsewhere()
        self.deploy_by_the_agent()
        self.print_figures(time.monotonic() - begin)
        self.push_through_the_ssh_door()
        self.reload_and_watchdog()
        self.move_the_key()
        self.upgrade()
        self.hold_the_port()
        self.remove()

    def print_figures(self, seconds):
        installed = self.run_there("dpkg-query", "--show", "--showformat=${Installed-Size}",
                                   "esclusa")
        print(f"package: {PACKAGE.stat().st_size / 1e6:.1f} MB, installed: "
              f"{int(installed) * 1024 / 1e6:.1f} MB")
        print(f"from `apt install` to the first success: {seconds:.1f} s")
        print(f"resident at rest: server {self.rest_memory('esclusa'):.1f} MB, "
              f"agent {self.rest_memory('esclusa-agent@web'):.1f} MB")

    def leave_services_off(self):
        """What ./dev does with the services of packages that it installs for tests."""
        text = (ROOT / "dev").read_text()
        function = re.search(r"(?ms)^leave_services_off\(\) \{.*?^\}", text)[0]
        self.assertEqual("enabled", self.show("ssh", "UnitFileState"))
        self.run_there("bash", "-euc", f"{function}; leave_services_off nodejs openssh-server")
        self.assertEqual("disabled", self.show("ssh", "UnitFileState"))
        self.run_there("sh", "-c", "! ls /etc/rc?.d/S*ssh")

    def see_the_service(self):
        self.assertEqual("active", self.show("esclusa", "ActiveState"))
        self.assertEqual("disabled", self.show("esclusa.socket", "UnitFileState"))
        status = self.run_there("cat", f"/proc/{self.show('esclusa', 'MainPID')}/status")
        self.assertRegex(status, r"CapBnd:\s+0{16}")
        self.assertRegex(status, r"Seccomp:\s+2")
        journal = self.run_there("journalctl", "--unit=esclusa", "--output=cat")
        self.assertIn("Token: in /var/lib/esclusa/admin.token", journal)
        self.assertNotIn("esc_", journal)
        self.assertNotIn("is not confined", journal)

    def make_a_repository_elsewhere(self):
        """Of a group that shares it: first refused with the drop-in, then written into."""
        run = self.run_there
        run("useradd", "--system", "--shell", "/bin/sh", "--create-home", "guest")
        self.debian.write("/srv/work/deploy.sh", DEPLOY, 0o755)
        self.debian.write("/srv/work/page.html", "<p>one</p>\n")
        run("sh", "-c", "set -e; git init -q --bare --shared=group -b main /srv/git/shop.git\n"
            "cd /srv/work; git init -q -b main .; git config user.name Ada\n"
            "git config user.email ada@example.org\n"
            "git add .; git commit -q -m one; git branch behind\n"
            "echo two > two; git add .; git commit -q -m two\n"
            "git checkout -q behind; echo three > three; git add .; git commit -q -m three\n"
            "git push -q /srv/git/shop.git main behind; groupadd forge\n"
            "chgrp -R forge /srv/git; mkdir /srv/www; chown esclusa-agent /srv/www")
        refused = run("esclusa", "repo", "add", "acme/shop", "/srv/git/shop.git", "--writable",
                      check=False)
        self.assertIn("ReadWritePaths=/srv/git/shop.git", refused)
        self.assertIn("SupplementaryGroups=forge", refused)
        lines = re.findall(r"`(\w+=[^`]+)`", refused)
        self.debian.write("/etc/systemd/system/esclusa.service.d/shop.conf",
                          "\n".join(["[Service]", *lines]) + "\n")
        run("systemctl", "daemon-reload")
        run("systemctl", "restart", "esclusa")
        self.assertIn("can write there", run(
            "esclusa", "repo", "add", "acme/shop", "/srv/git/shop.git", "--writable"))
        self.token = run("cat", "/var/lib/esclusa/admin.token").strip()

    def deploy_by_the_agent(self):
        """The command writes below /srv, runs Node, and uses ssh and sudo."""
        run = self.run_there
        key = "/var/lib/esclusa-agent/.ssh/id_ed25519"
        run("sh", "-c", f"set -e; mkdir -m 700 $(dirname {key}) /home/guest/.ssh\n"
            f"ssh-keygen -q -t ed25519 -N '' -f {key}\n"
            f"cp {key}.pub /home/guest/.ssh/authorized_keys\n"
            "chown -R esclusa-agent: /var/lib/esclusa-agent/.ssh; chown -R guest: /home/guest\n"
            "systemctl start ssh")
        self.debian.write("/etc/sudoers.d/esclusa-agent",
                          "esclusa-agent ALL=(root) NOPASSWD: /usr/bin/install\n", 0o440)
        self.debian.write("/etc/esclusa/agent/web.toml", AGENT)
        run("sh", "-c", "umask 027; esclusa agent token acme/shop --environment staging "
            "> /etc/esclusa/agent/web.token && chgrp esclusa-agent /etc/esclusa/agent/web.token")
        status, answer = self.api("PUT", "/repos/acme/shop/environments/staging", {})
        self.assertEqual(200, status, answer)
        run("systemctl", "start", "esclusa-agent@web")
        wanted = {"ref": "behind", "environment": "staging", "required_contexts": []}
        status, merged = self.api("POST", "/repos/acme/shop/deployments", wanted)
        self.assertEqual(202, status, merged)
        status, made = self.api("POST", "/repos/acme/shop/deployments", wanted)
        self.assertEqual(201, status, made)
        self.deployment = made["id"]

        def state():
            _, listed = self.api("GET", f"/repos/acme/shop/deployments/{made['id']}/statuses")
            return listed[0]["state"] if listed else ""
        wait_until(lambda: state() in ("success", "failure", "error"), "the end", timeout=120)
        self.assertEqual("success", state(), run(
            "sh", "-c", "cat /var/lib/esclusa-agent/web/*/*; journalctl -u esclusa-agent@web"))
        self.assertEqual("2,4", run("cat", "/srv/www/by-node"))
        self.assertEqual("guest\n", run("cat", "/srv/www/by-ssh"))
        self.assertEqual("root:root", run("stat", "--format=%U:%G", "/srv/by-sudo").strip())
        self.assertEqual("<p>one</p>\n", run("cat", "/srv/www/page.html"))
        # What the merge wrote has the group and the modes of a shared repository.
        modes = run("find", "/srv/git/shop.git/objects", "-user", "esclusa", "-printf",
                    "%y %m %g\\n").split("\n")
        self.assertIn("f 444 forge", modes)
        self.assertLessEqual(set(modes), {"f 444 forge", "f 440 forge", "d 2775 forge",
                                          "d 2770 forge", ""})

    def push_through_the_ssh_door(self):
        """sshd's helpers find the service; what is pushed can be deployed."""
        run = self.run_there
        door = "--user esclusa --socket /var/lib/esclusa/run/keys.sock"
        run("sh", "-c", "set -e; esclusa repo create acme/own; usermod --shell /bin/sh esclusa\n"
            f"esclusa ssh setup {door} > /etc/ssh/sshd_config.d/esclusa.conf\n"
            f"sshd -t; systemctl reload ssh; esclusa ssh check {door}\n"
            "cd /home/guest; ssh-keygen -q -t ed25519 -N '' -f key; chown guest: key*\n"
            f"ESCLUSA_TOKEN={self.token} esclusa key add acme/own key.pub --allow-write")
        run("setpriv", "--reuid=guest", "--regid=guest", "--clear-groups", "sh", "-c",
            "set -e; export HOME=/home/guest; cd; git init -q -b main own; cd own; echo one > one\n"
            "git config user.name Ada; git config user.email ada@example.org; git add .\n"
            "git commit -q -m one\n"
            "export GIT_SSH_COMMAND='ssh -i ~/key -o StrictHostKeyChecking=accept-new'\n"
            "git push -q ssh://esclusa@127.0.0.1/acme/own.git HEAD:main")
        status, made = self.api("POST", "/repos/acme/own/deployments",
                                {"ref": "main", "required_contexts": []})
        self.assertEqual(201, status, made)

    def reload_and_watchdog(self):
        run = self.run_there
        before = self.show("esclusa", "MainPID")
        run("systemctl", "reload", "esclusa")
        self.assertEqual(before, self.show("esclusa", "MainPID"))
        agent = self.show("esclusa-agent@web", "MainPID")
        run("systemctl", "reload", "esclusa-agent@web")
        self.assertEqual(agent, self.show("esclusa-agent@web", "MainPID"))
        self.debian.write("/etc/systemd/system/esclusa.service.d/watchdog.conf",
                          "[Service]\nWatchdogSec=2s\nTimeoutAbortSec=1s\n")
        run("sh", "-c", "systemctl daemon-reload; systemctl restart esclusa")
        run("kill", "-STOP", self.show("esclusa", "MainPID"))
        wait_until(lambda: self.show("esclusa", "NRestarts") != "0", "a restart by the watchdog")
        wait_until(lambda: self.show("esclusa", "ActiveState") == "active", "the new start")
        run("sh", "-c", "rm /etc/systemd/system/esclusa.service.d/watchdog.conf\n"
            "systemctl daemon-reload; systemctl restart esclusa")

    def move_the_key(self):
        """As docs/install.md says."""
        self.run_there("sh", "-c", "set -e; systemctl stop esclusa\n"
                       "install -d -m 700 /etc/credstore\n"
                       "mv /var/lib/esclusa/secret.key /etc/credstore/esclusa.key\n"
                       "chown root:root /etc/credstore/esclusa.key; systemctl start esclusa")
        self.run_there("test", "!", "-e", "/var/lib/esclusa/secret.key")

    def upgrade(self):
        """The server is another one afterwards; the agent, which may have a run, is the same."""
        server, agent = (self.show(unit, "MainPID") for unit in ("esclusa", "esclusa-agent@web"))
        self.run_there("dpkg", "--install", self.debian.copy(PACKAGE))
        self.assertEqual("active", self.show("esclusa", "ActiveState"))
        self.assertNotEqual(server, self.show("esclusa", "MainPID"))
        self.assertEqual(agent, self.show("esclusa-agent@web", "MainPID"))
        status, _ = self.api("GET", f"/repos/acme/shop/deployments/{self.deployment}")
        self.assertEqual(200, status)

    def hold_the_port(self):
        """As docs/install.md says; then restarts refuse nobody."""
        run = self.run_there
        run("sh", "-c", "systemctl stop esclusa; systemctl enable --quiet --now esclusa.socket\n"
            "systemctl start esclusa")
        asking = subprocess.Popen(
            self.debian.command("sh", "-c", "n=0; until test -e /tmp/enough; do n=$((n+1)); curl "
                                "-sS -o /dev/null --max-time 30 http://127.0.0.1:8080/livez || "
                                "exit 1; done; echo $n"),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            for _ in range(5):
                run("systemctl", "reset-failed", "esclusa")  # systemd starts five times in 10 s
                run("systemctl", "restart", "esclusa")
        finally:
            run("touch", "/tmp/enough")
        said = asking.communicate(timeout=60)[0]
        self.assertEqual(0, asking.returncode, said)
        self.assertGreater(int(said), 5)

    def remove(self):
        self.run_there("dpkg", "--remove", "esclusa")
        for unit in ("esclusa.service", "esclusa.socket", "esclusa-agent@web.service"):
            self.assertIn(self.show(unit, "ActiveState"), ("inactive", "failed"), unit)
        self.run_there("test", "-s", "/var/lib/esclusa/esclusa.db")


if __name__ == "__main__":
    unittest.main()
