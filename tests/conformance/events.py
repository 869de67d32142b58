#!/usr/bin/env python3
"""The bodies of events: makes the real server send every kind of event to a real receiver, and
checks them against GitHub's two descriptions of webhooks (events.mjs). Also checks which events a
webhook may subscribe to, by the newer of the two.

    tests/conformance/events.py [--keep FILE]

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
DESCRIPTION = HERE / "node_modules/@octokit/openapi-webhooks/generated/api.github.com.json"
sys.path.insert(0, str(HERE.parent / "e2e"))

from installed_app import install_app  # noqa: E402
from public_keys import public_key  # noqa: E402
from receiver import Receiver  # noqa: E402
from world import World  # noqa: E402

SHOP = "/repos/demo/shop"
# On GitHub only apps get these events; here webhooks that name them do.
OURS = {"deployment_review"}
ASKED = "deployment_protection_rule"  # for apps here, too
PLAIN = {"ref": "main", "auto_merge": False, "required_contexts": []}


def check_names(world):
    """Every event that a webhook of a repository or an organization may have on GitHub is
    accepted, and every other one is refused."""
    description = json.loads(DESCRIPTION.read_text())
    names = {}
    for webhook in description["webhooks"].values():
        about = webhook["post"]["x-github"]
        types = names.setdefault(about["subcategory"].replace("-", "_"), set())
        types.update(about.get("supported-webhook-types", []))
    return all([check_names_of(world.server, names, kind, path)
                for kind, path in (("repository", f"{SHOP}/hooks"),
                                   ("organization", "/orgs/demo/hooks"))])


def check_names_of(server, names, kind, path):
    """The same for the webhooks of one kind."""
    offered = sorted(name for name, types in names.items() if kind in types or name in OURS)
    api, config = server.api(), {"url": server.url}
    answer = api.post(path, {"events": offered, "active": False, "config": config})
    good = answer.status == 201 and answer.json["events"] == offered
    print(f"{'ok  ' if good else 'FAIL'} {len(offered)} events are taken by a hook of the {kind}")
    if answer.status == 201:
        api.delete(answer.json["url"])
    for name in sorted(set(names) - set(offered)):
        answer = api.post(path, {"events": [name], "config": config})
        said = answer.json.get("errors", [{}])[0].get("message") if answer.status == 422 else None
        refused = said == f"These events are not allowed for this hook: {name}"
        print(f"{'ok  ' if refused else 'FAIL'} {name} is refused by a hook of the {kind}")
        good = good and refused
    return good


class Sender:
    """Causes events, and counts the deliveries that must arrive."""

    def __init__(self, world, receiver, reviews, apps):
        self.world = world
        self.api = world.server.api()
        self.receiver = receiver
        self.review_receiver = reviews
        self.app_receiver = apps

    def post(self, path, body=None, expects=201):
        answer = self.api.post(path, body)
        assert answer.status == expects, answer
        return answer.json

    def wait(self, event, count):
        self.receiver.wait_for_event(event, count)

    def deployments(self, shop):
        """Deployments with each form of payload, and each state of a status."""
        made = [self.post(f"{shop}/deployments", {**PLAIN, **more}) for more in (
            {}, {"payload": {"a": [1, {"b": None}]}, "description": "All of it", "task": "migrate",
                 "environment": "staging", "transient_environment": True},
            {"payload": "a text", "environment": "text"})]
        self.wait("deployment", len(made))
        statuses = f"{shop}/deployments/{made[0]['id']}/statuses"
        # `inactive` sends no event.
        for state in ("queued", "in_progress", "pending", "failure", "error", "success"):
            self.post(statuses, {"state": state})
        self.post(statuses, {"state": "success", "environment_url": "https://shop.example.org/",
                             "log_url": "https://ci.example.org/2", "description": "é" * 140})
        self.wait("deployment_status", 7)
        # Their bodies have no member that others have not: headers say what they repeat.
        ours = f"/esclusa{shop}"
        self.post(f"{ours}/deployments/{made[1]['id']}/redeploy", {"required_contexts": []})
        self.post(f"{ours}/environments/production/rollback",
                  {"to": made[0]["id"], "reason": "It burns"})
        self.post(f"{ours}/environments/promoted/promote",
                  {"from": "production", "required_contexts": []})
        self.wait("deployment", len(made) + 3)

    def commit_statuses(self, shop):
        for state in ("error", "failure", "pending", "success"):
            self.post(f"{shop}/statuses/{self.world.sha('main')}", {"state": state})
        self.post(f"{shop}/statuses/{self.world.sha('ahead/1')}", {
            "state": "success", "target_url": "https://ci.example.org/1", "description": "Good",
            "context": "ci/build"})
        self.wait("status", 5)

    def check_runs(self, shop):
        """Each conclusion, of a run that is created with it and of a run that gets it
        later."""
        least = {"name": "build", "head_sha": self.world.sha("main")}
        conclusions = ("action_required", "cancelled", "failure", "neutral", "skipped", "success",
                       "timed_out")
        for conclusion in conclusions:
            self.post(f"{shop}/check-runs", {**least, "conclusion": conclusion})
            run = self.post(f"{shop}/check-runs", {
                **least, "status": "in_progress", "details_url": "https://ci.example.org/1",
                "external_id": "7"})
            answer = self.api.patch(f"{shop}/check-runs/{run['id']}", {
                "conclusion": conclusion, "output": {"title": "T", "summary": "S", "text": "X"}})
            assert answer.status == 200, answer
        self.wait("check_run", 4 * len(conclusions))

    def deploy_keys(self, shop):
        for name in ("one", "two"):
            key = self.post(f"{shop}/keys", {"key": public_key(name), "title": name,
                                             "read_only": name == "one"})
            answer = self.api.delete(f"{shop}/keys/{key['id']}")
            assert answer.status == 204, answer
        self.wait("deploy_key", 4)

    def reviews(self, shop):
        """In an organization's repository, because the older description demands too much for a
        user's. By a webhook of its own, because neither description knows its event in a
        `ping`."""
        config = {"url": self.review_receiver.url, "content_type": "json"}
        hook = self.post(f"{shop}/hooks", {"config": config, "events": list(OURS)})
        reviewers = [{"type": "User", "id": self.api.get("/user").json["id"]}]
        answer = self.api.request("PUT", f"{shop}/environments/guarded", {"reviewers": reviewers})
        assert answer.status == 200, answer
        for state in ("approved", "rejected"):
            held = self.post(f"{shop}/deployments", {**PLAIN, "environment": "guarded"})
            self.post(f"{shop}/actions/runs/{held['id']}/pending_deployments", {
                "environment_ids": [answer.json["id"]], "state": state, "comment": "So be it"},
                200)
        self.review_receiver.wait_for_event("deployment_review", 4)
        answer = self.api.delete(f"{shop}/hooks/{hook['id']}")
        assert answer.status == 204, answer

    def custom_rules(self, shop):
        """The questions to an app that has a rule, which it can answer."""
        app = install_app(self.world.server, "Guard", ASKED)
        self.world.server.cli("app", "webhook", app.slug, "--url", self.app_receiver.url)
        environment = f"{shop}/environments/checked"
        answer = self.api.request("PUT", environment)
        assert answer.status == 200, answer
        self.post(f"{environment}/deployment_protection_rules", {"integration_id": app.id})
        for payload in ({}, {"a": [1, {"b": None}]}, "a text"):
            self.post(f"{shop}/deployments",
                      {**PLAIN, "environment": "checked", "payload": payload})
        installed = self.world.server.api(app.token)
        for delivery, state in zip(self.app_receiver.wait_for_event(ASKED, 3),
                                   ("approved", "approved", "rejected")):
            # Both descriptions allow that these are missing.
            asked = json.loads(delivery["body"])
            assert asked["installation"]["id"] == app.installation, asked
            assert (asked["event"], asked["pull_requests"]) == ("deployment", []), asked
            answer = installed.post(asked["deployment_callback_url"], {
                "environment_name": asked["environment"], "state": state})
            assert answer.status == 204, answer

    def pushes(self, shop, hook, branch):
        """The push of an auto-merge, and the same push as a test."""
        self.post(f"{shop}/deployments", {"ref": branch, "required_contexts": []}, 202)
        self.wait("push", 1)
        self.post(f"{shop}/hooks/{hook['id']}/tests", expects=204)
        self.wait("push", 2)

    def everything(self, shop, branch):
        config = {"url": self.receiver.url, "content_type": "json", "secret": "s3cret"}
        hook = self.post(f"{shop}/hooks", {"config": config, "events": ["*"]})
        self.post(f"{shop}/hooks/{hook['id']}/pings", expects=204)
        self.wait("ping", 2)
        self.deployments(shop)
        self.commit_statuses(shop)
        self.check_runs(shop)
        self.deploy_keys(shop)
        self.reviews(shop)
        self.custom_rules(shop)
        self.pushes(shop, hook, branch)
        answer = self.api.delete(f"{shop}/hooks/{hook['id']}")
        assert answer.status == 204, answer
        self.wait("meta", 1)
        assert not self.receiver.deliveries(ASKED), "other webhooks got what is for the app's alone"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=pathlib.Path, metavar="FILE", help="keep the bodies there")
    options = parser.parse_args()
    if not (HERE / "node_modules/.prepared").exists():
        print("the judge's packages are not there; tools/prepare-clients conformance tells why")
        return 1 if os.environ.get("CI") else SKIPPED
    with World() as world, tempfile.TemporaryDirectory(prefix="events-") as folder:
        file = options.keep or pathlib.Path(folder) / "received.jsonl"
        with Receiver(file) as receiver, Receiver(pathlib.Path(folder) / "reviews") as reviews, \
                Receiver(pathlib.Path(folder) / "apps") as apps:
            good = check_names(world)
            Sender(world, receiver, reviews, apps).everything(SHOP, "late/1")
            received = (reviews.deliveries("deployment_review") + apps.deliveries(ASKED)
                        + apps.deliveries("ping"))
            print(f"{len(receiver.deliveries()) + len(received)} events received")
        with file.open("a") as judged:
            judged.writelines(json.dumps(one) + "\n" for one in received)
        sys.stdout.flush()
        judged = subprocess.run(["node", str(HERE / "events.mjs"), str(file)], check=False)
        return judged.returncode if good else 1


if __name__ == "__main__":
    sys.exit(main())
