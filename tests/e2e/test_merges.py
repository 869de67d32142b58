"""What precedes a deployment: auto_merge, required contexts, expected_sha, idempotency keys."""
import unittest

from harness import EsclusaTest, make_repository


class AutoMerge(EsclusaTest):
    """A branch that is behind its default branch."""

    def setUp(self):
        # Its own repository, because merging changes it.
        name = "shop-" + self.id().rsplit(".", 1)[-1].replace("_", "-")[:60]
        self.git = make_repository(self.server.folder, name)
        self.server.add_repository(f"demo/{name}", self.git, "--writable", "--private",
                                   *self.flags())
        self.path = f"/repos/demo/{name}/deployments"

    def flags(self):
        return {"test_refuse": ("--auto-merge", "refuse"),
                "test_ignore": ("--auto-merge", "ignore")}.get(self._testMethodName, ())

    def test_merged(self):
        old, main = self.git.sha("old"), self.git.sha("main")
        answer = self.api.post(self.path, {"ref": "old"})
        self.assertEqual(answer.status, 202, answer)
        self.assertEqual(answer.json, {"message": "Auto-merged main into old on deployment."})
        self.assertEqual(self.api.get(self.path).json, [])
        merge = self.git.sha("old")
        self.assertEqual(self.git.git("show", "-s", "--format=%P", merge), f"{old} {main}")
        self.assertEqual(self.git.git("show", f"{merge}:index.html"), "three")
        self.assertEqual(self.git.git("show", f"{merge}:old.html"), "old")
        self.assertEqual(self.git.git("status", "--porcelain"), "")  # the work tree has not changed
        again = self.api.post(self.path, {"ref": "old"})
        self.assertEqual(again.status, 201, again)
        self.assertEqual(again.json["sha"], merge)

    def test_conflict(self):
        self.git.git("switch", "-q", "old")
        self.git.commit("Another index", {"index.html": "mine\n"})
        self.git.git("switch", "-q", "main")
        tip = self.git.sha("old")
        for _ in range(3):  # as clients that retry do
            answer = self.api.post(self.path, {"ref": "old"})
            self.assert_error(answer, 409, "Conflict merging main into old.",
                              "deployments/deployments#create-a-deployment")
            self.assertNotIn("errors", answer.json)
        self.assertEqual(self.git.sha("old"), tip)
        self.assertEqual(self.git.git("for-each-ref", "refs/deployments"), "")
        self.assertEqual(self.git.git("fsck", "--unreachable", "--no-reflogs"), "")

    def test_no_commit_in_common(self):
        self.git.git("switch", "-q", "--orphan", "gh-pages")
        tip = self.git.commit("Pages", {"pages.html": "1\n"})
        self.git.git("switch", "-q", "main")
        answer = self.api.post(self.path, {"ref": "gh-pages"})
        self.assert_error(answer, 409, "Conflict merging main into gh-pages.")
        self.assertEqual(self.git.sha("gh-pages"), tip)

    def test_tag(self):
        self.assert_error(self.api.post(self.path, {"ref": "v1.0"}), 409,
                          "Conflict merging main into v1.0.")

    def test_checked_out(self):
        self.git.git("switch", "-q", "old")
        answer = self.api.post(self.path, {"ref": "old"})
        self.assertEqual((answer.status, answer.json["reason_code"]), (409, "branch_checked_out"))

    def test_refuse(self):
        answer = self.api.post(self.path, {"ref": "old"})
        self.assert_error(answer, 409, "Conflict merging main into old.")
        self.assertEqual(answer.json["reason_code"], "auto_merge_refused")

    def test_ignore(self):
        answer = self.api.post(self.path, {"ref": "old"})
        self.assertEqual((answer.status, answer.json["sha"]), (201, self.git.sha("old")))


