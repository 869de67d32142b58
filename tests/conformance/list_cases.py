"""The requests of the conformance test for lists of repositories and organizations."""
import cases

OWN, OWN_ORGS = "/user/repos", "/user/orgs"
OF_ORG, OF_USER = "/orgs/{org}/repos", "/users/{username}/repos"
ORGS_OF_USER = "/users/{username}/orgs"


def general(record, operation, path, *, who):
    """The requests that every list has; `who` sees something in it."""
    record(operation, "a wrong token", path, 401, who="nobody", says="Bad credentials")
    record(operation, "an unknown version of the API", path, 400, who=who,
           headers={"X-GitHub-Api-Version": "v3"}, says='"v3", is not a supported version')
    answer = record(operation, "as it is", path, 200, who=who)
    record(operation, "under /api/v3", path, 200, who=who, prefix="/api/v3")
    record(operation, "without a body", path, 200, who=who, method="HEAD")
    record(operation, "with the newer version", path, 200, who=who, version="2026-03-10",
           headers={"X-GitHub-Api-Version": "2026-03-10"})
    record(operation, "unchanged", path, 304, who=who,
           headers={"If-None-Match": answer.headers.get("ETag", "")})


def own(record, _):
    operation = f"GET {OWN}"
    general(record, operation, OWN, who="writer")
    cases.pages(record, operation, OWN)
    record(operation, "without a token", OWN, 401, who=None, says="Requires authentication")
    record(operation, "a token that opens nothing private", OWN, 200, who="narrow")
    for query in ("visibility=private&affiliation=owner,collaborator", "type=member",
                  "sort=updated&direction=asc", "since=2020-01-01T00:00:00Z",
                  "before=2020-01-01T00:00:00Z"):
        record(operation, query, f"{OWN}?{query}", 200)
    for query in ("visibility=some", "affiliation=friend", "type=owner&visibility=all", "sort=size",
                  "since=soon"):
        record(operation, query, f"{OWN}?{query}", 422)


def of_others(record, _):
    operation, path = f"GET {OF_ORG}", "/orgs/demo/repos"
    general(record, operation, path, who="writer")
    cases.pages(record, operation, path)
    record(operation, "without a token", path, 200, who=None)
    for query in ("type=public", "type=private", "type=forks", "type=member", "sort=full_name"):
        record(operation, query, f"{path}?{query}", 200)
    record(operation, "of nobody", "/orgs/nope/repos", 404, says="Not Found")
    record(operation, "of an account that is no organization", "/orgs/writer/repos", 404)
    operation = f"GET {OF_USER}"
    general(record, operation, "/users/demo/repos", who="stranger")
    record(operation, "where a role was granted", "/users/writer/repos?type=member", 200, who=None)
    record(operation, "of nobody", "/users/nope/repos", 404)


def organizations(record, world):
    world.server.create_user("joined")
    world.tokens["joined"] = world.server.create_token("joined", "read:org")
    world.server.cli("org", "add", "demo", "joined")
    operation = f"GET {OWN_ORGS}"
    general(record, operation, OWN_ORGS, who="joined")
    record(operation, "without a token", OWN_ORGS, 401, who=None)
    record(operation, "a token without a fitting scope", OWN_ORGS, 403, who="writer")
    operation, path = f"GET {ORGS_OF_USER}", "/users/joined/orgs"
    general(record, operation, path, who="joined")
    record(operation, "by somebody who is in none of them", path, 200, who="stranger")
    record(operation, "without a token", path, 200, who=None)
    record(operation, "of nobody", "/users/nope/orgs", 404)


GROUPS = [own, of_others, organizations]
