"""The requests of the conformance test about secrets and variables of environments. Who can push
reads names and variables; only an administrator changes them."""
import functools

from cases import ENVIRONMENT, SHOP, general, pages, reading
from sealed_box import seal, sealed_body

SECRETS = ENVIRONMENT + "/secrets"
SECRET, PUBLIC_KEY = SECRETS + "/{secret_name}", SECRETS + "/public-key"
VARIABLES = ENVIRONMENT + "/variables"
VARIABLE = VARIABLES + "/{name}"
PLACE = f"{SHOP}/environments/sealed"
NOWHERE = f"{SHOP}/environments/nowhere"
INVALID = "Validation Failed"
MAX = 100


def secrets(record, world):
    admin = functools.partial(record, who="admin")
    world.server.api().request("PUT", PLACE)
    read_key(record, world)
    put_secrets(admin, world)
    for operation, path in ((f"GET {SECRETS}", f"{PLACE}/secrets"),
                            (f"GET {SECRET}", f"{PLACE}/secrets/FIRST")):
        general(record, operation, path)
        reading(record, world, operation, path, reader="admin")
        record(operation, "by a reader", path, 403, who="reader")
        record(operation, "an unknown environment", path.replace(PLACE, NOWHERE), 404)
    pages(record, f"GET {SECRETS}", f"{PLACE}/secrets")
    record(f"GET {SECRET}", "in lower case", f"{PLACE}/secrets/first", 200)
    record(f"GET {SECRET}", "an unknown one", f"{PLACE}/secrets/NONE", 404)
    delete(admin, f"DELETE {SECRET}", "secrets", "FIRST", "second")


def read_key(record, world):
    operation, path = f"GET {PUBLIC_KEY}", f"{PLACE}/secrets/public-key"
    general(record, operation, path)
    reading(record, world, operation, path)
    record(operation, "an unknown environment", f"{NOWHERE}/secrets/public-key", 404)


def put_secrets(record, world):
    operation, api = f"PUT {SECRET}", world.server.api()

    def put(case, expects, name="FIRST", says=None, value="value", prefix="", **body):
        body = {**sealed_body(api, PLACE, value), **body}
        return record(operation, case, f"{PLACE}/secrets/{name}", expects, body=body, says=says,
                      prefix=prefix)

    one = f"{PLACE}/secrets/FIRST"
    general(record, operation, one, body=sealed_body(api, PLACE, "never"))
    put("a new one", 201)
    put("the same again", 204)
    put("in lower case", 204, "first")
    put("a new one under /api/v3", 201, "SECOND", prefix="/api/v3")
    put("an empty value", 201, "THIRD", value="")
    put("the longest value", 204, value="x" * 48 * 1024)
    record(operation, "a body that is no JSON", one, 400, body=b"{", says="parsing JSON")
    record(operation, "a body that is no object", one, 400, body=[1], says="JSON object")
    record(operation, "no key", one, 422, body={"encrypted_value": seal_for(api, "x")},
           says="\"key_id\" wasn't supplied.")
    record(operation, "no value", one, 422, body={"key_id": "1"},
           says="\"encrypted_value\" wasn't supplied.")
    record(operation, "an unknown environment", f"{NOWHERE}/secrets/FIRST", 404,
           body=sealed_body(api, PLACE, "x"))
    put("an unknown key", 422, says=INVALID, key_id="999999999")
    put("a number for the key", 422, key_id=1, says="is not a string")
    put("no base64", 422, says="not base64", encrypted_value="*")
    put("another box", 422, says=INVALID, encrypted_value="AAAA")
    put("a value that is too long", 422, says=INVALID, value="x" * (48 * 1024 + 1))
    put("a value that is no text", 422, says=INVALID, value=b"\xff")
    put("a value with NUL", 422, says=INVALID, value=b"\0")
    for name in ("1ST", "A-B", "GITHUB_TOKEN"):
        put(f"the name {name}", 422, name, says=INVALID)
    for number in range(MAX - 3):
        path = f"{PLACE}/secrets/S{number}"
        assert api.request("PUT", path, sealed_body(api, PLACE, "x")).status == 201
    put("one too many", 422, "ONE_MORE", says=INVALID)
    for number in range(MAX - 3):
        assert api.delete(f"{PLACE}/secrets/S{number}").status == 204


