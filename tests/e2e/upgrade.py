"""The store of an earlier version, from tests/upgrade: how to load it, and what it must send."""
import contextlib
import hashlib
import json
import pathlib
import sqlite3

from harness import Repository, make_repository

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "upgrade"
KEY = hashlib.sha256(b"the key of tests/upgrade").digest()
ROOT = "@ROOT@"                   # in paths of repositories: their folder in a test
NOWHERE = "http://127.0.0.1:9"    # the destination of the webhooks: nobody listens there
SECRETS = {"one": "first secret", "two": "second secret", "four": "fourth secret"}
# The rows are of a fixed day. Without these ages a test would pass until they are too old.
AGES = ("event-bodies", "attempts", "deliveries", "dead-letters", "run-logs", "idempotency-keys",
        "ended")
KEEPS_ALL = [f"--retention-{age}=never" for age in AGES]
PRUNES_ALL = ["--retention-scale=1e-4"]  # 7 days are a minute
FAR_AWAY = 4_102_444_800_000_000  # the year 2100: no former secret ends before the test
COMPARED = ("Content-Type", "X-GitHub-Event", "X-GitHub-Delivery", "X-GitHub-Hook-ID",
            "X-GitHub-Hook-Installation-Target-ID", "X-GitHub-Hook-Installation-Target-Type",
            "X-Hub-Signature", "X-Hub-Signature-256", "X-Esclusa-Event-Number",
            "X-Esclusa-Kind", "X-Esclusa-Origin", "X-Esclusa-Superseded-By")


def make_repositories(folder):
    """The same commits each time."""
    make_repository(folder, "shop")
    window = Repository(folder / "window")
    window.commit("Open the window", {"README": "A window.\n"})


def load(server, receiver_url):
    """Makes the server's data folder as the earlier version left it, but with other destinations
    of the webhooks, and with all pending deliveries due."""
    server.data.mkdir(mode=0o700)
    (server.data / "secret.key").write_bytes(KEY)
    (server.data / "secret.key").chmod(0o600)
    with contextlib.closing(sqlite3.connect(server.data / "esclusa.db")) as database:
        database.execute("pragma journal_mode=wal")
        database.executescript((FOLDER / "store.dump").read_text())
        database.execute("update repository set path = replace(path, ?, ?)",
                         (ROOT, str(server.folder)))
        database.execute("update hook set url = replace(url, ?, ?)", (NOWHERE, receiver_url))
        database.execute("update delivery set next_attempt_at = 0 where state = 'pending'")
        database.commit()


def send_everything(server):
    """Releases what does not go by itself: held deliveries and dead ones."""
    server.token = server.create_token("admin", "repo,admin:org_hook")
    for path in ("/repos/demo/shop/hooks", "/orgs/demo/hooks"):
        for hook in server.api().get(path).json:
            if not hook["active"]:
                answer = server.api().patch(f"{path}/{hook['id']}", {"active": True})
                assert answer.status == 200, answer
            answer = server.api().post(f"/esclusa{path}/{hook['id']}/replay", {"state": "dead"})
            assert answer.status in (200, 202), answer


def told(delivery):
    """The compared parts of a delivery."""
    headers = {name: delivery["headers"][name] for name in COMPARED if name in delivery["headers"]}
    return {"sha256": delivery["sha256"], **headers}


def key(one):
    return int(one["X-GitHub-Hook-ID"]), one["X-GitHub-Delivery"]


def expected():
    """What the earlier version sent from this store."""
    return json.loads((FOLDER / "sent.json").read_text())
