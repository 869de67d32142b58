"""The row about keys.sock: sshd asks for a key while git requests of others hang."""
import base64
import contextlib
import hashlib
import random
import sqlite3
import sys

import stores
from measure import HERE, Requests, raw
from row import Invalid, Row, Sides, at_most

sys.path.insert(0, str(HERE.parent / "greed"))
import attackers  # noqa: E402
from attackers import SHOP, Crowd, Site, deployment  # noqa: E402

from public_keys import public_key  # noqa: E402  in tests/e2e

KEYS, HANGING, LOOK_UPS = 100_000, 64, 200  # a second


def add_keys(data, count):
    """Adds keys to the database of a stopped server, with the rest of a row that is there."""
    with contextlib.closing(sqlite3.connect(data / "esclusa.db")) as database, database:
        for number in range(count):
            stores.copy_row(database, "deploy_key", "id = 1", **key_values(number))


def key_values(number):
    key = public_key(f"bench {number}")
    digest = base64.b64encode(hashlib.sha256(base64.b64decode(key.split()[1])).digest()).decode()
    return {"title": f"key {number}", "public_key": key,
            "fingerprint": "SHA256:" + digest.rstrip("=")}


@contextlib.contextmanager
def look_ups(folder):
    """Look-ups at a steady pace among 100,000 keys, while 64 requests wait for git in a repository
    of which a ref is a FIFO."""
    with Site(parent=folder) as site:
        answer = site.server.api().post(SHOP + "/keys", {"key": public_key("first")})
        if answer.status != 201:
            raise Invalid(f"no key: {answer}")
        path = attackers.sick_repository(site)
        site.server.stop()
        add_keys(site.server.data, KEYS)
        site.server.start()
        dice = random.Random(1)
        asked = [public_key(f"bench {dice.randrange(KEYS)}") for _ in range(5000)]
        socket = str(site.server.data / "run/keys.sock")
        requests = Requests(folder, (socket, site.server.process.pid), [
            raw("POST", "/esclusa/ssh/keys", body={"key": key}) for key in asked])

        def ours(seconds):
            crowd = Crowd(site.server, [("POST", path, deployment())] * HANGING, site.token)
            result = requests.measure(seconds, 8, LOOK_UPS)
            waiting = crowd.waiting()
            crowd.join()
            return {**result, "hanging_at_the_end": waiting}

        yield Sides(ours)


def rows():
    return [Row("keys", f"find one of {KEYS:,} keys, {HANGING} git requests hang", None, look_ups,
                [at_most("p99", 5_000, 1_000)])]
