#!/usr/bin/env python3
"""accepted: every consumer sees exactly the values with which a create or a status was accepted.

For each seed, deployments and statuses with values at the limits of what is accepted (cases.py)
are sent to a running server. Refusals are 4xx with a reason, and must be expected. Accepted values
are compared in the answer, GET, the list, the row of the event, webhooks of both encodings, the
feed as pages and as a stream, `esclusa history`, `gates` and `deploy`; and two agents run the
deployments, one by webhooks, one in pull mode. In the end each agent must still run a plain
deployment, and no delivery may be pending or dead.

Exit code 1 when something is wrong; the last lines say with which seed.
"""
import argparse
import contextlib
import decimal
import hashlib
import hmac
import json
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import cases  # noqa: E402
import harness  # noqa: E402
import stored_bodies  # noqa: E402
from receiver import Receiver  # noqa: E402

SECRET = "It's a Secret to Everybody"
EVENTS = ["deployment", "deployment_status"]
SCRIPT = """d="$0/$ESCLUSA_DEPLOYMENT_ID"
cp "$ESCLUSA_PAYLOAD_FILE" "$d.payload" && cp "$ESCLUSA_EVENT_FILE" "$d.event" && env -0 > "$d.env"
"""


class Wrong(Exception):
    """A consumer sees something else than the accepted value."""


def expect(seen, wanted, what):
    if seen != wanted:
        raise Wrong(f"{what}: {str(seen)[:300]!r} is not {str(wanted)[:300]!r}")


class Members(list):
    """The members of an object in order; two objects are equal only if the order is equal, too."""

    def get(self, name):
        return dict(self)[name]


def exact(text):
    """JSON with the exact value of each number and the order of each object's members."""
    return json.loads(text, parse_float=decimal.Decimal, object_pairs_hook=Members)


def shown(text):
    """The text as the command line prints it: one line, no control characters, blanks
    collapsed."""
    plain = re.sub(r"[\n\t]", " ", text)
    return re.sub(" +", " ", re.sub(
        r"[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]", "?", plain)).strip()


# ------------------------------------------------------------------ the site

