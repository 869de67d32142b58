#!/usr/bin/env python3
"""schemathesis_run: sends generated requests to a real server, and compares answers with
/openapi.json.

Starts the server with data, and runs schemathesis (in .cache/fuzz, which tools/prepare-fuzz makes)
repeatedly until --requests are sent: first its boundary values, then random ones, valid and
invalid. No answer may be a 5xx, and each must be described: status, type, headers, body.
Afterwards the server must be alive, and its lists readable. Ends with `N requests, N failures`.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "e2e"))
from harness import DIES_WITH_PARENT, Server, make_repository  # noqa: E402  (needs the path)
from public_keys import public_key  # noqa: E402

PROGRAM = ROOT / ".cache/fuzz/bin/st"
CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,"
          "response_schema_conformance,response_headers_conformance")
SKIPPED = 77  # means "cannot run here" to tools/run-tests


def make_world(server):
    """Repositories, people, and a resource of every kind; returns what the hooks need to know."""
    git = make_repository(server.folder, "shop")
    server.add_repository("demo/shop", git, "--writable", "--private")
    server.add_repository("demo/open", make_repository(server.folder, "open"), "--public")
    server.add_repository("demo/former", make_repository(server.folder, "former"), "--public")
    server.cli("repo", "rename", "demo/former", "latter")
    api = server.api()
    repositories = [fill_repository(api, name, git) for name in ("shop", "open")]
    repositories.append({**repositories[1], "repo": ["former"]})
    writer = server.user_with("writer", "repo", "demo/shop", "write")
    reader = server.user_with("reader", "repo_deployment", "demo/shop", "read")
    return {
        "username": ["admin", "demo", "Writer"],
        "org": ["demo", "demo", "Demo", "admin"],
        "team_slug": [make_team(api, number) for number in range(3)],
        "organization_hooks": [make_organization_hook(api, number) for number in range(2)],
        "repositories": [repositories[0]] * 6 + [repositories[1]] * 3 + [repositories[2]],
        "tokens": {"admin": server.token, "writer": writer.token, "reader": reader.token,
                   "wrong": "esc_" + "0" * 40},
    }


def make_organization_hook(api, number):
    """Creates a webhook of the organization demo; returns its id."""
    answer = api.post("/orgs/demo/hooks", {
        "name": "web", "config": {"url": f"http://127.0.0.1:1/demo/{number}"}, "active": False})
    assert answer.status == 201, answer
    return answer.json["id"]


def make_team(api, number):
    """Creates a team of the organization demo with a repository; returns its slug."""
    answer = api.post("/orgs/demo/teams", {
        "name": f"Team {number}", "privacy": "closed", "repo_names": ["demo/shop"]})
    assert answer.status == 201, answer
    api.request("PUT", answer.json["url"] + "/memberships/writer")
    return answer.json["slug"]


def fill_repository(api, name, git):
    """Creates a few objects of each kind; returns their addresses."""
    base = f"/repos/demo/{name}"
    commits = [git.sha("main"), git.sha("v1.0"), git.sha("feature/login")]
    ids = {"owner": ["demo", "DEMO"], "repo": [name], "deployment_id": [], "status_id": [],
           "check_run_id": [], "hook_id": [], "key_id": [], "sha": commits,
           "branch": ["main", "feature/login"], "basehead": ["v1.0...main", "old...feature/login"],
           "git_ref": ["heads/main", "tags/v1.0", "heads"], "commit_sha": commits,
           "tag_sha": [git.git("rev-parse", "v1.0")], "path": ["index.html", "README", "nope"],
           "tree_sha": [git.git("rev-parse", "main^{tree}"), "main"],
           "file_sha": [git.git("rev-parse", "main:index.html")],
           "ref": ["main", "v1.0", "heads/feature/login", "feature/login", "old", *commits]}

    def post(path, body):
        answer = api.post(base + path, body)
        assert answer.status == 201, answer
        return answer.json["id"]

    for number in range(3):
        deployment = post("/deployments", {"ref": "main", "auto_merge": False,
                                           "required_contexts": [], "payload": {"n": number},
                                           "environment": f"kept-{number}"})
        ids["deployment_id"].append(deployment)
        for state in ("queued", "success"):
            ids["status_id"].append(post(f"/deployments/{deployment}/statuses", {"state": state}))
        log = api.patch(f"/esclusa{base}/deployments/{deployment}/log?offset=0", b"All is well.\n",
                        headers={"Content-Type": "text/plain"})
        assert log.status == 200, log
        post(f"/statuses/{commits[number]}", {"state": "success", "context": f"ci/{number}"})
        annotation = {"path": "a.cc", "start_line": 1, "end_line": 2, "annotation_level": "notice",
                      "message": "Look here."}
        ids["check_run_id"].append(post("/check-runs", {
            "name": f"build {number}", "head_sha": commits[number], "conclusion": "success",
            "output": {"title": "Built", "summary": "All of it", "annotations": [annotation]}}))
        ids["check_suite_id"] = ids["check_run_id"]
        ids["hook_id"].append(post("/hooks", {
            "config": {"url": f"http://127.0.0.1:1/{name}/{number}"}, "active": False}))
        ids["key_id"].append(post("/keys", {"key": public_key(f"{name} {number}")}))
    return ids


def paths_of(server, third):
    """The paths of /openapi.json, or every third one, beginning with number `third`."""
    paths = sorted(server.api().get("/openapi.json").json["paths"])
    return paths if third is None else paths[third::3]


def run_schemathesis(server, world, paths, seed, phases, examples):
    """One run of schemathesis; returns whether it found no failure, and its output."""
    count = server.folder / "count.json"
    count.unlink(missing_ok=True)
    file = server.folder / "world.json"
    file.write_text(json.dumps(world))
    command = [*DIES_WITH_PARENT, PROGRAM, "run", f"{server.url}/openapi.json", "--no-color",
               "--checks", CHECKS, "--mode", "all", "--phases", phases, "--workers", "1",
               "--max-examples", examples, "--seed", seed, "--max-redirects", 0,
               "--continue-on-failure", "--generation-database", "none",
               "--generation-with-security-parameters", "false", "--request-timeout", 30,
               "--suppress-health-check", "all", "--warnings", "off",
               *(word for path in paths for word in ("--include-path", path))]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks",
                   "PYTHONPATH": f"{HERE}:{HERE.parent}/e2e",
                   "PYTHONDONTWRITEBYTECODE": "1", "ESCLUSA_FUZZ_WORLD": str(file),
                   "ESCLUSA_FUZZ_COUNT": str(count), "NO_PROXY": "*"}
    # In a separate folder, because it leaves reports and caches in the current one.
    with subprocess.Popen(list(map(str, command)), cwd=server.folder, env=environment,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True) as process:
        output = process.communicate()[0]
    return process.returncode == 0, output


def read_count(server):
    """The number of requests in the current run, and the number of answers by status."""
    file = server.folder / "count.json"
    count = json.loads(file.read_text()) if file.exists() else {}
    return count.get("requests", 0), count.get("answers", {})


def show_progress(server, sent, ended):
    """Prints the progress from time to time; `sent` is the number of requests in earlier runs."""
    while not ended.wait(10):
        print(f"    {sent[0] + read_count(server)[0]} requests", flush=True)


def fuzz(server, requests, seed, third):
    """Runs schemathesis until `requests` are sent; returns their number and the failed runs."""
    world, paths = make_world(server), paths_of(server, third)
    sent, failures, run, answers = [0], 0, 0, collections.Counter()
    ended = threading.Event()
    progress = threading.Thread(target=show_progress, args=(server, sent, ended), daemon=True)
    progress.start()
    while sent[0] < requests and failures == 0:
        phases = "fuzzing" if run else "examples,coverage,fuzzing"
        missing = requests - sent[0]
        good, output = run_schemathesis(server, world, paths, seed + run, phases,
                                        max(10, min(200, missing // 40)))
        count, statuses = read_count(server)
        (server.folder / "count.json").unlink(missing_ok=True)
        sent[0] += count
        answers.update(statuses)
        run += 1
        if not good or count == 0:
            failures += 1
            print(output, flush=True)
    ended.set()
    progress.join()
    shown = ", ".join(f"{number} x {status}" for status, number in sorted(answers.items()))
    print(f"    answers: {shown}", flush=True)
    if not answers["200"] or not answers["201"]:
        print("    nothing succeeded: such a run says little")
        failures += 1
    return sent[0], failures


def audit(server):
    """Checks what must still work at the end; returns the errors."""
    api = server.api()
    problems = []
    if server.process.poll() is not None:
        problems.append("the server has ended")
        return problems
    lists = [f"/repos/demo/{name}/{kind}" for name in ("shop", "open")
             for kind in ("deployments", "hooks", "keys", "commits/main/statuses")]
    for path in ["/livez", "/readyz"]:
        if api.get(path).status != 200:
            problems.append(path)
    for path in lists:
        try:
            api.all_pages(path + "?per_page=100")
        except AssertionError as error:
            problems.append(f"{path}: {error}")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=20_000, metavar="N")
    parser.add_argument("--seed", type=int, help="the default is another one each time")
    parser.add_argument("--third", type=int, choices=range(3), metavar="K",
                        help="only each third path of the API, from the K-th on (0 to 2)")
    options = parser.parse_args()
    if not PROGRAM.exists():
        print("schemathesis is not there; tools/prepare-fuzz fetches it")
        return 1 if os.environ.get("CI") else SKIPPED
    seed = random.randrange(1 << 31) if options.seed is None else options.seed
    print(f"==> At least {options.requests} requests, seed {seed}", flush=True)
    (ROOT / ".cache").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="esclusa-fuzz-") as parent:
        with Server(parent=parent) as server:
            sent, failures = fuzz(server, options.requests, seed, options.third)
            for problem in audit(server):
                print(f"    afterwards: {problem}")
                failures += 1
            if failures:
                print("\n".join(line for line in server.log.read_text(errors="replace").split("\n")
                                if '"error"' in line)[-4000:])
    print(f"{sent} requests, {failures} failures", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