def seal_for(api, value):
    return sealed_body(api, PLACE, value)["encrypted_value"]


def variables(record, world):
    admin = functools.partial(record, who="admin")
    world.server.api().request("PUT", PLACE)
    create(admin, world)
    for operation, path in ((f"GET {VARIABLES}", f"{PLACE}/variables"),
                            (f"GET {VARIABLE}", f"{PLACE}/variables/REGION")):
        general(record, operation, path)
        reading(record, world, operation, path, reader="admin")
        record(operation, "by a reader", path, 403, who="reader")
        record(operation, "an unknown environment", path.replace(PLACE, NOWHERE), 404)
    pages(record, f"GET {VARIABLES}", f"{PLACE}/variables")
    record(f"GET {VARIABLE}", "in lower case", f"{PLACE}/variables/region", 200)
    record(f"GET {VARIABLE}", "an unknown one", f"{PLACE}/variables/NONE", 404)
    change(admin)
    delete(admin, f"DELETE {VARIABLE}", "variables", "REGION", "zone")


def create(record, world):
    operation, path, api = f"POST {VARIABLES}", f"{PLACE}/variables", world.server.api()

    def post(case, expects, name="REGION", value="eu", **more):
        return record(operation, case, path, expects, body={"name": name, "value": value}, **more)

    general(record, operation, path, body={"name": "NEVER", "value": "x"})
    post("a new one", 201)
    post("under /api/v3, in lower case", 201, "zone", prefix="/api/v3")
    post("an empty value", 201, "EMPTY", "")
    post("the longest value", 201, "LONG", "x" * 48 * 1024)
    post("one that is there", 409, says="Already exists - Variable already exists")
    post("one that is there in another case", 409, "Region")
    post("a value that is too long", 422, "OTHER", "x" * (48 * 1024 + 1), says=INVALID)
    post("a value with NUL", 422, "OTHER", "\0", says="null character")
    post("a number for the value", 422, "OTHER", 1, says="is not a string")
    record(operation, "no value", path, 422, body={"name": "A"}, says="\"value\" wasn't supplied.")
    record(operation, "no name", path, 422, body={"value": "A"}, says="\"name\" wasn't supplied.")
    record(operation, "an unknown environment", f"{NOWHERE}/variables", 404,
           body={"name": "A", "value": "x"})
    for name in ("", "1ST", "A B", "github_token"):
        post(f"the name {name!r}", 422, name, says=INVALID)
    for number in range(MAX - 4):
        assert api.post(path, {"name": f"V{number}", "value": "x"}).status == 201
    post("one too many", 422, "ONE_MORE", says=INVALID)
    for number in range(MAX - 4):
        assert api.delete(f"{path}/V{number}").status == 204


def change(record):
    operation, path = f"PATCH {VARIABLE}", f"{PLACE}/variables/REGION"
    general(record, operation, path, body={"value": "never"})
    record(operation, "another value", path, 204, body={"value": "us"})
    record(operation, "in lower case, under /api/v3", f"{PLACE}/variables/region",
           204, body={"value": "us", "name": "region"}, prefix="/api/v3")
    record(operation, "nothing", path, 204, body={})
    record(operation, "another name", f"{PLACE}/variables/EMPTY", 204, body={"name": "filled"})
    record(operation, "the name of another", path, 409, body={"name": "zone"},
           says="Variable already exists")
    record(operation, "a name that cannot be", path, 422, body={"name": "a b"}, says=INVALID)
    record(operation, "a value that is too long", path, 422, body={"value": "x" * (48 * 1024 + 1)},
           says=INVALID)
    record(operation, "an unknown one", f"{PLACE}/variables/NONE", 404, body={"value": "x"})


def delete(record, operation, kind, one, other):
    path = f"{PLACE}/{kind}/{one}"
    general(record, operation, path)
    record(operation, "an unknown environment", f"{NOWHERE}/{kind}/{one}", 404)
    record(operation, "as it is", path, 204)
    record(operation, "once more", path, 404)
    record(operation, "in another case, under /api/v3", f"{PLACE}/{kind}/{other}", 204,
           prefix="/api/v3")


GROUPS = [secrets, variables]
