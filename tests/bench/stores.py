"""Stores with many deployments, which are filled by SQL and kept in .cache/bench/stores.

A server of this build makes a deployment with a status in each repository; their rows are the
models of all others. So new columns have values, but a table that this file does not know makes
the store invalid: somebody must say here what it has for a deployment. What was filled is compared
with what the server then counts. A store is made anew when the schema or this file has changed.
"""
import contextlib
import hashlib
import json
import pathlib
import secrets
import shutil
import sqlite3
import string
import time
import zlib

from measure import harness
from row import Invalid
from server import NEW_DEPLOYMENT

KEPT = harness.ROOT / ".cache/bench/stores"
SCHEMA = harness.ROOT / "src/store/schema"
SPECIAL = 10  # the first deployments, which a filter finds only behind all others
SPECIAL_REF, SPECIAL_TASK, SPECIAL_SHA = "hotfix", "migrate", "feed" * 10
ENVIRONMENTS = ["production", "staging"]
CHUNK = 100_000
CACHE_KIB = 2_000_000  # so that the random GUIDs of the unique index stay in memory
# What a deployment of the fill consists of: table → how its columns differ from the model's. {n}
# is its number from 1 on, {id} its id.
GUID = ("lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4000-8000-' || "
        "hex(randomblob(6)))")
FILLED = {
    "deployment": {
        "id": "{id}", "repository_id": "place.repository_id",
        "environment_id": "place.environment_id",
        "original_environment_id": "place.environment_id",
        "ref": f"case when {{n}} <= {SPECIAL} then '{SPECIAL_REF}' "
               "else 'branch-' || {n} % 100 end",
        "task": f"case when {{n}} <= {SPECIAL} then '{SPECIAL_TASK}' else model.task end",
        "sha": f"case when {{n}} <= {SPECIAL} then '{SPECIAL_SHA}' "
               "else printf('%040x', {n} * 7919) end"},
    "deployment_status": {"id": "null", "deployment_id": "{id}",
                          "environment_id": "place.environment_id"},
    "event": {"id": "null", "guid": GUID, "deployment_id": "{id}",
              "repository_id": "place.repository_id", "environment_id": "place.environment_id"},
    "audit": {"id": "null", "repository_id": "place.repository_id", "target_id": "{id}"},
}
# Tables that have no row for a deployment of the fill.
OTHERS = """account agent_seen agent_token agent_token_environment app app_key branch_policy
branch_protection check_run commit_status custom_rule_answer data_identity delivery
delivery_attempt deploy_key deployment_block deployment_block_count deployment_claim
deployment_gate deployment_log deployment_log_part deployment_review environment environment_key
environment_name environment_secret environment_variable event_body event_body_end hook
idempotency_key installation installation_repository installation_token
installation_token_repository key_rotation live migration migration_step organization_member
protection_rule recoding redelivery ref_intent repository repository_former_name repository_role
required_reviewer retention_clock sqlite_sequence team team_member team_repository token
unkept_commit""".split()


class Store:
    """A kept store: its data folder, and who may read it. Its repositories are demo/shop-0 and
    so on."""

    def __init__(self, folder):
        self.folder = folder
        known = json.loads((folder / "store.json").read_text())
        self.count, self.repositories = known["count"], known["repositories"]
        self.first, self.seconds = known["first"], known["seconds"]
        self.tokens, self.administrator = known["tokens"], known["administrator"]

    def path(self, number):
        """The deployments of a repository."""
        return f"/repos/demo/shop-{number % self.repositories}/deployments"

    def deployment(self, number):
        """The address of the deployment with this number, from 1 to `count`."""
        return f"{self.path(number)}/{self.first + number}"


def kept(count, repositories=1, tokens=1):
    """The store with so many deployments; it is made if it is not kept."""
    digest = hashlib.sha256(pathlib.Path(__file__).read_bytes())
    for file in sorted(SCHEMA.iterdir()):
        digest.update(file.read_bytes())
    name = f"{count}-{repositories}-{tokens}"
    folder = KEPT / f"{name}-{digest.hexdigest()[:12]}"
    if not (folder / "store.json").exists():
        for former in KEPT.glob(f"{name}-*"):
            shutil.rmtree(former)
        folder.mkdir(parents=True)
        print(f"  making a store of {count:,} deployments", flush=True)
        make(folder, count, repositories, tokens)
        print(f"  which took {Store(folder).seconds} s", flush=True)
    return Store(folder)


def make(folder, count, repositories, tokens):
    begin = time.monotonic()
    repository = harness.make_repository(folder, "repository")
    with harness.Server(parent=folder) as server:
        for number in range(repositories):
            server.add_repository(f"demo/shop-{number}", repository, "--writable", "--private")
        server.create_user("deployer")
        api = server.api(server.create_token("deployer", "repo_deployment"))
        for number in range(repositories):
            server.cli("repo", "grant", f"demo/shop-{number}", "deployer", "write")
            for environment in ENVIRONMENTS:
                make_model(api, f"/repos/demo/shop-{number}/deployments", environment)
        administrator = server.token
        if server.stop() != 0:
            raise Invalid("the server did not stop well")
        made = fill(server.data / "esclusa.db", count, repositories, tokens)
        server.start(timeout=60 + count / 1000)  # which counts the blocks of deployments
        server.cli("live", "repair")
        if server.stop() != 0:
            raise Invalid("the server did not count what is stored")
        shutil.move(server.data, folder / "data")
    (folder / "store.json").write_text(json.dumps(
        {"count": count, "repositories": repositories, "administrator": administrator,
         "seconds": round(time.monotonic() - begin), **made}))


