"""Rollbacks, promotions and redeploys: the routes, the commands, what receivers and the feed are
told, and the agent."""
import json
import subprocess
import unittest
import urllib.parse

from harness import BINARY, EsclusaTest, clean_environment, wait_until
from test_agent_claims import ClaimsTest

OURS = "/esclusa/repos/demo/shop"


class Repeats(EsclusaTest):
    """POST …/rollback, …/promote, …/redeploy, and the commands"""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first, cls.second = (cls.repository.sha(ref) for ref in ("v1.0", "main"))

    def release(self, ref="main", **more):
        made = self.create(ref=ref, **more)
        self.report(made, "success")
        return made

    def post(self, way, body=None, environment=None, **headers):
        name = urllib.parse.quote(environment or self.environment(), safe="")
        return self.api.request("POST", f"{OURS}/environments/{name}/{way}", body or {},
                                {name.replace("_", "-"): value for name, value in headers.items()})

    def rollback(self, **body):
        return self.post("rollback", {"reason": "It burns", **body})

    def refused(self, answer, status, reason):
        self.assert_error(answer, status)
        self.assertEqual(answer.json["reason_code"], reason, answer)

    def repeats(self, answer):
        self.assertEqual(answer.status, 201, answer)
        self.assertEqual(answer.headers["Location"], answer.json["url"])
        return answer.headers["X-Esclusa-Kind"], int(answer.headers["X-Esclusa-Origin"])

    def command(self, *arguments, code=0):
        variables = {"ESCLUSA_URL": self.server.url, "ESCLUSA_TOKEN": self.server.token}
        done = subprocess.run([BINARY, *arguments], check=False, timeout=60, text=True,
                              capture_output=True, env=clean_environment(variables))
        self.assertEqual(done.returncode, code, done)
        return done.stdout + done.stderr

    def test_a_rollback_is_a_record_in_githubs_form(self):
        one, two = self.release("v1.0", payload={"size": 2}), self.release()
        answer = self.rollback()
        self.assertEqual(self.repeats(answer), ("rollback", one["id"]))
        made = answer.json
        self.assertEqual(made.keys(), two.keys())
        self.assertEqual((made["sha"], made["ref"], made["payload"], made["description"]),
                         (self.first, "v1.0", {"size": 2}, "It burns"))
        shown = self.api.get(made["url"])
        self.assertEqual((shown.headers["X-Esclusa-Kind"], shown.headers["X-Esclusa-Origin"]),
                         ("rollback", str(one["id"])))
        self.assertIsNone(self.api.get(two["url"]).headers["X-Esclusa-Kind"])
        row, = self.api.get(f"{OURS}/live?environment={self.environment()}").json
        self.assertEqual((row["live"]["kind"], row["live"]["origin"]), ("deploy", None))
        self.assertEqual((row["latest"]["kind"], row["latest"]["origin"]), ("rollback", one["id"]))

    def test_twice_goes_back_two_steps_and_never_to_the_bad_release(self):
        one = self.release("old")
        two = self.release("v1.0")
        self.release()
        back = self.rollback()
        self.assertEqual(self.repeats(back), ("rollback", two["id"]))
        self.report(back.json, "success")
        again = self.rollback()
        self.assertEqual(self.repeats(again), ("rollback", one["id"]))
        self.report(again.json, "success")
        self.refused(self.rollback(), 422, "nothing_to_roll_back_to")

    def test_what_is_refused(self):
        self.refused(self.rollback(), 422, "nothing_to_roll_back_to")
        one, failed = self.release("v1.0"), self.create()
        self.report(failed, "failure")
        self.refused(self.post("rollback", {"to": one["id"]}), 422, "reason_missing")
        self.refused(self.rollback(to=failed["id"]), 422, "never_live")
        self.refused(self.rollback(to=one["id"], task="migrate"), 422, "never_live")
        self.assert_error(self.rollback(to=999999999), 404, "Not Found")
        self.assert_error(self.rollback(to="x"), 422)
        self.assert_error(self.rollback(to=one["id"], expected_live="x"), 422)
        self.refused(self.rollback(to=one["id"], expected_sha=self.second), 409,
                     "expected_sha_mismatch")
        self.refused(self.post("promote", {"from": "nowhere"}), 422, "nothing_live")
        self.refused(self.post("promote", {"from": self.environment()}), 422, "same_environment")
        self.assert_error(self.post("promote"), 422)
        self.assert_error(self.api.post(f"{OURS}/deployments/999999999/redeploy", {}), 404)

    def test_a_commit_that_is_gone_is_refused(self):
        lost = self.repository.commit("A mistake", {"mistake.html": "no\n"})
        self.repository.git("reset", "-q", "--hard", "HEAD~1")
        one = self.release(lost)
        self.release()
        self.repository.git("update-ref", "-d", f"refs/deployments/{lost}")
        self.repository.git("reflog", "expire", "--expire=now", "--all")
        self.repository.git("gc", "-q", "--prune=now")
        answer = self.rollback(to=one["id"])
        self.refused(answer, 422, "commit_vanished")
        self.assertIn(lost, answer.json["message"])

    def test_expected_live(self):
        def create(expected):
            return self.api.request("POST", self.deployments, {
                "ref": "v1.0", "auto_merge": False, "required_contexts": [],
                "environment": self.environment()}, {"X-Esclusa-Expected-Live": expected})
        one = create("none")
        self.assertEqual(one.status, 201, one)
        self.report(one.json, "success")
        changed = create("none")
        self.refused(changed, 409, "live_changed")
        error, = changed.json["errors"]
        self.assertEqual((error["field"], error["message"]),
                         ("expected_live", str(one.json["id"])))
        self.refused(create("x"), 400, "invalid_expected_live")
        two = self.release()
        self.refused(self.rollback(expected_live=one.json["id"]), 409, "live_changed")
        self.refused(self.rollback(expected_live="none"), 409, "live_changed")
        self.repeats(self.rollback(expected_live=two["id"]))
        self.repeats(self.post("promote", {"from": self.environment(), "expected_live": "none",
                                           "required_contexts": []}, "promoted/1"))

    def test_promotion_and_redeploy(self):
        target = self.environment() + "/production"
        staged = self.release("v1.0", task="web", payload="text")
        self.create(task="web")  # newer, and not live
        answer = self.post("promote", {"from": self.environment().upper(), "task": "web",
                                       "required_contexts": [], "reason": "It is time",
                                       "production_environment": True}, target)
        self.assertEqual(self.repeats(answer), ("promotion", staged["id"]))
        made = answer.json
        self.assertEqual((made["environment"], made["sha"], made["task"], made["payload"],
                          made["production_environment"], made["description"]),
                         (target, self.first, "web", "text", True, "It is time"))
        again = self.api.post(f"{OURS}/deployments/{made['id']}/redeploy",
                              {"required_contexts": []})
        self.assertEqual(self.repeats(again), ("redeploy", made["id"]))
        self.assertEqual((again.json["environment"], again.json["sha"],
                          again.json["production_environment"]), (target, self.first, True))

    def test_a_key_rolls_back_once(self):
        self.release("v1.0")
        self.release()
        answers = []
        for _ in range(2):
            answers.append(self.post("rollback", {"reason": "It burns"}, Idempotency_Key="back"))
            self.assertEqual(answers[-1].status, 201, answers[-1])
            self.report(answers[-1].json, "success")
        self.assertEqual(answers[0].json["id"], answers[1].json["id"])
        # The key is of that path: the same body elsewhere is another request.
        other = self.post("rollback", {"reason": "It burns"}, "elsewhere", Idempotency_Key="back")
        self.refused(other, 422, "idempotency_key_reused")

    def test_receivers_the_feed_and_the_audit_log_are_told(self):
        receiver = self.receiver()
        hook = self.api.post("/repos/demo/shop/hooks", {
            "events": ["deployment", "deployment_status"],
            "config": {"url": receiver.url, "content_type": "json"}})
        self.addCleanup(lambda: self.api.delete(hook.json["url"]))
        after = self.api.get("/esclusa/events").json["next"]
        one = self.release("v1.0")
        self.release()
        made = self.rollback().json
        self.report(made, "success")

        def of(deliveries, number):
            return [one for one in deliveries
                    if json.loads(one["body"]).get("deployment", {}).get("id") == number]
        sent = of(receiver.wait_for(lambda all_: len(of(all_, made["id"])) == 2), made["id"])
        for delivery in sent:
            self.assertEqual((delivery["headers"]["X-Esclusa-Kind"],
                              delivery["headers"]["X-Esclusa-Origin"]),
                             ("rollback", str(one["id"])))
        for delivery in of(receiver.deliveries(), one["id"]):
            self.assertNotIn("X-Esclusa-Kind", delivery["headers"])
        events = self.api.get(f"/esclusa/events?after={after}").json["events"]
        told = {event["payload"]["deployment"]["id"]: (event.get("kind"), event.get("origin"))
                for event in events}
        self.assertEqual(told[made["id"]], ("rollback", one["id"]))
        self.assertEqual(told[one["id"]], (None, None))
        rows = [row for row in self.api.get(
            f"{OURS}/audit?action=deployment.create&per_page=100").json
                if row["target_id"] == made["id"]]
        self.assertEqual([row["detail"] for row in rows],
                         [{"kind": "rollback", "origin": one["id"], "reason": "It burns"}])

    def test_the_commands(self):
        name = self.environment()
        one, two = self.release("v1.0"), self.release()
        said = self.command("rollback", "demo/shop", name, "--reason", "It burns",
                            "--expected-live", str(two["id"]))
        self.assertRegex(said, rf"^Deployment \d+: v1\.0 \({self.first[:10]}\) to {name}, "
                               rf"rollback to {one['id']}\n")
        self.assertIn("is live in",
                      self.command("rollback", "demo/shop", name, "--reason", "It burns",
                                   "--expected-live", "none", code=1))
        said = self.command("rollback", "demo/shop", name, "--to", str(two["id"]), "--reason", "x")
        self.assertIn(f"rollback to {two['id']}", said)
        said = self.command("promote", "demo/shop", name, "promoted", "--skip-contexts")
        self.assertIn(f"to promoted, promotion of {two['id']}", said)
        said = self.command("redeploy", "demo/shop", str(one["id"]), "--skip-contexts")
        self.assertIn(f"to {name}, redeploy of {one['id']}", said)
        self.assertIn("is live in", self.command(
            "deploy", "demo/shop", "main", "--environment", name, "--skip-contexts",
            "--no-auto-merge", "--expected-live", str(one["id"]), code=1))
        table = self.command("history", "demo/shop", "--environment", name)
        for kind in (f"rollback to {one['id']}", f"redeploy of {one['id']}", "deploy  "):
            self.assertIn(kind, table)
        table = self.command("live", "demo/shop", "--environment", name)
        self.assertIn(f"redeploy of {one['id']}", table)
        self.assertIn("--reason is required", self.command("rollback", "demo/shop", name,
                                                           code=106))


