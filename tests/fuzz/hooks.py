"""Hooks of schemathesis: most requests get real names, ids and tokens, so that they reach the
handlers.

schemathesis loads it (SCHEMATHESIS_HOOKS); schemathesis_run.py starts it, and names the
description of the world in ESCLUSA_FUZZ_WORLD. The choices for a request depend only on the
request, so that schemathesis can repeat and shrink failures.
"""
import atexit
import collections
import hashlib
import json
import os
import pathlib
import random
import re

import schemathesis

from public_keys import public_key

WORLD = json.loads(pathlib.Path(os.environ["ESCLUSA_FUZZ_WORLD"]).read_text())
COUNT = pathlib.Path(os.environ["ESCLUSA_FUZZ_COUNT"])
# Wrong tokens are rare: over a thousand of them in ten minutes are refused in another way.
TOKENS = ["admin"] * 80 + ["writer"] * 8 + ["reader"] * 5 + ["nobody"] * 6 + ["wrong"]
requests_sent = 0
answers = collections.Counter()  # by status
deletable = {"deployment_id": [], "hook_id": [], "key_id": [], "organization_hooks": [],
             "team_slug": []}


def write_count():
    new = COUNT.with_suffix(".new")  # another process may be reading it
    new.write_text(json.dumps({"requests": requests_sent, "answers": answers}))
    new.replace(COUNT)


atexit.register(write_count)


def chooser(case):
    """A source of choices that is the same for the same request."""
    seen = repr((case.method, case.path, case.path_parameters, case.query, case.body))
    return random.Random(hashlib.sha256(seen.encode(errors="replace")).digest())


def lead_to_real_things(case, choose):
    """Puts existing names and ids of one repository into the path."""
    parameters = case.path_parameters
    for name in ("username", "org"):
        if parameters and name in parameters and choose.random() < 0.7:
            parameters[name] = choose.choice(WORLD[name])
    if parameters and "org" in parameters and "hook_id" in parameters and choose.random() < 0.9:
        made = deletable["organization_hooks"]
        if case.method.upper() != "DELETE":
            parameters["hook_id"] = choose.choice(WORLD["organization_hooks"])
        elif made:
            parameters["hook_id"] = made.pop()
    if parameters and "team_slug" in parameters and choose.random() < 0.9:
        made = deletable["team_slug"]
        if case.method.upper() != "DELETE" or not case.path.endswith("{team_slug}"):
            parameters["team_slug"] = choose.choice(WORLD["team_slug"])
        elif made:
            parameters["team_slug"] = made.pop()
    if not parameters or "owner" not in parameters or choose.random() < 0.1:
        return
    repository = choose.choice(WORLD["repositories"])
    for name in list(parameters):
        if choose.random() < 0.05:
            continue
        if case.method.upper() == "DELETE" and name in deletable:
            if deletable[name]:
                parameters[name] = deletable[name].pop()
        elif name == "ref" and "/git/" in case.path:
            parameters[name] = choose.choice(repository["git_ref"])
        elif name in repository:
            parameters[name] = choose.choice(repository[name])


def lead_to_commits(case, choose):
    """Lets the body name existing commits and refs."""
    repository = WORLD["repositories"][0]
    for name, values in (("ref", repository["ref"]), ("head_sha", repository["sha"])):
        if isinstance(case.body, dict) and isinstance(case.body.get(name), str):
            if choose.random() < 0.85:
                case.body[name] = choose.choice(values)
    if isinstance(case.body, dict) and "ref" in case.body and choose.random() < 0.6:
        case.body["required_contexts"] = []
        case.body.pop("expected_sha", None)


def keep_hooks_here(case, choose):
    """No event may leave this machine, whatever address was generated for it."""
    config = case.body.get("config") if isinstance(case.body, dict) else None
    url = config.get("url") if isinstance(config, dict) else None
    if isinstance(url, str) and re.match(r"(?i)https?://", url):
        config["url"] = f"http://127.0.0.1:1/{choose.randrange(1 << 30)}"
        case.body["active"] = choose.random() < 0.05


def offer_keys(case, choose):
    """A deploy key that OpenSSH can read."""
    if isinstance(case.body, dict) and isinstance(case.body.get("key"), str):
        if choose.random() < 0.7:
            case.body["key"] = public_key(str(choose.randrange(1 << 30)))


def keep_teams_findable(case, choose):
    """Teams that other requests use keep their names in most cases."""
    if case.method.upper() == "PATCH" and case.path.endswith("{team_slug}"):
        if isinstance(case.body, dict) and choose.random() < 0.95:
            case.body.pop("name", None)


def keep_repositories_findable(case):
    """A renamed repository would answer all later requests with redirects."""
    if case.method.upper() == "PATCH" and case.path.endswith("/repos/{owner}/{repo}"):
        if isinstance(case.body, dict):
            case.body.pop("name", None)


@schemathesis.hook
def before_call(context, case, kwargs):
    global requests_sent
    requests_sent += 1
    if requests_sent % 250 == 0:
        write_count()
    choose = chooser(case)
    lead_to_real_things(case, choose)
    lead_to_commits(case, choose)
    offer_keys(case, choose)
    keep_teams_findable(case, choose)
    keep_repositories_findable(case)
    if case.query:
        case.query.pop("wait", None)  # the server would wait, for up to a minute
    keep_hooks_here(case, choose)
    token = WORLD["tokens"].get(choose.choice(TOKENS))
    case.headers = case.headers if case.headers is not None else {}
    case.headers.pop("Authorization", None)
    if token:
        case.headers["Authorization"] = f"Bearer {token}"


@schemathesis.hook
def after_call(context, case, response):
    answers[response.status_code] += 1
    if response.status_code != 201:
        return
    kinds = {"repos/create-deployment": "deployment_id", "repos/create-webhook": "hook_id",
             "repos/create-deploy-key": "key_id", "orgs/create-webhook": "organization_hooks",
             "teams/create": "team_slug"}
    name = kinds.get(case.operation.definition.raw.get("operationId"))
    if name:
        deletable[name].append(response.json()["slug" if name == "team_slug" else "id"])
