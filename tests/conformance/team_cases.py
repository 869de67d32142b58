"""The requests of the conformance test about organizations: their members and their teams. An
owner, the site administrator, sends them, unless they say otherwise."""
import functools
import re

import cases
from cases import PAGES, SHOP

ORG = "/orgs/{org}"
MEMBERS = ORG + "/members"
MEMBERSHIP = ORG + "/memberships/{username}"
TEAMS = ORG + "/teams"
TEAM = TEAMS + "/{team_slug}"
TEAM_MEMBERSHIP = TEAM + "/memberships/{username}"
TEAM_REPOSITORY = TEAM + "/repos/{owner}/{repo}"

DEMO = "/orgs/demo"
WATCH = DEMO + "/teams/watch"
LEGACY_TEAM = "/teams/{team_id}"
UNKNOWN_ID = 4711000
REPOSITORY_MEDIA = "application/vnd.github.v3.repository+json"


def teams(record, world):
    settle(world)
    record = functools.partial(record, who="admin")
    create(record)
    read(record)
    read_of_repository(record, world)
    update(record)
    memberships(record)
    team_memberships(record)
    team_repositories(record)
    delete(record, world)


def teams_by_id(record, world):
    """The same requests with the team's id in the path."""
    def number_of(named):
        answer = world.server.api().get(named.group(0))
        return f"/teams/{answer.json['id'] if answer.status == 200 else UNKNOWN_ID}"

    def by_id(operation, case, path, expects, **more):
        if TEAM not in operation:
            return record(operation, case, path, expects, **more)
        return record(operation.replace(TEAM, LEGACY_TEAM), case,
                      re.sub("^/orgs/[^/]+/teams/[^/?]+", number_of, path), expects, **more)

    as_owner = functools.partial(by_id, who="admin")
    create(as_owner)
    read(as_owner)
    check_member(as_owner)
    update(as_owner, members=404)
    team_memberships(as_owner)
    team_repositories(as_owner)
    delete(as_owner, world)


def check_member(record):
    operation, path = f"GET {TEAM}/members/{{username}}", WATCH + "/members/member"
    general(record, operation, path)
    record(operation, "a member", path, 204)
    record(operation, "somebody else", WATCH + "/members/outsider", 404)
    record(operation, "of an unknown team", DEMO + "/teams/nope/members/member", 404)


def settle(world):
    """Adds a member to demo, who may do what members may, with every scope; another user stays
    outside."""
    for login in ("member", "outsider", "leaver"):
        world.server.create_user(login)
        world.tokens[login] = world.server.create_token(login, "admin:org")
    world.server.cli("org", "add", "demo", "admin", "--role", "admin")
    world.server.cli("org", "add", "demo", "member")
    world.server.cli("org", "add", "demo", "leaver")
    world.tokens["unfit"] = world.server.create_token("admin", "admin:org_hook, user")


def general(record, operation, path, *, body=None, members=None):
    """The requests that every operation has. `members` is the answer to a member who is no
    owner."""
    def elsewhere(name):
        return path.replace(DEMO, f"/orgs/{name}")

    record(operation, "a wrong token", path, 401, who="nobody", body=body, says="Bad credentials")
    record(operation, "without a token", path, 404, who=None, body=body)
    record(operation, "somebody who is no member", path, 404, who="outsider", body=body)
    record(operation, "a token without a fitting scope", path, 404, who="unfit", body=body)
    record(operation, "an unknown organization", elsewhere("nope"), 404, body=body,
           says="Not Found")
    record(operation, "an account that is no organization", elsewhere("admin"), 404, body=body)
    record(operation, "an unknown version of the API", path, 400, body=body,
           headers={"X-GitHub-Api-Version": "v3"}, says='"v3", is not a supported version')
    if members:
        record(operation, "a member who is no owner", path, members, who="member", body=body,
               says="You must be an organization owner." if members == 403 else "Not Found")
    if operation.split()[0] in ("POST", "PATCH", "PUT"):
        record(operation, "a body that is no JSON", path, 400, body=b"{", says="parsing JSON")
        record(operation, "a body that is no object", path, 400, body=[1], says="JSON object")


def reading(record, operation, path, *, links=None, headers=None, media="v3"):
    """The forms of reading that every GET with a body has."""
    headers = headers or {}
    form = {"media": f"github.{media}; format=json", "links": links}
    answer = record(operation, "as it is", path, 200, headers=headers, **form)
    record(operation, "under /api/v3", path, 200, headers=headers, prefix="/api/v3", **form)
    record(operation, "in capitals", path.replace(DEMO, "/orgs/DEMO"), 200, headers=headers, **form)
    record(operation, "without a body", path, 200, method="HEAD", headers=headers, **form)
    record(operation, "with the newer version", path, 200, version="2026-03-10",
           headers={**headers, "X-GitHub-Api-Version": "2026-03-10"}, **form)
    record(operation, "unchanged", path, 304, **form,
           headers={**headers, "If-None-Match": answer.headers.get("ETag", "")})


