"""The figures for Prometheus, read by a real Prometheus with the rules and the dashboard of
docs/monitoring/."""
import json
import pathlib
import re
import tempfile
import unittest

from harness import Api, EsclusaTest, ROOT, Server, wait_until
from prometheus import DASHBOARD, Prometheus, RULES, panels, promtool
from test_feed import Stream

TOKEN = "metrics-0123456789abcdef"
SAMPLE = re.compile(r'^([a-z_]+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class MetricsTest(EsclusaTest):
    """A server with an address for its figures, and a token for them at the main address."""

    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(
            prefix="esclusa-metrics-")))
        (folder / "token").write_text(TOKEN + "\n")
        cls.server_settings = {"arguments": ["--metrics-listen", "127.0.0.1:0",
                                             "--metrics-token-file", str(folder / "token")]}
        super().setUpClass()
        cls.own = cls.own_address()

    @classmethod
    def own_address(cls):
        """Where the figures have an address of their own: the log says it."""
        for line in cls.server.log.read_text().splitlines():
            entry = json.loads(line)
            if entry["message"] == "figures for Prometheus":
                return entry["url"]
        raise AssertionError("the log does not say the address")

    def scrape(self):
        answer = self.server.api(TOKEN).get("/metrics", headers={"Accept": "*/*"})
        self.assertEqual(answer.status, 200, answer)
        return answer.body.decode()

    def samples(self):
        """{(name, its labels): value}"""
        found = {}
        for line in self.scrape().splitlines():
            if not line.startswith("#"):
                name, labels, value = SAMPLE.match(line).groups()
                found[name, frozenset(LABEL.findall(labels or ""))] = float(value)
        return found

    def value(self, name, samples=None, **labels):
        return (samples or self.samples()).get((name, frozenset(labels.items())))


