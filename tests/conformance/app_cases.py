"""The requests of the conformance test about apps: by their JSON web tokens (`app`, and `mute`
without a webhook), and by tokens of their installations (`installed`)."""
import pathlib
import re
import tempfile

import cases
from app_jwt import make_jwt
from hook_cases import SECRET, until
from installed_app import install_app
from receiver import Receiver

APP, APPS, BY_SLUG = "/app", "/app/installations", "/apps/{app_slug}"
ONE = APPS + "/{installation_id}"
SUSPENDED, TOKENS = ONE + "/suspended", ONE + "/access_tokens"
OF_REPOSITORY = cases.REPOSITORY + "/installation"
OF_ORG, OF_USER = "/orgs/{org}/installation", "/users/{username}/installation"
REPOSITORIES, TOKEN = "/installation/repositories", "/installation/token"
HOOK, DELIVERIES = APP + "/hook/config", APP + "/hook/deliveries"
DELIVERY = DELIVERIES + "/{delivery_id}"
ATTEMPTS = DELIVERY + "/attempts"
UNDECODABLE = "A JSON web token could not be decoded"


def apps(record, world):
    key = world.server.folder / "app.pem"
    made = world.server.cli("app", "create", "Conforming", "--owner", "demo", "--permission",
                            "deployments=write", "--permission", "contents=read", "--event",
                            "deployment", "--key-file", key)
    identity = int(re.search(r"id (\d+),", made.stdout)[1])
    for account in ("writer", "reader", "demo"):
        world.server.cli("app", "install", "conforming", account)
    world.credentials["app"] = make_jwt(key, identity)
    app = world.server.api(world.credentials["app"])
    one = app.get("/orgs/demo/installation").json
    spare = app.get("/users/reader/installation").json
    read(record, one)
    suspend(record, spare)
    create(record, world, app, one, spare)
    installed(record, world, app, one)
    delete(record, spare)


def signed(record, operation, path, **more):
    """The requests that every operation of apps has."""
    record(operation, "a wrong JWT", path, 401, who="nobody", says="Bad credentials", **more)
    record(operation, "an account's token", path, 401, says=UNDECODABLE, **more)
    record(operation, "nobody", path, 401, who=None, says=UNDECODABLE, **more)
    record(operation, "an unknown version of the API", path, 400, who="app",
           headers={"X-GitHub-Api-Version": "v3"}, **more)


def reading(record, operation, path, *, who="app", links=None):
    answer = record(operation, "as it is", path, 200, who=who, links=links)
    record(operation, "under /api/v3", path, 200, who=who, prefix="/api/v3", links=links)
    record(operation, "without a body", path, 200, who=who, method="HEAD", links=links)
    record(operation, "with the newer version", path, 200, who=who, version="2026-03-10",
           links=links, headers={"X-GitHub-Api-Version": "2026-03-10"})
    record(operation, "unchanged", path, 304, who=who, links=links,
           headers={"If-None-Match": answer.headers.get("ETag", "")})


def read(record, one):
    for operation, path in ((APP, APP), (APPS, APPS), (ONE, f"{APPS}/{one['id']}"),
                            (OF_REPOSITORY, "/repos/demo/shop/installation"),
                            (OF_ORG, "/orgs/demo/installation"),
                            (OF_USER, "/users/writer/installation")):
        signed(record, f"GET {operation}", path)
        reading(record, f"GET {operation}", path)
    for page, links in ((1, ["next", "last"]), (2, cases.PAGES)):
        record(f"GET {APPS}", f"page {page}", f"{APPS}?per_page=1&page={page}", 200, who="app",
               links=links)
    operation = f"GET {BY_SLUG}"
    reading(record, operation, "/apps/conforming")
    record(operation, "without a token", "/apps/Conforming", 200, who=None)
    record(operation, "a wrong token", "/apps/conforming", 401, who="nobody")
    record(operation, "an unknown version of the API", "/apps/conforming", 400, who=None,
           headers={"X-GitHub-Api-Version": "v3"})
    record(operation, "an unknown one", "/apps/nope", 404, who=None)
    for operation, path in ((ONE, f"{APPS}/999999"), (OF_REPOSITORY, "/repos/demo/no/installation"),
                            (OF_ORG, "/orgs/nope/installation"),
                            (OF_USER, "/users/nope/installation")):
        record(f"GET {operation}", "where it is not", path, 404, who="app", says="Not Found")
    record(f"GET {OF_REPOSITORY}", "a renamed repository", "/repos/demo/before/installation", 301,
           who="app")