def create(record):
    operation, path = f"POST {TEAMS}", DEMO + "/teams"

    def post(case, expects=201, says=None, **body):
        return record(operation, case, path, expects, body=body, says=says)

    general(record, operation, path, body={"name": "never"}, members=403)
    post("the name alone", name="Least")
    post("everything", name="Watch", description="They watch", privacy="closed",
         maintainers=["member"], repo_names=["demo/shop"], permission="pull",
         notification_setting="notifications_enabled")
    post("a name with accents", name="Équipe nº 1")
    record(operation, "under /api/v3", path, 201, body={"name": "v3"}, prefix="/api/v3")
    post("a name that is taken", 422, name="watch", says="Validation Failed")
    post("no name", 422, description="none", says="\"name\" wasn't supplied.")
    post("a name that is a number", 422, name=5)
    post("a name without a letter", 422, name="!", says="Validation Failed")
    post("an unknown privacy", 422, name="odd", privacy="open")
    post("a maintainer who is no member", 422, name="odd", maintainers=["outsider"],
         says="Validation Failed")
    post("a repository of nobody", 422, name="odd", repo_names=["demo/nope"],
         says="Validation Failed")
    post("a team above it", 422, name="odd", parent_team_id=1)
    post("another default permission", 422, name="odd", permission="push")


def read(record):
    for operation, path in ((f"GET {TEAMS}", DEMO + "/teams"), (f"GET {TEAM}", WATCH),
                            (f"GET {TEAM}/members", WATCH + "/members"),
                            (f"GET {TEAM_MEMBERSHIP}", WATCH + "/memberships/member"),
                            (f"GET {TEAM}/repos", WATCH + "/repos"),
                            (f"GET {MEMBERS}", DEMO + "/members"),
                            (f"GET {MEMBERSHIP}", DEMO + "/memberships/member")):
        general(record, operation, path)
        reading(record, operation, path)
        record(operation, "by a member", path, 200, who="member")
    cases.pages(record, f"GET {TEAMS}", DEMO + "/teams")
    record(f"GET {TEAM}", "an unknown one", DEMO + "/teams/nope", 404)
    record(f"GET {TEAM}", "a secret one of others", DEMO + "/teams/least", 404, who="member")
    operation = f"GET {TEAM}/members"
    record(operation, "maintainers", WATCH + "/members?role=maintainer", 200)
    record(operation, "of an unknown team", DEMO + "/teams/nope/members", 404)
    record(f"GET {TEAM_MEMBERSHIP}", "of somebody else", WATCH + "/memberships/outsider", 404)
    operation = f"GET {MEMBERS}"
    record(operation, "owners", DEMO + "/members?role=admin", 200)
    record(operation, "an unknown filter", DEMO + "/members?filter=2fa_disabled", 422)
    record(f"GET {MEMBERSHIP}", "of somebody else", DEMO + "/memberships/outsider", 404)
    operation = f"GET {MEMBERS}/{{username}}"
    general(record, operation, DEMO + "/members/member")
    record(operation, "a member", DEMO + "/members/member", 204)
    record(operation, "a member, asked by another one", DEMO + "/members/leaver", 204,
           who="member")
    record(operation, "somebody else", DEMO + "/members/outsider", 404)
    operation = f"GET {TEAM_REPOSITORY}"
    path = WATCH + "/repos/demo/shop"
    general(record, operation, path)
    record(operation, "as it is", path, 204)
    record(operation, "a repository that is not the team's", WATCH + "/repos/demo/window", 404)
    record(operation, "an unknown repository", WATCH + "/repos/demo/nope", 404)
    reading(record, operation, path, headers={"Accept": REPOSITORY_MEDIA},
            media="v3; param=repository")


def read_of_repository(record, world):
    operation = "GET /repos/{owner}/{repo}/teams"
    cases.general(record, operation, f"{SHOP}/teams")
    cases.reading(record, world, operation, f"{SHOP}/teams")
    record(operation, "by a member", f"{SHOP}/teams", 404, who="leaver")
    record(operation, "of a public repository, without a token", "/repos/demo/window/teams", 200,
           who=None)


