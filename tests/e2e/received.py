"""received: the records of a webhook receiver, as the audits need them."""
import dataclasses
import hashlib
import hmac
import json
import urllib.parse

# The kinds of records that tests create, and the event that reports each.
EVENT_OF = {"deployment": "deployment", "status": "deployment_status", "commit_status": "status"}
KIND_OF = {event: kind for kind, event in EVENT_OF.items()}


@dataclasses.dataclass(frozen=True)
class Delivery:
    """One line of a receiver's file: the parts that the audit needs."""
    record: tuple  # (kind, id) of what the event is about
    key: str       # the description, which identifies the writer's request even if an id was reused
    environment: str  # None for a commit status: those have no order
    guid: str
    digest: bytes
    answer: int    # the status code; None if there was no answer
    well_signed: bool
    at: float

    @property
    def is_taken(self):
        return self.answer is not None and 200 <= self.answer < 300


def event_body(line):
    """The event in a delivery, JSON or form."""
    text = line["body"]
    if line["headers"].get("Content-Type") == "application/x-www-form-urlencoded":
        text = urllib.parse.parse_qs(text, strict_parsing=True)["payload"][0]
    return json.loads(text)


def delivery_of(line, secret):
    """The delivery in a line; None for an event that no writer causes (a ping)."""
    kind = KIND_OF.get(line["event"])
    if kind is None:
        return None
    body = event_body(line)
    about = body if kind == "commit_status" else body[line["event"]]
    environment = body.get("deployment", {}).get("environment")
    sent = line["body"].encode()
    signature = "sha256=" + hmac.new(secret.encode(), sent, hashlib.sha256).hexdigest()
    return Delivery((kind, about["id"]), about["description"], environment, line["guid"],
                    hashlib.sha256(sent).digest()[:16], line["answer"],
                    line["headers"].get("X-Hub-Signature-256") == signature, line["at"])


class Received:
    """The deliveries in a receiver's file, read as it grows."""

    def __init__(self, path, secret):
        self._path, self._secret, self._offset = path, secret, 0
        self.deliveries = []
        self.taken = set()  # the records whose event was answered with a 2xx

    def read(self):
        """Reads new lines; an incomplete line is left for the next call."""
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
                if delivery.is_taken:
                    self.taken.add(delivery.record)


def spread(pairs):
    """The number of first elements that come with more than one second element."""
    seen = {}
    for first, second in pairs:
        seen.setdefault(first, set()).add(second)
    return sum(len(seconds) > 1 for seconds in seen.values())


def out_of_order(deliveries, places):
    """The number of deliveries that came after a later event of their environment. `places` has
    each record's place in the order in which its environment's only writer created it."""
    latest, count = {}, 0
    for one in deliveries:
        place = places.get(one.record)
        if place is None or one.environment is None:
            continue  # a ghost, which is counted elsewhere, or a record without an order
        count += place < latest.get(one.environment, -1)
        latest[one.environment] = max(place, latest.get(one.environment, -1))
    return count


def audit_hook(deliveries, expected, places):
    """The rows about the deliveries to one hook: (what, count, whether it must be 0). `expected`
    is record → its writer's key."""
    ghosts = {one.guid for one in deliveries if expected.get(one.record) != one.key}
    taken = {one.record for one in deliveries if one.is_taken}
    taken_count = sum(one.is_taken for one in deliveries)
    return [
        ("events that it wants", len(expected), False),
        ("deliveries received", len(deliveries), False),
        ("  answered with an error",
         sum(one.answer is not None and not one.is_taken for one in deliveries), False),
        ("  cut off", sum(one.answer is None for one in deliveries), False),
        ("  taken twice, the bytes equal", taken_count - len(taken), False),
        ("events lost", len(set(expected) - taken), True),
        ("ghosts: events of nothing", len(ghosts), True),
        ("GUIDs with two bodies", spread((one.guid, one.digest) for one in deliveries), True),
        ("events with two GUIDs", spread((one.record, one.guid) for one in deliveries), True),
        ("bad signatures", sum(not one.well_signed for one in deliveries), True),
        ("out of order", out_of_order(deliveries, places), True),
    ]
