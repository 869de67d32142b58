#!/usr/bin/env python3
"""Runs the tests of one published client against its own server.

    tests/clients/run.py CLIENT        (its folder's name)

The server's inhabitants are those of tests/e2e/world.py, and 250 deployments to `many`. The tests
are written in the client's language and learn the rest from the environment: ESCLUSA_URL,
ESCLUSA_WRITER and ESCLUSA_ADMIN (tokens), ESCLUSA_MAIN_SHA, ESCLUSA_CLASH_SHA (the head of the
branches clash/N). A second server has GitHub's rate limits, with small numbers:
ESCLUSA_LIMITED_URL, and two tokens, ESCLUSA_LIMITED_READER to use up the requests of an hour,
ESCLUSA_LIMITED_WRITER to create too much in a minute. The clients in FILLED also have what
tests/e2e/everything.py makes, as ESCLUSA_DEPLOYMENT_ID and so on, and the events that were sent of
it in a file, ESCLUSA_RECEIVED; the receiver of more is at ESCLUSA_RECEIVER. Those in SIGNING also
have the app `releaser` (see make_app), with these permissions, and may run `esclusa`,
ESCLUSA_BINARY, with the server's ESCLUSA_SOCKET. What a client needs is fetched by
tools/prepare-clients, or by ./dev; exit code 77 when it is not there.
"""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = ROOT / ".cache/clients"
DEBIAN = pathlib.Path("/usr/share/doc")  # has a folder for each package that is installed
sys.path.insert(0, str(HERE.parent / "e2e"))

import everything  # noqa: E402
from harness import (  # noqa: E402
    BINARY, DIES_WITH_PARENT, Server, clean_environment, make_repository)
from receiver import Receiver  # noqa: E402
from test_tls import Authority  # noqa: E402
from world import World  # noqa: E402

SKIPPED = 77
MANY = 250
LIMITS = ["--rate-limit-enabled", "true", "--rate-limit-account-per-hour", "20",
          "--rate-limit-content-per-minute", "2"]

# What must be there, the folder, and the command.
CLIENTS = {
    "octokit": (HERE / "octokit/node_modules/.prepared", "octokit",
                ["node", "--test", "--test-reporter=spec", "octokit.test.mjs", "app.test.mjs"]),
    "pygithub": (CACHE / "python/.prepared", "pygithub",
                 [CACHE / "python/bin/python", "-m", "unittest", "-v", "pygithub_test"]),
    "go-github": (CACHE / "go-github.prepared", "go-github",
                  ["sh", "-c", f"{CACHE}/go-github.test -test.v; latest=$?; "
                               f"{CACHE}/go-github-older.test -test.v && exit $latest"]),
    "probot": (HERE / "probot/node_modules/.prepared", "probot",
               # One file after the other: a test counts the events of the repository.
               ["node", "--test", "--test-concurrency=1", "--test-reporter=spec",
                "probot.test.mjs", "app.test.mjs"]),
    "gh": (None, "gh", [sys.executable, "-m", "unittest", "-v", "gh_test"]),
    "githubkit": (CACHE / "githubkit/.prepared", "githubkit",
                  [CACHE / "githubkit/bin/python", "-m", "unittest", "-v", "githubkit_test",
                   "app_test"]),
    "pygithub-older": (DEBIAN / "python3-github", "pygithub-older",
                       ["/usr/bin/python3", "-m", "unittest", "-v", "pygithub_older_test"]),
    "octokit-rb": (DEBIAN / "ruby-octokit", "octokit-rb", ["ruby", "octokit_test.rb", "-v"]),
    "hub4j": (CACHE / "hub4j/.prepared", "hub4j",
              ["java", "-XX:TieredStopAtLevel=1", "-cp",
               f"{CACHE}/hub4j/classes:{CACHE}/hub4j/jars/*", "Hub4jTest"]),
    "octocrab": (CACHE / "octocrab.prepared", "octocrab",
                 [CACHE / "octocrab/debug/esclusa-octocrab"]),
    "terraform": (CACHE / "terraform.prepared", "terraform", [CACHE / "terraform.test", "-test.v"]),
    "argo": (CACHE / "argo.prepared", "argo", [CACHE / "argo.test", "-test.v"]),
    "receiver": (None, "receiver",
                 ["node", "--test", "--test-reporter=spec", "receiver.test.mjs"]),
}
FILLED = {"githubkit", "pygithub-older", "octokit-rb", "hub4j", "octocrab", "terraform"}
SIGNING = {**dict.fromkeys(("octokit", "probot", "githubkit"), ["deployments=write"]),
           "argo": ["deployments=write", "statuses=write"]}


