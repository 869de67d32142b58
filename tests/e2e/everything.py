"""Creates a resource of every kind in a world (world.py), for tests that call every route, follow
every link, or read every answer with a typed client. `fill(world, receiver)` returns

    found       parameter of a path → its value
    locations   (posted path, created path): the header Location of each creation
"""
from harness import wait_until
from installed_app import install_app
from public_keys import public_key
from sealed_box import sealed_body

SHOP = "/repos/demo/shop"
PLAIN = {"ref": "main", "auto_merge": False, "required_contexts": []}
EVENTS = {"deployment", "deployment_status", "deployment_review", "deployment_protection_rule",
          "status", "check_run", "deploy_key", "push", "ping"}


class Filler:
    """Creates the resources."""

    def __init__(self, world, receiver):
        self.world, self.receiver = world, receiver
        self.admin, self.locations, self.app = world.server.api(), [], None
        self.found = {"owner": "demo", "repo": "shop", "org": "demo", "username": "member",
                      "branch": "main", "tag": "v1.0", "sha": world.sha("main")}

    def send(self, method, path, body=None, expects=201, api=None, headers=None):
        answer = (api or self.admin).request(method, path, body, headers)
        assert answer.status == expects, (method, path, answer)
        if answer.status == 201:
            self.locations.append((path, answer.headers["Location"]))
        return answer.json

    def people(self):
        """An owner of demo, a member, a bot, an agent, and a team with a member and a
        repository."""
        server = self.world.server
        server.create_user("member")
        server.create_user("robot[bot]", "--kind", "bot", "--human", "admin")
        self.world.tokens["member"] = server.create_token("member", "repo, read:org, user")
        server.cli("org", "add", "demo", "admin", "--role", "admin")
        server.cli("org", "add", "demo", "member")
        server.cli("repo", "grant", "demo/shop", "member", "read")
        server.cli("repo", "protect", "demo/shop", "old")
        server.cli("agent", "token", "demo/shop", "--environment", "claimed", "--name", "web-1")
        team = self.send("POST", "/orgs/demo/teams", {
            "name": "Night Watch", "description": "They watch", "privacy": "closed",
            "maintainers": ["member"], "repo_names": ["demo/shop"]})
        self.found |= {"team_slug": team["slug"], "team_id": team["id"],
                       "org_id": self.send("GET", "/orgs/demo", expects=200)["id"]}

    def apps(self):
        """An app with a webhook that is installed at demo, with a JWT and a token among the
        credentials."""
        server = self.world.server
        self.app = install_app(server, "Crane", "deployment", "deployment_protection_rule")
        server.cli("app", "webhook", "crane", "--url", f"{self.receiver.url}/app")
        self.world.credentials |= {"app": self.app.jwt, "installed": self.app.token}
        self.found |= {"app_slug": "crane", "installation_id": self.app.installation}

    def hooks(self):
        """A webhook of the repository and one of the organization, each for every event."""
        for path, name in ((f"{SHOP}/hooks", "hook_id"), ("/orgs/demo/hooks", "org_hook_id")):
            hook = self.send("POST", path, {"events": ["*"], "config": {
                "url": f"{self.receiver.url}/{name}", "content_type": "json", "secret": "s3cret"}})
            self.found[name] = hook["id"]
        # `*` does not include this event.
        self.send("POST", f"{SHOP}/hooks", {"events": ["deployment_review"], "config": {
            "url": f"{self.receiver.url}/review", "content_type": "json"}})

    def environments(self):
        """An environment with every gate of GitHub's form of it, one with only a human reviewer,
        one with a custom rule, one with a slash in its name."""
        writer = {"type": "User", "id": self.send("GET", "/users/writer", expects=200)["id"]}
        guarded = f"{SHOP}/environments/guarded"
        policy = {"protected_branches": False, "custom_branch_policies": True}
        self.send("PUT", guarded, {
            "wait_timer": 1, "prevent_self_review": True, "deployment_branch_policy": policy,
            "reviewers": [writer, {"type": "Team", "id": self.found["team_id"]}]}, 200)
        pattern = self.send("POST", f"{guarded}/deployment-branch-policies", {"name": "main"}, 200)
        reviewed = self.send("PUT", f"{SHOP}/environments/reviewed", {"reviewers": [writer]}, 200)
        self.send("PUT", f"{guarded}/secrets/TOKEN", sealed_body(self.admin, guarded, "s3cret"))
        self.send("POST", f"{guarded}/variables", {"name": "REGION", "value": "eu"})
        self.send("PUT", f"{SHOP}/environments/eu%2Flive", expects=200)
        self.send("PUT", f"{SHOP}/environments/checked", expects=200)
        rule = self.send("POST", f"{SHOP}/environments/checked/deployment_protection_rules",
                         {"integration_id": self.app.id})
        self.found |= {"secret_name": "TOKEN", "variable_name": "REGION"}
        self.found |= {"environment_name": "guarded", "branch_policy_id": pattern["id"],
                       "reviewed_environment_id": reviewed["id"],
                       "protection_rule_id": rule["id"]}

    def deployments(self):
        """A deployment with statuses and a log, one that waits for its reviewers, one that waits
        for an app, one that is claimed, one that was reviewed."""
        made = self.send("POST", f"{SHOP}/deployments", {
            **PLAIN, "environment": "staging", "payload": {"a": [1, {"b": None}], "c": "\u00fc"}})
        path = f"{SHOP}/deployments/{made['id']}"
        for state in ("queued", "in_progress", "failure", "error", "pending", "success"):
            status = self.send("POST", f"{path}/statuses", {
                "state": state, "log_url": "https://ci.example.org/1",
                "environment_url": "https://shop.example.org/", "description": "So it is"})
        self.send("PATCH", f"/esclusa{path}/log?offset=0", b"All is well.\n", 200,
                  headers={"Content-Type": "text/plain"})
        self.send("POST", f"{SHOP}/deployments", {"ref": "late/1", "required_contexts": []}, 202)
        self.found |= {"deployment_id": made["id"], "status_id": status["id"]}
        for environment, name in (("guarded", "run_id"), ("checked", "checked_run_id"),
                                  ("reviewed", "reviewed_run_id")):
            held = self.send("POST", f"{SHOP}/deployments", {**PLAIN, "environment": environment})
            self.found[name] = held["id"]
        claimed = self.send("POST", f"{SHOP}/deployments", {**PLAIN, "environment": "claimed"})
        self.send("POST", f"/esclusa{SHOP}/deployments/{claimed['id']}/claim", {"seconds": 3600})
        self.found["claimed_id"] = claimed["id"]
        self.review(f"{SHOP}/actions/runs/{self.found['reviewed_run_id']}")

    def review(self, run):
        writer = self.world.server.api(self.world.tokens["writer"])
        self.send("POST", f"{run}/pending_deployments", {
            "environment_ids": [self.found["reviewed_environment_id"]], "state": "approved",
            "comment": "So be it"}, 200, writer)

    def reports(self):
        """Commit statuses and check runs."""
        for context, state in (("ci/build", "success"), ("ci/test", "pending")):
            self.send("POST", f"{SHOP}/statuses/{self.found['sha']}", {
                "state": state, "context": context, "target_url": "https://ci.example.org/1"})
        annotation = {"path": "a.cc", "start_line": 1, "end_line": 2, "annotation_level": "notice",
                      "message": "Look here."}
        run = self.send("POST", f"{SHOP}/check-runs", {
            "name": "lint", "head_sha": self.found["sha"], "conclusion": "success",
            "output": {"title": "Linted", "summary": "All", "annotations": [annotation]}})
        key = self.send("POST", f"{SHOP}/keys", {"key": public_key("everything"), "title": "CI"})
        self.found |= {"check_run_id": run["id"], "key_id": key["id"]}

    def objects(self):
        """Git's objects: a commit's tree, a file, an annotated tag."""
        git = self.world.repository.git
        self.found |= {"tree_sha": git("rev-parse", "main^{tree}"), "tag_sha":
                       git("rev-parse", "refs/tags/v1.0"), "commit_sha": self.found["sha"],
                       "file_sha": git("rev-parse", "main:index.html")}

    def deliveries(self):
        """Waits until each event has arrived and each delivery is recorded."""
        self.receiver.wait_for(lambda all_: EVENTS <= {one["event"] for one in all_})
        app = self.world.server.api(self.app.jwt)
        for name, hook, api in (
                ("delivery_id", f"{SHOP}/hooks/{self.found['hook_id']}", self.admin),
                ("org_delivery_id", f"/orgs/demo/hooks/{self.found['org_hook_id']}", self.admin),
                ("app_delivery_id", "/app/hook", app)):
            def listed(path=f"{hook}/deliveries?per_page=100", api=api):
                return self.send("GET", path, expects=200, api=api)
            wait_until(listed, "the record of a delivery")
            self.found[name] = listed()[0]["id"]


def fill(world, receiver):
    """Fills a world, whose webhooks lead to the receiver."""
    filler = Filler(world, receiver)
    for step in (filler.people, filler.apps, filler.hooks, filler.environments, filler.deployments,
                 filler.reports, filler.objects, filler.deliveries):
        step()
    return filler
