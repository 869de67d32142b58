"""The hosts that the demonstration reaches by SSH."""
import json
import os
import pathlib
import pwd
import shutil
import tempfile
import textwrap

import harness
from sshd import Sshd, why_no_sshd


def why_no_ssh():
    """Why the demonstration does not use SSH; None if it does."""
    if os.geteuid() != 0:
        return ("sshd asks another program for keys only if root starts it, "
                "and this user is not root")
    return why_no_sshd()


class Hosts:
    """Two private sshds, which are ended at the end: Esclusa's own, and \"your server\"."""

    def __init__(self, folder):
        self.folder = folder
        # sshd runs a helper only from folders that only root can write to.
        self.helper_folder = pathlib.Path(tempfile.mkdtemp(prefix=".esclusa-demo-",
                                                           dir=pwd.getpwuid(0).pw_dir))
        self.helper = self.helper_folder / "esclusa-ssh"
        shutil.copy2(harness.SSH_PROGRAM, self.helper)
        self.door = None
        self.target = None

    def open_door(self, settings):
        self.door = Sshd(self.folder / "door", matches=settings.splitlines()).__enter__()

    def open_target(self, key):
        self.target = Sshd(self.folder / "your-host").__enter__()
        self.target.authorize(key, "restrict")

    def settings(self):
        """The settings of agent.toml for SSH."""
        return textwrap.dedent(f"""\
            git = {json.dumps(self.door.url("demo/shop.git"))}
            ssh_key = "shop.key"
            ssh_known_hosts = "door/known_hosts"
            target = "ssh://{self.target.user}@{self.target.host}:{self.target.port}"
            target_key = "host.key"
            target_known_hosts = "your-host/known_hosts"
            """)

    def end(self):
        for host in (self.door, self.target):
            if host:
                host.stop()
        shutil.rmtree(self.helper_folder, ignore_errors=True)