class Agent:
    """A real agent for one repository, with an entry for each environment."""

    def __init__(self, site, mode, environments):
        self.mode, self.repository = mode, f"demo/{mode}"
        self.folder = site.folder / mode
        self.seen = self.folder / "seen"
        self.seen.mkdir(parents=True)
        site.server.create_user(mode, "--kind", "bot")
        site.server.cli("repo", "grant", self.repository, mode, "write")
        (self.folder / "token").write_text(site.server.create_token(mode, "repo_deployment"))
        (self.folder / "secret").write_text(SECRET)
        way_in = {"webhook": {"listen": "127.0.0.1:0", "secret_file": "secret"},
                  "pull": {"mode": "pull"}}[mode]
        lines = [f"{key} = {self._toml(value)}" for key, value in {
            **way_in, "token_file": "token", "work": "work", "server": site.server.url}.items()]
        for environment in environments:
            entry = {"repository": self.repository, "git": str(site.repository.path), "task": "*",
                     "environment": environment,
                     "command": ["sh", "-c", SCRIPT, str(self.seen)]}
            lines += ["[[deploy]]", *(f"{key} = {self._toml(value)}"
                                      for key, value in entry.items())]
        (self.folder / "agent.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.log = self.folder / "agent.log"

    @staticmethod
    def _toml(value):
        return json.dumps(value, ensure_ascii=False)

    def __enter__(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*harness.DIES_WITH_PARENT, harness.BINARY, "agent", "--config",
                 str(self.folder / "agent.toml")], env=harness.clean_environment(),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("Agent "):
            raise Wrong(f"the agent did not start: {self.log.read_text(errors='replace')}")
        self.url = line.split()[-1].rstrip("/")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        self.process.stdout.close()

    def environment_of(self, deployment_id):
        """The variables of the command."""
        text = (self.seen / f"{deployment_id}.env").read_text(encoding="utf-8")
        return dict(one.split("=", 1) for one in text.split("\0") if one)

    def file_of(self, deployment_id, name):
        return (self.seen / f"{deployment_id}.{name}").read_text(encoding="utf-8")


class Site:
    """A server with a repository for each agent, and receivers of both encodings for both."""

    def __init__(self, seed, cases_count):
        self.rng = cases.seeded(seed)
        self.environments = cases.environments_of(self.rng, min(cases_count, 7))
        self._ending = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as ending:
            self.folder = pathlib.Path(ending.enter_context(
                tempfile.TemporaryDirectory(prefix="esclusa-path-")))
            self.server = ending.enter_context(harness.Server())
            self.api = self.server.api()
            self.repository = harness.make_repository(self.server.folder)
            self.refs = ["main", "v1.0", self.repository.sha("main"), "ветка/🚀'\"$`;&|",
                         "/".join(["l" * 200] * 4)]
            for name in self.refs[3:]:
                self.repository.git("branch", name, "main")
            self.agents, self.receivers = [], {}
            for mode in ("webhook", "pull"):
                self.server.add_repository(f"demo/{mode}", self.repository, "--private")
                agent = ending.enter_context(Agent(self, mode, self.environments))
                self.agents.append(agent)
                if mode == "webhook":
                    self._hook(mode, f"{agent.url}/events", "json", ["deployment"])
                for encoding in ("json", "form"):
                    receiver = ending.enter_context(Receiver(self.folder / f"{mode}-{encoding}"))
                    self.receivers[mode, encoding] = receiver
                    self._hook(mode, receiver.url, encoding, EVENTS)
            self._ending = ending.pop_all()
        return self

    def __exit__(self, *_):
        self._ending.close()

    def _hook(self, name, url, encoding, events):
        made = self.api.post(f"/repos/demo/{name}/hooks", {"events": events, "config": {
            "url": url, "content_type": encoding, "secret": SECRET}})
        assert made.status == 201, made

    def rows(self, sql, *parameters):
        with contextlib.closing(sqlite3.connect(self.server.data / "esclusa.db")) as database:
            return stored_bodies.add_to(database).execute(sql, parameters).fetchall()

    def states(self, statuses_url):
        return [one["state"] for one in self.api.get(statuses_url).json]

    def cli(self, *arguments):
        done = subprocess.run(
            [harness.BINARY, *arguments], check=False, timeout=60, stdin=subprocess.DEVNULL,
            capture_output=True, env=harness.clean_environment({
                "ESCLUSA_URL": self.server.url, "ESCLUSA_TOKEN": self.server.token}))
        if done.returncode != 0:
            raise Wrong(f"esclusa {arguments[0]}: {done.stderr.decode()}")
        return done.stdout.decode()


# ------------------------------------------------------------------ what each sees

def send(site, path, case):
    """Sends a case; returns the answer if it was accepted, None if it was refused as expected."""
    answer = site.api.post(path, case.body())
    accepted = answer.status == 201
    if not accepted and not (400 <= answer.status < 500 and answer.json["reason_code"]):
        raise Wrong(f"refused without a reason: {answer}")
    if accepted != case.allowed:
        raise Wrong(f"accepted is {accepted}, of {case.body()[:2000]!r}: {answer}")
    return answer if accepted else None


def check_deployment(text, case, what):
    """Checks a deployment in a consumer's JSON, as an element of `exact`."""
    for name, absent in (("ref", None), ("task", "deploy"), ("environment", None),
                         ("description", None)):
        expect(text.get(name), case.value(name, absent), f"{what}: {name}")
    expect(text.get("payload"), exact(case.texts.get("payload", "{}")), f"{what}: payload")


def check_status(text, case, what):
    for name in ("description", "log_url", "environment_url"):
        expect(text.get(name), case.value(name), f"{what}: {name}")


def unpacked(delivery):
    """The event in a delivery, after its signature was verified."""
    body = delivery["body"]
    signature = "sha256=" + hmac.new(SECRET.encode(), body.encode(), hashlib.sha256).hexdigest()
    expect(delivery["headers"]["X-Hub-Signature-256"], signature, "signature")
    if delivery["headers"]["Content-Type"] == "application/x-www-form-urlencoded":
        return urllib.parse.parse_qs(body, strict_parsing=True)["payload"][0]
    return body


def check_webhooks(site, mode, kind, record, event):
    """Both encodings must have the bytes of the event's row."""
    def of_it(text):
        return f'"id":{record["id"]},"node_id":"{record["node_id"]}"' in text
    for encoding in ("json", "form"):
        receiver = site.receivers[mode, encoding]

        def arrived(deliveries):
            return any(one["event"] == kind and of_it(unpacked(one)) for one in deliveries)
        found = [unpacked(one) for one in receiver.wait_for(arrived, 60) if one["event"] == kind]
        expect([one for one in found if of_it(one)], [event], f"{encoding} webhook")


def event_of(site, kind, record, deployment_id):
    """The body in the row of the event about the record."""
    found = site.rows(f"select {stored_bodies.BODY} from event e "
                      "join event_body b on b.event_id = e.id "
                      "where e.kind = ? and e.deployment_id = ? order by e.id", kind, deployment_id)
    return next(body for (body,) in found if exact(body).get(kind).get("id") == record["id"])


def check_agent(agent, case, made, event):
    """Checks what the command of a deployment was given."""
    seen = agent.environment_of(made["id"])
    for variable, wanted in (
            ("ID", str(made["id"])), ("SHA", made["sha"]), ("REF", case.value("ref")),
            ("TASK", case.value("task", "deploy")), ("ENVIRONMENT", case.value("environment"))):
        name = "ESCLUSA_DEPLOYMENT_ID" if variable == "ID" else f"ESCLUSA_{variable}"
        expect(seen[name], wanted, f"{agent.mode} agent: {name}")
    expect(exact(agent.file_of(made["id"], "payload")), exact(case.texts.get("payload", "{}")),
           f"{agent.mode} agent: payload")
    expect(exact(agent.file_of(made["id"], "event")).get("deployment").get("id"), made["id"],
           f"{agent.mode} agent: event")


def check_history(site, mode, played):
    """Checks that each deployment has a line, with its latest status."""
    lines = site.cli("history", f"demo/{mode}", "--count", "100").split("\n")
    printed = {line.split()[0]: re.sub(" +", " ", line).strip() for line in lines if line}
    for case, made, status in played:
        description = status.value("description") if status else None
        wanted = [str(made["id"]), made["created_at"], case.value("environment"),
                  case.value("task", "deploy"), case.value("ref"), made["sha"][:10], "admin"]
        line = printed[str(made["id"])]
        expect(line[:len(shown(" ".join(wanted)))], shown(" ".join(wanted)), "esclusa history")
        if status:
            ending = shown("failure " + description)
            expect(line[-len(ending):], ending, "esclusa history: description")
        gates = site.cli("gates", f"demo/{mode}", str(made["id"]))
        first = gates.split("\n")[0]
        expect(shown(first), shown(f"Deployment {made['id']}: {case.value('ref')} "
                                   f"({made['sha'][:10]}) to {case.value('environment')} is "
                                   "released"), "esclusa gates")


def check_feed(site, played):
    """Pages and the stream must have the same events, with the bodies of their rows."""
    after, paged = 0, {}
    while True:
        page = site.api.get(f"/esclusa/events?after={after}")
        expect(page.status, 200, "feed")
        if page.json["next"] == after:
            break
        after = page.json["next"]
        for one in exact(page.body).get("events"):
            paged[one.get("guid")] = one
    streamed = {}
    connection = site.server.api()._connect()  # pylint: disable=protected-access
    connection.request("GET", "/esclusa/events?after=0", headers={
        "Accept": "text/event-stream", "Authorization": f"Bearer {site.server.token}"})
    with contextlib.closing(connection), connection.getresponse() as stream:
        while len(streamed) < len(paged):
            line = stream.readline()
            if line.startswith(b"data: "):
                one = exact(line[len(b"data: "):])
                streamed[one.get("guid")] = one
    expect(streamed, paged, "the feed's stream")
    rows = site.rows(f"select e.guid, {stored_bodies.BODY} from event e "
                     "join event_body b on b.event_id = e.id where e.only_hook_id is null")
    expect({guid: one.get("payload") for guid, one in paged.items()},
           {guid: exact(body) for guid, body in rows}, "the feed")
    bodies = {one.get("deployment").get("id"): one.get("deployment")
              for one in (each.get("payload") for each in paged.values())}
    for case, made, _ in played:
        check_deployment(bodies[made["id"]], case, "the feed")


# ------------------------------------------------------------------ a seed

def play_create(site, agent, environment):
    """Creates a deployment and a status, and checks every consumer; returns (case, deployment,
    status's case)."""
    path = f"/repos/{agent.repository}/deployments"
    case = cases.make_create(site.rng, environment, site.refs)
    answer = send(site, path, case)
    if answer is None:
        return None
    made = answer.json
    if case.texts.get("payload", "{}").encode() not in answer.body:
        raise Wrong("the answer does not repeat the payload as it was sent")
    check_deployment(exact(answer.body), case, "answer")
    check_deployment(exact(site.api.get(made["url"]).body), case, "GET")
    listed = exact(site.api.get(f"{path}?per_page=1").body)
    check_deployment(listed[0], case, "list")
    event = event_of(site, "deployment", made, made["id"])
    check_deployment(exact(event).get("deployment"), case, "event")
    check_webhooks(site, agent.mode, "deployment", made, event)
    wait_success(site, agent, case, made)
    check_agent(agent, case, made, event)
    return case, made, play_status(site, agent, made)


def play_status(site, agent, made):
    case = cases.make_status(site.rng)
    answer = send(site, made["statuses_url"], case)
    if answer is None:
        return None
    status = answer.json
    check_status(exact(answer.body), case, "answer")
    check_status(exact(site.api.get(status["url"]).body), case, "GET")
    check_status(exact(site.api.get(made["statuses_url"]).body)[0], case, "list")
    event = event_of(site, "deployment_status", status, made["id"])
    check_status(exact(event).get("deployment_status"), case, "event")
    check_webhooks(site, agent.mode, "deployment_status", status, event)
    return case


def play_deploy(site, agent, environment):
    """`esclusa deploy` with a case's fields."""
    while True:
        case = cases.make_create(site.rng, environment, site.refs)
        if case.allowed and not any("\\u0000" in text for text in case.texts.values()):
            break
    if case.value("description") == "":  # the command line has no empty description
        del case.texts["description"]
    flags = [f"--{name}={case.value(name)}" for name in ("environment", "task", "description")
             if name in case.texts]
    printed = site.cli("deploy", agent.repository, case.value("ref"), *flags,
                       f"--payload={case.texts.get('payload', '{}')}", "--no-auto-merge",
                       "--skip-contexts")
    made = site.api.get(f"/repos/{agent.repository}/deployments?per_page=1")
    check_deployment(exact(made.body)[0], case, "esclusa deploy")
    made = made.json[0]
    expect(shown(printed.split("\n")[0]),
           shown(f"Deployment {made['id']}: {case.value('ref')} ({made['sha'][:10]}) to "
                 f"{case.value('environment')}"), "esclusa deploy")
    wait_success(site, agent, case, made)
    return case, made, None


def play_plain(site, agent):
    """A plain deployment, which the others must not block."""
    texts = {"ref": '"main"', "environment": json.dumps(site.environments[0]),
             "auto_merge": "false", "required_contexts": "[]"}
    case = cases.Case(texts, True)
    made = send(site, f"/repos/{agent.repository}/deployments", case).json
    wait_success(site, agent, case, made)
    return case, made, None


def wait_success(site, agent, case, made):
    try:
        harness.wait_until(lambda: site.states(made["statuses_url"])[:1] == ["success"],
                           f"the {agent.mode} agent's success of {case.body()[:2000]!r}", 60)
    except AssertionError as error:
        raise Wrong(f"{error}; its log:\n{agent.log.read_text(errors='replace')[-2000:]}") from None


def check_nothing_waits(site):
    def is_settled():
        return not site.rows("select 1 from delivery where state = 'pending' limit 1")
    harness.wait_until(is_settled, "the end of all deliveries", 60)
    expect(site.rows("select state, count(*) from delivery where state <> 'delivered' "
                     "group by state"), [], "deliveries")
    expect(site.rows("select id from hook where failure_count > 0"), [], "hooks that fail")


def play(seed, cases_count):
    """Runs a seed; returns the numbers of accepted and refused cases."""
    with Site(seed, cases_count) as site:
        accepted = refused = 0
        for agent in site.agents:
            played = []
            for number in range(cases_count):
                environment = site.environments[number % len(site.environments)]
                found = play_create(site, agent, environment)
                if found:
                    played.append(found)
                else:
                    refused += 1
            played += [play_deploy(site, agent, site.environments[0]), play_plain(site, agent)]
            check_history(site, agent.mode, played)
            check_feed(site, played)
            accepted += len(played)
        check_nothing_waits(site)
    return accepted, refused


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=6, metavar="N", help="how many (6)")
    parser.add_argument("--seed", type=int, metavar="N", help="this one alone")
    parser.add_argument("--cases", type=int, default=14, metavar="N",
                        help="creates for each agent and seed (14)")
    options = parser.parse_args()
    seeds = [options.seed] if options.seed is not None else range(1, options.seeds + 1)
    accepted = refused = 0
    for seed in seeds:
        try:
            counts = play(seed, options.cases)
        except (Wrong, AssertionError) as error:
            print(f"path: WRONG: {error}")
            print(f"path: tests/path/accepted.py --seed {seed} --cases {options.cases}")
            return 1
        accepted, refused = accepted + counts[0], refused + counts[1]
    print(f"path: {len(seeds)} seeds, {accepted} accepted and seen everywhere, {refused} refused")
    return 0 if accepted > refused else 1


if __name__ == "__main__":
    sys.exit(main())
