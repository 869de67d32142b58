"""The requests of the conformance test about deployments and their statuses."""
from cases import DEPLOYMENT, DEPLOYMENTS, PLAIN, REPORTS, SHOP, UNKNOWN_SHA
from cases import general, pages, reading


def create(record, case, expects=201, *, repository=SHOP, who="writer", says=None, **fields):
    """Creates a deployment with PLAIN and fields; a field that is None is left out."""
    body = {key: value for key, value in {**PLAIN, **fields}.items() if value is not None}
    return record(f"POST {DEPLOYMENTS}", case, f"{repository}/deployments", expects, who=who,
                  body=body, says=says)


def create_deployment(record, world):
    operation = f"POST {DEPLOYMENTS}"
    general(record, operation, f"{SHOP}/deployments", body=PLAIN, git=True)
    create(record, "the least that is needed", environment="least")
    create(record, "everything", task="deploy:docs", environment="staging",
           description="Everything", transient_environment=True, production_environment=False,
           payload={"a": [1, {"b": None}], "big": 12345678901234567890})
    create(record, "a payload that is text", payload='{"text": true}')
    create(record, "a tag", ref="v1.0")
    create(record, "a commit", ref=world.sha("main"))
    create(record, "members that nobody knows", sha="x", unknown={"x": 1})
    create(record, "an empty description", description="")
    record(operation, "under /api/v3", f"{SHOP}/deployments", 201, body=PLAIN, prefix="/api/v3")
    create(record, "a public repository", repository="/repos/demo/window")

    create(record, "auto-merge of a branch that is behind", 202, ref="late/1", auto_merge=True)
    create(record, "the merged branch again", ref="late/1", auto_merge=True)
    create(record, "auto-merge of a branch that is not behind", ref="ahead/1", auto_merge=True)
    create(record, "auto-merge with a conflict", 409, ref="clash/1", auto_merge=True,
           says="Conflict merging main into clash/1.")
    create(record, "auto-merge of a tag that is behind", 409, ref="v1.0", auto_merge=True,
           says="Conflict merging main into v1.0.")
    create(record, "a required context that is missing", 409, required_contexts=["ci/none"],
           says="Conflict: Commit status checks failed for main.")
    sha = world.sha("ahead/2")
    world.server.api().post(f"{SHOP}/statuses/{sha}", {"state": "pending", "context": "ci"})
    create(record, "a context that is pending", 409, ref="ahead/2", required_contexts=None,
           says="Conflict: Commit status checks failed for ahead/2.")
    world.server.api().post(f"{SHOP}/statuses/{sha}", {"state": "success", "context": "ci"})
    create(record, "a context that has succeeded", ref="ahead/2", required_contexts=["CI"])

    create(record, "no ref", 422, ref=None, says="Invalid request.\n\n\"ref\" wasn't supplied.")
    create(record, "a ref that is a number", 422, ref=7)
    create(record, "an unknown ref", 422, ref="nope", says="No ref found for: nope")
    create(record, "an unknown commit", 422, ref=UNKNOWN_SHA)
    create(record, "a payload that is a number", 422, payload=7)
    create(record, "contexts that are no list", 422, required_contexts="ci")
    create(record, "an environment that is too long", 422, environment="x" * 256)
    create(record, "auto_merge that is text", 422, auto_merge="yes")


def read_deployments(record, world):
    for number in range(3):
        create(record, f"one to be listed ({number})", environment="list")
    path = f"{SHOP}/deployments"
    listing = f"GET {DEPLOYMENTS}"
    general(record, listing, path)
    reading(record, world, listing, f"{path}?environment=list")
    pages(record, listing, path)
    for query in (f"sha={world.sha('main')}&per_page=100", "ref=main&per_page=100",
                  "task=deploy%3Adocs", "environment=staging", "environment=never", "ref=",
                  "per_page=1000", "environment=list&page=9999"):
        past = ["prev", "first"] if query.endswith("9999") else None
        record(listing, query, f"{path}?{query}", 200, links=past)
    record(listing, "a public repository without a token", "/repos/demo/window/deployments", 200,
           who=None)

    one = world.server.api().get(f"{path}?environment=staging").json[0]
    operation = f"GET {DEPLOYMENT}"
    path = f"{SHOP}/deployments/{one['id']}"
    general(record, operation, path)
    reading(record, world, operation, path)
    for wrong in ("999999999", "nonsense", "0", "99999999999999999999999999"):
        record(operation, f"the number {wrong}", f"{SHOP}/deployments/{wrong}", 404)


