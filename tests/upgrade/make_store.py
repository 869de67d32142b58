#!/usr/bin/env python3
"""make_store: makes tests/upgrade/store.dump and sent.json with an earlier version of the program.

    ESCLUSA_BINARY=…/esclusa tests/upgrade/make_store.py

The store has webhooks whose deliveries are pending, held and dead, of every kind of event, sealed
secrets, environments with gates, and waiting deployments. sent.json has what that version sent
when it was started on the dump. Both were made with the program of 38fb2dc (0.1.0, before
migrations had digests and folders had identities), and must not change.
"""
import contextlib
import json
import pathlib
import sqlite3
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import upgrade  # noqa: E402
from harness import Server, wait_until  # noqa: E402
from public_keys import public_key  # noqa: E402
from receiver import Receiver  # noqa: E402

SHOP = "/repos/demo/shop"
KINDS = {"ping", "deployment", "deployment_status", "status", "check_run", "push", "meta",
         "deploy_key", "deployment_review"}


def must(answer, *statuses):
    assert answer.status in (statuses or (200, 201, 202, 204)), answer
    return answer.json


def make_hooks(api):
    """By the last part of their URL: one (JSON), two (a form), three (no secret), four (of the
    organization, with a former secret), five (will be inactive), six (does not retry), seven (will
    be deleted)."""
    hooks = {}
    for name, more in {"one": {}, "two": {"content_type": "form"}, "three": {}, "five": {},
                       "six": {"retry": "none"}, "seven": {}, "four": {}}.items():
        path = "/orgs/demo/hooks" if name == "four" else f"{SHOP}/hooks"
        config = {"url": f"{upgrade.NOWHERE}/{name}", "content_type": "json"}
        config |= {"content_type": more.pop("content_type", "json")}
        if name in upgrade.SECRETS:
            config["secret"] = upgrade.SECRETS[name]
        usual = ["deployment", "deployment_status", "deployment_review", "meta"]
        events = ["*"] if name in ("one", "two") else usual
        hooks[name] = must(api.post(path, {"name": "web", "events": events, "config": config,
                                           **more}))
    must(api.request("PUT", f"/esclusa/orgs/demo/hooks/{hooks['four']['id']}/secret",
                     {"secret": "a newer secret", "former_valid_for": 60}))
    return hooks


def make_events(server, api, hooks):
    """A resource of every kind."""
    grace = server.user_with("grace", "repo", "demo/shop", "write")
    person = grace.get("/user").json["id"]
    must(api.request("PUT", f"{SHOP}/environments/production", {
        "wait_timer": 0, "reviewers": [{"type": "User", "id": person}]}))
    must(api.request("PUT", f"{SHOP}/environments/later", {"wait_timer": 43200}))
    sha = must(api.get(f"{SHOP}/commits/main"))["sha"]
    must(api.post(f"{SHOP}/statuses/{sha}", {"state": "success", "context": "ci/tests"}))
    must(api.post(f"{SHOP}/check-runs", {"name": "lint", "head_sha": sha, "status": "completed",
                                         "conclusion": "success"}))
    must(api.post(f"{SHOP}/keys", {"title": "CI", "key": public_key("upgrade")}))
    must(api.patch(f"{SHOP}/hooks/{hooks['five']['id']}", {"active": False}))
    body = {"ref": "main", "auto_merge": False, "required_contexts": []}
    made = must(api.post(f"{SHOP}/deployments", {
        **body, "environment": "staging", "description": "Käse & Brot <b>", "payload": {
            "text": "a\u2028b\u0001", "number": 1e3, "nested": {"list": [1, None, "€"]}}}))
    for state in ("in_progress", "success"):
        must(api.post(made["statuses_url"], {"state": state, "log_url": "http://log.example/1"}))
    must(api.post(f"{SHOP}/deployments", {**body, "environment": "staging"}))
    must(api.post(f"{SHOP}/deployments", {"ref": "old", "environment": "merged"}), 202)
    reviewed = must(api.post(f"{SHOP}/deployments", {**body, "environment": "production"}))
    environment = must(api.get(f"{SHOP}/environments/production"))["id"]
    must(grace.post(f"{SHOP}/actions/runs/{reviewed['id']}/pending_deployments", {
        "environment_ids": [environment], "state": "approved", "comment": "Looks good"}))
    for name in ("production", "later"):
        must(api.post(f"{SHOP}/deployments", {**body, "environment": name}))
    must(api.delete(f"{SHOP}/hooks/{hooks['seven']['id']}"))


def dump(server):
    """The stopped server's database as text, with a placeholder for the folder."""
    database = sqlite3.connect(server.data / "esclusa.db")
    database.execute("update repository set path = replace(path, ?, ?)",
                     (str(server.folder), upgrade.ROOT))
    database.execute("update hook set former_secret_until = ? where former_secret_sealed "
                     "is not null", (upgrade.FAR_AWAY,))
    database.execute("delete from delivery_attempt")
    states = dict(database.execute("select state, count(*) from delivery group by state"))
    kinds = {kind for kind, in database.execute("select distinct kind from event")}
    held, = database.execute("select count(*) from deployment where phase = 'held'").fetchone()
    assert {"pending", "held", "dead"} <= states.keys() and kinds == KINDS and held == 2, (
        states, kinds, held)
    print(states)
    database.commit()
    (upgrade.FOLDER / "store.dump").write_text("\n".join(database.iterdump()) + "\n")
    database.close()


@contextlib.contextmanager
def ended(server):
    """The server, which is not started yet; it is ended at the end."""
    try:
        yield server
    finally:
        server.__exit__()


def make():
    with ended(Server(environment={"ESCLUSA_WEBHOOKS_RETRY_SCALE": "1"})) as server:
        server.data.mkdir(mode=0o700)
        (server.data / "secret.key").write_bytes(upgrade.KEY)
        server.start()
        wait_until(lambda: server.token, "the token")
        upgrade.make_repositories(server.folder)
        server.cli("repo", "add", "demo/shop", server.folder / "shop", "--writable")
        server.cli("repo", "add", "demo/window", server.folder / "window", "--public")
        api = server.api()
        make_events(server, api, make_hooks(api))
        six = f"/esclusa{SHOP}/hooks/5/deliveries?state=dead"
        wait_until(lambda: len(api.get(six).json) >= 4, "dead deliveries")
        server.stop()
        dump(server)


def record():
    """What this version sends from the dump."""
    server = Server()
    with tempfile.NamedTemporaryFile() as file, Receiver(file.name) as receiver, \
            ended(server):
        upgrade.load(server, receiver.url)
        upgrade.make_repositories(server.folder)
        server.start()
        upgrade.send_everything(server)
        count = -1
        while count != len(receiver.deliveries()):
            count = len(receiver.deliveries())
            time.sleep(3)
        sent = sorted(map(upgrade.told, receiver.deliveries()), key=upgrade.key)
    (upgrade.FOLDER / "sent.json").write_text(json.dumps(sent, indent=1) + "\n")
    print(len(sent), "deliveries")


if __name__ == "__main__":
    make()
    record()