def suspend(record, one):
    path = f"{APPS}/{one['id']}/suspended"
    for method in ("PUT", "DELETE"):
        operation = f"{method} {SUSPENDED}"
        signed(record, operation, path)
        record(operation, "an unknown one", f"{APPS}/999999/suspended", 404, who="app")
        record(operation, "as it is", path, 204, who="app")
        record(operation, "again", path, 204, who="app", prefix="/api/v3")


def create(record, world, app, one, spare):
    operation, path = f"POST {TOKENS}", f"{APPS}/{one['id']}/access_tokens"
    shop = world.server.api().get("/repos/demo/shop").json["id"]
    signed(record, operation, path)
    for case, body in (("all", None), ("null", b"null"), ("everything", {}),
                       ("no names", {"repositories": []}), ("no numbers", {"repository_ids": []}),
                       ("less", {"permissions": {"deployments": "read"}, "repositories": ["shop"],
                                 "repository_ids": [shop]})):
        record(operation, case, path, 201, who="app", body=body)
    record(operation, "under /api/v3", path, 201, who="app", prefix="/api/v3")
    for case, body in (("a permission that it lacks", {"permissions": {"checks": "read"}}),
                       ("an unknown permission", {"permissions": {"everything": "write"}}),
                       ("a repository that is not there", {"repositories": ["nope"]}),
                       ("a number for a list", {"repository_ids": 5}),
                       ("a text for a number", {"repository_ids": ["5"]})):
        record(operation, case, path, 422, who="app", body=body)
    record(operation, "a body that is no JSON", path, 400, who="app", body=b"{")
    record(operation, "an unknown one", f"{APPS}/999999/access_tokens", 404, who="app")
    app.request("PUT", f"{APPS}/{spare['id']}/suspended")
    record(operation, "a suspended one", f"{APPS}/{spare['id']}/access_tokens", 403, who="app",
           says="This installation has been suspended")


def installed(record, world, app, one):
    path = f"{APPS}/{one['id']}/access_tokens"
    world.credentials["installed"] = app.post(path).json["token"]
    operation = f"GET {REPOSITORIES}"
    record(operation, "a wrong token", REPOSITORIES, 401, who="nobody", says="Bad credentials")
    record(operation, "nobody", REPOSITORIES, 401, who=None, says="Requires authentication")
    record(operation, "an account's token", REPOSITORIES, 403)
    record(operation, "an unknown version of the API", REPOSITORIES, 400, who="installed",
           headers={"X-GitHub-Api-Version": "v3"})
    reading(record, operation, REPOSITORIES, who="installed")
    for page, links in ((1, ["next", "last"]), (2, cases.PAGES)):
        record(operation, f"page {page}", f"{REPOSITORIES}?per_page=1&page={page}", 200,
               who="installed", links=links)
    record(f"GET {cases.DEPLOYMENTS}", "by an installation", "/repos/demo/shop/deployments", 200,
           who="installed")
    record(f"POST {cases.DEPLOYMENTS}", "by an installation", "/repos/demo/shop/deployments", 201,
           who="installed", body=cases.PLAIN)
    operation = f"DELETE {TOKEN}"
    record(operation, "a wrong token", TOKEN, 401, who="nobody")
    record(operation, "an account's token", TOKEN, 403)
    record(operation, "an unknown version of the API", TOKEN, 400, who="installed",
           headers={"X-GitHub-Api-Version": "v3"})
    record(operation, "as it is", TOKEN, 204, who="installed")
    record(operation, "again", TOKEN, 401, who="installed", says="Bad credentials")


def delete(record, one):
    operation, path = f"DELETE {ONE}", f"{APPS}/{one['id']}"
    signed(record, operation, path)
    record(operation, "as it is", path, 204, who="app")
    record(operation, "again", path, 404, who="app")


# ------------------------------------------------------------------ the webhook of an app

