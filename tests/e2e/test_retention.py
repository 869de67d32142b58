"""Retention: what is too old is pruned, also when the server is killed meanwhile; clients see that
a body is gone, and an agent deploys nevertheless."""
import json
import signal
import subprocess
import unittest

import old_rows
from harness import (EsclusaTest, Server, clean_environment, make_repository, not_everyday,
                     wait_until)
from test_agent import Agent
from test_feed import Stream

SHOP = "/repos/demo/shop"


class Pruned(EsclusaTest):
    """A server whose bodies are old after a third of a second."""

    server_settings = {"arguments": ["--retention-event-bodies", "1h", "--retention-scale", "1e-4",
                                     "--retention-deliveries", "never",
                                     "--retention-attempts", "never"]}

    def prune(self):
        """Prunes until nothing is due; bodies of a moment ago are, a moment later."""
        self.server.cli("prune")
        wait_until(lambda: self.server.cli("prune") and not old_rows.count(
            self.server, "event_body where event_id not in (select event_id from delivery "
            "where state in ('pending', 'held', 'dead'))"), "pruned bodies")

    def test_the_feed_goes_on_over_events_without_a_body(self):
        one, two = self.create(), self.create()
        self.prune()
        first = [event for event in self.api.get("/esclusa/events?after=0").json["events"]
                 if event.get("deployment_id") == one["id"]]
        self.assertEqual(len(first), 1)
        [event] = first
        self.assertEqual((event["payload"], event["reason_code"], event["event"]),
                         (None, "body_pruned", "deployment"))
        rest = self.api.get(f"/esclusa/events?after={event['seq']}").json
        self.assertIn(two["id"], [event.get("deployment_id") for event in rest["events"]])
        stream = Stream(self.server.url, self.server.token, last_id=event["seq"] - 1)
        self.addCleanup(stream.close)
        kind, data = next((kind, data) for number, kind, data in stream.events()
                          if number == event["seq"])
        self.assertEqual(kind, "deployment")
        self.assertEqual((data["payload"], data["deployment_id"]), (None, one["id"]))

    def test_prometheus_hears_how_much_was_pruned(self):
        self.create()
        self.prune()
        figures = subprocess.run(["curl", "-sf", "--unix-socket", str(self.server.socket),
                                  "http://local/metrics"], check=True, timeout=60, text=True,
                                 stdout=subprocess.PIPE).stdout
        self.assertRegex(figures, r'(?m)^esclusa_pruned_rows_total{what="event_bodies"} [1-9]')
        self.assertRegex(figures, r'(?m)^esclusa_pruned_rows_total{what="deployments"} 0$')
        self.assertRegex(figures, r"(?m)^esclusa_prune_rounds_total [1-9]")

    def test_an_agent_deploys_from_an_event_without_a_body(self):
        made = self.create(payload={"note": "kept by the deployment"})
        self.prune()
        out = self.server.folder / f"{self.environment()}.event"
        rule = {"repository": "demo/shop", "git": str(self.repository.path), "task": "*",
                "environment": self.environment(),
                "command": ["sh", "-c", f'cp "$ESCLUSA_EVENT_FILE" {out}']}
        token = self.server.cli("agent", "token", "demo/shop", "--environment",
                                self.environment()).stdout.strip()
        agent = Agent(self.server.folder / "agent", self.server.url, token, rule, pull=True)
        (agent.folder / "work").mkdir(mode=0o700)
        (agent.folder / "work/feed.json").write_text(
            json.dumps({"server": self.server.url, "after": 0}))
        agent.start()
        self.addCleanup(lambda: agent.end(signal.SIGKILL))
        wait_until(lambda: "success" in self.states(made), "the success", timeout=60)
        event = json.loads(out.read_text())
        self.assertEqual(event["deployment"]["payload"], {"note": "kept by the deployment"})
        self.assertEqual(event["repository"], {"full_name": "demo/shop"})
        self.assertIs(event["body_pruned"], True)
        statuses = self.api.get(made["statuses_url"]).json
        self.assertNotIn("its event had another", json.dumps(statuses))

    def test_the_body_of_a_delivery_that_waits_stays_until_it_is_delivered(self):
        receiver = self.receiver()
        config = {"url": "http://127.0.0.1:9/", "content_type": "json"}
        hook = self.api.post(SHOP + "/hooks", {"events": ["deployment"], "config": config}).json
        self.addCleanup(lambda: self.api.delete(f"{SHOP}/hooks/{hook['id']}"))
        made, other = self.create(), self.create()
        self.report(other, "queued")  # a younger body, which nobody waits for
        self.prune()
        place = f"{SHOP}/hooks/{hook['id']}"
        states = {one["state"] for one in self.api.get(f"/esclusa{place}/deliveries").json
                  if one["event"] == "deployment"}
        self.assertLessEqual(states, {"pending", "held", "dead"})
        config["url"] = receiver.url
        self.assertEqual(self.api.patch(place, {"config": config}).status, 200)
        self.assertEqual(self.api.post(f"/esclusa{place}/replay").status, 202)
        wait_until(lambda: len(receiver.deliveries("deployment")) == 2, "the deliveries")
        self.assertEqual({json.loads(one["body"])["deployment"]["id"]
                          for one in receiver.deliveries("deployment")},
                         {made["id"], other["id"]})

    def test_a_delivery_without_its_body_is_not_sent_again(self):
        receiver = self.receiver()
        hook = self.api.post(SHOP + "/hooks", {"events": ["deployment"],
                                               "config": {"url": receiver.url}}).json
        self.addCleanup(lambda: self.api.delete(f"{SHOP}/hooks/{hook['id']}"))
        self.create()
        wait_until(lambda: receiver.deliveries("deployment"), "the delivery")
        place = f"{SHOP}/hooks/{hook['id']}"
        wait_until(lambda: len(self.api.get(place + "/deliveries").json) == 2, "the attempts")
        self.prune()
        [attempt] = [one for one in self.api.get(place + "/deliveries").json
                     if one["event"] == "deployment"]
        shown = self.api.get(f"{place}/deliveries/{attempt['id']}").json
        self.assertEqual(shown["request"]["payload"], None)
        self.assertEqual(shown["request"]["reason_code"], "body_pruned")
        again = self.api.post(f"{place}/deliveries/{attempt['id']}/attempts")
        self.assert_error(again, 422)
        self.assertEqual(again.json["reason_code"], "body_pruned")
        replayed = self.api.post(f"/esclusa{place}/replay",
                                 {"state": "any", "since": "2020-01-01T00:00:00Z"})
        self.assertEqual(replayed.json, {"count": 0, "more": False, "pruned": 2})
        self.assertEqual(self.api.get(f"{place}/deliveries/999999").status, 404)