class Contexts(EsclusaTest):
    """Commit statuses, check runs, and their effect on a create."""

    def report_context(self, sha, context, state, **fields):
        answer = self.api.post(f"/repos/demo/shop/statuses/{sha}",
                               {"context": context, "state": state, **fields})
        self.assertEqual(answer.status, 201, answer)
        return answer.json

    def test_statuses_of_a_commit(self):
        sha = self.repository.commit("Sell milk", {"milk": "1\n"})
        self.repository.git("tag", "milk")
        first = self.report_context(sha, "ci/Build", "pending", description="begun")
        second = self.report_context(sha, "CI/build", "success", target_url="https://ci.example/1")
        other = self.report_context(sha, "lint", "failure")
        self.assertEqual((first["description"], first["target_url"]), ("begun", None))
        self.assertEqual(second["url"], f"{self.server.url}/repos/demo/shop/statuses/{sha}")
        for ref in (sha, "tags/milk", "milk"):
            answer = self.api.get(f"/repos/demo/shop/commits/{ref}/statuses")
            self.assertEqual([each["id"] for each in answer.json],
                             [other["id"], second["id"], first["id"]], answer)
            self.assertEqual(self.api.get(f"/repos/demo/shop/statuses/{ref}").json, answer.json)
        combined = self.api.get(f"/repos/demo/shop/commits/{sha}/status?per_page=1")
        self.assertEqual((combined.json["state"], combined.json["total_count"]), ("failure", 2))
        self.assertEqual(len(combined.json["statuses"]), 1)
        self.assertEqual(combined.json["repository"]["full_name"], "demo/shop")
        self.assertIn('rel="next"', combined.headers["Link"])
        self.assert_error(self.api.get("/repos/demo/shop/commits/nope/status"), 404,
                          "No commit found for the ref nope")
        self.assert_error(self.api.post("/repos/demo/shop/statuses/" + "0" * 40,
                                        {"state": "success"}), 422,
                          "No commit found for SHA: " + "0" * 40)

    def test_required_contexts(self):
        sha = self.repository.commit("Sell salt", {"salt": "1\n"})
        self.repository.git("branch", "salt")

        def create(**fields):
            return self.api.post(self.deployments, {"ref": "salt", "environment": "qa", **fields})
        self.report_context(sha, "build", "success")
        self.report_context(sha, "Test", "failure")
        refused = create()
        self.assert_error(refused, 409, "Conflict: Commit status checks failed for salt.")
        self.assertEqual(refused.json["errors"], [
            {"contexts": [{"context": "build", "state": "success"},
                          {"context": "Test", "state": "failure"}],
             "resource": "Deployment", "field": "required_contexts", "code": "invalid"}])
        self.assertEqual(create(required_contexts=None).status, 409)
        self.assertEqual(create(required_contexts=[]).status, 201)
        self.assertEqual(create(required_contexts=["BUILD"]).status, 201)
        missing = create(required_contexts=["build", "deploy-gate"])
        self.assertEqual(missing.json["errors"][0]["contexts"][1],
                         {"context": "deploy-gate", "state": "missing"})
        self.report_context(sha, "test", "success")
        self.assertEqual(create().status, 201)

        run = self.api.post("/repos/demo/shop/check-runs",
                            {"name": "deploy-gate", "head_sha": sha, "status": "in_progress"})
        self.assertEqual(run.status, 201, run)
        self.assertEqual(create().json["errors"][0]["contexts"][-1],
                         {"context": "deploy-gate", "state": "pending"})
        done = self.api.patch(f"/repos/demo/shop/check-runs/{run.json['id']}",
                              {"conclusion": "success",
                               "output": {"title": "ok", "summary": "all well"}})
        self.assertEqual((done.status, done.json["status"]), (200, "completed"), done)
        self.assertEqual(create().status, 201)
        listed = self.api.get("/repos/demo/shop/commits/salt/check-runs").json
        self.assertEqual((listed["total_count"], listed["check_runs"]), (1, [done.json]))
        self.assertEqual(self.api.get(done.json["url"]).json, done.json)
        self.assertEqual(self.api.get(done.json["output"]["annotations_url"]).json, [])


