"""The requests of the conformance test about environments, their branch policies, and reviews.
Only an administrator changes an environment, so `who` is the administrator unless stated."""
import functools

from cases import (ENVIRONMENT, ENVIRONMENTS, PAGES, PLAIN, POLICIES, POLICY, REPOSITORY, SHOP,
                   general, pages, reading)

PATH = f"{SHOP}/environments"
RUN = REPOSITORY + "/actions/runs/{run_id}"
CUSTOM = {"protected_branches": False, "custom_branch_policies": True}
PROTECTED = {"protected_branches": True, "custom_branch_policies": False}


def user(world, login):
    return {"type": "User", "id": world.server.api().get(f"/users/{login}").json["id"]}


def environments(record, world):
    record = functools.partial(record, who="admin")
    configure(record, world)
    for operation, path, links in ((f"GET {ENVIRONMENTS}", PATH, None),
                                   (f"GET {ENVIRONMENT}", f"{PATH}/everything", None)):
        general(record, operation, path)
        reading(record, world, operation, path, links=links)
    pages(record, f"GET {ENVIRONMENTS}", PATH)
    operation = f"GET {ENVIRONMENT}"
    record(operation, "in another case", f"{PATH}/EVERYTHING", 200)
    record(operation, "a name with a slash", f"{PATH}/eu%2Flive", 200)
    record(operation, "a slash that is not encoded", f"{PATH}/eu/live", 404)
    record(operation, "an unknown one", f"{PATH}/nowhere", 404)
    remove(record)


def configure(record, world):
    operation = f"PUT {ENVIRONMENT}"
    one = f"{PATH}/everything"

    def put(case, expects=200, says=None, path=one, **body):
        return record(operation, case, path, expects, body=body, says=says)

    general(record, operation, f"{PATH}/never", body={})
    record(operation, "a body that is no JSON", one, 400, body=b"{", says="parsing JSON")
    record(operation, "a body that is no object", one, 400, body=[1], says="JSON object")
    record(operation, "no body", f"{PATH}/plain", 200)
    record(operation, "a body that is null", f"{PATH}/plain", 200, body=b"null")
    put("nothing", path=f"{PATH}/plain")
    put("a name with a slash", path=f"{PATH}/eu%2Flive")
    put("a timer", wait_timer=30)
    put("reviewers", reviewers=[user(world, "writer"), user(world, "reader")])
    put("protected branches", deployment_branch_policy=PROTECTED)
    put("everything", wait_timer=43200, prevent_self_review=True, can_admins_bypass=False,
        reviewers=[user(world, "writer")], deployment_branch_policy=CUSTOM)
    put("ours", reviewers=[user(world, "writer"), user(world, "reader")], required_approvals=2)
    record(operation, "under /api/v3", one, 200, body={"wait_timer": 1}, prefix="/api/v3")
    put("all cleared", path=f"{PATH}/plain", wait_timer=0, prevent_self_review=False,
        reviewers=None, deployment_branch_policy=None)
    put("an unknown member", 422, says='"wait" is not a permitted key', wait=1)
    put("a timer that is too long", 422, wait_timer=43201)
    put("a timer of another type", 422, wait_timer="1", says="is not an integer")
    put("both modes", 422, says="cannot have the same value",
        deployment_branch_policy={**CUSTOM, "protected_branches": True})
    put("half a mode", 422, deployment_branch_policy={"protected_branches": True})
    put("a reviewer of an unknown type", 422, reviewers=[{"type": "Bot", "id": 1}])
    put("an unknown reviewer", 422, reviewers=[{"type": "User", "id": 999999999}])
    put("an unknown team", 422, reviewers=[{"type": "Team", "id": 999999999}])
    put("a name that is too long", 422, path=f"{PATH}/{'x' * 256}")


def remove(record):
    operation = f"DELETE {ENVIRONMENT}"
    general(record, operation, f"{PATH}/plain")
    record(operation, "as it is", f"{PATH}/plain", 204)
    record(operation, "once more", f"{PATH}/plain", 404)
    record(operation, "under /api/v3", f"{PATH}/eu%2Flive", 204, prefix="/api/v3")


