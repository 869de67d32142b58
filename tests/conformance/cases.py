"""The requests of the conformance test, operation by operation."""

REPOSITORY = "/repos/{owner}/{repo}"
DEPLOYMENTS = REPOSITORY + "/deployments"
DEPLOYMENT = DEPLOYMENTS + "/{deployment_id}"
REPORTS = DEPLOYMENT + "/statuses"
COMMIT = REPOSITORY + "/commits/{ref}"
CHECK_RUNS = REPOSITORY + "/check-runs"

SHOP = "/repos/demo/shop"
UNKNOWN_SHA = "0" * 40
PAGES = ["prev", "next", "last", "first"]
PLAIN = {"ref": "main", "auto_merge": False, "required_contexts": []}


def general(record, world, operation, path, *, body=None, git=False):
    """What every operation has in common. `path` leads to something in demo/shop that is there,
    and that the same path in the other repositories need not have."""
    method = operation.split()[0]
    writes = method != "GET"

    def elsewhere(name):
        return path.replace("/demo/shop", f"/demo/{name}")

    record(operation, "a wrong token", path, 401, who="nobody", body=body, says="Bad credentials")
    record(operation, "a private repository without a token", path, 404, who=None, body=body)
    record(operation, "a private repository of others", path, 404, who="stranger", body=body)
    record(operation, "a token without a fitting scope", path, 404, who="narrow", body=body)
    record(operation, "an unknown repository", elsewhere("nope"), 404, body=body, says="Not Found")
    record(operation, "an unknown version of the API", path, 400, body=body,
           headers={"X-GitHub-Api-Version": "v3"}, says='"v3", is not a supported version')
    if world.renamed:
        code = 307 if writes else 301
        record(operation, "a renamed repository", elsewhere("before"), code, body=body)
    if git:
        record(operation, "a repository that has vanished", elsewhere("lost"), 503, body=body)
    if writes:
        record(operation, "a role that is too low", path, 403, who="reader", body=body)
        record(operation, "a public repository without a token", elsewhere("window"), 401, who=None,
               body=body, says="Requires authentication")
        record(operation, "a public repository without a fitting scope", elsewhere("window"), 403,
               who="narrow", body=body)
    if method in ("POST", "PATCH"):
        record(operation, "a body that is no JSON", path, 400, body=b"{", says="parsing JSON")
        record(operation, "a body that is no object", path, 400, body=[1], says="JSON object")


def reading(record, world, operation, path, *, links=None):
    """The ways of reading that every GET has."""
    number = world.server.api().get(SHOP).json["id"]
    answer = record(operation, "as it is", path, 200, links=links)
    record(operation, "under /api/v3", path, 200, prefix="/api/v3", links=links)
    record(operation, "by the repository's number", path.replace(SHOP, f"/repositories/{number}"),
           200, links=links)
    record(operation, "in capitals", path.replace(SHOP, "/repos/DEMO/SHOP"), 200, links=links)
    record(operation, "without a body", path, 200, method="HEAD", links=links)
    record(operation, "with the newer version", path, 200, version="2026-03-10", links=links,
           headers={"X-GitHub-Api-Version": "2026-03-10"})
    for accept, media in (("application/json", "v3"), ("*/*", "v3"),
                          ("application/vnd.github.v3+json", "v3"),
                          ("application/vnd.github.ant-man-preview+json", "ant-man-preview")):
        record(operation, f"Accept: {accept}", path, 200, headers={"Accept": accept}, links=links,
               media=f"github.{media}; format=json")
    record(operation, "unchanged", path, 304, links=links,
           headers={"If-None-Match": answer.headers.get("ETag", "")})
    record(operation, "by the reader", path, 200, who="reader", links=links)


def pages(record, operation, path):
    """Three pages of one; the list has at least three elements."""
    mark = "&" if "?" in path else "?"
    for page, links in ((1, ["next", "last"]), (2, PAGES)):
        record(operation, f"page {page}", f"{path}{mark}per_page=1&page={page}", 200, links=links)
    record(operation, "under /api/v3, page 2", f"{path}{mark}page=2&per_page=1", 200, links=PAGES,
           prefix="/api/v3")