def fill(world):
    """Creates the deployments that the clients list by pages."""
    api = world.server.api(world.tokens["writer"], keep_alive=True)
    for _ in range(MANY):
        answer = api.post("/repos/demo/shop/deployments", {
            "ref": "main", "environment": "many", "auto_merge": False, "required_contexts": []})
        assert answer.status == 201, answer
    api.close()


def fill_with_everything(world, stack):
    """Creates a resource of every kind; returns what the tests must know of it."""
    received = world.server.folder / "received.jsonl"
    receiver = stack.enter_context(Receiver(received))
    found = everything.fill(world, receiver).found
    found |= {"received": received, "receiver": receiver.url, "member": world.tokens["member"]}
    return {f"ESCLUSA_{name.upper()}": str(value) for name, value in found.items()}


def make_app(server, permissions):
    """Makes the app `releaser`, which deploys and decides about deployments, and installs it at
    demo/shop; returns what the tests must know of it, and a key that is not its own."""
    key, another = server.folder / "releaser.pem", server.folder / "another.pem"
    granted = [word for one in permissions for word in ("--permission", one)]
    made = server.cli("app", "create", "Releaser", "--owner", "demo", *granted,
                      "--event", "deployment", "--event", "deployment_protection_rule",
                      "--key-file", key).stdout
    server.cli("app", "create", "Another", "--owner", "demo", "--key-file", another)
    installed = server.cli("app", "install", "releaser", "demo", "--repository", "shop").stdout
    number, client = re.search(r"id (\d+), client id (Iv1\.[0-9a-f]+)", made).groups()
    return {"ESCLUSA_RELEASER_ID": number, "ESCLUSA_RELEASER_CLIENT_ID": client,
            "ESCLUSA_RELEASER_INSTALLATION": re.search(r"Installation (\d+)", installed)[1],
            "ESCLUSA_RELEASER_KEY": str(key), "ESCLUSA_ANOTHER_KEY": str(another),
            "ESCLUSA_BINARY": str(BINARY), "ESCLUSA_SOCKET": str(server.socket)}


def limit(server):
    """Prepares the server with rate limits; returns what the tests must know of it."""
    server.add_repository("demo/shop", make_repository(server.folder), "--private")
    found = {"ESCLUSA_LIMITED_URL": server.url}
    for login in ("reader", "writer"):
        server.create_user(login)
        server.cli("repo", "grant", "demo/shop", login, "write")
        found[f"ESCLUSA_LIMITED_{login.upper()}"] = server.create_token(login, "repo")
    return found


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in CLIENTS:
        print(__doc__)
        return 2
    needed, folder, command = CLIENTS[sys.argv[1]]
    if (needed and not needed.exists()) or not shutil.which(command[0]):
        print(f"{sys.argv[1]} is not there; tools/prepare-clients {sys.argv[1]} tells why")
        return 1 if os.environ.get("CI") else SKIPPED
    with tempfile.TemporaryDirectory(prefix="authority-") as authority_folder:
        return run(HERE / folder, command, Authority(authority_folder))


def run(folder, command, authority):
    """Runs the command against servers of its own: gh speaks https alone, the others http. octocrab
    cannot read a repository whose `clone_url` is empty, so its server has the address of a door."""
    tls, flags = None, []
    if folder.name == "octocrab":
        flags = ["--ssh-address", "git@127.0.0.1"]
    if folder.name == "gh":
        certificate, key = authority.issue("server")
        tls = authority.trust
        flags = ["--tls-certificate", str(certificate), "--tls-key", str(key)]
    with contextlib.ExitStack() as stack:
        world = stack.enter_context(World(tls=tls, arguments=flags))
        limited = stack.enter_context(Server(tls=tls, arguments=[*flags, *LIMITS]))
        fill(world)
        environment = clean_environment(limit(limited))
        if folder.name in FILLED:
            environment.update(fill_with_everything(world, stack))
        if folder.name in SIGNING:
            environment.update(make_app(world.server, SIGNING[folder.name]))
        environment.update(
            ESCLUSA_URL=world.server.url, ESCLUSA_WRITER=world.tokens["writer"],
            ESCLUSA_ADMIN=world.tokens["admin"], ESCLUSA_MAIN_SHA=world.sha("main"),
            ESCLUSA_CLASH_SHA=world.sha("clash/1"), PYTHONDONTWRITEBYTECODE="1",
            PYTHONPATH=str(HERE.parent / "e2e"),
            SSL_CERT_FILE=str(authority.file),
            # Nothing of this machine's own settings, and no proxy.
            NO_PROXY="*", no_proxy="*")
        return subprocess.run([*DIES_WITH_PARENT, *map(str, command)], cwd=folder,
                              env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