class WithTheAgent(ClaimsTest):
    """A bad release, and the way back"""

    def test_a_bad_release_is_rolled_back_and_live_is_what_was_before(self):
        served = self.server.folder / "served.html"
        self.agent("one", 'cp index.html "$(dirname "$RAN")/served.html"; '
                          'echo "$ESCLUSA_KIND $ESCLUSA_ORIGIN $ESCLUSA_SHA" >>"$RAN"')
        good = self.create(ref="v1.0")
        self.assertEqual(self.end_of(good)["state"], "success")
        bad = self.create(ref="main")
        self.assertEqual(self.end_of(bad)["state"], "success")
        self.assertEqual(served.read_text(), "three\n")

        def live():
            row, = self.api.get(f"{OURS}/live?environment={self.environment()}").json
            return row["live"] and row["live"]["id"]
        self.assertEqual(live(), bad["id"])
        answer = self.api.post(f"{OURS}/environments/{self.environment()}/rollback",
                               {"reason": "Nobody likes cheese", "expected_live": bad["id"]})
        self.assertEqual(answer.status, 201, answer)
        self.assertEqual(self.end_of(answer.json)["state"], "success")
        wait_until(lambda: live() == answer.json["id"], "the rollback to be live")
        self.assertEqual(served.read_text(), "two\n")
        self.assertEqual(self.lines(), [f"deploy  {good['sha']}", f"deploy  {bad['sha']}",
                                        f"rollback {good['id']} {good['sha']}"])
        self.assertEqual(answer.json["sha"], good["sha"])


if __name__ == "__main__":
    unittest.main()