class Figures(MetricsTest):
    """/metrics"""

    def test_it_is_behind_the_token_at_the_main_address(self):
        self.assert_error(self.server.api(None).get("/metrics"), 401, "Requires authentication")
        for wrong in ("wrong", self.server.token, TOKEN + "0"):
            self.assert_error(self.server.api(wrong).get("/metrics"), 401, "Bad credentials")
        answer = self.server.api(TOKEN).get("/metrics", headers={"Accept": "text/plain"})
        self.assertEqual(answer.headers["Content-Type"],
                         "text/plain; version=0.0.4; charset=utf-8")
        # It is a token of the figures, and of nothing else.
        self.assertEqual(self.server.api(TOKEN).get("/user").status, 401)
        self.assertEqual(self.server.api(TOKEN).post("/metrics").status, 401)
        self.assertEqual(self.server.api(TOKEN).get("/metrics", headers={
            "Accept": "application/json"}).status, 406)

    def test_its_own_address_answers_nothing_else(self):
        own = Api(self.own.removesuffix("/metrics"))
        self.assertIn(b"esclusa_build_info", own.get("/metrics", headers={"Accept": "*/*"}).body)
        for method, path in (("GET", "/"), ("GET", "/user"), ("GET", "/livez"),
                             ("POST", "/metrics"), ("GET", "/metrics/"),
                             ("GET", "/esclusa/admin/users"), ("GET", "/openapi.json")):
            self.assertEqual(own.request(method, path).status, 404, (method, path))

    def test_promtool_finds_nothing_wrong(self):
        code, said = promtool("check", "metrics", text=self.scrape())
        self.assertEqual((code, said), (0, ""))

    def test_the_counters_say_what_was_done(self):
        receiver = self.receiver()
        hook = self.api.post("/repos/demo/shop/hooks", {
            "events": ["deployment", "deployment_status"],
            "config": {"url": receiver.url, "content_type": "json"}}).json
        receiver.wait_for(lambda all: len(all) == 1)  # the ping
        before = self.settled()
        for _ in range(3):
            self.report(self.create(production_environment=True), "success")
        self.report(self.create(transient_environment=True), "failure")
        self.assertEqual(self.api.post(self.deployments, {"ref": "nothing"}).status, 422)
        self.assertEqual(self.api.get("/nothing/there").status, 404)
        receiver.wait_for(lambda all: len(all) == 1 + 8)
        self.api.delete(f"/repos/demo/shop/hooks/{hook['id']}")
        after = self.settled()

        def grown(name, **labels):
            return (self.value(name, after, **labels) or 0) - (
                self.value(name, before, **labels) or 0)
        requests = "esclusa_http_requests_total"
        self.assertEqual(grown(requests, operation="create_deployment", code="201"), 4)
        self.assertEqual(grown(requests, operation="create_deployment", code="422"), 1)
        self.assertEqual(grown(requests, operation="create_status", code="201"), 4)
        self.assertEqual(grown(requests, operation="none", code="404"), 1)
        self.assertEqual(grown("esclusa_http_request_seconds_count",
                               operation="create_deployment"), 5)
        self.assertEqual(grown("esclusa_deliveries_total", outcome="delivered"), 8)
        self.assertEqual(grown("esclusa_delivery_attempt_seconds_count"), 8)
        self.assertEqual(grown("esclusa_deployments_created_total",
                               environment_kind="production"), 3)
        self.assertEqual(grown("esclusa_deployments_created_total",
                               environment_kind="transient"), 1)
        self.assertEqual(grown("esclusa_deployment_statuses_total", state="success",
                               environment_kind="production"), 3)
        self.assertEqual(grown("esclusa_deployment_statuses_total", state="failure",
                               environment_kind="transient"), 1)

    def settled(self):
        """The samples once nothing is to be delivered or recorded any more."""
        found = {}

        def is_settled():
            found.update(self.samples())
            return (self.value("esclusa_deliveries_pending", found) == 0
                    and self.value("esclusa_deliveries_in_flight", found) == 0)
        wait_until(is_settled, "the end of all deliveries")
        return found

    def test_a_thousand_paths_logins_and_repositories_make_no_series(self):
        api = self.server.api(keep_alive=True)
        self.addCleanup(api.close)
        paths = ("/nothing/{}", "/repos/demo/shop-{}/deployments", "/users/nobody-{}")
        for path in paths:
            api.get(path.format("x"))
        before = set(self.samples())
        for number in range(1000):
            api.get(paths[number % 3].format(number))
        new = {name for name in set(self.samples()) - before}
        self.assertEqual(new, set())

    def test_an_agent_is_seen_and_its_row_goes_with_the_token(self):
        token = self.server.cli("agent", "token", "demo/shop", "--environment", "staging",
                                "--name", "web-1").stdout.strip()
        with_labels = [("agent", "web-1"), ("repository", "demo/shop")]
        self.assertNotIn("web-1", self.scrape())
        stream = Stream(self.server.url, token, agent="a stream")
        self.addCleanup(stream.connection.close)

        def seen():
            return [labels for name, labels in self.samples()
                    if name == "esclusa_agent_feed_read_timestamp_seconds"
                    and labels.issuperset(with_labels)]
        wait_until(seen, "the agent's row")
        [listed] = [one for one in self.api.get("/esclusa/agents").json if one["name"] == "web-1"]
        self.assertEqual(listed["repository"], "demo/shop")
        self.assertEqual(listed["seen"]["address"], "127.0.0.1")
        self.assertEqual(listed["seen"]["last_action"], "read_events")
        self.assertEqual(listed["seen"]["version"], "a stream")
        self.assertEqual(self.api.get("/esclusa/repos/demo/shop/agents").json[0]["name"], "web-1")
        self.assertIn("read_events", self.server.cli("agent", "tokens", "demo/shop").stdout)
        self.server.cli("agent", "revoke", listed["id"])
        self.assertEqual([one for one in self.api.get("/esclusa/agents").json
                          if one["name"] == "web-1"], [])
        self.assertNotIn("web-1", self.scrape())

    def test_without_a_token_the_main_address_has_no_figures(self):
        with Server() as server:
            self.assert_error(server.api().get("/metrics"), 404, "Not Found")
            done = server.cli("serve", "--metrics-token-file", "/nowhere", "--data",
                              server.folder / "other", "--listen", "127.0.0.1:0", check=False)
            self.assertEqual(done.returncode, 2)
            self.assertIn("/nowhere", done.stderr)


