"""The requests of the conformance test to git's own data, and to the routes below a
commit."""
from cases import CHECK_RUNS, REPOSITORY, SHOP, UNKNOWN_SHA, general, reading
from hook_cases import as_admin

GIT = f"{REPOSITORY}/git"
COMMIT_SHA = f"{REPOSITORY}/commits/{{commit_sha}}"
HOLLOW = "/repos/demo/hollow"
EMPTY = "Git Repository is empty."


def refs(record, world):
    operation = f"GET {GIT}/ref/{{ref}}"
    path = f"{SHOP}/git/ref/heads/main"
    general(record, operation, path, git=True)
    reading(record, world, operation, path)
    for ref in ("heads/ahead/1", "heads/ahead%2F1", "tags/v1.0"):
        record(operation, f"the ref {ref}", f"{SHOP}/git/ref/{ref}", 200)
        record(operation, f"{ref} at its older address", f"{SHOP}/git/refs/{ref}", 200)
    for ref in ("heads/nope", "heads", "main"):
        record(operation, f"no ref is called {ref}", f"{SHOP}/git/ref/{ref}", 404, says="Not Found")
    record(operation, "an empty repository", f"{HOLLOW}/git/ref/heads/main", 409, says=EMPTY)

    operation = f"GET {GIT}/matching-refs/{{ref}}"
    path = f"{SHOP}/git/matching-refs/heads"
    general(record, operation, path, git=True)
    reading(record, world, operation, path)
    for prefix in ("heads/ahead", "tags/", "heads/", "tags/nope", ""):
        record(operation, f"beginning with {prefix!r}", f"{SHOP}/git/matching-refs/{prefix}", 200)
    for prefix in ("heads", "heads/late", ""):
        record(operation, f"at the older address, beginning with {prefix!r}",
               f"{SHOP}/git/refs/{prefix}", 200)
    record(operation, "a page that nobody gives", f"{path}?per_page=1&page=2", 200)
    record(operation, "a page of the older address", f"{SHOP}/git/refs/heads?per_page=1", 200,
           links=["next", "last"])
    record(operation, "an empty repository", f"{HOLLOW}/git/matching-refs/heads", 409, says=EMPTY)


def objects(record, world):
    git = world.repository.git
    rows = (("tags", "tag_sha", git("rev-parse", "v1.0"), world.sha("v1.0")),
            ("commits", "commit_sha", world.sha("main"), git("rev-parse", "main^{tree}")),
            ("trees", "tree_sha", git("rev-parse", "main^{tree}"),
             git("rev-parse", "main:index.html")),
            ("blobs", "file_sha", git("rev-parse", "main:index.html"), world.sha("main")))
    for kind, parameter, sha, other in rows:
        operation = f"GET {GIT}/{kind}/{{{parameter}}}"
        path = f"{SHOP}/git/{kind}/{sha}"
        general(record, operation, path, git=True)
        reading(record, world, operation, path)
        record(operation, "an object of another kind", f"{SHOP}/git/{kind}/{other}", 404)
        record(operation, "an unknown object", f"{SHOP}/git/{kind}/{UNKNOWN_SHA}", 404)
        record(operation, "an empty repository", f"{HOLLOW}/git/{kind}/{UNKNOWN_SHA}", 409,
               says=EMPTY)
    trees = f"GET {GIT}/trees/{{tree_sha}}"
    record(trees, "of a branch, with subtrees", f"{SHOP}/git/trees/ahead/1?recursive=1", 200)


def below_commits(record, world):
    sha = world.sha("ahead/5")
    for name in ("pulls", "comments", "branches-where-head"):
        operation = f"GET {COMMIT_SHA}/{name}"
        path = f"{SHOP}/commits/{sha}/{name}"
        general(record, operation, path, git=True)
        reading(record, world, operation, path)
        record(operation, "of a branch", f"{SHOP}/commits/ahead/5/{name}", 200)
        if name == "comments":
            unknown, empty, says = 404, 404, "No commit found for the ref main"
        else:
            unknown, empty, says = 422, 409, EMPTY
        record(operation, "of an unknown commit", f"{SHOP}/commits/{UNKNOWN_SHA}/{name}", unknown,
               says="No commit found for ")
        record(operation, "an empty repository", f"{HOLLOW}/commits/main/{name}", empty, says=says)


