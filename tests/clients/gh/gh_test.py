"""`gh api` as Debian packages it, against a running server (see tests/clients/run.py)."""
import json
import os
import subprocess
import tempfile
import unittest
import urllib.parse

from public_keys import public_key

SHOP = "repos/{owner}/{repo}"
DEPLOYMENTS = SHOP + "/deployments"
PLAIN = ("-F", "auto_merge=false", "-F", "required_contexts[]")
ACTIVE = "We cannot delete an active deployment unless it is the only deployment in a given " \
         "environment."


def where(url, token):
    """The two environment variables that tell gh the server and the token."""
    host = urllib.parse.urlsplit(os.environ[url]).netloc
    return {"GH_HOST": host, "GH_REPO": f"{host}/demo/shop",
            "GH_ENTERPRISE_TOKEN": os.environ[token]}


class Done:
    """The result of a run of gh."""

    def __init__(self, done):
        self.code, self.out, self.error = done.returncode, done.stdout, done.stderr.strip()

    @property
    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"exit code {self.code}: {self.out[:300]} {self.error}"


class GhApi(unittest.TestCase):
    """gh treats the server as an Enterprise server; SSL_CERT_FILE has its trusted authorities."""

    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="gh-"))
        cls.environment_of_gh = {
            **os.environ, "GH_CONFIG_DIR": folder, "GH_NO_UPDATE_NOTIFIER": "1",
            "GH_PROMPT_DISABLED": "1", "NO_COLOR": "1", **where("ESCLUSA_URL", "ESCLUSA_WRITER")}

    def gh(self, *arguments, body=None, **environment):
        """`gh api ARGUMENTS…`"""
        return Done(subprocess.run(
            ["gh", "api", *arguments], check=False, capture_output=True, text=True, timeout=60,
            input=json.dumps(body) if body is not None else "",
            env={**self.environment_of_gh, **environment}))

    def works(self, *arguments, **more):
        done = self.gh(*arguments, **more)
        self.assertEqual(done.code, 0, done)
        return done

    def fails(self, status, message, *arguments, **more):
        done = self.gh(*arguments, **more)
        self.assertEqual(done.code, 1, done)
        self.assertIn(f"gh: {message}", done.error)
        self.assertIn(f"(HTTP {status})", done.error)
        return done

    def environment(self):
        return f"gh-{self.id().rsplit('.', 1)[-1]}"

    def deploy(self, ref="main", *fields):
        return self.works(DEPLOYMENTS, "-f", f"ref={ref}", "-f",
                          f"environment={self.environment()}", *PLAIN, *fields).json

    def deployed(self):
        return self.works(f"{DEPLOYMENTS}?environment={self.environment()}").json

    def test_who_the_token_belongs_to(self):
        self.assertEqual(self.works("user", "--jq", ".login").out, "writer\n")

    def test_a_deployment_is_created_read_and_found(self):
        made = self.deploy("main", "-f", "task=deploy:docs", "-f", "description=The first",
                           "-f", "payload[user]=ada", "-F", "payload[count]=3",
                           "-F", "transient_environment=true")
        self.assertEqual(made["payload"], {"user": "ada", "count": 3})
        self.assertEqual(self.works(f"{DEPLOYMENTS}/{made['id']}").json, made)
        self.assertEqual([one["id"] for one in self.deployed()], [made["id"]])
        text = self.works(DEPLOYMENTS, "--input", "-", body={
            "ref": "main", "auto_merge": False, "required_contexts": [], "payload": '{"a":1}'})
        self.assertEqual(text.json["payload"], '{"a":1}')

    def test_250_deployments_are_listed_by_pages(self):
        for size in (100, 30):
            with self.subTest(size=size):
                done = self.works("--paginate", "--jq", ".[].id",
                                  f"{DEPLOYMENTS}?environment=many&per_page={size}")
                ids = [int(line) for line in done.out.split()]
                self.assertEqual(len(set(ids)), 250)
                self.assertEqual(ids, sorted(ids, reverse=True))

    def test_the_headers_are_shown(self):
        done = self.works("-i", f"{DEPLOYMENTS}?environment=many")
        self.assertRegex(done.out, r"^HTTP/1.1 200 OK")
        self.assertRegex(done.out, r'(?im)^link: <.*>; rel="next", <.*>; rel="last"')

    def test_statuses_are_reported_listed_and_read(self):
        path = f"{DEPLOYMENTS}/{self.deploy()['id']}/statuses"
        for state in ("queued", "in_progress", "success"):
            made = self.works(path, "-f", f"state={state}", "-f",
                              "log_url=https://ci.example.org/1").json
            self.assertEqual(made["target_url"], "https://ci.example.org/1")
            self.assertEqual(self.works(f"{path}/{made['id']}").json, made)
        states = self.works("--paginate", "--jq", ".[].state", f"{path}?per_page=1").out.split()
        self.assertEqual(states, ["success", "in_progress", "queued"])
        self.fails(422, "Invalid request.", path, "-f", "state=finished")

    def test_a_deployment_is_deleted_once_it_is_inactive(self):
        path = f"{DEPLOYMENTS}/{self.deploy()['id']}"
        self.deploy()
        self.works(f"{path}/statuses", "-f", "state=success")
        refused = self.fails(422, "Validation Failed", "-X", "DELETE", path)
        self.assertEqual(refused.json["errors"], [ACTIVE])
        self.works(f"{path}/statuses", "-f", "state=inactive")
        done = self.works("-X", "DELETE", "-i", path)
        self.assertRegex(done.out, r"^HTTP/1.1 204 No Content")
        self.fails(404, "Not Found", path)

    def test_202_the_default_branch_is_merged_and_nothing_is_deployed(self):
        ref = "late/1"
        request = (DEPLOYMENTS, "-f", f"ref={ref}", "-f", f"environment={self.environment()}")
        merged = self.works(*request)
        self.assertEqual(merged.json, {"message": f"Auto-merged main into {ref} on deployment."})
        self.assertEqual(self.deployed(), [])
        self.assertEqual(self.works(*request).json["ref"], ref)

    def test_409_for_a_conflict(self):
        ref = "clash/1"
        for _ in range(2):
            self.fails(409, f"Conflict merging main into {ref}.", DEPLOYMENTS, "-f", f"ref={ref}",
                       "-f", f"environment={self.environment()}")
        self.assertEqual(self.deployed(), [])
        self.assertEqual(self.deploy(ref)["sha"], os.environ["ESCLUSA_CLASH_SHA"])

    def test_409_for_required_contexts_names_them(self):
        ref = "ahead/1"
        sha = self.deploy(ref)["sha"]
        for context, state in (("ci/build", "success"), ("ci/test", "pending")):
            self.works(f"{SHOP}/statuses/{sha}", "-f", f"context={context}", "-f",
                       f"state={state}")
        request = (DEPLOYMENTS, "-f", f"ref={ref}", "-f", f"environment={self.environment()}")
        refused = self.fails(409, f"Conflict: Commit status checks failed for {ref}.", *request)
        error = refused.json["errors"][0]
        self.assertEqual((error["resource"], error["field"], error["code"]),
                         ("Deployment", "required_contexts", "invalid"))
        self.assertEqual(sorted((one["context"], one["state"]) for one in error["contexts"]),
                         [("ci/build", "success"), ("ci/test", "pending")])
        self.works(f"{SHOP}/statuses/{sha}", "-f", "context=ci/test", "-f", "state=success")
        self.works(*request)

    def test_422_for_an_unknown_ref_and_for_none(self):
        self.fails(422, "No ref found for: nope", DEPLOYMENTS, "-f", "ref=nope")
        self.fails(422, "Invalid request.", DEPLOYMENTS, "-f", "task=deploy")

    def test_401_and_404(self):
        self.fails(401, "Bad credentials", DEPLOYMENTS, GH_ENTERPRISE_TOKEN="wrong")
        self.fails(404, "Not Found", "repos/demo/nope/deployments")

    def test_403_where_rates_are_limited(self):
        used_up = where("ESCLUSA_LIMITED_URL", "ESCLUSA_LIMITED_READER")
        for _ in range(20):
            self.works(DEPLOYMENTS, **used_up)
        done = self.fails(403, "API rate limit exceeded for user ID ", DEPLOYMENTS, "-i", **used_up)
        self.assertRegex(done.out, r"(?im)^x-ratelimit-remaining: 0")
        hasty = where("ESCLUSA_LIMITED_URL", "ESCLUSA_LIMITED_WRITER")
        for _ in range(2):
            self.works(DEPLOYMENTS, "-f", "ref=main", *PLAIN, **hasty)
        self.fails(403, "You have exceeded a secondary rate limit.", DEPLOYMENTS, "-f", "ref=main",
                   *PLAIN, **hasty)

    def test_commit_statuses_are_listed_and_combined(self):
        ref = "ahead/3"
        sha = self.deploy(ref)["sha"]
        for context, state in (("a", "pending"), ("b", "success"), ("A", "success")):
            self.works(f"{SHOP}/statuses/{sha}", "-f", f"context={context}", "-f",
                       f"state={state}")
        listed = self.works("--paginate", "--jq", ".[].state",
                            f"{SHOP}/commits/{ref}/statuses?per_page=2").out.split()
        self.assertEqual(listed, ["success", "success", "pending"])
        combined = self.works(f"{SHOP}/commits/{ref}/status").json
        self.assertEqual((combined["state"], combined["total_count"], combined["sha"]),
                         ("success", 2, sha))

    def test_check_runs_are_created_completed_and_listed(self):
        ref = "ahead/5"
        sha = self.deploy(ref)["sha"]
        path = f"{SHOP}/check-runs"
        made = self.works(path, "-f", "name=lint", "-f", f"head_sha={sha}").json
        done = self.works("-X", "PATCH", f"{path}/{made['id']}", "-f", "status=completed", "-f",
                          "conclusion=success").json
        self.assertEqual(done["conclusion"], "success")
        self.assertEqual(self.works(f"{path}/{made['id']}").json, done)
        names = self.works("--jq", ".check_runs[].name", f"{SHOP}/commits/{ref}/check-runs").out
        self.assertEqual(names, "lint\n")

    def deploy_key(self, *arguments):
        """`gh repo deploy-key ARGUMENTS…`, as the administrator."""
        done = Done(subprocess.run(
            ["gh", "repo", "deploy-key", *arguments], check=False, capture_output=True, text=True,
            timeout=60, stdin=subprocess.DEVNULL,
            env={**self.environment_of_gh, **where("ESCLUSA_URL", "ESCLUSA_ADMIN")}))
        self.assertEqual(done.code, 0, done)
        return done.out

    def test_deploy_keys_are_added_listed_and_deleted(self):
        with tempfile.NamedTemporaryFile("w", suffix=".pub") as file:
            file.write(public_key("gh") + " ada@shop\n")
            file.flush()
            self.deploy_key("add", file.name, "--title", "CI")
        number, title, access, text, _ = self.deploy_key("list").strip().split("\t")
        self.assertEqual((title, access, text), ("CI", "read-only", public_key("gh")))
        self.deploy_key("delete", number)
        self.assertEqual(self.deploy_key("list"), "")

    def as_admin(self, *arguments, body=""):
        """`gh ARGUMENTS…` as the administrator, with `body` as standard input."""
        done = Done(subprocess.run(
            ["gh", *arguments], check=False, capture_output=True, text=True, timeout=60, input=body,
            env={**self.environment_of_gh, **where("ESCLUSA_URL", "ESCLUSA_ADMIN")}))
        self.assertEqual(done.code, 0, done)
        return done.out

    def test_secrets_of_an_environment_are_set_listed_and_removed(self):
        name = self.environment()
        self.as_admin("api", "-X", "PUT", f"{SHOP}/environments/{name}")
        place = ("--env", name)
        self.assertEqual(self.as_admin("secret", "list", *place), "")
        self.as_admin("secret", "set", "db_url", *place, body="postgres://one")
        self.as_admin("secret", "set", "DB_URL", *place, body="postgres://two")
        self.as_admin("secret", "set", "TOKEN", *place, "--body", "three")
        listed = [line.split("\t")[0] for line in
                  self.as_admin("secret", "list", *place).splitlines()]
        self.assertEqual(listed, ["DB_URL", "TOKEN"])
        self.as_admin("secret", "remove", "token", *place)
        self.assertIn("DB_URL", self.as_admin("secret", "list", *place))
        self.assertNotIn("TOKEN", self.as_admin("secret", "list", *place))

    def test_variables_of_an_environment(self):
        """Debian's gh has no `gh variable` yet; newer ones send these requests."""
        name = self.environment()
        self.as_admin("api", "-X", "PUT", f"{SHOP}/environments/{name}")
        number = self.works(SHOP).json["id"]
        path = f"repositories/{number}/environments/{name}/variables"
        self.as_admin("api", path, "-f", "name=region", "-f", "value=eu")
        done = self.gh(path, "-f", "name=REGION", "-f", "value=us",
                       **where("ESCLUSA_URL", "ESCLUSA_ADMIN"))
        self.assertIn("Already exists - Variable already exists", done.error)
        self.assertIn("(HTTP 409)", done.error)
        self.as_admin("api", "-X", "PATCH", f"{path}/REGION", "-f", "value=us")
        self.assertEqual(self.works("--jq", ".value", f"{path}/region").out, "us\n")
        self.as_admin("api", "-X", "DELETE", f"{path}/region")


if __name__ == "__main__":
    unittest.main()