class RealPrometheus(MetricsTest):
    """docs/monitoring/, by Debian's Prometheus"""

    def test_the_rules_are_sound(self):
        code, said = promtool("check", "rules", RULES)
        self.assertEqual(code, 0, said)
        for rule in re.findall(r"- alert: (\w+)", RULES.read_text()):
            self.assertIn(f"alertname: {rule}", (ROOT / "tests/e2e/alerts_test.yml").read_text())
        code, said = promtool("test", "rules", ROOT / "tests/e2e/alerts_test.yml")
        self.assertEqual(code, 0, said)
        for block in RULES.read_text().split("- alert: ")[1:]:
            self.assertRegex(block, r"summary: \"", block)
            self.assertRegex(block, r"[Tt]ype `|Look at|Renew|Nobody reads", block)

    def test_the_dashboard_is_whole(self):
        dashboard = json.loads(DASHBOARD.read_text())
        ids = [panel["id"] for panel in dashboard["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertGreater(len(list(panels())), 50)
        places = set()
        for panel in dashboard["panels"]:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24)
            for y in range(place["y"], place["y"] + place["h"]):
                for x in range(place["x"], place["x"] + place["w"]):
                    self.assertNotIn((x, y), places, panel["title"])
                    places.add((x, y))
            if panel["type"] != "row":
                self.assertTrue(panel["description"] and panel["targets"], panel["title"])

    def test_prometheus_fires_the_alert_of_a_stuck_delivery_and_answers_all_panels(self):
        receiver = self.receiver()
        receiver.fail_next(1_000_000)
        token = self.server.cli("agent", "token", "demo/shop", "--environment", "staging",
                                "--name", "web-2").stdout.strip()
        self.assertEqual(self.server.api(token).get("/esclusa/events").status, 200)
        with Prometheus(self.server.folder / "prometheus", self.own) as prometheus:
            wait_until(lambda: prometheus.value("esclusa_database_up") == 1, "a scrape")
            self.assertEqual(prometheus.firing("EsclusaDeliveryStuck"), [])
            hook = self.api.post("/repos/demo/shop/hooks", {
                "events": ["deployment"],
                "config": {"url": receiver.url, "content_type": "json"}}).json
            # Before the receiver goes.
            self.addCleanup(self.api.delete, f"/repos/demo/shop/hooks/{hook['id']}")
            self.report(self.create(), "in_progress")
            receiver.wait_for(lambda all: any(one["event"] == "deployment" for one in all))
            wait_until(lambda: prometheus.firing("EsclusaDeliveryStuck"), "the alert")
            # An agent that has read the feed, and is gone.
            wait_until(lambda: prometheus.firing("EsclusaAgentSilent"), "the agent's alert")
            self.assertEqual(prometheus.firing("EsclusaAgentSilent")[0][0]["agent"], "web-2")
            for other in ("EsclusaDown", "EsclusaDatabaseDoesNotAnswer", "EsclusaLogLinesDropped",
                          "EsclusaThreadFails", "EsclusaCertificateEnds"):
                self.assertEqual(prometheus.firing(other), [], other)
            silent = [(title, query) for title, query in panels() if not prometheus.query(query)]
            self.assertEqual(silent, [])
            self.assertGreater(prometheus.value(
                'esclusa_deliveries_total{outcome="failed"}'), 0)
            self.assertEqual(prometheus.value(
                'esclusa_http_requests_total{operation="create_deployment",code="201"}'), 1)


if __name__ == "__main__":
    unittest.main()
