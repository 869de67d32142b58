"""Stores of earlier schemas: how to make them, and what they served.

The store of 38fb2dc (schema 0009) is tests/upgrade/store.dump. Those of 0010 to 0024 are made from
it by the migrations themselves, which never change; so each has real rows. tests/stores/0024.dump
has the rows of a store that the program of 0061da4 (schema 0024) has filled, with attempts and
compressed bodies. Beside each is what it served: for each member of an answer the beginning of a
digest.
"""
import contextlib
import hashlib
import json
import pathlib
import sqlite3

import harness
import upgrade

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "stores"
SCHEMA = harness.ROOT / "src/store/schema"
OLDEST, FILLED = 9, 24
SHOP = "/repos/demo/shop"
URL = "http://@HOST@"


def migrations():
    """Number → (name, SQL for SQLite)."""
    found = {}
    for file in sorted(SCHEMA.glob("*.sql")):
        text = file.read_text().replace("{step}\n", "")
        for word, spelled in (("{id}", "integer primary key autoincrement"),
                              ("{integer}", "integer"), ("{strict}", "strict"), ("{sqlite}", ""),
                              ("{postgresql}", "--")):
            text = text.replace(word, spelled)
        found[int(file.stem[:4])] = (file.stem, text)
    return found


def migrate(database, number):
    """Brings a store of 38fb2dc to the schema of that number."""
    known = {name for name, in database.execute("select name from schema_migration")}
    for one, (name, sql) in migrations().items():
        if one <= number and name not in known:
            database.executescript(sql)
            database.execute("insert into schema_migration (name, applied_at) values (?, 0)",
                             (name,))


@contextlib.contextmanager
def opened(server):
    with contextlib.closing(sqlite3.connect(server.data / "esclusa.db")) as database:
        yield database
        database.commit()


def quiet(database):
    """Lets the server send nothing, so that its answers do not change meanwhile."""
    database.execute("update hook set active = 0, probe_at = null")
    database.execute("update delivery set state = 'cancelled' where state in ('pending', 'held')")


def load(server, number, change=lambda database: None):
    """Makes the server's data folder as an earlier version with that schema would have left it."""
    upgrade.load(server, upgrade.NOWHERE)
    with opened(server) as database:
        migrate(database, number)
        quiet(database)
        change(database)
    upgrade.make_repositories(server.folder)


def load_filled(server):
    """Makes the data folder of tests/stores/0024.dump."""
    server.data.mkdir(mode=0o700)
    (server.data / "secret.key").write_bytes(upgrade.KEY)
    (server.data / "secret.key").chmod(0o600)
    with opened(server) as database:
        database.execute("pragma journal_mode=wal")
        for number in range(1, FILLED + 1):
            database.executescript(migrations()[number][1])
        database.executescript((FOLDER / "0024.dump").read_text())
        database.execute("update repository set path = replace(path, ?, ?)",
                         (upgrade.ROOT, str(server.folder)))
    upgrade.make_repositories(server.folder)


# ------------------------------------------------------------------ what it serves

def digest(value):
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def members(value):
    """The digest of each member, so that an answer may get more members later."""
    if isinstance(value, dict):
        return {key: digest(member) for key, member in value.items()}
    if isinstance(value, list):
        return [members(one) for one in value]
    return digest(value)


def served(server):
    """Path → what the server answers there, as `members`."""
    server.token = server.create_token("admin", "repo,admin:org_hook,admin:repo_hook")
    api, found = server.api(keep_alive=True), {}

    def ask(path):
        path = path.replace(server.url, "")
        answer = api.get(path)
        text = answer.body.decode().replace(str(server.folder), upgrade.ROOT)
        for host in (server.url, server.url.removeprefix("http://")):
            text = text.replace(host, URL if "://" in host else "@HOST@")
        found[path] = [answer.status, members(json.loads(text) if text else None)]
        return answer.json if answer.status == 200 else None

    ask(SHOP)
    for path in ("/environments", "/keys", "/collaborators", "/commits/main/status",
                 "/commits/main/check-runs"):
        ask(SHOP + path)
    for one in ask(f"{SHOP}/deployments?per_page=100"):
        ask(one["url"])
        for status in ask(one["statuses_url"]):
            ask(status["url"])
        ask(f"/esclusa{SHOP}/deployments/{one['id']}/gates")
        ask(f"/esclusa{SHOP}/deployments/{one['id']}/claim")
    for hooks in (f"{SHOP}/hooks", "/orgs/demo/hooks"):
        for hook in ask(hooks):
            ask(f"/esclusa{hooks}/{hook['id']}/deliveries?per_page=100")
            for one in ask(f"{hooks}/{hook['id']}/deliveries?per_page=100"):
                ask(f"{hooks}/{hook['id']}/deliveries/{one['id']}")
    after, following = None, 0
    while after != following:
        after = following
        following = ask(f"/esclusa/events?after={after}")["next"]
    api.close()
    return found


def recorded(name):
    return json.loads((FOLDER / f"{name}.json").read_text())


def differences(expected, now):
    """What a store served and serves no more: a list of texts, empty if all is there."""
    def compare(place, before, after):
        if isinstance(before, dict) and isinstance(after, dict):
            for key, value in before.items():
                compare(f"{place} {key}", value, after.get(key))
        elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
            for number, (one, other) in enumerate(zip(before, after)):
                compare(f"{place} [{number}]", one, other)
        elif before != after:
            found.append(place)

    found = []
    for path, answer in expected.items():
        compare(path, answer, now.get(path))
    return found
