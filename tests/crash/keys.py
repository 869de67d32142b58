#!/usr/bin/env python3
"""keys: kills the server in the middle of rotations of its key, and opens everything afterwards.

In each cycle four writers set secrets of environments and make webhooks with secrets, and read the
lists, while the key is rotated; at a random moment of the rotation the server gets SIGKILL; then it
is started again on the same data. After each start the folder must have one key, which has sealed
every text in the database, and each text must open to a value that was sent: the last one that was
acknowledged, or one that was on its way. A public key that was fetched before all rotations must be
accepted to the end. This program opens the texts itself, with libsodium, from the files.

A cycle counts only if the kill came before the rotation was acknowledged. Cost: some 25 s for 20.
"""
import argparse
import base64
import contextlib
import ctypes
import http.client
import pathlib
import random
import sqlite3
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402
from sealed_box import seal, sodium  # noqa: E402

WRITERS = 4
SECRETS = 100  # of each environment
NONCE, TAG = 24, 16
SHOP = "/repos/demo/shop"
SEALED = (  # a query of sealed texts, and what each is bound to
    ("select id, secret_sealed from hook where secret_sealed is not null", "hook.secret:{0}", 1),
    ("select e.repository_id, e.id, s.name, s.sealed from environment_secret s "
     "join environment e on e.id = s.environment_id", "environment.secret:{0}:{1}:{2}", 3),
    ("select environment_id, public_key, secret_sealed from environment_key",
     "environment.key:{0}:{1}", 2),
)


# ------------------------------------------------------------------ opening

def read_keys(data):
    """The keys of the folder by their ids."""
    content = (data / "secret.key").read_bytes()
    if len(content) == 32:
        return {"k1": content}
    lines = [line.split(" ") for line in content.decode().splitlines()]
    return {name: base64.b64decode(text) for name, text in lines}


def unseal(keys, context, text):
    """The bytes of a sealed text; None if it does not open."""
    name, _, rest = text.partition(":")
    if name not in keys:
        return None
    sealed = base64.urlsafe_b64decode(rest + "=" * (-len(rest) % 4))
    plain = ctypes.create_string_buffer(max(len(sealed) - NONCE - TAG, 1))
    length = ctypes.c_ulonglong()
    code = sodium().crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain, ctypes.byref(length), None, sealed[NONCE:],
        ctypes.c_ulonglong(len(sealed) - NONCE), context.encode(),
        ctypes.c_ulonglong(len(context)), sealed[:NONCE], keys[name])
    return plain.raw[:length.value] if code == 0 else None


def open_all(data):
    """What is wrong with the folder, as a list of texts, and the plaintexts by their context."""
    keys = read_keys(data)
    wrong = [] if len(keys) == 1 else [f"the folder has the keys {', '.join(keys)}"]
    plain = {}
    with contextlib.closing(sqlite3.connect(f"file:{data}/esclusa.db?mode=ro", uri=True)) as db:
        for query, context, column in SEALED:
            for row in db.execute(query):
                bound = context.format(*row)
                plain[bound] = unseal(keys, bound, row[column])
                if plain[bound] is None:
                    wrong.append(f"{bound} does not open: {row[column][:3]}…")
        if db.execute("select count(*) from key_rotation").fetchone()[0]:
            wrong.append("a rotation has not ended")
    return wrong, plain


# ------------------------------------------------------------------ the load

class Sent:
    """The values that one place may have: the last acknowledged one, and those that came later."""

    def __init__(self):
        self.possible = {}
        self._lock = threading.Lock()

    def begin(self, place, value):
        with self._lock:
            self.possible.setdefault(place, [None]).append(value)

    def end(self, place, value):
        with self._lock:
            self.possible[place] = [value]


class Writer(threading.Thread):
    """Sets secrets of its own environment, and makes and deletes webhooks, until stopped."""

    def __init__(self, number, setup, chance):
        super().__init__(daemon=True)
        self._place, self._setup, self._chance = f"env-{number}", setup, chance
        self._api = setup.server.api(keep_alive=True, timeout=10)
        self._stopped = threading.Event()
        self.refused = []

    def stop(self):
        self._stopped.set()

    def run(self):
        try:
            while not self._stopped.is_set():
                if self._chance.random() < 0.2:
                    self._hook()
                else:
                    self._set()
        except (OSError, EOFError, http.client.HTTPException):
            pass  # the kill
        finally:
            self._api.close()

    def _set(self):
        name = f"S{self._chance.randrange(SECRETS)}"
        self._setup.set_secret(self._api, self._place, name, self.refused)
        answer = self._api.get(f"{SHOP}/environments/{self._place}/secrets?per_page=1")
        if answer.status != 200 or answer.json["total_count"] != SECRETS:
            self.refused.append(repr(answer))

    def _hook(self):
        value = f"secret of {self._chance.getrandbits(64)}"
        made = self._api.post(f"{SHOP}/hooks", {
            "events": ["check_run"], "config": {"url": f"http://127.0.0.1:1/{value[10:]}",
                                                "secret": value}})
        if made.status == 422:  # there are twenty
            one = self._chance.choice(self._api.get(f"{SHOP}/hooks").json)
            self._setup.sent.begin(f"hook.secret:{one['id']}", b"")
            self._api.delete(f"{SHOP}/hooks/{one['id']}")
        elif made.status == 201:
            self._setup.sent.end(f"hook.secret:{made.json['id']}", value.encode())
        elif made.status != 503:
            self.refused.append(repr(made))


