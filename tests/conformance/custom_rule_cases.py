"""The requests of the conformance test about custom protection rules: an administrator adds and
removes them, and apps answer them by tokens of their installations."""
import functools

from cases import DEPLOYMENTS, ENVIRONMENT, PAGES, PLAIN, REPOSITORY, SHOP, general, pages, reading
from installed_app import install_app

RULES = ENVIRONMENT + "/deployment_protection_rules"
RULE, APPS = RULES + "/{protection_rule_id}", RULES + "/apps"
ANSWER = REPOSITORY + "/actions/runs/{run_id}/deployment_protection_rule"
CHECKED = f"{SHOP}/environments/checked/deployment_protection_rules"
NOWHERE = f"{SHOP}/environments/nowhere/deployment_protection_rules"
EVENT = "deployment_protection_rule"
RULES_MAX, REPORTS_MAX = 6, 10


def custom_rules(record, world):
    server = world.server
    apps = [install_app(server, f"Guard-{number}", EVENT) for number in range(1, RULES_MAX + 2)]
    deaf = install_app(server, "Deaf", "deployment")
    for name, app in (("guard", apps[0]), ("other", apps[1]), ("unasked", apps[-1])):
        world.credentials[name] = app.token
    server.api().request("PUT", f"{SHOP}/environments/checked")
    by_admin = functools.partial(record, who="admin")
    rules = create(by_admin, [app.id for app in apps], deaf.id)
    read(by_admin, world, f"{CHECKED}/{rules[0]}")
    for number in rules[2:]:
        by_admin(f"DELETE {RULE}", "as it is", f"{CHECKED}/{number}", 204)
    answer(functools.partial(record, who="guard"), world)
    delete(by_admin, *rules[:2])


def create(record, apps, deaf):
    """Adds as many rules as an environment can have; returns their ids."""
    operation = f"POST {RULES}"

    def body(app):
        return {"integration_id": app}

    general(record, operation, CHECKED, body=body(apps[0]))
    made = [record(operation, "as it is", CHECKED, 201, body=body(apps[0])).json["id"]]
    record(operation, "the same again", CHECKED, 422, body=body(apps[0]), says="Validation Failed")
    record(operation, "an unknown app", CHECKED, 422, body=body(999999))
    record(operation, "an app without the event", CHECKED, 422, body=body(deaf))
    record(operation, "no app", CHECKED, 422, body={}, says="\"integration_id\" wasn't supplied.")
    record(operation, "a text for a number", CHECKED, 422, body=body("1"),
           says="is not an integer")
    record(operation, "an unknown environment", NOWHERE, 404, body=body(apps[0]), says="Not Found")
    record(operation, "by an app", CHECKED, 403, who="guard", body=body(apps[1]),
           says="Resource not accessible by integration")
    for number, app in enumerate(apps[1:-1]):
        prefix = "/api/v3" if number == 0 else ""
        made.append(record(operation, f"another, {prefix}", CHECKED, 201, body=body(app),
                           prefix=prefix).json["id"])
    record(operation, "one too many", CHECKED, 422, body=body(apps[-1]))
    return made


def read(record, world, one):
    for operation, path, reader in ((f"GET {RULES}", CHECKED, "reader"),
                                    (f"GET {RULE}", one, "reader"),
                                    (f"GET {APPS}", f"{CHECKED}/apps", "admin")):
        general(record, operation, path)
        reading(record, world, operation, path, reader=reader)
        record(operation, "an unknown environment", path.replace("/checked/", "/nowhere/"), 404)
        record(operation, "by an app without the permission", path, 403, who="guard",
               says="Resource not accessible by integration")
    pages(record, f"GET {APPS}", f"{CHECKED}/apps")
    record(f"GET {APPS}", "by a reader", f"{CHECKED}/apps", 403, who="reader")
    record(f"GET {RULE}", "an unknown one", f"{CHECKED}/999999999", 404)


def answer(record, world):
    """Two rules must be approved. `record` speaks as the app of the first."""
    operation, writer = f"POST {ANSWER}", world.server.api(world.tokens["writer"])

    def held(api=writer):
        made = api.post(f"{SHOP}/deployments", {**PLAIN, "environment": "checked"})
        assert made.status == 201, made
        return f"{SHOP}/actions/runs/{made.json['id']}/deployment_protection_rule"

    def say(state=None, comment=None, environment="checked"):
        told = {"environment_name": environment, "state": state, "comment": comment}
        return {name: value for name, value in told.items() if value is not None}

    one = held()
    general(record, operation, one, body=say("approved"))
    record(operation, "by an account", one, 403, who="writer", body=say("approved"))
    record(operation, "by an app without a rule", one, 403, who="unasked", body=say("approved"))
    record(operation, "an unknown one", one.replace(one.split("/")[-2], "999999999"), 404,
           body=say("approved"))
    for case, body, says in (
            ("no environment", {"state": "approved"}, "\"environment_name\" wasn't supplied."),
            ("neither state nor comment", say(), "\"comment\" wasn't supplied."),
            ("an unknown state", say("pending"), 'is not a member of ["approved", "rejected"]'),
            ("another environment", say("approved", environment="production"), None),
            ("a comment that is too long", say(comment="x" * 1025), "Validation Failed")):
        record(operation, case, one, 422, body=body, says=says)
    for number in range(REPORTS_MAX):
        record(operation, f"report {number + 1}", one, 204, body=say(comment=f"step {number + 1}"))
    record(operation, "one report too many", one, 422, body=say(comment="step 11"))
    record(operation, "an approval", one, 204, body=say("approved", "No incident"))
    record(operation, "the same again", one, 204, body=say("approved"))
    record(operation, "of the other app", one, 204, who="other", body=say("approved"),
           prefix="/api/v3")
    record(operation, "of what does not wait", one, 422, body=say("approved"))
    record(operation, "a rejection", held(), 204, body=say("rejected", "An incident"))
    own = held(world.server.api(world.credentials["guard"]))
    record(operation, "of its own deployment", own, 422, body=say("approved"))
    record(operation, "a rejection of its own", own, 204, body=say("rejected"))
    record(f"GET {DEPLOYMENTS}", "held by custom rules", f"{SHOP}/deployments?environment=checked",
           200)


def delete(record, one, other):
    operation = f"DELETE {RULE}"
    path = f"{CHECKED}/{one}"
    general(record, operation, path)
    record(operation, "an unknown environment", f"{NOWHERE}/{one}", 404)
    record(operation, "by an app", path, 403, who="guard",
           says="Resource not accessible by integration")
    record(operation, "as it is", path, 204)
    record(operation, "once more", path, 404)
    record(operation, "under /api/v3", f"{CHECKED}/{other}", 204, prefix="/api/v3")


GROUPS = [custom_rules]
