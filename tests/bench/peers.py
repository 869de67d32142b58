"""Rows of `./dev bench --peers`: other servers that answer GitHub's deployments API, from npm.

Both answer with examples and keep nothing, so that the rows have no target: they tell what a tool
author uses today. @simulacrum/github-api-simulator knows GitHub's whole API; @stoplight/prism-cli
gets our own /openapi.json.
"""
import contextlib
import json
import pathlib
import re
import shutil
import subprocess

from measure import Request, harness
from row import Invalid, Row, Sides, shown
from server import DEPLOYMENTS, NEW_DEPLOYMENT, address_of, bearer, fill, server

FOLDER = harness.ROOT / ".cache/bench/peers"
PACKAGES = {"simulator": "@simulacrum/github-api-simulator@0.8.0",
            "prism": "@stoplight/prism-cli@5.16.0"}
STORED = 100
ADDRESS = r"http://127\.0\.0\.1:[0-9]+"
SIMULATOR = """
import { simulation } from "@simulacrum/github-api-simulator";
const listening = await simulation({ initialState: { users: [{ login: "demo", organizations: [] }],
  organizations: [{ login: "demo" }], repositories: [{ owner: "demo", name: "shop" }],
  branches: [{ name: "main" }], blobs: [] } }).listen(0);
console.log(`listens on http://127.0.0.1:${listening.port}`);
"""


def install():
    """Installs the packages with npm, once."""
    if (FOLDER / "installed").exists():
        return
    if not shutil.which("npm"):
        raise Invalid("npm is not installed")
    FOLDER.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--prefix", FOLDER,
                           *PACKAGES.values()], check=False, text=True, capture_output=True,
                          timeout=600)
    if done.returncode != 0:
        raise Invalid(f"npm: {done.stderr.strip()[-300:]}")
    (FOLDER / "installed").touch()


@contextlib.contextmanager
def started(folder, command):
    """A peer that prints the address at which it listens; gives (URL, process)."""
    output = pathlib.Path(folder) / "peer.log"
    with open(output, "wb") as log:
        process = subprocess.Popen([*harness.DIES_WITH_PARENT, *map(str, command)], cwd=FOLDER,
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        harness.wait_until(lambda: re.search(ADDRESS, output.read_text()) or process.poll()
                           is not None, f"the peer ({output})", 60)
        found = re.search(ADDRESS, output.read_text())
        if not found:
            raise Invalid(f"the peer did not start: {output.read_text()[-300:]}")
        yield found[0], process.pid
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def against(folder, peer, kind):
    """Sides that answer one request of a kind: our server, and a peer."""
    install()
    with server(folder) as (ours, token):
        fill(ours, token, STORED)
        if peer == "prism":
            document = pathlib.Path(folder) / "openapi.json"
            document.write_bytes(ours.api(token).get("/openapi.json").body)
            command = [FOLDER / "node_modules/.bin/prism", "mock", "--multiprocess", "false",
                       "--port", "0", document]
        else:
            script = FOLDER / "simulator.mjs"
            script.write_text(SIMULATOR)
            command = ["node", script]
        with started(folder, command) as address:
            # Prism sends only the media type that the description names.
            headers = {**bearer(token), "Accept": "application/json"}

            def request(of):
                if kind == "post":
                    return Request(folder, of, DEPLOYMENTS, headers, method="POST",
                                   body=json.dumps(NEW_DEPLOYMENT).encode(), status=201)
                path = f"{DEPLOYMENTS}/1" if kind == "one" else DEPLOYMENTS
                return Request(folder, of, path, headers)

            yield Sides(request(address_of(ours)).measure, request(address).measure)


def rows():
    kinds = {"one": "GET one deployment", "page": "GET a page", "post": "POST a deployment"}
    return [Row(f"{peer}-{kind}", what, package.rpartition("@")[0],
                lambda folder, peer=peer, kind=kind: against(folder, peer, kind), [shown("rate")])
            for peer, package in PACKAGES.items() for kind, what in kinds.items()]