class Setup:
    """The server with an environment for each writer, which has all its secrets."""

    def __init__(self, server, chance):
        self.server, self.sent, self._chance = server, Sent(), chance
        server.add_repository("demo/shop", harness.make_repository(server.folder), "--private")
        api = server.api(keep_alive=True)
        self._repository = api.get(SHOP).json["id"]
        self._keys, self._ids = {}, {}
        for number in range(WRITERS):
            place = f"env-{number}"
            path = f"{SHOP}/environments/{place}"
            self._ids[place] = api.request("PUT", path).json["id"]
            self._keys[place] = api.get(f"{path}/secrets/public-key").json
            for one in range(SECRETS):
                self.set_secret(api, place, f"S{one}", [])
        api.close()

    def set_secret(self, api, place, name, refused):
        """Seals for the public key that was fetched first, before all rotations."""
        value = f"value {self._chance.getrandbits(64)}"
        key = self._keys[place]
        bound = f"environment.secret:{self._repository}:{self._ids[place]}:{name}"
        self.sent.begin(bound, value.encode())
        answer = api.request("PUT", f"{SHOP}/environments/{place}/secrets/{name}", {
            "key_id": key["key_id"], "encrypted_value": seal(key["key"], value)})
        if answer.status in (201, 204):
            self.sent.end(bound, value.encode())
        elif answer.status != 503:
            refused.append(repr(answer))

    def complaints(self):
        """What is wrong with the files."""
        wrong, plain = open_all(self.server.data)
        for place, possible in self.sent.possible.items():
            if place.startswith("hook") and b"" in possible:
                continue  # it was deleted, perhaps
            if place not in plain:
                wrong.append(f"{place} is lost")
            elif plain[place] not in possible:
                wrong.append(f"{place} has another value")
        return wrong


def rotation(server):
    """`esclusa secret rotate-key`, running."""
    return subprocess.Popen(
        [harness.BINARY, "secret", "rotate-key"], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=harness.clean_environment({"ESCLUSA_SOCKET": str(server.socket)}))


def cycle(setup, chance, longest):
    """One kill. Whether it came before the end of the rotation, and what is wrong."""
    server = setup.server
    writers = [Writer(number, setup, random.Random(chance.random())) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    time.sleep(chance.uniform(0, 0.1))
    command = rotation(server)
    time.sleep(chance.uniform(0, longest))
    server.kill()
    told = command.communicate()
    for writer in writers:
        writer.stop()
    for writer in writers:
        writer.join()
    server.start()
    wrong = setup.complaints() + [text for writer in writers for text in writer.refused]
    return command.returncode != 0, wrong, told


def measure(setup):
    """How long a rotation takes that is not disturbed, and what is wrong after it."""
    began = time.monotonic()
    command = rotation(setup.server)
    out, error = command.communicate()
    took = time.monotonic() - began
    wrong = setup.complaints()
    if command.returncode != 0 or "Backups that were made until now need k1" not in out:
        wrong.append(f"the command said: {out}{error}")
    return took, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    options = parser.parse_args()
    print(f"keys: {options.kills} kills, {WRITERS} writers, seed {options.seed}", flush=True)
    chance = random.Random(options.seed)
    with harness.Server() as server:
        setup = Setup(server, chance)
        took, all_wrong = measure(setup)
        counted = tried = 0
        while counted < options.kills and tried < 5 * options.kills + 10:
            counts, wrong, _ = cycle(setup, chance, 1.5 * took)
            tried += 1
            counted += counts
            all_wrong += wrong
            print(f"  kill {tried}: {'in the rotation' if counts else 'after it'}, the key is now "
                  f"{', '.join(read_keys(server.data))}, {len(wrong)} wrong", flush=True)
        all_wrong += setup.complaints()
        stopped = server.stop()
    for text in all_wrong[:50]:
        print(f"keys: WRONG: {text}")
    if stopped != 0:
        print(f"keys: WRONG: the last stop ended with {stopped}")
    if counted < options.kills:
        print("keys: too few kills met a rotation")
    return 1 if all_wrong or stopped != 0 or counted < options.kills else 0


if __name__ == "__main__":
    sys.exit(main())