def update(record, members=403):
    """The team is secret: by its id it is not found by members outside of it."""
    operation = f"PATCH {TEAM}"
    path = DEMO + "/teams/least"

    def patch(case, expects, says=None, **body):
        return record(operation, case, path, expects, body=body, says=says)

    general(record, operation, path, body={"description": "never"}, members=members)
    record(operation, "a member who sees the team", WATCH, 403, who="member",
           body={"description": "never"}, says="You must be an organization owner.")
    patch("a description", 201, description="The least of them")
    patch("the same again", 200, description="The least of them")
    patch("nothing", 200)
    patch("another privacy", 201, privacy="closed")
    patch("no notifications", 201, notification_setting="notifications_disabled")
    patch("a setting that is none", 422, notification_setting="off")
    patch("no team above it", 200, parent_team_id=None)
    patch("a name that is taken", 422, name="Watch", says="Validation Failed")
    patch("a privacy that is none", 422, privacy="open")
    patch("a team above it", 422, parent_team_id=1)
    patch("another name", 201, name="Last")
    record(operation, "under the old name", path, 404, body={})


def memberships(record):
    path = DEMO + "/memberships/leaver"
    operation = f"PUT {MEMBERSHIP}"
    general(record, operation, path, body={"role": "admin"}, members=403)
    record(operation, "without a body", path, 200)
    record(operation, "an owner", path, 200, body={"role": "admin"})
    record(operation, "an owner again", path, 200, body={"role": "admin"})
    record(operation, "a member again", path, 200, body={"role": "member"}, prefix="/api/v3")
    record(operation, "an unknown role", path, 422, body={"role": "owner"})
    record(operation, "an organization", DEMO + "/memberships/demo", 422)
    record(operation, "nobody", DEMO + "/memberships/nope", 404)
    for operation, path in ((f"DELETE {MEMBERSHIP}", path),
                            (f"DELETE {MEMBERS}/{{username}}", DEMO + "/members/leaver")):
        general(record, operation, path, members=403)
        record(operation, "as it is", path, 204)
        record(operation, "once more", path, 404)
        record(f"PUT {MEMBERSHIP}", "somebody new", DEMO + "/memberships/leaver", 200)


def team_memberships(record):
    path = WATCH + "/memberships/leaver"
    operation = f"PUT {TEAM_MEMBERSHIP}"
    general(record, operation, path, body={"role": "member"}, members=403)
    record(operation, "without a body", path, 200)
    record(operation, "a maintainer", path, 200, body={"role": "maintainer"})
    record(operation, "an owner of the organization", WATCH + "/memberships/admin", 200)
    record(operation, "under /api/v3", path, 200, body={"role": "member"}, prefix="/api/v3")
    record(operation, "an unknown role", path, 422, body={"role": "owner"})
    record(operation, "an organization", WATCH + "/memberships/demo", 422)
    record(operation, "nobody", WATCH + "/memberships/nope", 404)
    cases.pages(record, f"GET {TEAM}/members", WATCH + "/members")
    cases.pages(record, f"GET {MEMBERS}", DEMO + "/members")
    operation = f"DELETE {TEAM_MEMBERSHIP}"
    general(record, operation, path, members=403)
    record(operation, "as it is", path, 204)
    record(operation, "once more", path, 404)


def team_repositories(record):
    operation, path = f"PUT {TEAM_REPOSITORY}", WATCH + "/repos/demo/window"
    general(record, operation, path, body={"permission": "pull"}, members=403)
    record(operation, "without a body", path, 204)
    for permission in ("triage", "push", "maintain", "admin", "pull"):
        record(operation, permission, path, 204, body={"permission": permission})
    record(operation, "under /api/v3", WATCH + "/repos/demo/moved", 204, prefix="/api/v3")
    record(operation, "an unknown permission", path, 422, body={"permission": "write"})
    record(operation, "another owner's", WATCH + "/repos/admin/own", 422,
           says="Validation Failed")
    record(operation, "an unknown repository", WATCH + "/repos/demo/nope", 404)
    cases.pages(record, f"GET {TEAM}/repos", WATCH + "/repos")
    record(f"GET {TEAM}/repos", "those that a member may read", WATCH + "/repos", 200,
           who="leaver")
    operation = f"DELETE {TEAM_REPOSITORY}"
    general(record, operation, path, members=403)
    record(operation, "as it is", path, 204)
    record(operation, "an unknown repository", WATCH + "/repos/demo/nope", 404)


def delete(record, world):
    operation = f"DELETE {TEAM}"
    general(record, operation, WATCH, members=403)
    record(operation, "as it is", WATCH, 204)
    record(operation, "once more", WATCH, 404)
    record(operation, "under /api/v3", DEMO + "/teams/v3", 204, prefix="/api/v3")
    for team in world.server.api().get(DEMO + "/teams?per_page=100").json:
        world.server.api().delete(team["url"])


GROUPS = [teams, teams_by_id]