def hooks(record, world):
    with tempfile.TemporaryDirectory(prefix="app-hooks-") as folder, \
            Receiver(pathlib.Path(folder) / "received.jsonl") as receiver:
        app = install_app(world.server, "Hearing", "deployment")
        world.credentials["app"] = app.jwt
        world.credentials["mute"] = install_app(world.server, "Mute", "deployment").jwt
        secret = pathlib.Path(folder) / "secret"
        secret.write_text(SECRET)
        world.server.cli("app", "webhook", app.slug, "--url", receiver.url, "--secret-file", secret)
        configure(record, receiver)
        deliver(record, world, world.server.api(app.jwt), receiver)
        world.server.cli("app", "remove", app.slug)


def configure(record, receiver):
    operation = f"GET {HOOK}"
    signed(record, operation, HOOK)
    reading(record, operation, HOOK)
    record(operation, "an app without a webhook", HOOK, 404, who="mute", says="Not Found")
    operation = f"PATCH {HOOK}"
    signed(record, operation, HOOK, body={"content_type": "json"})
    for case, body in (("nothing", {}), ("the type", {"content_type": "form"}),
                       ("no certificate", {"insecure_ssl": "1"}), ("a number", {"insecure_ssl": 0}),
                       ("everything", {"url": receiver.url, "content_type": "json",
                                       "insecure_ssl": "0", "secret": SECRET})):
        record(operation, case, HOOK, 200, who="app", body=body)
    record(operation, "under /api/v3", HOOK, 200, who="app", body={"content_type": "json"},
           prefix="/api/v3")
    for case, body in (("a type that is none", {"content_type": "xml"}),
                       ("an unknown key", {"content-type": "json"}), ("an empty URL", {"url": ""}),
                       ("a URL of a file", {"url": "file:///etc/passwd"})):
        record(operation, case, HOOK, 422, who="app", body=body)
    record(operation, "no URL for the first time", HOOK, 422, who="mute",
           body={"content_type": "json"})
    record(operation, "a body that is no JSON", HOOK, 400, who="app", body=b"{")


def deliver(record, world, app, receiver):
    """Deliveries of a ping and of deployments, one of which fails at first."""

    def recorded(status=""):
        return app.get(f"{DELIVERIES}?per_page=100{status}").json

    def create():
        made = world.server.api().post("/repos/demo/shop/deployments", cases.PLAIN)
        assert made.status == 201, made

    create()
    until(lambda: len(recorded("&status=success")) == 2)
    receiver.fail_next(1)
    create()
    until(lambda: recorded("&status=failure"))
    failed = recorded("&status=failure")[0]
    until(lambda: recorded()[0]["guid"] == failed["guid"] and recorded()[0]["status_code"] == 200)
    good = recorded("&status=success")[0]["id"]

    operation = f"GET {DELIVERIES}"
    signed(record, operation, DELIVERIES)
    reading(record, operation, DELIVERIES)
    first = record(operation, "the first page", f"{DELIVERIES}?per_page=1", 200, who="app",
                   links=["next"])
    record(operation, "the page after it", dict(first.links())["next"], 200, who="app",
           links=["prev", "next"])
    for status in ("success", "failure"):
        record(operation, f"status={status}", f"{DELIVERIES}?status={status}", 200, who="app")
    for wrong in ("cursor", "status"):
        record(operation, f"a {wrong} that is none", f"{DELIVERIES}?{wrong}=nonsense", 422,
               who="app")
    record(operation, "an app without a webhook", DELIVERIES, 404, who="mute")

    operation = f"GET {DELIVERY}"
    signed(record, operation, f"{DELIVERIES}/{good}")
    reading(record, operation, f"{DELIVERIES}/{good}")
    record(operation, "one that has failed", f"{DELIVERIES}/{failed['id']}", 200, who="app")
    for case, number, who in (("an unknown one", 999999999, "app"),
                              ("a number that is none", "nonsense", "app"),
                              ("another app's", good, "mute")):
        record(operation, case, f"{DELIVERIES}/{number}", 404, who=who)

    operation = f"POST {ATTEMPTS}"
    signed(record, operation, f"{DELIVERIES}/{good}/attempts")
    record(operation, "once more", f"{DELIVERIES}/{good}/attempts", 202, who="app")
    record(operation, "one that has failed", f"{DELIVERIES}/{failed['id']}/attempts", 202,
           who="app", prefix="/api/v3")
    record(operation, "an unknown one", f"{DELIVERIES}/999999999/attempts", 404, who="app")
    record(operation, "another app's", f"{DELIVERIES}/{good}/attempts", 404, who="mute")


GROUPS = [apps, hooks]
