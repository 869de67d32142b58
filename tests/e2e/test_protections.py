"""`esclusa repo protect`, and how clients see protected branches."""
import json
import unittest

from harness import EsclusaTest

BRANCHES = "/repos/demo/shop/branches"


class Protections(EsclusaTest):
    """Every test removes its protections."""

    def tearDown(self):
        for line in self.server.cli("repo", "protections", "demo/shop").stdout.splitlines()[1:]:
            self.protect(line.split()[0], "--remove")

    def protect(self, pattern, *flags, check=True):
        return self.server.cli("repo", "protect", "demo/shop", pattern, *flags, check=check)

    def names(self, query=""):
        return [branch["name"] for branch in self.api.get(BRANCHES + query).json]

    def test_patterns_protect_branches_and_are_taken_back(self):
        everything = self.names()
        self.assertEqual(self.names("?protected=true"), [])
        self.protect("mai[n]")
        self.protect("no/such/branch")
        self.assertEqual(self.names("?protected=true"), ["main"])
        self.assertEqual(self.names("?protected=false"),
                         [name for name in everything if name != "main"])
        self.assertEqual(self.names(), everything)
        self.assertEqual({branch["name"] for branch in self.api.get(BRANCHES).json
                          if branch["protected"]}, {"main"})
        one = self.api.get(BRANCHES + "/main").json
        self.assertTrue(one["protected"])
        self.assertTrue(one["protection"]["enabled"])
        self.protect("mai[n]", "--remove")
        one = self.api.get(BRANCHES + "/main").json
        self.assertFalse(one["protected"])
        self.assertFalse(one["protection"]["enabled"])

    def test_the_command_lists_them_and_says_what_is_wrong(self):
        self.protect("release/*")
        self.protect("main")
        listed = self.server.cli("repo", "protections", "demo/shop").stdout.splitlines()
        self.assertEqual([line.split()[0] for line in listed], ["PATTERN", "main", "release/*"])
        for arguments, said in ((("nothing", "--remove"), "protects no branches"),
                                (("a\nb",), "pattern")):
            done = self.protect(*arguments, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn(said, done.stdout + done.stderr)
        done = self.server.cli("repo", "protect", "demo/none", "main", check=False)
        self.assertIn("There is no repository", done.stdout + done.stderr)

    def test_status_events_tell_of_it(self):
        self.protect("main")
        receiver = self.receiver()
        hook = self.api.post("/repos/demo/shop/hooks", {
            "config": {"url": receiver.url, "content_type": "json"}, "events": ["status"]}).json
        sha = self.api.get(BRANCHES + "/main").json["commit"]["sha"]
        self.api.post(f"/repos/demo/shop/statuses/{sha}", {"state": "success"})
        body = json.loads(receiver.wait_for_event("status")[0]["body"])
        self.assertTrue({branch["name"]: branch["protected"]
                         for branch in body["branches"]}["main"])
        self.api.delete(hook["url"])


if __name__ == "__main__":
    unittest.main()
