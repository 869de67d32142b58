"""The requests of the conformance test about commit statuses and check runs."""
from cases import CHECK_RUNS, COMMIT, REPOSITORY, SHOP, UNKNOWN_SHA, general, pages, reading


def commit_statuses(record, world):
    sha = world.sha("ahead/3")
    path = f"{SHOP}/statuses/{sha}"
    operation = f"POST {REPOSITORY}/statuses/{{sha}}"

    def report(case, expects=201, says=None, where=path, **body):
        return record(operation, case, where, expects, body=body, says=says)

    general(record, operation, path, body={"state": "success"}, git=True)
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
        general(record, listing, f"{SHOP}/commits/{sha}/{name}", git=True)
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
    general(record, operation, path, body=least, git=True)
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
    general(record, operation, one)
    reading(record, world, operation, one)
    record(operation, "an unknown one", f"{path}/999999999", 404)

    operation = f"PATCH {CHECK_RUNS}/{{check_run_id}}"
    general(record, operation, one, body={"status": "in_progress"})
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
    general(record, operation, f"{one}/annotations")
    reading(record, world, operation, f"{one}/annotations")
    pages(record, operation, f"{one}/annotations")
    record(operation, "an unknown one", f"{path}/999999999/annotations", 404)

    operation = f"GET {COMMIT}/check-runs"
    listing = f"{SHOP}/commits/{sha}/check-runs"
    general(record, operation, listing, git=True)
    reading(record, world, operation, listing)
    pages(record, operation, listing)
    for query in ("check_name=build", "status=completed", "filter=all", "check_name=never"):
        record(operation, query, f"{listing}?{query}", 200)
    record(operation, "a branch", f"{SHOP}/commits/ahead/4/check-runs", 200)
    record(operation, "a commit without any", f"{SHOP}/commits/v1.0/check-runs", 200)


GROUPS = [commit_statuses, check_runs]
