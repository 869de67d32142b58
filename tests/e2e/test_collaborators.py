"""Collaborators: who has a role in a repository, and how they got it."""
import unittest

from harness import EsclusaTest

SHOP = "/repos/demo/shop"
COLLABORATORS = SHOP + "/collaborators"


class Collaborators(EsclusaTest):
    """/repos/{owner}/{repo}/collaborators"""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.newcomer = cls.server.user_with("newcomer", "repo")
        cls.server.cli("org", "add", "demo", "newcomer")

    def logins(self, query=""):
        answer = self.api.get(COLLABORATORS + query)
        self.assertEqual(answer.status, 200, answer)
        return {one["login"]: one["role_name"] for one in answer.json}

    def test_a_collaborator_is_added_listed_changed_and_removed(self):
        address = COLLABORATORS + "/newcomer"
        self.assertEqual(self.newcomer.get(SHOP).status, 404)
        self.assertEqual(self.api.get(address).status, 404)
        for permission, role in (("pull", "read"), ("maintain", "maintain"), (None, "write")):
            body = {"permission": permission} if permission else None
            added = self.api.request("PUT", address, body)
            self.assertEqual((added.status, added.body), (204, b""), added)
            self.assertEqual(self.logins()["newcomer"], role)
            read = self.api.get(address + "/permission").json
            self.assertEqual(read["role_name"], role)
            self.assertEqual(read["user"]["permissions"]["pull"], True)
            self.assertEqual(self.newcomer.get(SHOP).json["permissions"]["push"], role != "read")
        self.assertEqual(self.api.get(address).status, 204)
        self.assertEqual(self.api.get(SHOP + "/invitations").json, [])
        self.assertEqual(self.newcomer.request("PUT", address, {"permission": "admin"}).status, 403)
        self.assertEqual(self.api.delete(address).status, 204)
        self.assertEqual(self.newcomer.get(SHOP).status, 404)
        self.assertEqual(self.api.get(address + "/permission").json["permission"], "none")

    def test_what_the_command_line_grants_and_a_team_opens_is_listed(self):
        self.server.cli("repo", "grant", "demo/shop", "newcomer", "triage")
        self.assertEqual(self.logins("?affiliation=direct")["newcomer"], "triage")
        team = self.api.post("/orgs/demo/teams", {"name": "Ops", "maintainers": ["newcomer"]}).json
        self.api.request("PUT", f"/teams/{team['id']}{SHOP}", {"permission": "push"})
        self.assertEqual(self.logins()["newcomer"], "write")
        self.assertNotIn("newcomer", self.logins("?affiliation=outside"))
        self.assertNotIn("newcomer", self.logins("?permission=maintain"))
        for query in ("affiliation=far", "permission=write"):
            self.assert_error(self.api.get(f"{COLLABORATORS}?{query}"), 422)
        self.api.delete(COLLABORATORS + "/newcomer")
        self.assertNotIn("newcomer", self.logins("?affiliation=direct"))
        self.assertEqual(self.logins()["newcomer"], "write")
        self.assertEqual(self.api.delete(COLLABORATORS + "/newcomer").status, 404)
        self.assertEqual(self.api.delete(f"/teams/{team['id']}").status, 204)
        self.assertNotIn("newcomer", self.logins())


if __name__ == "__main__":
    unittest.main()