def make_model(api, path, environment):
    answer = api.post(path, {**NEW_DEPLOYMENT, "environment": environment})
    if answer.status == 201:
        answer = api.post(answer.json["statuses_url"], {"state": "inactive"})
    if answer.status != 201:
        raise Invalid(f"no model for the store: {answer}")


# ------------------------------------------------------------------ the fill

def fill(path, count, repositories, tokens):
    """Fills the database of a stopped server; gives the tokens and the id before the first one."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript("pragma journal_mode = off; pragma synchronous = off; "
                               f"pragma cache_size = -{CACHE_KIB};")
        tables = {name for name, in database.execute(
            "select name from sqlite_master where type = 'table'")}
        if unknown := tables - set(FILLED) - set(OTHERS):
            raise Invalid(f"stores.py does not say what a deployment has in {sorted(unknown)}")
        first, = database.execute("select max(id) from deployment").fetchone()
        copies = prepare(database, first)
        for begin in range(1, count + 1, CHUNK):
            database.execute("begin")
            for statement in copies:
                database.execute(statement, {"begin": begin, "end": min(begin + CHUNK, count + 1),
                                             "repositories": repositories})
            database.execute("commit")
        texts = [add_token(database) for _ in range(tokens)]
        database.execute("pragma journal_mode = wal")
    return {"first": first, "tokens": texts}


def prepare(database, first):
    """Makes the models and places of the fill; gives a statement for each model."""
    database.execute("""create temp table place as
        select r.id - (select min(id) from repository) as repository_number,
          row_number() over (partition by r.id order by n.id) - 1 as environment_number,
          r.id as repository_id, n.id as environment_id
        from repository r join environment_name n on n.repository_id = r.id""")
    statements = []
    for table, changes in FILLED.items():
        key = {"deployment": "id", "audit": "target_id"}.get(table, "deployment_id")
        chosen = f"{key} = (select min(id) from deployment)"
        if table == "audit":
            chosen += " and action like 'deployment%'"
        rows = database.execute(f"select rowid from {table} where {chosen}").fetchall()
        columns = [name for _, name, *_ in database.execute(f"pragma table_info({table})")]
        values = ", ".join(changes.get(name, f"model.{name}") for name in columns)
        values = values.replace("{id}", f"(numbers.n + {first})").replace("{n}", "numbers.n")
        statements += [f"""with recursive numbers(n) as (
              select :begin union all select n + 1 from numbers where n + 1 < :end)
            insert into {table} ({", ".join(columns)}) select {values} from numbers
            join {table} model on model.rowid = {row}
            join place on repository_number = numbers.n % :repositories and
              environment_number = numbers.n / :repositories % {len(ENVIRONMENTS)}"""
                       for row, in rows]
    return statements


def copy_row(database, table, condition, **values):
    """Inserts a copy of the first row that meets the condition, with another id and these values;
    gives its id."""
    columns = [name for _, name, *_ in database.execute(f"pragma table_info({table})")]
    copied = {"id": "null", **dict.fromkeys(values, "?")}
    return database.execute(
        f"insert into {table} ({', '.join(columns)}) select "
        f"{', '.join(copied.get(name, name) for name in columns)} from {table} where {condition} "
        "order by id limit 1", [values[name] for name in columns if name in values]).lastrowid


def new_token():
    """A text that has a token's form: a checksum is at its end."""
    text = "esc_" + "".join(secrets.choice(string.ascii_letters) for _ in range(30))
    digits, value = "", zlib.crc32(text.encode())
    alphabet = string.digits + string.ascii_uppercase + string.ascii_lowercase
    for _ in range(6):
        value, digit = divmod(value, 62)
        digits = alphabet[digit] + digits
    return text + digits


DEPLOYER = "account_id = (select id from account where login = 'deployer')"


def add_token(database, **values):
    """A token of the deployer, or with other `values`; gives its text."""
    text = new_token()
    copy_row(database, "token", DEPLOYER, digest=hashlib.sha256(text.encode()).hexdigest(),
             **values)
    return text


def add_account(database, login):
    """An account, and a token like the deployer's; gives the token's text."""
    account = copy_row(database, "account", "login = 'deployer'", login=login, login_key=login)
    return add_token(database, account_id=account)


# ------------------------------------------------------------------ a server of a store

class StoreServer(harness.Server):
    """A server of a kept store. With `copies` it gets a copy of it, what it writes is lost, and
    `prepare(data)` may change the copy before."""

    def __init__(self, store, *, copies=False, prepare=None, **more):
        super().__init__(**more)
        if copies:
            shutil.copytree(store.folder / "data", self.data)
            if prepare:
                prepare(self.data)
        else:
            self.data = store.folder / "data"
            self.socket = self.data / "run/admin.sock"
        self.token = store.administrator

    def start(self, timeout=120):
        return super().start(timeout)


@contextlib.contextmanager
def serve(folder, store, *, copies=False, **more):
    """A server of the store, which counts as many deployments as were filled."""
    with StoreServer(store, copies=copies, parent=folder, **more) as server:
        counted = 0
        for number in range(store.repositories):
            answer = server.api(store.tokens[0]).get(f"{store.path(number)}?per_page=1")
            counted += int(dict(answer.links())["last"].rpartition("page=")[2])
        if not copies and counted < store.count + len(ENVIRONMENTS) * store.repositories:
            raise Invalid(f"the server counts {counted} deployments, not {store.count}")
        yield server
