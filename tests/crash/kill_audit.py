"""kill_audit: compares what writers were told, what the API has, and what the receivers got."""
import dataclasses
import hashlib
import hmac
import itertools
import json
import shutil
import sqlite3
import time
import urllib.parse

DEPLOYMENTS = "/repos/demo/shop/deployments"
STALLED_SECONDS = 30  # without anything new, what is missing is lost
# The kinds of records that the writers make, and the event that tells of each.
EVENT_OF = {"deployment": "deployment", "status": "deployment_status"}
KIND_OF = {event: kind for kind, event in EVENT_OF.items()}


# ------------------------------------------------------------------ what the writers were told

@dataclasses.dataclass
class Told:
    """What the writers wrote down."""
    invoked: dict   # key → (kind, environment), in the order of each environment's only writer
    acked: dict     # key → (kind, id), answered with 201
    refused: int    # answered with something else


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
    """What the API has."""
    found: dict          # kind → {id → the writer's key}; of statuses those that send an event
    inactive_count: int  # statuses by auto_inactive, which send none

    def records(self, events):
        """(kind, id) of everything of which one of the events tells."""
        return {(kind, number) for kind, numbers in self.found.items()
                if "*" in events or EVENT_OF[kind] in events for number in numbers}

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
    return Committed({"deployment": deployments, "status": statuses}, inactive)


# ------------------------------------------------------------------ what the receivers got

@dataclasses.dataclass(frozen=True)
class Delivery:
    """One line of a receiver's file, as far as the audit needs it."""
    record: tuple  # (kind, id) of what it is about
    environment: str
    guid: str
    digest: bytes
    answer: int
    well_signed: bool


def event_body(line):
    """The event in a delivery, JSON or form."""
    text = line["body"]
    if line["headers"].get("Content-Type") == "application/x-www-form-urlencoded":
        text = urllib.parse.parse_qs(text, strict_parsing=True)["payload"][0]
    return json.loads(text)


def delivery_of(line, secret):
    """What the audit needs of a line; nothing of an event that no writer causes (a ping)."""
    kind = KIND_OF.get(line["event"])
    if kind is None:
        return None
    body = event_body(line)
    about = body[line["event"]]
    sent = line["body"].encode()
    signature = "sha256=" + hmac.new(secret.encode(), sent, hashlib.sha256).hexdigest()
    return Delivery((kind, about["id"]), body["deployment"]["environment"], line["guid"],
                    hashlib.sha256(sent).digest()[:16], line["answer"],
                    line["headers"].get("X-Hub-Signature-256") == signature)


class Received:
    """The deliveries in a receiver's file, read as it grows."""

    def __init__(self, path, secret):
        self._path, self._secret, self._offset = path, secret, 0
        self.deliveries = []
        self.taken = set()  # the records whose event was answered with a 2xx

    def read(self):
        """Takes in what is new; a line that is not complete yet is left for the next time."""
        with open(self._path, "rb") as file:
            file.seek(self._offset)
            for text in file:
                if not text.endswith(b"\n"):
                    break
                self._offset += len(text)
                delivery = delivery_of(json.loads(text), self._secret)
                if delivery is None:
                    continue
                self.deliveries.append(delivery)
                if delivery.answer == 200:
                    self.taken.add(delivery.record)


def wait_until_drained(received_by_hook, expected_by_hook):
    """Waits until each hook took an event for everything expected, or nothing new comes."""
    print(f"  waiting for {sum(map(len, expected_by_hook.values()))} events at "
          f"{len(expected_by_hook)} hooks", flush=True)
    count, changed = -1, time.monotonic()
    while time.monotonic() - changed < STALLED_SECONDS:
        for received in received_by_hook.values():
            received.read()
        if all(expected <= received_by_hook[name].taken
               for name, expected in expected_by_hook.items()):
            time.sleep(1)  # what arrives too often would arrive now
            for received in received_by_hook.values():
                received.read()
            return
        seen = sum(len(received.deliveries) for received in received_by_hook.values())
        if seen != count:
            count, changed = seen, time.monotonic()
        time.sleep(0.5)


# ------------------------------------------------------------------ the comparison

def spread(pairs):
    """How many first elements come with more than one second element."""
    seen = {}
    for first, second in pairs:
        seen.setdefault(first, set()).add(second)
    return sum(len(seconds) > 1 for seconds in seen.values())


def out_of_order(deliveries, places):
    """How many deliveries came after one of a later event of their environment. `places` tells
    each record's place in the order in which its environment's only writer made it."""
    latest, count = {}, 0
    for one in deliveries:
        place = places.get(one.record)
        if place is None:
            continue  # a ghost, counted elsewhere
        count += place < latest.get(one.environment, -1)
        latest[one.environment] = max(place, latest.get(one.environment, -1))
    return count


def audit_writes(told, committed):
    """The rows about records: (what, counts, must they be 0)."""
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


def audit_hook(deliveries, expected, places):
    """The rows about what arrived at one hook: (what, count, must it be 0)."""
    received = {one.record for one in deliveries}
    taken = {one.record for one in deliveries if one.answer == 200}
    taken_count = sum(one.answer == 200 for one in deliveries)
    return [
        ("events that it wants", len(expected), False),
        ("deliveries received", len(deliveries), False),
        ("  answered with an error", sum(one.answer == 500 for one in deliveries), False),
        ("  cut off", sum(one.answer is None for one in deliveries), False),
        ("  taken twice, the bytes equal", taken_count - len(taken), False),
        ("events lost", len(expected - taken), True),
        ("ghosts: events of nothing", len(received - expected), True),
        ("GUIDs with two bodies", spread((one.guid, one.digest) for one in deliveries), True),
        ("events with two GUIDs", spread((one.record, one.guid) for one in deliveries), True),
        ("bad signatures", sum(not one.well_signed for one in deliveries), True),
        ("out of order", out_of_order(deliveries, places), True),
    ]


def audit(told, committed, received_by_hook, expected_by_hook):
    """The whole table: (what, counts, must they be 0), a count for each hook where it is of one."""
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
