"""The requests of the conformance test about deploy keys. Only an administrator of the
repository may send them, so `who` is the administrator throughout."""
import functools

import cases
from cases import KEY, KEYS, PAGES, SHOP, general
from public_keys import line, public_key

PATH = f"{SHOP}/keys"
INVALID = "Validation Failed"


def keys(record, world):
    record = functools.partial(record, who="admin")
    create(record)
    for number in range(3):
        world.server.api().post(PATH, {"key": public_key(f"listed {number}")})
    one = world.server.api().post(PATH, {"key": public_key("read"), "read_only": True}).json
    read(record, world, f"{PATH}/{one['id']}")
    delete(record, world)
    for key in world.server.api().get(f"{PATH}?per_page=100").json:
        world.server.api().delete(key["url"])


def create(record):
    operation = f"POST {KEYS}"

    def post(case, expects=201, says=None, **body):
        return record(operation, case, PATH, expects, body=body, says=says)

    general(record, operation, PATH, body={"key": public_key("never")})
    post("the key alone", key=public_key("alone"))
    post("everything", title="CI", key=public_key("all"), read_only=True)
    post("a comment and a line feed", key=public_key("comment") + " ada@shop\n")
    post("an end", key=public_key("end"), expires_at="2100-01-02T03:04:05Z")
    post("a security key's", key=line("sk-ssh-ed25519@openssh.com", b"a" * 32, b"ssh:"))
    record(operation, "under /api/v3", PATH, 201, body={"key": public_key("v3")}, prefix="/api/v3")
    post("the same again", 422, key=public_key("alone"), says=INVALID)
    post("no key", 422, title="CI", says="\"key\" wasn't supplied.")
    post("a key that is a number", 422, key=5)
    post("a key that is none", 422, key="nonsense", says=INVALID)
    post("options before the key", 422, key="no-pty " + public_key("options"), says=INVALID)
    post("two keys", 422, key=public_key("one") + "\n" + public_key("two"), says=INVALID)
    post("a key of another form", 422, key=line("ssh-dss", b"a" * 32), says=INVALID)
    post("a short key", 422, key=line("ssh-rsa", b"\1\0\1", b"\0" + b"\xff" * 128), says=INVALID)
    post("a title that is no line", 422, key=public_key("title"), title="a\nb", says=INVALID)
    post("an end that is over", 422, key=public_key("over"), expires_at="2020-01-01T00:00:00Z",
         says=INVALID)
    post("an end that is no time", 422, key=public_key("soon"), expires_at="soon")


def read(record, world, one):
    for operation, path, links in ((f"GET {KEYS}", PATH, None), (f"GET {KEY}", one, None)):
        general(record, operation, path)
        cases.reading(record, world, operation, path, links=links, reader="admin")
        record(operation, "a role that is too low", path, 403, who="reader")
    for page, links in ((1, ["next", "last"]), (2, PAGES)):
        record(f"GET {KEYS}", f"page {page}", f"{PATH}?per_page=1&page={page}", 200, links=links)
    record(f"GET {KEY}", "an unknown one", f"{PATH}/999999999", 404)
    record(f"GET {KEY}", "a number that is none", f"{PATH}/nonsense", 404)


def delete(record, world):
    operation = f"DELETE {KEY}"
    made = [world.server.api().post(PATH, {"key": public_key(f"gone {number}")}).json
            for number in range(2)]
    path = f"{PATH}/{made[0]['id']}"
    general(record, operation, path)
    record(operation, "as it is", path, 204)
    record(operation, "once more", path, 404)
    record(operation, "under /api/v3", f"{PATH}/{made[1]['id']}", 204, prefix="/api/v3")


GROUPS = [keys]