def branch_policies(record, world):
    record = functools.partial(record, who="admin")
    api = world.server.api()
    api.request("PUT", f"{PATH}/patterns", {"deployment_branch_policy": CUSTOM})
    api.request("PUT", f"{PATH}/protected", {"deployment_branch_policy": PROTECTED})
    path = f"{PATH}/patterns/deployment-branch-policies"
    elsewhere = f"{PATH}/protected/deployment-branch-policies"
    operation = f"POST {POLICIES}"
    general(record, operation, path, body={"name": "never"})
    made = record(operation, "a branch's", path, 200, body={"name": "release/*"}).json
    record(operation, "a tag's", path, 200, body={"name": "v*", "type": "tag"})
    record(operation, "under /api/v3", path, 200, body={"name": "v3"}, prefix="/api/v3")
    record(operation, "the same again", path, 303, body={"name": "release/*"})
    record(operation, "in another mode", elsewhere, 404, body={"name": "main"})
    record(operation, "no name", path, 422, body={}, says="\"name\" wasn't supplied.")
    record(operation, "an empty name", path, 422, body={"name": ""})
    record(operation, "an unknown type", path, 422, body={"name": "x", "type": "commit"})
    one = f"{path}/{made['id']}"
    for operation, where in ((f"GET {POLICIES}", path), (f"GET {POLICY}", one)):
        general(record, operation, where)
        reading(record, world, operation, where)
        record(operation, "in another mode", where.replace("/patterns/", "/protected/"), 404)
    for page, links in ((1, ["next", "last"]), (2, PAGES)):
        record(f"GET {POLICIES}", f"page {page}", f"{path}?per_page=1&page={page}", 200,
               links=links)
    record(f"GET {POLICY}", "an unknown one", f"{path}/999999999", 404)
    change_policy(record, path, one)


def change_policy(record, path, one):
    operation = f"PUT {POLICY}"
    general(record, operation, one, body={"name": "never"})
    record(operation, "another name", one, 200, body={"name": "hotfix/*"})
    record(operation, "under /api/v3", one, 200, body={"name": "hotfix/**/*"}, prefix="/api/v3")
    record(operation, "no name", one, 422, body={})
    record(operation, "the name of another", one, 422, body={"name": "v3"},
           says="Validation Failed")
    record(operation, "a body that is no JSON", one, 400, body=b"{", says="parsing JSON")
    record(operation, "an unknown one", f"{path}/999999999", 404, body={"name": "x"})
    operation = f"DELETE {POLICY}"
    general(record, operation, one)
    record(operation, "as it is", one, 204)
    record(operation, "once more", one, 404)


def reviews(record, world):
    api = world.server.api()
    guarded = api.request("PUT", f"{PATH}/reviewed", {
        "wait_timer": 5, "reviewers": [user(world, "writer"), user(world, "admin")]}).json

    def held():
        answer = api.post(f"{SHOP}/deployments", {**PLAIN, "environment": "reviewed"})
        return f"{SHOP}/actions/runs/{answer.json['id']}"

    run = held()
    pending, approvals = f"{run}/pending_deployments", f"{run}/approvals"
    for operation, path in ((f"GET {RUN}/pending_deployments", pending),
                            (f"GET {RUN}/approvals", approvals)):
        general(record, operation, path)
        reading(record, world, operation, path)
        record(operation, "an unknown one", path.replace(run, f"{SHOP}/actions/runs/999999999"),
               404)
    operation = f"POST {RUN}/pending_deployments"

    def body(**more):
        return {"environment_ids": [guarded["id"]], "state": "approved", "comment": "Go", **more}

    general(record, operation, pending, body=body())
    record(operation, "by somebody who is no reviewer", pending, 403, who="reader", body=body(),
           says="not a required reviewer")
    record(operation, "another environment", pending, 422, body=body(environment_ids=[999999999]))
    record(operation, "an unknown state", pending, 422, body=body(state="pending"),
           says='is not a member of ["approved", "rejected"]')
    record(operation, "no comment", pending, 422,
           body={"environment_ids": [guarded["id"]], "state": "approved"})
    record(operation, "an approval", pending, 200, body=body())
    record(operation, "the same again", pending, 422, body=body(), says="approved this deployment")
    record(f"GET {RUN}/approvals", "after an approval", approvals, 200)
    record(operation, "a rejection", f"{held()}/pending_deployments", 200,
           body=body(state="rejected"))
    record(operation, "under /api/v3", f"{held()}/pending_deployments", 200,
           body=body(state="rejected"), prefix="/api/v3")
    run = held()
    api.post(f"/esclusa{run.replace('actions/runs', 'deployments')}/bypass", {"reason": "Fire"})
    record(f"GET {RUN}/approvals", "after a bypass", f"{run}/approvals", 200)
    record(f"GET {RUN}/pending_deployments", "of what does not wait",
           f"{run}/pending_deployments", 200)
    record(operation, "of what does not wait", f"{run}/pending_deployments", 422, body=body(),
           says="does not wait for a review")


GROUPS = [environments, branch_policies, reviews]