class Beyond(EsclusaTest):
    """Features that GitHub does not have: expected_sha, Idempotency-Key, more filters."""

    def test_expected_sha(self):
        sha, other = self.repository.sha("main"), self.repository.sha("old")
        self.assertEqual(self.create(expected_sha=sha)["sha"], sha)
        answer = self.api.post(self.deployments, {"ref": "main", "expected_sha": other})
        self.assertEqual((answer.status, answer.json["reason_code"]),
                         (409, "expected_sha_mismatch"))
        self.assertEqual(self.api.post(self.deployments, {"ref": "main", "expected_sha": "a"})
                         .status, 422)

    def test_idempotency_key(self):
        body = {"ref": "main", "required_contexts": [], "environment": self.environment()}
        headers = {"Idempotency-Key": "once"}
        first = self.api.post(self.deployments, body, headers=headers)
        again = self.api.post(self.deployments, body, headers=headers)
        self.assertEqual((first.status, again.status), (201, 201))
        self.assertEqual(first.json, again.json)
        self.assertEqual(len(self.api.get(f"{self.deployments}?environment={self.environment()}")
                             .json), 1)
        other = self.api.post(self.deployments, {**body, "task": "other"}, headers=headers)
        self.assertEqual((other.status, other.json["reason_code"]), (422, "idempotency_key_reused"))
        empty = self.api.post(self.deployments, body, headers={"Idempotency-Key": "x" * 256})
        self.assertEqual((empty.status, empty.json["reason_code"]),
                         (400, "invalid_idempotency_key"))

    def test_idempotency_key_of_a_status(self):
        made, other = self.create(), self.create()
        headers = {"Idempotency-Key": "once, for a status"}

        def report(deployment, state):
            return self.api.post(deployment["statuses_url"], {"state": state}, headers=headers)
        first, again = report(made, "success"), report(made, "success")
        self.assertEqual((first.status, again.status), (201, 201))
        self.assertEqual(first.json, again.json)
        self.assertEqual(first.headers["Location"], again.headers["Location"])
        self.assertEqual(self.states(made), ["success"])
        for answer in (report(made, "error"), report(other, "success"),
                       self.api.post(self.deployments, {"ref": "main"}, headers=headers)):
            self.assertEqual((answer.status, answer.json["reason_code"]),
                             (422, "idempotency_key_reused"))
        self.assertEqual(self.states(other), [])
        refused = self.api.post(other["statuses_url"], {"state": "no such state"},
                                headers={"Idempotency-Key": "free"})
        self.assertEqual(refused.status, 422)
        free = self.api.post(other["statuses_url"], {"state": "failure"},
                             headers={"Idempotency-Key": "free"})
        self.assertEqual(free.status, 201)

    def test_filters(self):
        environment = self.environment()
        untouched, live = self.create(), self.create()
        self.report(live, "success")

        def ids(query):
            answer = self.api.get(f"{self.deployments}?environment={environment}&{query}")
            self.assertEqual(answer.status, 200, answer)
            return [each["id"] for each in answer.json]
        both = [live["id"], untouched["id"]]
        self.assertEqual(ids("state=success"), [live["id"]])
        self.assertEqual(ids("state=failure"), [])
        self.assertEqual(ids("creator=ADMIN"), both)
        self.assertEqual(ids("creator=nobody"), [])
        self.assertEqual(ids("created=%3E2020-01-01"), both)
        self.assertEqual(ids("created=*..2020-01-01"), [])
        self.assertEqual(ids("state=&creator=&created="), both)
        for query in ("state=done", "created=yesterday"):
            self.assertEqual(self.api.get(f"{self.deployments}?{query}").status, 422)


if __name__ == "__main__":
    unittest.main()
