#!/usr/bin/env python3
"""door: what a deploy key may do, over a real sshd that is set up as `esclusa ssh setup` says.

  table    every kind of key tries every action (truth.txt); each cell must be as written there
  pinned   a client that expects another host key does not connect
  used     `last_used` changes only when a key has opened a repository
  pushes   each change of a ref is one `push` event; a deployment of the branch gets what was pushed
  check    `esclusa ssh check` finds this installation right, and names what is wrong in others

Exit code 1 if anything is otherwise; 77 where nobody may be root, or there is no sshd.
"""
import argparse
import concurrent.futures
import contextlib
import datetime
import json
import os
import pathlib
import subprocess
import sys
import time

from door_site import Site
from machine import run_as_root
from report import Rows
from actions import ACTIONS, KEPT_REF, Visit
from wishes import Bait

from harness import DIES_WITH_PARENT, make_repository  # in tests/e2e
from receiver import Receiver
from sshd import make_key, public_half

TABLE = pathlib.Path(__file__).with_name("truth.txt")
ZEROS = "0" * 40
AT_ONCE = 4  # kinds of keys that are tried in parallel


class World:
    """A site with repositories, and the clients' data."""

    def __init__(self, site, bait, agent):
        self.site, self.bait, self.agent = site, bait, agent
        self.source = make_repository(site.folder / "work", "source")
        self.bares = {name: site.add_repository(name, self.source, "--private", *flags)
                      for name, flags in (("demo/shop", ["--writable"]),
                                          ("demo/other", ["--writable"]), ("demo/sealed", []))}
        for bare in self.bares.values():
            site.as_user("git", "-C", bare, "update-ref", KEPT_REF, "refs/heads/main")


