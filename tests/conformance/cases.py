"""What the requests of the conformance test share."""

REPOSITORY = "/repos/{owner}/{repo}"
DEPLOYMENTS = REPOSITORY + "/deployments"
DEPLOYMENT = DEPLOYMENTS + "/{deployment_id}"
REPORTS = DEPLOYMENT + "/statuses"
COMMIT = REPOSITORY + "/commits/{ref}"
CHECK_RUNS = REPOSITORY + "/check-runs"
HOOKS = REPOSITORY + "/hooks"
HOOK = HOOKS + "/{hook_id}"
KEYS = REPOSITORY + "/keys"
KEY = KEYS + "/{key_id}"
ENVIRONMENTS = REPOSITORY + "/environments"
ENVIRONMENT = ENVIRONMENTS + "/{environment_name}"
POLICIES = ENVIRONMENT + "/deployment-branch-policies"
POLICY = POLICIES + "/{branch_policy_id}"

SHOP = "/repos/demo/shop"
UNKNOWN_SHA = "0" * 40
PAGES = ["prev", "next", "last", "first"]
PLAIN = {"ref": "main", "auto_merge": False, "required_contexts": []}


def general(record, operation, path, *, body=None, git=False, takes_body=True):
    """The requests that every operation has. `path` leads to an existing resource of demo/shop;
    it need not exist in the other repositories."""
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
    moved = 307 if writes else 301
    record(operation, "a renamed repository", elsewhere("before"), moved, body=body)
    record(operation, "a renamed repository under /api/v3, with a query",
           elsewhere("before") + "?per_page=1", moved, body=body, prefix="/api/v3")
    if git:
        record(operation, "a repository that has vanished", elsewhere("lost"), 503, body=body)
    if writes:
        record(operation, "a role that is too low", path, 403, who="reader", body=body)
        record(operation, "a public repository without a token", elsewhere("window"), 401, who=None,
               body=body, says="Requires authentication")
        record(operation, "a public repository without a fitting scope", elsewhere("window"), 403,
               who="narrow", body=body)
    if method in ("POST", "PATCH") and takes_body:
        record(operation, "a body that is no JSON", path, 400, body=b"{", says="parsing JSON")
        record(operation, "a body that is no object", path, 400, body=[1], says="JSON object")


def reading(record, world, operation, path, *, links=None, reader="reader"):
    """The forms of reading that every GET has. `reader` has only the right to read it."""
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
    record(operation, "by the reader", path, 200, who=reader, links=links)


def pages(record, operation, path):
    """Three pages of one element; the list has at least three elements."""
    mark = "&" if "?" in path else "?"
    for page, links in ((1, ["next", "last"]), (2, PAGES)):
        record(operation, f"page {page}", f"{path}{mark}per_page=1&page={page}", 200, links=links)
    record(operation, "under /api/v3, page 2", f"{path}{mark}page=2&per_page=1", 200, links=PAGES,
           prefix="/api/v3")
