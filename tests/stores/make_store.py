#!/usr/bin/env python3
"""make_store: makes the files in tests/stores with an earlier version of the program.

    ESCLUSA_BINARY=…/esclusa tests/stores/make_store.py

0024.dump has the rows of a store with schema 0024, with deliveries of each kind of hook. 0024.json
and 0009.json say what that version served from it, and from the store in tests/upgrade. All were
made with the program of 0061da4, the last one with this schema, and must not change.
"""
import contextlib
import json
import pathlib
import sqlite3
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import old_stores  # noqa: E402
import upgrade  # noqa: E402
from harness import Server, wait_until  # noqa: E402
from receiver import Receiver  # noqa: E402

SHOP = old_stores.SHOP


def must(answer, *statuses):
    assert answer.status in (statuses or (200, 201, 202, 204)), answer
    return answer.json


def make_hooks(api, url):
    for path, name, config, more in (
            (f"{SHOP}/hooks", "json", {"content_type": "json", "secret": "a secret"}, {}),
            (f"{SHOP}/hooks", "form", {"content_type": "form"}, {}),
            ("/orgs/demo/hooks", "organization", {"content_type": "json"}, {}),
            (f"{SHOP}/hooks", "fails", {"content_type": "json", "url": upgrade.NOWHERE},
             {"retry": "none"})):
        must(api.post(path, {"name": "web", "events": ["deployment", "deployment_status"],
                             "config": {"url": f"{url}/{name}", **config}, **more}))


def make_deployments(server, api):
    must(api.request("PUT", f"{SHOP}/environments/production", {}))
    body = {"ref": "main", "auto_merge": False, "required_contexts": [],
            "environment": "production", "description": "Käse & Brot <b>"}
    for number in range(2):
        made = must(api.post(f"{SHOP}/deployments", {**body, "payload": {"build": number}}))
        claim = must(api.post(f"/esclusa{SHOP}/deployments/{made['id']}/claim", {}))
        for state in ("in_progress", "success"):
            must(api.post(made["statuses_url"], {"state": state, "esclusa_claim":
                                                 claim.get("fence")}))
    sha = must(api.get(f"{SHOP}/commits/main"))["sha"]
    must(api.post(f"{SHOP}/statuses/{sha}", {"state": "success", "context": "ci/tests"}))
    server.cli("app", "list")


def is_quiet(server):
    with old_stores.opened(server) as database:
        return database.execute("select count(*) from delivery where state = 'pending'"
                                ).fetchone()[0] == 0


def rows_of(database):
    """The rows as SQL, and the tables that no migration makes."""
    with contextlib.closing(sqlite3.connect(":memory:")) as empty:
        for number in range(1, old_stores.FILLED + 1):
            empty.executescript(old_stores.migrations()[number][1])
        known = {sql for sql, in empty.execute("select sql from sqlite_master")}
    return [line for line in database.iterdump() if line.rstrip(";") not in known]


def make():
    with contextlib.ExitStack() as stack:
        server = Server()
        stack.callback(server.__exit__)
        receiver = stack.enter_context(Receiver(server.folder / "received"))
        server.data.mkdir(mode=0o700)
        for name in ("run", "repositories"):  # as a first start leaves them that was killed
            (server.data / name).mkdir(mode=0o700)
        (server.data / "secret.key").write_bytes(upgrade.KEY)
        (server.data / "secret.key").chmod(0o600)
        server.start(timeout=120)
        wait_until(lambda: server.token, "the token")
        upgrade.make_repositories(server.folder)
        server.cli("repo", "add", "demo/shop", server.folder / "shop", "--writable")
        api = server.api()
        make_hooks(api, receiver.url)
        make_deployments(server, api)
        wait_until(lambda: is_quiet(server), "all deliveries", timeout=120)
        server.stop()
        with contextlib.closing(sqlite3.connect(server.data / "esclusa.db")) as database:
            database.execute("update repository set path = replace(path, ?, ?)",
                             (str(server.folder), upgrade.ROOT))
            database.commit()
            (old_stores.FOLDER / "0024.dump").write_text("\n".join(rows_of(database)) + "\n")


def record(name, load):
    """What this version serves from the store."""
    server = Server()
    try:
        load(server)
        server.start(timeout=120)
        found = old_stores.served(server)
        (old_stores.FOLDER / f"{name}.json").write_text(
            json.dumps(found, indent=0, separators=(",", ":")) + "\n")
        server.stop()
    finally:
        server.__exit__()


if __name__ == "__main__":
    make()
    record("0024", old_stores.load_filled)
    record("0009", lambda server: old_stores.load(server, old_stores.OLDEST))
