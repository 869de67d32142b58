"""What is live: the routes, and the command."""
import json
import subprocess
import unittest

from harness import BINARY, EsclusaTest, clean_environment, make_repository

LIVE = "/esclusa/repos/demo/shop/live"


class Live(EsclusaTest):
    """GET /esclusa/live, GET /esclusa/repos/…/live, and esclusa live"""

    def deploy(self, environment, *states, **more):
        made = self.create(environment=environment, **more)
        for state in states:
            self.tell(made["id"], state)
        return made["id"]

    def tell(self, deployment, state, **more):
        answer = self.api.post(f"/repos/demo/shop/deployments/{deployment}/statuses",
                               {"state": state, **more})
        self.assertEqual(answer.status, 201, answer)

    def row(self, environment, **query):
        more = "".join(f"&{name}={value}" for name, value in query.items())
        rows = self.api.get(f"{LIVE}?environment={environment}{more}").json
        self.assertLessEqual(len(rows), 1, rows)
        return rows[0] if rows else None

    def live(self, environment):
        row = self.row(environment)
        return row["live"] and row["live"]["id"], row["latest"]["id"]

    def command(self, *arguments):
        variables = {"ESCLUSA_URL": self.server.url, "ESCLUSA_TOKEN": self.server.token}
        done = subprocess.run([BINARY, "live", *arguments], check=False, timeout=60, text=True,
                              capture_output=True, env=clean_environment(variables))
        self.assertEqual(done.returncode, 0, done)
        return done.stdout

    def test_the_latest_success_is_live_and_the_older_one_is_replaced(self):
        name = "production-1"
        one = self.deploy(name, production_environment=True)
        self.assertEqual(self.live(name), (None, one))
        self.tell(one, "success")
        two = self.deploy(name, "in_progress", production_environment=True)
        self.assertEqual(self.live(name), (one, two))
        self.tell(two, "success")
        self.assertEqual(self.live(name), (two, two))
        # The older one stays at `success` in production, as on GitHub.
        self.assertEqual(self.api.get("/repos/demo/shop/deployments?environment=" + name +
                                      "&state=success").json[-1]["id"], one)
        self.tell(two, "failure")
        self.assertEqual(self.live(name), (None, two))

    def test_what_ends_last_is_live(self):
        name = "slow"
        one, two = self.deploy(name, "in_progress"), self.deploy(name, "in_progress")
        self.tell(two, "success", auto_inactive=False)
        self.tell(one, "success", auto_inactive=False)
        self.assertEqual(self.live(name), (one, two))

    def test_transient_ones_count_by_themselves_and_destroyed_ones_are_left_out(self):
        name = "pr-7"
        made = [self.deploy(name, "success", transient_environment=True) for _ in range(2)]
        row = self.row(name)
        self.assertIsNone(row["live"])
        self.assertEqual([one["id"] for one in row["transient"]], made[::-1])
        for one in made:
            self.tell(one, "inactive")
        self.assertIsNone(self.row(name))
        self.assertEqual(self.row(name, destroyed="true")["latest"]["state"], "inactive")

    def test_tasks_and_moves_and_deletions(self):
        self.deploy("moved", "success", task="migrate")
        one = self.deploy("moved", "success")
        two = self.deploy("moved", "in_progress")
        self.tell(two, "success", environment="elsewhere")
        self.assertEqual([(row["task"], row["live"]["id"]) for row in
                          self.api.get(LIVE + "?environment=moved&task=deploy").json],
                         [("deploy", one)])
        self.assertEqual(self.live("elsewhere"), (two, two))
        self.tell(one, "inactive")
        self.assertEqual(self.api.request("DELETE",
                                          f"/repos/demo/shop/deployments/{one}").status, 204)
        tasks = [row["task"] for row in self.api.get(LIVE + "?environment=MOVED").json]
        self.assertEqual(tasks, ["migrate"])

    def test_pages_go_on_with_their_cursors(self):
        for number in range(5):
            self.deploy("paged", "success", task=f"t%20{number}&x=>")
        found, path = [], LIVE + "?environment=paged&per_page=2"
        while path:
            answer = self.api.get(path)
            found += [row["task"] for row in answer.json]
            link = answer.headers.get("Link", "")
            path = None
            if 'rel="next"' in link:
                path = LIVE + "?" + link.split("?", 1)[1].split(">", 1)[0]
        self.assertEqual(found, [f"t%20{number}&x=>" for number in range(5)])
        self.assert_error(self.api.get(LIVE + "?cursor=x"), 422,
                          "Invalid request.\n\n`cursor` is not one that this list gave.")

    def test_of_all_repositories_that_the_token_may_see(self):
        self.server.add_repository("demo/hidden", make_repository(self.server.folder, "hidden"),
                                   "--private")
        hidden = self.api.post("/repos/demo/hidden/deployments", {
            "ref": "main", "required_contexts": [], "environment": "secret-place"})
        self.assertEqual(hidden.status, 201, hidden)
        self.deploy("seen", "success")

        def seen(api):
            return {(row["repository"], row["environment"])
                    for row in api.get("/esclusa/live?per_page=100").json}
        self.assertIn(("demo/hidden", "secret-place"), seen(self.api))
        other = self.server.user_with("visitor", "repo_deployment", "demo/shop", "read")
        self.assertIn(("demo/shop", "seen"), seen(other))
        self.assertNotIn("secret-place", {environment for _, environment in seen(other)})
        self.assertEqual(self.server.api(None).get("/esclusa/live").status, 401)

    def test_the_command(self):
        one = self.deploy("shown", "success")
        two = self.deploy("shown", "failure")
        table = self.command("demo/shop", "--environment", "shown")
        self.assertRegex(table, rf"demo/shop +shown +deploy +{one} main \(\w{{10}}\) by \w+, since")
        self.assertIn(f"{two}: failure", table)
        row = json.loads(self.command("demo/shop", "--environment", "shown", "--json"))
        self.assertEqual(row["live"]["id"], one)
        self.assertIn("No deployment is in sight", self.command("demo/shop", "--task", "none"))
        variables = {"ESCLUSA_URL": self.server.url, "ESCLUSA_TOKEN": self.server.token}
        refused = subprocess.run([BINARY, "live", "demo/absent"], check=False, timeout=60,
                                 capture_output=True, text=True,
                                 env=clean_environment(variables))
        self.assertIn("there is no repository demo/absent", refused.stderr)
        self.assertIn("All rows were right", self.server.cli("live", "repair").stdout)


if __name__ == "__main__":
    unittest.main()