def create(record, case, expects=201, *, repository=SHOP, who="writer", says=None, **fields):
    """POST of a deployment with PLAIN and fields; one that is None is left out."""
    body = {key: value for key, value in {**PLAIN, **fields}.items() if value is not None}
    return record(f"POST {DEPLOYMENTS}", case, f"{repository}/deployments", expects, who=who,
                  body=body, says=says)


def create_deployment(record, world):
    operation = f"POST {DEPLOYMENTS}"
    general(record, world, operation, f"{SHOP}/deployments", body=PLAIN, git=True)
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
    general(record, world, listing, path)
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
    general(record, world, operation, path)
    reading(record, world, operation, path)
    for wrong in ("999999999", "nonsense", "0", "99999999999999999999999999"):
        record(operation, f"the number {wrong}", f"{SHOP}/deployments/{wrong}", 404)


def report_statuses(record, world):
    one = create(record, "one to be reported on", environment="reports").json
    path = f"{SHOP}/deployments/{one['id']}/statuses"
    operation = f"POST {REPORTS}"

    def report(case, expects=201, says=None, **body):
        return record(operation, case, path, expects, body=body, says=says)

    general(record, world, operation, path, body={"state": "pending"})
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
    general(record, world, listing, path)
    reading(record, world, listing, path)
    pages(record, listing, path)
    record(listing, "an unknown deployment", f"{SHOP}/deployments/999999999/statuses", 404)

    operation = f"GET {REPORTS}/{{status_id}}"
    newest = world.server.api().get(path).json[0]["id"]
    general(record, world, operation, f"{path}/{newest}")
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
    general(record, world, operation, path)
    record(operation, "an active one", path, 422, says="Validation Failed")
    api.post(f"{path}/statuses", {"state": "inactive"})
    record(operation, "an inactive one", path, 204)
    record(operation, "one that is gone", path, 404, says="Not Found")
    record(operation, "an unknown one", f"{SHOP}/deployments/999999999", 404)
    record(operation, "the only one, under /api/v3", made[1]["url"], 204, prefix="/api/v3")


def commit_statuses(record, world):
    sha = world.sha("ahead/3")
    path = f"{SHOP}/statuses/{sha}"
    operation = f"POST {REPOSITORY}/statuses/{{sha}}"

    def report(case, expects=201, says=None, where=path, **body):
        return record(operation, case, where, expects, body=body, says=says)

    general(record, world, operation, path, body={"state": "success"}, git=True)
    for state in ("pending", "failure", "error", "success"):
        report(f"the state {state}", state=state)
    report("everything", state="success", target_url="https://ci.example.org/1",
           description="All is well", context="ci/build")
    report("null for what may be null", state="success", target_url=None, description=None)
    report("a context of its own", state="pending", context="ci/test")
    report("members that nobody knows", state="pending", context="ci/test", unknown=1)
    record(operation, "under /api/v3", path, 201, body={"state": "success"}, prefix="/api/v3")
    report("no state", 422)
    report("an unknown state", 422, state="finished")
    report("a description of 141 characters", 422, state="success", description="x" * 141)
    report("a link that is a script", 422, state="success", target_url="javascript:alert(1)")
    report("an unknown commit", 422, where=f"{SHOP}/statuses/{UNKNOWN_SHA}", state="success",
           says=f"No commit found for SHA: {UNKNOWN_SHA}")

    for ref in (sha, "ahead/3", "heads/ahead/3", "ahead%2F3"):
        record(f"GET {COMMIT}/statuses", f"the ref {ref}", f"{SHOP}/commits/{ref}/statuses", 200)
        record(f"GET {COMMIT}/status", f"the ref {ref}", f"{SHOP}/commits/{ref}/status", 200)
    for name in ("statuses", "status"):
        listing = f"GET {COMMIT}/{name}"
        general(record, world, listing, f"{SHOP}/commits/{sha}/{name}", git=True)
        reading(record, world, listing, f"{SHOP}/commits/{sha}/{name}")
        pages(record, listing, f"{SHOP}/commits/{sha}/{name}")
        record(listing, "a commit that nobody has reported on", f"{SHOP}/commits/v1.0/{name}", 200)
        record(listing, "an unknown ref", f"{SHOP}/commits/nope/{name}", 404)


