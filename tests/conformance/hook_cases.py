"""The requests of the conformance test about webhooks. Only an administrator of the repository
may send them, so `who` is the administrator throughout."""
import functools
import pathlib
import tempfile
import time

import cases
from cases import HOOK, HOOKS, SHOP, general
from receiver import Receiver

SECRET = "It's a Secret to Everybody"


def reading(record, world, operation, path):
    """Whoever may read a webhook may also change it, so there is no mere reader."""
    cases.reading(record, world, operation, path, reader="admin")
    record(operation, "a role that is too low", path, 403, who="reader")


def as_admin(record):
    """A recorder whose requests are sent as the administrator, unless they say otherwise."""
    return functools.partial(record, who="admin")


def hooks(record, world):
    with tempfile.TemporaryDirectory(prefix="hooks-") as folder, \
            Receiver(pathlib.Path(folder) / "received.jsonl") as receiver:
        record = as_admin(record)
        create(record, receiver)
        hook = world.server.api().post(f"{SHOP}/hooks", config(receiver, "/one")).json
        path = f"{SHOP}/hooks/{hook['id']}"
        read(record, world, path)
        change(record, receiver, path)
        configure(record, world, receiver, path)
        ping(record, path)
        deliveries(record, world, receiver, path)
        delete(record, world, receiver)
        for one in world.server.api().get(f"{SHOP}/hooks?per_page=100").json:
            world.server.api().delete(one["url"])


def config(receiver, path="/", **more):
    return {"config": {"url": receiver.url + path, "content_type": "json", "secret": SECRET},
            "events": ["deployment", "deployment_status"], **more}


