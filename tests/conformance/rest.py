#!/usr/bin/env python3
"""The conformance test: calls the real server, and checks the answers against GitHub's own
OpenAPI description (judge.mjs).

    tests/conformance/rest.py [--keep RECORD.json]

Needs Node 20 or newer, and the packages of package-lock.json (tools/prepare-clients).
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

SKIPPED = 77
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import app_cases  # noqa: E402
import code_cases  # noqa: E402
import collaborator_cases  # noqa: E402
import commit_cases  # noqa: E402
import custom_rule_cases  # noqa: E402
import deployment_cases  # noqa: E402
import environment_cases  # noqa: E402
import hook_cases  # noqa: E402
import key_cases  # noqa: E402
import list_cases  # noqa: E402
import repository_cases  # noqa: E402
import secret_cases  # noqa: E402
import team_cases  # noqa: E402
from world import World  # noqa: E402


class Recorder:
    """Sends the requests of the cases, and records the answers."""

    def __init__(self, world):
        self.world = world
        self.exchanges = []

    def __call__(self, operation, case, path, expects, *, method=None, who="writer", body=None,
                 headers=None, links=None, says=None, version="2022-11-28", prefix="",
                 media="github.v3; format=json"):
        """Sends one request of `operation` and records it; returns the answer.

        who      an account of the world, one of its credentials (an app's), None for no token,
                 "nobody" for a wrong one
        links    the relations that the Link header must have, in order
        says     what an error's message must contain
        prefix   "/api/v3" to use that root
        media    the media type that the server must name
        """
        server = self.world.server
        token = {**self.world.tokens, **self.world.credentials}.get(who, "not-a-token")
        token = token if who else None
        method = method or operation.split()[0]
        if path.startswith(server.url):
            path = path[len(server.url):].removeprefix("/api/v3")
        answer = server.api(token).request(method, prefix + path, body, headers)
        known = {None: "none", "nobody": "invalid"}.get(
            who, "app" if who in self.world.credentials else "valid")
        base = server.url + prefix
        self.exchanges.append({
            "operation": operation, "case": case, "method": method, "base": base,
            "url": base + path, "token": known, "version": version, "media": media,
            "expects": expects, "links": links, "says": says, "status": answer.status,
            "headers": answer.headers.items(), "body": answer.body.decode(errors="replace")})
        return answer


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=pathlib.Path, metavar="FILE", help="keep the record there")
    options = parser.parse_args()
    if not (HERE / "node_modules/.prepared").exists():
        print("the judge's packages are not there; tools/prepare-clients conformance tells why")
        return 1 if os.environ.get("CI") else SKIPPED
    with World() as world, tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        record = Recorder(world)
        for module in (deployment_cases, commit_cases, hook_cases, key_cases,
                       team_cases, environment_cases, repository_cases, collaborator_cases,
                       list_cases, code_cases, app_cases, custom_rule_cases, secret_cases):
            for group in module.GROUPS:
                group(record, world)
        file = options.keep or pathlib.Path(folder) / "record.json"
        file.write_text(json.dumps(record.exchanges))
        print(f"{len(record.exchanges)} exchanges recorded")
        sys.stdout.flush()
        return subprocess.run(["node", str(HERE / "judge.mjs"), str(file)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
