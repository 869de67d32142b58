#!/usr/bin/env python3
"""offers: keys that a client offers, without a proof that it holds them, change nothing.

sshd runs `esclusa-ssh keys` for each offered key, before it demands a proof: anybody who knows a
public key can offer it. 50 deploy keys are offered by clients that have only their public keys,
and by one whose agent has the private keys and refuses to sign; then every table of the database
must be unchanged. Exit code 1 if one is not; 77 without root or sshd.
"""
import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import time

from door_site import Site, run_client
from machine import run_as_root
from report import Rows
from tables import read_tables

from harness import DIES_WITH_PARENT, make_repository  # in tests/e2e

REFUSED = "Permission denied (publickey)"


def client_words(site, *options):
    """The command line of a client without a key."""
    words = site.sshd.client("", "git-upload-pack 'demo/shop.git'", user=site.user.pw_name,
                             options=options)
    at = words.index("-i")
    assert words[at + 1] == ""
    return words[:at] + words[at + 2:]


def offer(site, keys):
    """A client that offers keys of which it has only the public keys."""
    folder = site.folder / "keys/public"
    folder.mkdir(exist_ok=True)
    options = []
    for key in keys:
        shutil.copy(f"{key.path}.pub", folder)
        options += ["-o", f"IdentityFile={folder / key.path.name}"]
    return run_client(client_words(site, *options), b"", site.client_environment())


@contextlib.contextmanager
def unwilling_agent(site, keys):
    """An agent that has the keys, but cannot sign: it needs a confirmation that nobody gives.
    Returns its socket."""
    place = str(site.folder / "keys/agent")
    with subprocess.Popen([*DIES_WITH_PARENT, "ssh-agent", "-D", "-a", place],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          env=site.client_environment({"SSH_ASKPASS": "/bin/false"})) as agent:
        try:
            while not os.path.exists(place) and agent.poll() is None:
                time.sleep(0.01)
            subprocess.run(["ssh-add", "-q", "-c", *(key.path for key in keys)], check=True,
                           stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           env=site.client_environment({"SSH_AUTH_SOCK": place}))
            yield place
        finally:
            agent.terminate()


def offer_by_agent(site, agent):
    """A client that offers only the agent's keys."""
    words = client_words(site)
    words[words.index("IdentitiesOnly=yes")] = "IdentitiesOnly=no"
    words[words.index("IdentityAgent=none")] = f"IdentityAgent={agent}"
    return run_client(words, b"", site.client_environment())


def accepted(site, keys):
    """The number of keys that sshd was told to accept, from its log."""
    log = site.sshd.log.read_text(errors="replace")
    return sum(f"{fingerprint(key)} found at" in log for key in keys)


def fingerprint(key):
    line = subprocess.run(["ssh-keygen", "-l", "-f", f"{key.path}.pub"], check=True, text=True,
                          capture_output=True).stdout
    return line.split()[1]


def changed(before, after):
    """The tables that have changed, except for the one that follows the clock."""
    return [f"{name}: {len(before.get(name, []))} rows before, {len(after.get(name, []))} after; "
            f"new: {[row for row in after.get(name, []) if row not in before.get(name, [])][:3]}"
            for name in sorted((set(before) | set(after)) - {"retention_clock"})
            if before.get(name) != after.get(name)]


def run(options):
    rows = Rows()
    with Site() as site:
        source = make_repository(site.folder / "work", "source")
        site.add_repository("demo/shop", source, "--writable", "--private")
        keys = [site.add_key("demo/shop", f"offered-{number}") for number in range(options.keys)]
        # The restart flushes everything that the server would write later.
        site.server.restart()
        before = read_tables(site.server.data)
        done = offer(site, keys)
        rows.row(f"offers: {len(keys)} keys by a client that cannot prove one",
                 [] if REFUSED in done.stderr and not done.stdout else [done.stderr[-600:]])
        found = accepted(site, keys)
        rows.row("offers: sshd was told that each of them opens something",
                 [] if found == len(keys) else [f"{found} of {len(keys)}"])
        one_by_one = [offer(site, [key]) for key in keys[:5]]
        rows.row("offers: one at a time", [done.stderr[-600:] for done in one_by_one
                                           if REFUSED not in done.stderr])
        rows.row("offers: not one row has changed", changed(before, read_tables(site.server.data)))
        site.server.restart()
        rows.row("offers: nor later", changed(before, read_tables(site.server.data)))
        done = site.git(keys[0], "ls-remote", site.url("demo/shop"))
        different = changed(before, read_tables(site.server.data))
        rows.row("control: a key that is proved is written down",
                 [] if done.returncode == 0 and any(one.startswith("deploy_key:")
                                                    for one in different) else [done, different])
        before = read_tables(site.server.data)
        with unwilling_agent(site, keys) as agent:
            done = offer_by_agent(site, agent)
        asked = done.stderr.count("agent refused operation")
        rows.row(f"offers: {asked} keys of an agent that signs nothing",
                 [] if REFUSED in done.stderr and asked == len(keys) else [done.stderr[-600:]])
        rows.row("offers: not one row has changed", changed(before, read_tables(site.server.data)))
    return 1 if rows.wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=50, metavar="N")
    options = parser.parse_args()
    return run_as_root("offers", lambda: run(options))


if __name__ == "__main__":
    sys.exit(main())