class Ages(unittest.TestCase):
    """Each test has its own server, and rows that are set back in time."""

    def server(self, *arguments):
        server = self.enterContext(Server(arguments=arguments))
        server.add_repository("demo/shop", make_repository(server.folder), "--writable",
                              "--private")
        return server

    @staticmethod
    def create(server, environment, state=None, ref="main"):
        api = server.api()
        made = api.post(SHOP + "/deployments", {"ref": ref, "environment": environment,
                                                "auto_merge": False, "required_contexts": []})
        assert made.status == 201, made
        if state:
            assert api.post(made.json["statuses_url"], {"state": state}).status == 201
        return made.json

    @staticmethod
    def wait_idle(server):
        """Until the round of the start has ended."""
        wait_until(lambda: json.loads(server.cli("prune", "--dry-run", "--json").stdout)[
            "rounds_ended"] > 0, "the first round")

    def test_a_start_prunes_what_came_of_age_and_says_so(self):
        server = self.server()
        for _ in range(3):
            self.create(server, "staging", "failure")
        server.stop()
        old_rows.make_older(server, 8 * old_rows.DAY, old_rows.EVERYTHING)
        events = old_rows.count(server, "event")
        server.start()
        self.wait_idle(server)
        self.assertEqual(old_rows.count(server, "event_body"), 0)
        self.assertEqual(old_rows.count(server, "event"), events)
        self.assertEqual(len(server.api().get(SHOP + "/deployments").json), 3)
        wait_until(lambda: "pruning has ended" in server.log.read_text(), "the end in the log")
        self.assertIn("pruning has begun", server.log.read_text())

    def test_the_dry_run_says_what_would_go_and_the_command_prunes_it(self):
        server = self.server("--retention-deployments", "30d", "--retention-keep-successes", "1")
        for _ in range(3):
            self.create(server, "staging", "failure")
        self.create(server, "staging", "success")
        self.assertRegex(server.cli("prune", "--dry-run").stdout, r"deployments +30d +0 +-\n")
        server.stop()
        # They come of age after the round of the start, and before the next one.
        old_rows.make_older(server, 30 * old_rows.DAY - 15, old_rows.EVERYTHING)
        server.start()
        self.wait_idle(server)

        def is_due():
            state = json.loads(server.cli("prune", "--dry-run", "--json").stdout)
            [due] = [key for key in state["keys"] if key["key"] == "deployments"]
            return due["due_rows"] == 3 and not due["due_rows_more"] and due["oldest_due_at"]

        wait_until(is_due, "what is due", timeout=50)
        self.assertRegex(server.cli("prune", "--dry-run").stdout, r"deployments +30d +3 +20")
        self.assertEqual(old_rows.count(server, "deployment"), 4)
        pruned = json.loads(server.cli("prune", "--json").stdout)["pruned_rows"]
        self.assertEqual(pruned["deployments"], 6)  # each with its status
        [left] = server.api().get(SHOP + "/deployments").json
        self.assertEqual((left["environment"], left["ref"]), ("staging", "main"))
        self.assertRegex(server.cli("prune").stdout, r"deployments +0\n")
        audits = old_rows.read(server, "select detail from audit where action = 'retention.prune'")
        self.assertEqual(len(audits), 3, audits)  # two commands, and one for the deployments

    def test_a_clock_that_was_set_forward_prunes_nothing(self):
        server = self.server()
        self.create(server, "staging", "failure")
        self.wait_idle(server)
        server.stop()
        old_rows.make_older(server, 8 * old_rows.DAY, old_rows.EVERYTHING)
        with old_rows.database(server) as rows:
            rows.execute("update retention_clock set told_at = told_at - ?, boot_id = 'other'",
                         [30 * old_rows.DAY * old_rows.MICROS])
        server.start()
        self.wait_idle(server)
        done = server.cli("prune", "--json")
        self.assertEqual(set(json.loads(done.stdout)["pruned_rows"].values()), {0})
        self.assertIn("The clock was set forward", done.stderr)
        wait_until(lambda: "the clock was set forward" in server.log.read_text(), "the warning")
        self.assertGreater(old_rows.count(server, "event_body"), 0)

    def test_deployments_go_and_their_refs_but_what_is_live_or_waits_stays(self):
        server = self.server("--retention-deployments", "30d", "--retention-keep-successes", "1")
        repository = make_repository(server.folder, "source")
        server.add_repository("demo/source", repository, "--writable", "--private")
        api, path = server.api(), "/repos/demo/source/deployments"
        # The success of the task `migrate` is live, though it is not the latest of the environment.
        states = {"old": "failure", "feature/login": "in_progress", "v1.0": "success",
                  "main": "success"}
        made = {}
        for ref, state in states.items():
            made[ref] = api.post(path, {"ref": ref, "environment": "production",
                                        "task": "migrate" if ref == "v1.0" else "deploy",
                                        "auto_merge": False, "required_contexts": []}).json
            self.assertEqual(api.post(made[ref]["statuses_url"], {"state": state}).status, 201)
        server.stop()
        old_rows.make_older(server, 31 * old_rows.DAY, old_rows.EVERYTHING)
        server.start()
        self.wait_idle(server)
        left = {one["id"] for one in server.api().get(path).json}
        self.assertEqual(left, {made[ref]["id"] for ref in states if ref != "old"})
        kept = repository.git("for-each-ref", "--format=%(objectname)", "refs/deployments").split()
        self.assertEqual(set(kept), {made[ref]["sha"] for ref in states if ref != "old"})
        self.assertEqual(server.api().get(f"{path}/{made['old']['id']}").status, 404)
        self.assertEqual(old_rows.read(
            server, "select count(*) from audit where action = 'retention.prune'"), [(1,)])

    @not_everyday
    def test_a_kill_in_between_loses_nothing_and_the_next_start_goes_on(self):
        server = self.server("--retention-event-bodies", "1d")
        self.create(server, "staging")
        server.stop()
        begin = old_rows.read(server, "select created_at from event")[0][0] / old_rows.MICROS
        old_rows.add_events(server, 6000, begin - 2 * old_rows.DAY)
        left, kills = old_rows.count(server, "event_body"), 0
        self.assertEqual(left, 6001)
        while left:
            server.start(timeout=60)
            before = left
            wait_until(lambda: old_rows.count(server, "event_body") < before, "a pruned row")
            server.kill()
            kills += 1
            left = old_rows.count(server, "event_body")
            self.assertEqual(old_rows.count(server, "event"), 6001)
        self.assertGreater(kills, 1)
        self.assertEqual(old_rows.read(server, "pragma integrity_check"), [("ok",)])
        server.start(timeout=60)
        made = self.create(server, "staging")
        [event] = server.api().get("/esclusa/events?after=6001").json["events"]
        self.assertEqual(event["payload"]["deployment"]["id"], made["id"])

    def test_settings_that_are_wrong_are_named(self):
        server = self.server()
        server.stop()
        for flag, value in (("--retention-event-bodies", "5m"), ("--retention-dead-letters", "x"),
                            ("--retention-idempotency-keys", "23h"),
                            ("--retention-deployments", "12h"),
                            ("--retention-keep-successes", "0"), ("--retention-scale", "-1")):
            with self.subTest(flag):
                done = subprocess.run([*server.command(), flag, value], check=False, timeout=60,
                                      capture_output=True, text=True, env=clean_environment())
                self.assertEqual(done.returncode, 2, done)
                self.assertIn(flag[2:].replace("-", ".", 1).replace("-", "_"), done.stderr)
                self.assertIn(value, done.stderr)

    def test_the_command_without_a_server_says_what_to_do(self):
        server = self.server()
        server.stop()
        done = server.cli("prune", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("esclusa serve", done.stderr + done.stdout)


if __name__ == "__main__":
    unittest.main()
