"""The tables of the crawl (links.py). `=name` stands for what everything.py has found as
`name`."""

# Parameters of routes whose values differ from those in everything.py, by (route, parameter) or by
# the parameter alone; a list means several requests.
_GIT = "/repos/{owner}/{repo}/git"
_RULES = "/repos/{owner}/{repo}/environments/{environment_name}/deployment_protection_rules"
PARAMETERS = {
    "ref": ["main", "v1.0", "=sha"],
    (f"{_GIT}/ref/{{ref}}", "ref"): ["heads/main", "tags/v1.0"],
    (f"{_GIT}/refs/{{ref}}", "ref"): ["heads/main", "tags/v1.0", "heads", "tags"],
    (f"{_GIT}/matching-refs/{{ref}}", "ref"): ["heads", "tags/v"],
    "branch": ["main", "feature/login", "old"],
    ("/repos/{owner}/{repo}/branches/{branch}/protection", "branch"): "old",
    "basehead": ["v1.0...main", "old...feature/login"],
    "run_id": ["=run_id", "=checked_run_id", "=reviewed_run_id"],
    (_RULES, "environment_name"): "checked",
    (f"{_RULES}/apps", "environment_name"): "checked",
    (f"{_RULES}/{{protection_rule_id}}", "environment_name"): "checked",
    "workflow_id": "=run_id",
    ("/users/{username}/installation", "username"): "demo",
    ("/users/{username}", "username"): ["writer", "member", "robot[bot]", "demo"],
    ("/orgs/{org}/hooks/{hook_id}", "hook_id"): "=org_hook_id",
    ("/orgs/{org}/hooks/{hook_id}/config", "hook_id"): "=org_hook_id",
    ("/orgs/{org}/hooks/{hook_id}/deliveries", "hook_id"): "=org_hook_id",
    ("/orgs/{org}/hooks/{hook_id}/deliveries/{delivery_id}", "hook_id"): "=org_hook_id",
    ("/orgs/{org}/hooks/{hook_id}/deliveries/{delivery_id}", "delivery_id"): "=org_delivery_id",
    ("/app/hook/deliveries/{delivery_id}", "delivery_id"): "=app_delivery_id",
    ("/esclusa/orgs/{org}/hooks/{hook_id}/deliveries", "hook_id"): "=org_hook_id",
    ("/esclusa/repos/{owner}/{repo}/deployments/{deployment_id}/claim", "deployment_id"):
        "=claimed_id",
    "check_suite_id": "=check_run_id",
    ("/repos/{owner}/{repo}/environments/{environment_name}/variables/{name}", "name"):
        "=variable_name",
    "path": "index.html",
    "q": "shop",
}

# The variables of URL templates in answers, by (member, variable) or by the variable alone.
VALUES = {
    "sha": "=sha",
    ("git_refs_url", "sha"): "heads/main",
    ("git_tags_url", "sha"): "=tag_sha",
    ("trees_url", "sha"): "=tree_sha",
    ("blobs_url", "sha"): "=file_sha",
    "key_id": "=key_id", "branch": "main", "base": "v1.0", "head": "main", "path": "index.html",
    "collaborator": "writer", "user": "writer", "other_user": "reader", "target": "reader",
    "member": "member", "org": "demo", "owner": "demo", "repo": "=repo",
    "archive_format": "tarball", "ref": "main", "number": "1", "id": "1", "name": "bug",
    "gist_id": "1", "privacy": "public", "query": "shop", "repository_id": "1",
    "page": "1", "per_page": "30", "sort": "created", "order": "asc", "type": "all",
    "since": "2026-01-01T00:00:00Z", "all": "true", "participating": "false",
}

_REPO = "/repos/[^/]+/[^/]+"
_USER = "/users/[^/]+"

# Addresses that answer an error on GitHub, too, in the same state: (path, or the naming member and
# the path; status; reason). A row that matches no dead address is an error.
ABSENT = [
    (f"{_REPO}/(issues|pulls|milestones|labels|releases|comments|assignees)/.+", 404,
     "there is none of these"),
    (f"{_REPO}/branches/(?!old/).+/protection", 404, "the branch is not protected"),
    (f"{_REPO}/subscription", 404, "the caller does not watch the repository"),
    (f"(/user|{_USER})/(following|starred)/.+", 404, "nobody follows anybody, nor stars anything"),
    ("/orgs/[^/]+/public_members/.+", 404, "no membership is public"),
    (f"(/gists|{_USER}/gists)/.+", 404, "there are no gists"),
    (f"{_REPO}/downloads", 404, "GitHub removed it in 2012"),
    ("/authorizations", 404, "GitHub removed it in 2020"),
    (f"({_REPO}/(merges|actions/runs/[0-9]+/(cancel|rerun))|/hub)", 404, "it takes POST alone"),
    (f"{_REPO}/actions/runs/[0-9]+/logs", 404, "a run has no logs, or has them no more"),
]

# Addresses in answers to readers that need more permissions by their nature.
NEEDS_MORE = [
    (f"{_REPO}/(hooks|keys)(/.*)?", 403, "webhooks and deploy keys are the administrators'"),
    (f"{_REPO}/branches/.+/protection", 403, "so is how a branch is protected"),
    (f"{_REPO}/collaborators(/.*)?", 403, "collaborators are seen by those who may push"),
    ("/user/orgs", 403, "the token has no scope for it"),
    ("/orgs/[^/]+/(hooks|members|teams)(/.*)?", 404, "an organization is seen by its members"),
]
NEEDS_TOKEN = [
    ("/(user(/.*)?|issues|notifications|gists(/starred)?)", 401, "the caller is nobody"),
    (f"{_REPO}/(hooks|keys|collaborators|branches/.+/protection)(/.*)?", 401,
     "they are for people with a role"),
]