def check_runs(record, world):
    sha = world.sha("ahead/4")
    path = f"{SHOP}/check-runs"
    least = {"name": "build", "head_sha": sha}

    def change(operation, where, case, expects, says=None, **body):
        return record(operation, case, where, expects, body=body, says=says)

    operation = f"POST {CHECK_RUNS}"
    general(record, world, operation, path, body=least, git=True)
    change(operation, path, "the least that is needed", 201, **least)
    made = change(operation, path, "in progress", 201, **least, status="in_progress",
                  external_id="42", started_at="2026-01-02T03:04:05Z",
                  details_url="https://ci.example.org/1",
                  output={"title": "Building", "summary": "It builds", "text": "…"}).json
    for conclusion in ("success", "failure", "neutral", "cancelled", "skipped", "timed_out",
                       "action_required"):
        change(operation, path, f"the conclusion {conclusion}", 201, name=f"lint-{conclusion}",
               head_sha=sha, status="completed", conclusion=conclusion)
    record(operation, "under /api/v3", path, 201, body=least, prefix="/api/v3")
    change(operation, path, "no name", 422, head_sha=sha)
    change(operation, path, "no commit", 422, name="build")
    change(operation, path, "an unknown commit", 422, name="build", head_sha=UNKNOWN_SHA)
    change(operation, path, "completed without a conclusion", 422, **least, status="completed")
    change(operation, path, "an unknown status", 422, **least, status="finished")

    one = f"{path}/{(made or {}).get('id', 1)}"
    operation = f"GET {CHECK_RUNS}/{{check_run_id}}"
    general(record, world, operation, one)
    reading(record, world, operation, one)
    record(operation, "an unknown one", f"{path}/999999999", 404)

    operation = f"PATCH {CHECK_RUNS}/{{check_run_id}}"
    general(record, world, operation, one, body={"status": "in_progress"})
    annotation = {"path": "index.html", "start_line": 1, "end_line": 2, "message": "Words",
                  "annotation_level": "notice"}
    change(operation, one, "another output", 200, output={
        "title": "T", "summary": "S", "annotations": [
            annotation, {**annotation, "annotation_level": "warning", "title": "Three words"},
            {**annotation, "start_column": 1, "end_column": 5, "end_line": 1, "raw_details": "…"}]})
    change(operation, one, "an annotation without a message", 422, output={
        "title": "T", "summary": "S", "annotations": [{**annotation, "message": None}]})
    change(operation, one, "completed", 200, status="completed", conclusion="failure",
           completed_at="2026-01-02T03:05:05Z")
    change(operation, one, "a conclusion alone", 200, conclusion="success")
    change(operation, one, "nothing", 200)
    change(operation, one, "an unknown conclusion", 422, conclusion="fine")
    change(operation, one, "an unknown status", 422, status="finished")
    record(operation, "an unknown one", f"{path}/999999999", 404, body={"status": "queued"})

    operation = f"GET {CHECK_RUNS}/{{check_run_id}}/annotations"
    general(record, world, operation, f"{one}/annotations")
    reading(record, world, operation, f"{one}/annotations")
    pages(record, operation, f"{one}/annotations")
    record(operation, "an unknown one", f"{path}/999999999/annotations", 404)

    operation = f"GET {COMMIT}/check-runs"
    listing = f"{SHOP}/commits/{sha}/check-runs"
    general(record, world, operation, listing, git=True)
    reading(record, world, operation, listing)
    pages(record, operation, listing)
    for query in ("check_name=build", "status=completed", "filter=all", "check_name=never"):
        record(operation, query, f"{listing}?{query}", 200)
    record(operation, "a branch", f"{SHOP}/commits/ahead/4/check-runs", 200)
    record(operation, "a commit without any", f"{SHOP}/commits/v1.0/check-runs", 200)


GROUPS = [create_deployment, read_deployments, report_statuses, delete_deployment, commit_statuses,
          check_runs]
