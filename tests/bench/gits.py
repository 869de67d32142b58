"""Rows that create deployments where git has more to do: many refs, a gate, a merge."""
import contextlib
import os
import pathlib
import subprocess
import time

from measure import harness
from row import Invalid, Row, Sides, at_most, shown
from server import DEPLOYMENTS, NEW_DEPLOYMENT, create_request, read_back, server

REFS, FEW_REFS = 100_000, 10
FILES = 50_000
MERGES = 20  # in a round


def import_history(repository, text):
    subprocess.run(["git", "-C", str(repository.path), "fast-import", "--quiet"], check=True,
                   input=text.encode(), env=harness.clean_environment())


def commit(ref, parent, number, files):
    """A commit for git fast-import; `files` maps names to texts."""
    lines = [f"commit {ref}\ncommitter A <a@example.org> {1_700_000_000 + number} +0000\n"
             f"data 4\ntext\n", f"from {parent}\n" if parent else ""]
    lines += [f"M 100644 inline {name}\ndata {len(text)}\n{text}\n" for name, text in files.items()]
    return "".join(lines)


# ------------------------------------------------------------------ refs

@contextlib.contextmanager
def many_refs(folder):
    """Sides that create deployments in a repository of 100,000 refs and in one of ten, packed as
    git packs them."""
    with server(folder) as (started, _):
        requests = {}
        for count in (REFS, FEW_REFS):
            repository = harness.Repository(started.folder / f"refs-{count}", bare=True)
            import_history(repository, commit("refs/heads/main", None, 1, {"file": "one"}))
            main = repository.sha("main")
            packed = pathlib.Path(repository.path) / "packed-refs"
            (repository.path / "refs/heads/main").unlink(missing_ok=True)
            names = sorted(["main", *(f"branch-{number:06}" for number in range(count - 1))])
            packed.write_text("# pack-refs with: peeled fully-peeled sorted \n" + "".join(
                f"{main} refs/heads/{name}\n" for name in names))
            started.add_repository(f"demo/refs-{count}", repository, "--writable")
            path = f"/repos/demo/refs-{count}/deployments"
            requests[count] = create_request(folder, started, started.token, path)
        check = f"/repos/demo/refs-{REFS}/deployments"
        yield Sides(requests[REFS].measure, requests[FEW_REFS].measure,
                    lambda: read_back(started, started.token, check))


# ------------------------------------------------------------------ a gate

@contextlib.contextmanager
def gated(folder):
    """Sides that create deployments in an environment with a wait timer and a branch policy, and in
    one without."""
    with server(folder) as (started, token):
        answer = started.api().request("PUT", "/repos/demo/shop/environments/gated", {
            "wait_timer": 43_200, "deployment_branch_policy": {
                "protected_branches": False, "custom_branch_policies": True}})
        place = "/repos/demo/shop/environments/gated/deployment-branch-policies"
        if answer.status != 200 or started.api().post(place, {"name": "main"}).status != 200:
            raise Invalid(f"no gate: {answer}")
        ours = create_request(folder, started, token, environment="gated")
        anchor = create_request(folder, started, token)

        def check():
            newest = started.api(token).get(f"{DEPLOYMENTS}?environment=gated&per_page=1").json[0]
            states = started.api(token).get(newest["statuses_url"]).json
            if [one["state"] for one in states] != ["waiting"]:
                raise Invalid(f"the deployment does not wait: {states}")

        yield Sides(ours.measure, anchor.measure, check)


# ------------------------------------------------------------------ merges

def topics(repository, round_number):
    """New branches that lack what main has, and have a commit of their own."""
    names = [f"topic-{round_number}-{number}" for number in range(MERGES)]
    import_history(repository, "".join(
        commit(f"refs/heads/{name}", "refs/heads/base", number, {f"topics/{name}": name})
        for number, name in enumerate(names)))
    return names


@contextlib.contextmanager
def merges(folder):
    """Sides that merge main into a branch in a tree of 50,000 files, one after the other: a request
    with auto_merge, and `git merge-tree` alone."""
    with server(folder) as (started, _):
        repository = harness.Repository(started.folder / "large.git", bare=True)
        tree = {f"folder-{number % 250}/file-{number}": str(number) for number in range(FILES)}
        import_history(repository, commit("refs/heads/base", None, 1, tree)
                       + commit("refs/heads/main", "refs/heads/base", 2, {"news": "main"}))
        started.add_repository("demo/large", repository, "--writable")
        api = started.api(keep_alive=True)
        rounds = iter(range(1000))

        def timed(work):
            names, took, load = topics(repository, next(rounds)), [], os.getloadavg()[0]
            for name in names:
                begin = time.monotonic()
                work(name)
                took.append((time.monotonic() - begin) * 1e6)
            took.sort()
            return {"requests": MERGES, "seconds": sum(took) / 1e6, "load": load, "cpu": None,
                    "rate": MERGES / sum(took) * 1e6, "p50": took[MERGES // 2], "p99": took[-1]}

        def merge(name):
            answer = api.post("/repos/demo/large/deployments", {
                **NEW_DEPLOYMENT, "ref": name, "auto_merge": True})
            if answer.status != 202:
                raise Invalid(f"no merge: {answer}")

        def merge_tree(name):
            subprocess.run(["git", "-C", str(repository.path), "merge-tree", "--write-tree", "main",
                            name], check=True, stdout=subprocess.DEVNULL)

        def check():
            ahead = repository.git("rev-list", "--count", "topic-1-0..main")
            if ahead != "0":
                raise Invalid("the branch still lacks commits of main")

        yield Sides(lambda _: timed(merge), lambda _: timed(merge_tree), check)


# ------------------------------------------------------------------ the rows

def rows():
    return [
        Row("post-refs", f"POST in a repository of {REFS:,} refs", f"of {FEW_REFS} refs", many_refs,
            [at_most("p50", 1.2, 1.05)]),
        Row("post-gate", "POST that two gates judge", "POST without a gate", gated,
            [shown("rate")]),
        Row("merge", f"POST with auto_merge, {FILES:,} files", "git merge-tree", merges,
            [at_most("p50", 2, 1.3)]),
    ]