def check_suites(record, world):
    sha = world.sha("ahead/6")
    made = record(f"POST {CHECK_RUNS}", "for its suite", f"{SHOP}/check-runs", 201,
                  body={"name": "build", "head_sha": sha}).json
    record(f"POST {CHECK_RUNS}", "for another suite", f"{SHOP}/check-runs", 201,
           body={"name": "lint", "head_sha": sha, "conclusion": "skipped"})
    operation = f"GET {REPOSITORY}/commits/{{ref}}/check-suites"
    path = f"{SHOP}/commits/{sha}/check-suites"
    general(record, operation, path, git=True)
    reading(record, world, operation, path)
    record(operation, "a page", f"{path}?per_page=1", 200, links=["next", "last"])
    record(operation, "of a name", f"{path}?check_name=lint", 200)
    record(operation, "a commit without any", f"{SHOP}/commits/v1.0/check-suites", 200)
    one = f"{SHOP}/check-suites/{made['id']}"
    for operation, path in ((f"GET {REPOSITORY}/check-suites/{{check_suite_id}}", one),
                            (f"GET {REPOSITORY}/check-suites/{{check_suite_id}}/check-runs",
                             f"{one}/check-runs")):
        general(record, operation, path)
        reading(record, world, operation, path)
        record(operation, "an unknown one", path.replace(one, f"{SHOP}/check-suites/99999999"),
               404)


def contents(record, world):
    operation = f"GET {REPOSITORY}/contents/{{path}}"
    path = f"{SHOP}/contents/index.html"
    general(record, operation, path, git=True)
    reading(record, world, operation, path)
    record(operation, "of another ref", f"{SHOP}/contents/idea-5?ref=ahead/5", 200)
    record(operation, "a folder", f"{SHOP}/contents/", 200)
    record(operation, "a path that leads nowhere", f"{SHOP}/contents/nope", 404)
    record(operation, "an unknown ref", f"{path}?ref=nope", 404)
    record(operation, "an empty repository", f"{HOLLOW}/contents/index.html", 404)


def protection(record, world):
    world.server.cli("repo", "protect", "demo/shop", "ahead/7")
    operation = f"GET {REPOSITORY}/branches/{{branch}}/protection"
    path = f"{SHOP}/branches/ahead/7/protection"
    record = as_admin(record)
    general(record, operation, path, git=True)
    reading(record, world, operation, path, reader="admin")
    record(operation, "an unprotected branch", f"{SHOP}/branches/main/protection", 404,
           says="Branch not protected")
    record(operation, "an unknown branch", f"{SHOP}/branches/nope/protection", 404,
           says="Branch not found")
    world.server.cli("repo", "protect", "demo/shop", "ahead/7", "--remove")


def never_here(record, world):
    for name in ("forks", "stargazers", "subscribers", "languages", "contributors", "events",
                 "notifications", "issues", "issues/comments", "issues/events", "assignees",
                 "labels", "milestones", "pulls", "releases", "comments"):
        operation = f"GET {REPOSITORY}/{name}"
        general(record, operation, f"{SHOP}/{name}")
        reading(record, world, operation, f"{SHOP}/{name}")


def archives(record, _):
    for ball in ("tarball", "zipball"):
        operation = f"GET {REPOSITORY}/{ball}/{{ref}}"
        path = f"{SHOP}/{ball}/main"
        general(record, operation, path, git=True)
        for name, way in (("as it is", {}), ("under /api/v3", {"prefix": "/api/v3"}),
                          ("without a body", {"method": "HEAD"}),
                          ("by the reader", {"who": "reader"})):
            record(operation, name, path, 302, **way)
        for ref in ("ahead/5", "heads/ahead/5", "v1.0", ""):
            record(operation, f"of the ref {ref!r}", f"{SHOP}/{ball}/{ref}", 302)
        record(operation, "an unknown ref", f"{SHOP}/{ball}/nope", 404)
        record(operation, "an empty repository", f"{HOLLOW}/{ball}/main", 404)


GROUPS = (refs, objects, below_commits, check_suites, contents, protection, never_here, archives)
