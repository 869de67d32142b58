#!/usr/bin/env python3
"""The crawl: checks that every API address in an answer leads somewhere.

Calls every GET route of /openapi.json in a world with a resource of every kind, and follows each
API address that an answer contains, once, recursively: members named `url` or `…_url`, and the
headers Link and Location. Templates (RFC 6570) are expanded with existing values. There are three
passes: as an administrator, who also follows the bodies of events; as a reader; and without a
token, in a public repository. An address must lead to a 2xx, possibly by redirects, except for the
tables in link_tables.py. A row beginning with `ok` or `FAIL` is printed for each route, for each
pass, for each row of a table, and for each dead address.
"""
import collections
import itertools
import json
import pathlib
import re
import sys
import tempfile
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from everything import fill  # noqa: E402
from link_tables import ABSENT, NEEDS_MORE, NEEDS_TOKEN, PARAMETERS, VALUES  # noqa: E402
from receiver import Receiver  # noqa: E402
from world import World  # noqa: E402

# Addresses in events are below the server's root, as are pages for people.
ROOTS = "/(repos|repositories|users|user|orgs|organizations|teams|esclusa)(/|$)"
NO_LIMIT = 10_000_000
LIMITS = [part for name in ("account-per-hour", "anonymous-per-hour", "points-per-minute",
                            "content-per-minute", "content-per-hour")
          for part in (f"--rate-limit-{name}", str(NO_LIMIT))]


def expand(template, value_of):
    """The template with all variables replaced: {a}, {+a}, {/a}, {?a,b}, {&a,b}."""
    def fill_in(match):
        kind, names = match[1], match[2].split(",")
        values = [(name, str(value_of(name))) for name in names]
        if kind in ("?", "&"):
            return kind + urllib.parse.urlencode(values)
        safe = "/" if kind == "+" else ""
        text = "/".join(urllib.parse.quote(value, safe) for _, value in values)
        return "/" + text if kind == "/" else text
    return re.sub(r"\{([+/?&]?)([^}]*)\}", fill_in, template)


def addresses(body):
    """(member, address) of every link in an answer, at any depth."""
    if isinstance(body, list):
        for element in body:
            yield from addresses(element)
    elif isinstance(body, dict):
        for name, value in body.items():
            if isinstance(value, str) and (name == "url" or name.endswith("_url")):
                yield name, value
            else:
                yield from addresses(value)


class Crawl:
    """One pass over all that one caller may see."""

    def __init__(self, server, token, found, paths):
        self.api = server.api(token, keep_alive=True)
        self.base, self.found = server.url, found
        self.paths = paths  # of /openapi.json
        self.queue, self.seen = collections.deque(), set()
        self.named, self.dead = 0, []  # dead: (path, status, member, the answer that has it)

    def path_of(self, address):
        """The path of an address below the API, without /api/v3; None for any other."""
        if not address.startswith(self.base + "/"):
            return None
        path = address[len(self.base):]
        if path.startswith("/api/v3/"):
            return path.removeprefix("/api/v3")
        return path if re.match(ROOTS, path) else None

    def is_elsewhere(self, template):
        """Whether it is a template of a repository for which no values are known."""
        repository = re.match("/repos/[^/]+/([^/]+)", self.path_of(template) or "")
        return repository and repository[1] != self.found["repo"]

    def value_of(self, member, name):
        """The value of a template's variable."""
        value = VALUES.get((member, name), VALUES.get(name))
        assert value is not None, f"VALUES has nothing for {name} of {member}"
        return self.found.get(value[1:], value) if value.startswith("=") else value

    def take(self, member, address, source):
        """Follows an address in an answer, unless it was followed before."""
        if "{" in address:
            if self.is_elsewhere(address):
                return
            address = expand(address, lambda name: self.value_of(member, name))
        path = self.path_of(address)
        if path is not None and path not in self.seen:
            self.seen.add(path)
            self.queue.append((address, member, source))

    def ask(self, address):
        """Follows redirects; returns the last answer, and takes the addresses of each."""
        source = self.path_of(address)
        for _ in range(5):
            answer = self.api.get(address)
            for relation, link in answer.links():
                self.take(f"Link {relation}", link, source)
            if answer.status not in (301, 302, 303, 307, 308):
                break
            address = answer.headers["Location"]
        if 200 <= answer.status < 300:
            for member, link in addresses(answer.json):
                self.take(member, link, source)
        return answer

    def follow_all(self):
        while self.queue:
            address, *source = self.queue.popleft()
            self.named += 1
            status, path = self.ask(address).status, self.path_of(address)
            if not 200 <= status < 300 and not self.is_for_post(path):
                self.dead.append((path, status, *source))

    def is_for_post(self, path):
        """GitHub names some addresses that only accept POST."""
        path = path.split("?")[0]
        return any("post" in methods and "get" not in methods and
                   re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", pattern), path)
                   for pattern, methods in self.paths.items())


def parameters_of(pattern):
    return re.findall(r"\{([^}]*)\}", pattern)