def until(condition):
    """Waits: a delivery is recorded shortly after its answer, and only then visible."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.05)


def create(record, receiver):
    operation, path = f"POST {HOOKS}", f"{SHOP}/hooks"

    def post(case, expects=201, says=None, **body):
        return record(operation, case, path, expects, body=body, says=says)

    general(record, operation, path, body=config(receiver, "/never"))
    post("the least that is needed", config={"url": receiver.url + "/least"})
    post("everything", **config(receiver, "/everything", name="web", active=True))
    post("every event", **config(receiver, "/star", events=["*"]))
    post("numbers for texts", config={"url": receiver.url + "/loose", "insecure_ssl": 0})
    post("credentials in the URL", config={
        "url": receiver.url.replace("://", "://deploy:secret@") + "/basic"})
    record(operation, "under /api/v3", path, 201, body=config(receiver, "/v3"), prefix="/api/v3")
    post("the same again", 422, **config(receiver, "/everything"), says="Validation Failed")
    post("no config", 422, name="web")
    post("no URL", 422, config={"content_type": "json"})
    post("a URL that is none", 422, config={"url": "nonsense"})
    post("a URL of a file", 422, config={"url": "file:///etc/passwd"})
    post("an unknown member of config", 422,
         config={"url": receiver.url, "content-type": "json"}, says="Validation Failed")
    post("another name", 422, **config(receiver, "/email", name="email"))
    for event in ("deployment_protection_rule", "nonsense"):
        post(f"the event {event}", 422, **config(receiver, "/app", events=[event]),
             says="Validation Failed")
    post("events that are a text", 422, **config(receiver, "/text", events="push"))


def read(record, world, path):
    operation = f"GET {HOOKS}"
    until(lambda: all(one["last_response"]["status"] == "active" for one in
                      world.server.api().get(f"{SHOP}/hooks?per_page=100").json))
    general(record, operation, f"{SHOP}/hooks")
    reading(record, world, operation, f"{SHOP}/hooks")
    for page, links in ((1, ["next", "last"]), (2, ["prev", "next", "last", "first"])):
        record(operation, f"page {page}", f"{SHOP}/hooks?per_page=1&page={page}", 200, links=links)
    operation = f"GET {HOOK}"
    general(record, operation, path)
    reading(record, world, operation, path)
    record(operation, "an unknown one", f"{SHOP}/hooks/999999999", 404)
    record(operation, "a number that is none", f"{SHOP}/hooks/nonsense", 404)


def change(record, receiver, path):
    operation = f"PATCH {HOOK}"

    def patch(case, expects=200, **body):
        return record(operation, case, path, expects, body=body)

    general(record, operation, path, body={"active": True})
    patch("nothing")
    patch("other events", events=["status"])
    patch("more events", add_events=["push", "check_run"])
    patch("fewer events", remove_events=["status"])
    patch("inactive", active=False)
    patch("active", active=True)
    patch("all of config", config={"url": receiver.url + "/one", "content_type": "form"})
    patch("config with a secret", **config(receiver, "/one"))
    patch("no events", 422, remove_events=["deployment", "deployment_status"])
    patch("an event of apps alone", 422, events=["deployment_protection_rule"])
    patch("the duplicate of another", 422, **config(receiver, "/everything"))
    record(operation, "an unknown one", f"{SHOP}/hooks/999999999", 404, body={"active": True})


def configure(record, world, receiver, path):
    operation = f"GET {HOOK}/config"
    general(record, operation, f"{path}/config")
    reading(record, world, operation, f"{path}/config")
    record(operation, "an unknown one", f"{SHOP}/hooks/999999999/config", 404)
    operation = f"PATCH {HOOK}/config"
    general(record, operation, f"{path}/config", body={"content_type": "json"})
    for case, body in (("nothing", {}), ("the type", {"content_type": "form"}),
                       ("no certificate", {"insecure_ssl": "1"}),
                       ("a number", {"insecure_ssl": 0}),
                       ("another URL", {"url": receiver.url + "/one", "secret": SECRET})):
        record(operation, case, f"{path}/config", 200, body=body)
    for case, body in (("a type that is none", {"content_type": "xml"}),
                       ("an unknown key", {"content-type": "json"}),
                       ("an empty URL", {"url": ""})):
        record(operation, case, f"{path}/config", 422, body=body)


def ping(record, path):
    for name, case in (("pings", "a ping"), ("tests", "a test")):
        operation = f"POST {HOOK}/{name}"
        general(record, operation, f"{path}/{name}", takes_body=False)
        record(operation, case, f"{path}/{name}", 204)
        record(operation, "by the repository's capitals", f"{path}/{name}".replace("shop", "SHOP"),
               204)
        record(operation, "an unknown one", f"{SHOP}/hooks/999999999/{name}", 404)


def deliveries(record, world, receiver, path):
    """Deliveries of pings, one of which fails at first."""
    api = world.server.api()
    listing = f"{path}/deliveries"

    def recorded(status=""):
        return api.get(f"{listing}?per_page=100{status}").json

    until(lambda: len(recorded()) >= 3)  # the ping of the creation, and those of ping()
    receiver.fail_next(1)
    api.post(f"{path}/pings")
    until(lambda: recorded("&status=failure"))
    failed = recorded("&status=failure")[0]
    # The second attempt follows after five seconds; after it nothing changes.
    until(lambda: recorded()[0]["guid"] == failed["guid"] and recorded()[0]["status_code"] == 200)
    operation = f"GET {HOOK}/deliveries"
    general(record, operation, listing)
    reading(record, world, operation, listing)
    first = record(operation, "the first page", f"{listing}?per_page=1", 200, links=["next"])
    following = dict(first.links())["next"]
    record(operation, "the page after it", following, 200, links=["prev", "next"])
    for status in ("success", "failure"):
        record(operation, f"status={status}", f"{listing}?status={status}", 200)
    record(operation, "a cursor that is none", f"{listing}?cursor=nonsense", 422)
    record(operation, "a status that is none", f"{listing}?status=nonsense", 422)
    record(operation, "an unknown hook", f"{SHOP}/hooks/999999999/deliveries", 404)

    operation = f"GET {HOOK}/deliveries/{{delivery_id}}"
    good = recorded("&status=success")[0]["id"]
    general(record, operation, f"{listing}/{good}")
    reading(record, world, operation, f"{listing}/{good}")
    record(operation, "one that has failed", f"{listing}/{failed['id']}", 200)
    record(operation, "an unknown one", f"{listing}/999999999", 404)

    operation = f"POST {HOOK}/deliveries/{{delivery_id}}/attempts"
    general(record, operation, f"{listing}/{good}/attempts", takes_body=False)
    record(operation, "once more", f"{listing}/{good}/attempts", 202)
    record(operation, "one that has failed", f"{listing}/{failed['id']}/attempts", 202)
    record(operation, "an unknown one", f"{listing}/999999999/attempts", 404)


def delete(record, world, receiver):
    operation = f"DELETE {HOOK}"
    made = [world.server.api().post(f"{SHOP}/hooks", config(receiver, f"/doomed-{number}")).json
            for number in range(2)]
    path = f"{SHOP}/hooks/{made[0]['id']}"
    general(record, operation, path)
    record(operation, "one that is there", path, 204)
    record(operation, "one that is gone", path, 404, says="Not Found")
    record(operation, "under /api/v3", made[1]["url"], 204, prefix="/api/v3")


GROUPS = [hooks]
