"""kill_audit: compares the answers to the writers, the API, and the receivers'
deliveries."""
import dataclasses
import itertools
import json
import shutil
import sqlite3
import time

from received import EVENT_OF, audit_hook, spread

REPOSITORY = "/repos/demo/shop"
DEPLOYMENTS = REPOSITORY + "/deployments"


# ------------------------------------------------------------------ what the writers were told

@dataclasses.dataclass
class Told:
    """What the writers recorded."""
    invoked: dict   # key → (kind, environment), in the order of each environment's only writer
    acked: dict     # key → (kind, id), answered with 201
    refused: int    # answered with another status


def read_journals(folder):
    """Reads the writers' files."""
    told = Told({}, {}, 0)
    for path in sorted(folder.glob("writer-*.jsonl")):
        for text in path.read_text().splitlines():
            line = json.loads(text)
            if "invoke" in line:
                told.invoked[line["invoke"]] = (line["kind"], line["environment"])
            elif line["status"] == 201:
                told.acked[line["returned"]] = (told.invoked[line["returned"]][0], line["id"])
            else:
                told.refused += 1
    return told


# ------------------------------------------------------------------ what the server has

@dataclasses.dataclass
class Committed:
    """The content of the API."""
    found: dict          # kind → {id → the writer's key}; only statuses that send an event
    inactive_count: int  # statuses by auto_inactive, which send no event

    def records(self, events):
        """(kind, id) → key of everything that one of the events reports."""
        return {(kind, number): key for kind, numbers in self.found.items()
                if "*" in events or EVENT_OF[kind] in events for number, key in numbers.items()}

    def keys(self):
        return [key for numbers in self.found.values() for key in numbers.values()]


def read_api(api):
    """Reads all deployments and all statuses."""
    deployments = {one["id"]: one["description"]
                   for one in api.all_pages(DEPLOYMENTS + "?per_page=100")}
    statuses, inactive = {}, 0
    for made in deployments:
        for status in api.all_pages(f"{DEPLOYMENTS}/{made}/statuses?per_page=100"):
            if status["state"] == "inactive":
                inactive += 1
            else:
                statuses[status["id"]] = status["description"]
    of_commits = {one["id"]: one["description"] for one in
                  api.all_pages(f"{REPOSITORY}/commits/main/statuses?per_page=100")}
    return Committed({"deployment": deployments, "status": statuses,
                      "commit_status": of_commits}, inactive)


def wait_until_drained(received_by_hook, expected_by_hook, patience):
    """Waits until each hook got an event for everything expected, or nothing new has come for
    `patience` seconds: then the missing events are lost."""
    print(f"  waiting for {sum(map(len, expected_by_hook.values()))} events at "
          f"{len(expected_by_hook)} hooks", flush=True)
    count, changed = -1, time.monotonic()
    while time.monotonic() - changed < patience:
        for received in received_by_hook.values():
            received.read()
        if all(expected.keys() <= received_by_hook[name].taken
               for name, expected in expected_by_hook.items()):
            time.sleep(1)  # a superfluous delivery would arrive now
            for received in received_by_hook.values():
                received.read()
            return
        seen = sum(len(received.deliveries) for received in received_by_hook.values())
        if seen != count:
            count, changed = seen, time.monotonic()
        time.sleep(0.5)


# ------------------------------------------------------------------ the comparison

def audit_writes(told, committed):
    """The rows about records: (what, counts, whether they must be 0)."""
    keys = committed.keys()
    lost = [key for key, (kind, number) in told.acked.items()
            if committed.found[kind].get(number) != key]
    maybe = set(told.invoked) - set(told.acked)
    return [
        ("requests", [len(told.invoked)], False),
        ("acknowledged with 201", [len(told.acked)], False),
        ("refused", [told.refused], False),
        ("maybe: not acknowledged", [len(maybe)], False),
        ("  of these found committed", [len(maybe & set(keys))], False),
        *((f"committed: {kind}", [len(found)], False) for kind, found in committed.found.items()),
        ("statuses by auto_inactive", [committed.inactive_count], False),
        ("acknowledged and lost", [len(lost)], True),
        ("committed twice", [len(keys) - len(set(keys))], True),
        ("committed by nobody", [len(set(keys) - set(told.invoked))], True),
    ]


def audit(told, committed, received_by_hook, expected_by_hook):
    """The whole table: (what, counts, whether they must be 0), a count for each hook if it is
    about hooks."""
    order = {key: place for place, key in enumerate(told.invoked)}
    places = {(kind, number): order[key] for kind, found in committed.found.items()
              for number, key in found.items() if key in order}
    columns = [audit_hook(received_by_hook[name].deliveries, expected, places)
               for name, expected in expected_by_hook.items()]
    rows = audit_writes(told, committed)
    for cells in zip(*columns):
        what, _, must_be_zero = cells[0]
        rows.append((what, [count for _, count, _ in cells], must_be_zero))
    everywhere = itertools.chain(*(one.deliveries for one in received_by_hook.values()))
    rows.append(("events with two GUIDs, over all",
                 [spread((one.record, one.guid) for one in everywhere)], True))
    return rows


def integrity_errors(data, folder):
    """`PRAGMA integrity_check` on copies of the stopped server's database files."""
    errors, checked = [], 0
    for file in sorted(path for path in data.rglob("*") if path.is_file()):
        with open(file, "rb") as opened:
            if opened.read(16) != b"SQLite format 3\0":
                continue
        for suffix in ("", "-wal"):
            source = file.with_name(file.name + suffix)
            if source.exists():
                shutil.copy(source, folder / source.name)
        database = sqlite3.connect(folder / file.name)
        errors += [row[0] for row in database.execute("pragma integrity_check") if row[0] != "ok"]
        errors += [f"foreign key: {row}" for row in database.execute("pragma foreign_key_check")]
        database.close()
        checked += 1
    return errors if checked else ["no database file found"]


def print_table(rows):
    for what, counts, must_be_zero in rows:
        mark = "" if not must_be_zero else "MUST BE 0" if any(counts) else "must be 0"
        print(f"  {what:<32}{''.join(f'{count:>11}' for count in counts):<33}  {mark}".rstrip())