def report_statuses(record, world):
    one = create(record, "one to be reported on", environment="reports").json
    path = f"{SHOP}/deployments/{one['id']}/statuses"
    operation = f"POST {REPORTS}"

    def report(case, expects=201, says=None, **body):
        return record(operation, case, path, expects, body=body, says=says)

    general(record, operation, path, body={"state": "pending"})
    for state in ("queued", "pending", "in_progress", "failure", "error", "inactive", "success"):
        report(f"the state {state}", state=state)
    report("everything", state="success", target_url="https://ci.example.org/1",
           log_url="https://ci.example.org/2", description="é" * 140, environment="reports",
           environment_url="https://shop.example.org/", auto_inactive=False)
    report("a target_url alone", state="success", target_url="https://ci.example.org/1")
    report("links that are empty", state="success", log_url="", environment_url="", description="")
    report("another environment", state="success", environment="reports-2")
    report("members that nobody knows", state="success", ref="main", unknown=1)
    record(operation, "under /api/v3", path, 201, body={"state": "success"}, prefix="/api/v3")

    report("no state", 422, says='"state" wasn\'t supplied.')
    report("an unknown state", 422, state="finished", says="finished is not a member of [")
    report("the state waiting", 422, state="waiting")
    report("a state that is a number", 422, state=1)
    report("a description of 141 characters", 422, state="success", description="x" * 141)
    report("a link that is a script", 422, state="success", target_url="javascript:alert(1)")
    report("an environment that is too long", 422, state="success", environment="x" * 256)
    record(operation, "an unknown deployment", f"{SHOP}/deployments/999999999/statuses", 404,
           body={"state": "success"})
    report("so that there are three or more", state="inactive")

    listing = f"GET {REPORTS}"
    general(record, listing, path)
    reading(record, world, listing, path)
    pages(record, listing, path)
    record(listing, "an unknown deployment", f"{SHOP}/deployments/999999999/statuses", 404)

    operation = f"GET {REPORTS}/{{status_id}}"
    newest = world.server.api().get(path).json[0]["id"]
    general(record, operation, f"{path}/{newest}")
    reading(record, world, operation, f"{path}/{newest}")
    for wrong in ("999999999", "nonsense"):
        record(operation, f"the number {wrong}", f"{path}/{wrong}", 404)
    other = create(record, "another one", environment="reports-3").json["id"]
    record(operation, "of another deployment", f"{SHOP}/deployments/{other}/statuses/{newest}", 404)


def delete_deployment(record, world):
    operation = f"DELETE {DEPLOYMENT}"
    made = [create(record, f"to be deleted ({number})", environment="doomed").json
            for number in range(2)]
    path = f"{SHOP}/deployments/{made[0]['id']}"
    api = world.server.api()
    api.post(f"{path}/statuses", {"state": "success", "auto_inactive": False})
    general(record, operation, path)
    record(operation, "an active one", path, 422, says="Validation Failed")
    api.post(f"{path}/statuses", {"state": "inactive"})
    record(operation, "an inactive one", path, 204)
    record(operation, "one that is gone", path, 404, says="Not Found")
    record(operation, "an unknown one", f"{SHOP}/deployments/999999999", 404)
    record(operation, "the only one, under /api/v3", made[1]["url"], 204, prefix="/api/v3")


GROUPS = [create_deployment, read_deployments, report_statuses, delete_deployment]
