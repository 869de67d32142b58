"""Agents with tokens of their own, and their claims, through the command line and the API."""
import unittest

from harness import EsclusaTest, wait_until

SHOP = "/repos/demo/shop"
CLAIMS = "/esclusa" + SHOP + "/deployments/{}/claim"


class Claims(EsclusaTest):
    """esclusa agent token, and /esclusa/…/claim"""

    def agent(self, *environments, name="web-1"):
        flags = [part for one in environments for part in ("--environment", one)]
        made = self.server.cli("agent", "token", "demo/shop", *flags, "--name", name,
                               "--expires", "90d")
        token = made.stdout.strip()
        self.assertRegex(token, r"^esca_[0-9A-Za-z]{36}$")
        return self.server.api(token)

    def tokens(self):
        return self.server.cli("agent", "tokens", "demo/shop").stdout

    def tell(self, agent, deployment, state, fence=None):
        headers = {"X-Esclusa-Claim": str(fence)} if fence else {}
        return agent.request("POST", f"{SHOP}/deployments/{deployment}/statuses",
                             {"state": state}, headers)

    def beat(self, agent, deployment, fence, method="PUT"):
        return agent.request(method, CLAIMS.format(deployment), None,
                             {"X-Esclusa-Claim": str(fence)})

    def test_a_token_is_listed_without_its_text_and_revoked(self):
        agent = self.agent("staging", name="listed")
        deployment = self.create(environment="staging")["id"]
        self.assertEqual(agent.get(f"{SHOP}/deployments/{deployment}").status, 200)
        listed = self.tokens()
        self.assertIn("listed", listed)
        self.assertNotIn("esca_", listed)
        number = next(line.split()[0] for line in listed.splitlines() if " listed " in line)
        self.server.cli("agent", "revoke", number)
        self.assertEqual(agent.get(f"{SHOP}/deployments/{deployment}").status, 401)
        again = self.server.cli("agent", "revoke", number, check=False)
        self.assertNotEqual(again.returncode, 0)

    def test_what_the_command_line_refuses(self):
        for arguments in (("token", "demo/shop"), ("token", "shop", "--environment", "a"),
                          ("token", "demo/absent", "--environment", "a"), ("revoke", "4711"),
                          ("tokens", "demo/absent"), ()):
            done = self.server.cli("agent", *arguments, check=False)
            self.assertNotEqual(done.returncode, 0, arguments)
            self.assertTrue(done.stderr, arguments)

    def test_one_agent_runs_a_deployment_and_another_takes_over_nothing(self):
        one, two = self.agent("raced"), self.agent("Raced", name="web-2")
        deployment = self.create(environment="raced")["id"]
        claim = one.post(CLAIMS.format(deployment), {"seconds": 600})
        self.assertEqual(claim.status, 201, claim)
        self.assertEqual(claim.json["agent"], "web-1")
        fence = claim.json["fence"]
        self.assert_error(two.post(CLAIMS.format(deployment)), 409)
        self.assertEqual(self.tell(two, deployment, "in_progress", fence).status, 409)
        self.assertEqual(self.tell(one, deployment, "in_progress", fence).status, 201)
        self.server.restart()
        type(self).api = self.server.api()  # it has another address now
        one = self.server.api(one.token)
        self.assertEqual(one.get(CLAIMS.format(deployment)).json["state"], "started")
        self.assertEqual(self.beat(one, deployment, fence).status, 200)
        self.assertEqual(self.beat(one, deployment, fence, "DELETE").status, 409)
        self.assertEqual(self.tell(one, deployment, "success", fence).status, 201)
        lost = self.beat(one, deployment, fence)
        self.assertEqual((lost.status, lost.json["reason_code"]), (409, "claim_lost"))

    def test_a_started_claim_without_heartbeats_ends_as_an_error(self):
        agent = self.agent("lonely")
        deployment = self.create(environment="lonely")["id"]
        fence = agent.post(CLAIMS.format(deployment), {"seconds": 10}).json["fence"]
        self.assertEqual(self.tell(agent, deployment, "in_progress", fence).status, 201)
        address = f"{SHOP}/deployments/{deployment}/statuses"
        wait_until(lambda: self.api.get(address).json[0]["state"] == "error", "the claim ends")
        self.assertIn("claim_expired", self.api.get(address).json[0]["description"])
        self.assertEqual(self.tell(agent, deployment, "success", fence).status, 409)
        self.assertEqual(agent.post(CLAIMS.format(deployment)).status, 409)

    def test_an_environment_that_asks_for_claims(self):
        self.api.request("PUT", f"{SHOP}/environments/strict", {"requires_claim": True})
        shown = self.api.get(f"{SHOP}/environments/strict").json
        self.assertEqual(shown["requires_claim"], True)
        agent = self.agent("strict")
        deployment = self.create(environment="strict")["id"]
        refused = self.tell(self.api, deployment, "in_progress")
        self.assertEqual((refused.status, refused.json["reason_code"]), (409, "claim_required"))
        fence = agent.post(CLAIMS.format(deployment)).json["fence"]
        self.assertEqual(self.tell(agent, deployment, "in_progress", fence).status, 201)
        self.assertEqual(self.tell(self.api, deployment, "inactive").status, 201)
        self.assertEqual(self.beat(agent, deployment, fence).status, 409)

    def test_the_feed_of_an_agent_has_its_deployments_alone(self):
        agent = self.agent("heard")
        start = self.api.get("/esclusa/events").json["next"]
        mine = self.create(environment="heard")["id"]
        self.create(environment="unheard")
        events = agent.get(f"/esclusa/events?after={start}").json["events"]
        self.assertEqual([(one["event"], one["payload"]["deployment"]["id"]) for one in events],
                         [("deployment", mine)])


if __name__ == "__main__":
    unittest.main()