@contextlib.contextmanager
def ssh_agent(folder):
    """An ssh agent that a client could forward; returns its socket."""
    place = folder / "keys/agent"
    with subprocess.Popen([*DIES_WITH_PARENT, "ssh-agent", "-D", "-a", place],
                          stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as agent:
        try:
            yield str(place)
        finally:
            agent.terminate()


# ------------------------------------------------------------------ the table

def read_table():
    """kind of key → action → word, from truth.txt."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    header = [line for line in lines if line.startswith("# action")]
    kinds = header[0].split()[2:]
    assert all(len(row) == len(kinds) + 1 for row in rows), "truth.txt is not complete"
    assert [row[0] for row in rows] == list(ACTIONS), "truth.txt has other rows than ACTIONS"
    return {kind: {row[0]: row[column + 1] for row in rows} for column, kind in enumerate(kinds)}


def make_visits(world):
    """A key of each kind, ready to be used."""
    site = world.site
    leaver = site.server.user_with("leaver", "repo", "demo/shop", "admin")
    shop = {"reads": {"read_only": True}, "writes": {}, "deleted": {}, "blocked": {"api": leaver}}
    keys = {kind: site.add_key("demo/shop", kind, **more) for kind, more in shop.items()}
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=5)
    keys["expired"] = site.add_key("demo/shop", "expired",
                                   expires_at=soon.strftime("%Y-%m-%dT%H:%M:%SZ"))
    keys["sealed"] = site.add_key("demo/sealed", "sealed")
    keys["foreign"] = site.add_key("demo/other", "foreign")
    keys["unknown"] = site.make_key("unknown")
    site.server.cli("user", "block", "leaver")
    assert site.api.delete(keys["deleted"].url).status == 204
    while site.api.get(keys["expired"].url).json["enabled"]:
        time.sleep(0.05)
    place = {"sealed": ("demo/sealed", "demo/shop"), "foreign": ("demo/shop", "demo/sealed")}
    return {kind: Visit(world, kind, key, *place.get(kind, ("demo/shop", "demo/other")))
            for kind, key in keys.items()}


def try_all(visit):
    """action → outcome."""
    outcomes = {}
    for name, action in ACTIONS.items():
        try:
            outcomes[name] = action(visit)
        except (AssertionError, OSError, subprocess.SubprocessError) as error:
            outcomes[name] = f"{type(error).__name__}: {error}"
    return outcomes


def test_table(world, rows):
    table, visits = read_table(), make_visits(world)
    assert set(table) == set(visits), "truth.txt has other kinds of keys than there are"
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = dict(zip(visits, pool.map(try_all, visits.values())))
    for action in ACTIONS:
        wrong = [f"{kind}: {words[action]} expected; {outcomes[kind][action]}"
                 for kind, words in table.items() if outcomes[kind][action] != words[action]]
        rows.row(f"table: {action}, by {len(table)} kinds of keys", wrong)
    used = {kind: world.site.api.get(visit.key.url).json.get("last_used")
            for kind, visit in visits.items() if kind not in ("deleted", "unknown")}
    opened = {"reads", "writes", "sealed"}
    rows.row("table: afterwards those keys were used that opened something, and no others",
             [f"{kind}: {at}" for kind, at in used.items() if (at is not None) != (kind in opened)])


# ------------------------------------------------------------------ one thing each

def test_pinned(world, rows):
    site = world.site
    key = site.add_key("demo/shop", "pinned")
    known = site.sshd.known_hosts.read_text()
    other = public_half(make_key(site.folder / "keys/other-host"))
    site.sshd.known_hosts.write_text(f"{known.split()[0]} {other}\n")
    try:
        done = site.git(key, "ls-remote", site.url("demo/shop"))
    finally:
        site.sshd.known_hosts.write_text(known)
    wrong = [] if "Host key verification failed" in done.stderr and not done.stdout else [
        f"ended with {done.returncode}: {done.stderr!r}"]
    done = site.git(key, "ls-remote", site.url("demo/shop"))
    wrong += [] if done.returncode == 0 else [f"with the right host key: {done.stderr!r}"]
    rows.row("pinned: a client that knows another host key does not come in", wrong)


def test_used(world, rows):
    site = world.site
    key = site.add_key("demo/shop", "used", read_only=True)

    def uses(*more):
        if more:
            site.git(key, *more, folder=world.source.path)
        return site.api.get(key.url).json["last_used"]
    wrong = ["new, and used"] if uses() is not None else []
    site.ssh(key)
    site.ssh(key, "id")
    site.ssh(key, "git-upload-archive 'demo/shop.git'")
    shop = site.url("demo/shop")
    for what, arguments in (("nothing that is for git", []),
                            ("another repository", ["ls-remote", site.url("demo/other")]),
                            ("a push that was refused", ["push", shop, "main:refs/heads/used"])):
        if (at := uses(*arguments)) is not None:
            wrong.append(f"used by {what}: {at}")
    rows.row("used: not by what is refused", wrong)
    rows.row("used: by a fetch", [] if uses("fetch", shop) is not None else ["it was not"])


def test_pushes(world, rows):
    site, work = world.site, world.source
    key = site.add_key("demo/shop", "pushes")
    reader = site.add_key("demo/shop", "no-pushes", read_only=True)
    with Receiver(site.folder / "received") as receiver:
        hook = site.api.post("/repos/demo/shop/hooks", {
            "events": ["push"], "config": {"url": receiver.url, "content_type": "json"}}).json
        before = work.sha("main")
        first = work.commit("Sell apples", {"apples": "red\n"})
        second = work.commit("Sell pears", {"pears": "green\n"})
        work.git("tag", "-a", "v2.0", "-m", "The second release")
        tag = work.git("rev-parse", "v2.0")
        # The pushed refs, and the changes that must be reported: (ref, before, after).
        pushes = [
            ([f"{first}:refs/heads/main"], [("refs/heads/main", before, first)]),
            (["v2.0", "main:refs/heads/fruit"], [("refs/tags/v2.0", ZEROS, tag),
                                                 ("refs/heads/fruit", ZEROS, second)]),
            ([f"+{first}:refs/heads/fruit"], [("refs/heads/fruit", second, first)]),
            ([":refs/heads/fruit"], [("refs/heads/fruit", first, ZEROS)]),
            (["main"], [("refs/heads/main", first, second)]),
            (["main"], [])]  # nothing changes
        expected = []
        for what, changes in pushes:
            refused = site.git(reader, "push", site.url("demo/shop"), *what, folder=work.path)
            done = site.git(key, "push", site.url("demo/shop"), *what, folder=work.path)
            expected += changes
            receiver.wait_for_event("push", len(expected))
            rows.row(f"pushes: {' '.join(what)}".replace(first, "COMMIT"), [
                *([] if done.returncode == 0 else [done.stderr]),
                *([] if "may read demo/shop, but not push to it" in refused.stderr
                  else [f"by the key that may only read: {refused.stderr}"])])
        # Each push is reported before its client is answered, so all deliveries exist by now.
        listed = [one for one in site.api.all_pages(f"{hook['url']}/deliveries?per_page=100")
                  if one["event"] == "push"]
        events = [json.loads(one["body"]) for one in receiver.deliveries("push")]
        told = [(event["ref"], event["before"], event["after"]) for event in events]
        rows.row("pushes: each change is one event, and nothing else is one", [
            *([] if sorted(told) == sorted(expected) else [f"{told} is told, not {expected}"]),
            *([] if len({one["guid"] for one in listed}) == len(listed) == len(expected)
              else [f"{len(listed)} deliveries"])])
        site.api.delete(hook["url"])
    answer = site.api.post("/repos/demo/shop/deployments", {
        "ref": "main", "auto_merge": False, "required_contexts": []})
    rows.row("pushes: a deployment of the branch gets the commit that was pushed",
             [] if answer.status == 201 and answer.json["sha"] == second else [answer])


# ------------------------------------------------------------------ esclusa ssh check

def test_check(world, rows):
    site = world.site
    config = site.sshd.folder / "sshd_config"
    printed = site.sshd.folder / "esclusa.conf"
    keys = pathlib.Path(site.user.pw_dir, ".ssh/authorized_keys")

    def check(what, named, wrong_config=None):
        """Exactly `named` must be reported as wrong, or nothing if it is None."""
        given = config
        if wrong_config:
            bad = site.sshd.folder / "wrong.conf"
            bad.write_text(wrong_config)
            given = site.sshd.folder / "wrong_sshd_config"
            given.write_text(config.read_text().replace(str(printed), str(bad)))
        done = site.command("check", "--sshd-config", str(given))
        found = [line.split(None, 1)[1] for line in done.stdout.splitlines()
                 if line.startswith("WRONG")]
        right = done.returncode == 0 and not found and "ok " in done.stdout if named is None else \
            done.returncode == 1 and len(found) == 1 and named in found[0]
        rows.row(f"check: {what}", [] if right else [
            f"ended with {done.returncode}: {found} {done.stderr}"])

    check("this installation is right", None)
    right = printed.read_text()
    for setting, other in (("PermitTTY no", "PermitTTY yes"),
                           ("AllowTcpForwarding no", "AllowTcpForwarding local"),
                           ("AuthorizedKeysFile none", "AuthorizedKeysFile .ssh/authorized_keys"),
                           ("AcceptEnv GIT_PROTOCOL", "AcceptEnv GIT_PROTOCOL LD_PRELOAD"),
                           ("MaxStartups 300:30:600", "MaxStartups 10:30:100")):
        assert setting in right
        check(f"{other} is named", setting.split()[0], right.replace(setting, other))
    site.helper.parent.chmod(0o775)
    check("a program that others may replace is named", str(site.helper))
    site.helper.parent.chmod(0o755)
    folder = site.socket.parent
    os.chown(folder, 0, 0)
    folder.chmod(0o700)
    check("a socket that only root can reach is named", f"it answers {site.user.pw_name}")
    os.chown(folder, site.user.pw_uid, site.user.pw_gid)
    keys.parent.mkdir()
    keys.touch()
    check("a file of keys is named", str(keys))
    keys.unlink()
    site.server.stop()
    check("a server that is away is named", str(site.socket))
    site.server.start()
    check("all is right again", None)


TESTS = {"table": test_table, "pinned": test_pinned, "used": test_used, "pushes": test_pushes,
         "check": test_check}


def run(names):
    rows = Rows()
    with Site() as site, Bait() as bait, ssh_agent(site.folder) as agent:
        world = World(site, bait, agent)
        for name in names:
            TESTS[name](world, rows)
        if os.environ.get("ESCLUSA_KEEP"):
            print(site.sshd.log.read_text(errors="replace"))
    return 1 if rows.wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("test", nargs="*", help=f"only these: {', '.join(TESTS)}")
    options = parser.parse_args()
    if unknown := set(options.test) - set(TESTS):
        parser.error(f"there is no test {', '.join(unknown)}")
    return run_as_root("door", lambda: run(options.test or TESTS))


if __name__ == "__main__":
    sys.exit(main())
