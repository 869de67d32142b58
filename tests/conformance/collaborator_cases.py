"""The requests of the conformance test about collaborators. An administrator of the repository
sends them, unless they say otherwise."""
import functools

import cases
from cases import REPOSITORY, SHOP, general

COLLABORATORS = REPOSITORY + "/collaborators"
COLLABORATOR = COLLABORATORS + "/{username}"
INVITATIONS = REPOSITORY + "/invitations"
PATH = f"{SHOP}/collaborators"


def collaborators(record, world):
    world.server.create_user("newcomer")
    record = functools.partial(record, who="admin")
    add(record)
    read(record, world)
    remove(record)
    invitations(record, world)


def add(record):
    operation, path = f"PUT {COLLABORATOR}", f"{PATH}/newcomer"
    general(record, operation, path, body={"permission": "pull"})
    record(operation, "without a body", path, 204)
    for permission in ("pull", "triage", "push", "maintain", "admin", None):
        record(operation, f"permission {permission}", path, 204, body={"permission": permission})
    record(operation, "under /api/v3", path, 204, prefix="/api/v3")
    record(operation, "by a writer", path, 403, who="writer",
           says="Must have admin rights to Repository.")
    record(operation, "an unknown permission", path, 422, body={"permission": "write"})
    record(operation, "an organization", f"{PATH}/demo", 422, says="Validation Failed")
    record(operation, "nobody", f"{PATH}/nope", 404)
    record(operation, "a body that is no JSON", path, 400, body=b"{", says="parsing JSON")


def read(record, world):
    operation = f"GET {COLLABORATORS}"
    general(record, operation, PATH)
    cases.reading(record, world, operation, PATH, reader="writer")
    cases.pages(record, operation, PATH)
    for query in ("affiliation=outside", "affiliation=direct", "affiliation=all",
                  "permission=push", "affiliation=direct&permission=admin"):
        record(operation, query, f"{PATH}?{query}", 200)
    record(operation, "by a reader", PATH, 403, who="reader",
           says="Must have push access to Repository.")

    operation, path = f"GET {COLLABORATOR}", f"{PATH}/newcomer"
    general(record, operation, path)
    record(operation, "a collaborator", path, 204)
    record(operation, "under /api/v3", path, 204, prefix="/api/v3")
    record(operation, "somebody else", f"{PATH}/stranger", 404)
    record(operation, "by a reader", path, 403, who="reader")

    operation = f"GET {COLLABORATOR}/permission"
    path += "/permission"
    general(record, operation, path)
    cases.reading(record, world, operation, path, reader="writer")
    record(operation, "of somebody without a role", f"{PATH}/stranger/permission", 200)
    record(operation, "of nobody", f"{PATH}/nope/permission", 404)
    record(operation, "by a reader", path, 403, who="reader")


def remove(record):
    operation, path = f"DELETE {COLLABORATOR}", f"{PATH}/newcomer"
    general(record, operation, path)
    record(operation, "by a writer", path, 403, who="writer")
    record(operation, "as it is", path, 204)
    record(operation, "once more", path, 404)
    record(operation, "an organization", f"{PATH}/demo", 422, says="Validation Failed")
    record(operation, "nobody", f"{PATH}/nope", 404)


def invitations(record, world):
    operation, path = f"GET {INVITATIONS}", f"{SHOP}/invitations"
    general(record, operation, path)
    cases.reading(record, world, operation, path, reader="admin")
    record(operation, "by a writer", path, 403, who="writer")


GROUPS = [collaborators]