def required_query(operation):
    """The query with the parameters that a request must have."""
    required = [one["name"] for one in operation.get("parameters", ())
                if one.get("in") == "query" and one.get("required")]
    return "?" + urllib.parse.urlencode({name: PARAMETERS[name] for name in required}) \
        if required else ""


def seeds(paths, found):
    """(pattern, path) of every GET route."""
    for pattern, methods in paths.items():
        if "get" not in methods:
            continue
        values = []
        for name in parameters_of(pattern):
            choice = PARAMETERS.get((pattern, name), PARAMETERS.get(name, f"={name}"))
            choices = choice if isinstance(choice, list) else [choice]
            values.append([found.get(one[1:], one) if one.startswith("=") else one
                           for one in choices])
        for chosen in itertools.product(*values):
            path = pattern
            for name, value in zip(parameters_of(pattern), chosen):
                assert not str(value).startswith("="), f"there is no {name} for {pattern}"
                path = path.replace("{%s}" % name, urllib.parse.quote(str(value), "/."))
            yield pattern, path + required_query(methods["get"])


def signer_of(pattern, methods):
    """The credential (world.py) of a route for apps or for installations; None for others."""
    if methods["get"].get("security") == [{"app": []}]:
        return "app"
    return "installed" if pattern.startswith("/installation/") else None


def ask_as_apps(world, paths, found):
    """The status of each route for apps or for installations. Their addresses are not followed:
    those are for other callers."""
    statuses = {}
    for pattern, path in seeds(paths, found):
        if signer := signer_of(pattern, paths[pattern]):
            api = world.server.api(world.credentials[signer])
            statuses[pattern] = api.get(f"/api/v3{path}").status
    return statuses


class Report:
    """The rows."""

    def __init__(self):
        self.failed, self.met = 0, set()

    def row(self, good, text):
        print(f"{'ok  ' if good else 'FAIL'} {text}")
        self.failed += not good

    def judge(self, crawl, who, tables):
        """Compares the dead addresses of a pass with the tables."""
        excused, patterns = 0, collections.Counter()
        for path, status, member, source in sorted(crawl.dead):
            plain = path.split("?")[0]
            row = next((row for table in tables for row in table if status == row[1] and
                        (re.fullmatch(row[0], plain) or
                         re.fullmatch(row[0], f"{member} {plain}"))), None)
            if row:
                self.met.add(row)
                excused += 1
            else:
                shape = re.sub(r"[0-9a-f]{40}|(?<=/)\d+|(?<=/users/)[^/]+", "{}", path)
                patterns[shape, status] += 1
                if patterns[shape, status] == 1:
                    self.row(False, f"{who}: {path}: {status}, {member} of {source}")
        self.row(crawl.named > 0 and not patterns,
                 f"{who}: {crawl.named} addresses followed, {sum(patterns.values())} of them dead, "
                 f"{excused} excused by a table")


def crawl(world, who, paths, found, more=()):
    """One pass; returns it, and the worst status of each route. `more` are (member, address,
    source) to begin with."""
    tokens = {**world.tokens, "administrator": world.server.token, "nobody": None}
    one, statuses = Crawl(world.server, tokens[who], found, paths), {}
    for pattern, path in seeds(paths, found):
        if signer_of(pattern, paths[pattern]):
            continue
        prefix = "" if path in ("/livez", "/readyz") else "/api/v3"
        one.seen.add(path)
        status = one.ask(world.server.url + prefix + path).status
        statuses[pattern] = max(statuses.get(pattern, 0), status)
    for named in more:
        one.take(*named)
    one.follow_all()
    return one, statuses


def crawl_all(world, receiver, report):
    world.server.cli("repo", "remove", "demo/lost")  # its folder is missing: each answer is a 503
    filled = fill(world, receiver)
    found = filled.found
    more = [("Location", address, path) for path, address in filled.locations]
    for event in receiver.deliveries():
        more += [(member, address, f"the event {event['event']}")
                 for member, address in addresses(json.loads(event["body"]))]
    paths = world.server.api().get("/openapi.json").json["paths"]
    one, statuses = crawl(world, "administrator", paths, found, more)
    for pattern, status in (statuses | ask_as_apps(world, paths, found)).items():
        report.row(200 <= status < 300, f"GET {pattern}: {status}")
    report.judge(one, "administrator", [ABSENT])
    one, _ = crawl(world, "reader", paths, found)
    report.judge(one, "reader", [ABSENT, NEEDS_MORE])
    one, _ = crawl(world, "nobody", paths, {**found, "repo": "window"})
    report.judge(one, "nobody", [ABSENT, NEEDS_MORE, NEEDS_TOKEN])
    for path, status, reason in ABSENT + NEEDS_MORE + NEEDS_TOKEN:
        report.row((path, status, reason) in report.met, f"{status} for {path}: {reason}")


def main():
    report = Report()
    with World(arguments=["--rate-limit-enabled", "true", *LIMITS]) as world, \
            tempfile.TemporaryDirectory(prefix="links-") as folder, \
            Receiver(pathlib.Path(folder) / "received.jsonl") as receiver:
        crawl_all(world, receiver, report)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
