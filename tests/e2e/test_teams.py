"""Organizations: their members, their teams, and the access that a team gives."""
import unittest

from harness import EsclusaTest

TEAMS = "/orgs/demo/teams"
MEMBERSHIPS = "/orgs/demo/memberships"
SHOP = "/repos/demo/shop"


class TeamTest(EsclusaTest):
    """The organization demo, which has an owner and a member; every test removes its teams."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.owner = cls.server.user_with("owner", "admin:org")
        cls.member = cls.server.user_with("member", "read:org repo")
        cls.server.create_user("stranger")
        cls.server.cli("org", "add", "demo", "owner", "--role", "admin")
        cls.server.cli("org", "add", "demo", "member")

    def tearDown(self):
        for team in self.api.get(TEAMS).json:
            self.assertEqual(self.api.delete(team["url"]).status, 204)

    def add(self, name="Night Watch", **more):
        answer = self.owner.post(TEAMS, {"name": name, **more})
        self.assertEqual(answer.status, 201, answer)
        self.assertEqual(answer.headers["Location"], answer.json["url"])
        return answer.json

    def put(self, path, body=None, client=None):
        return (client or self.owner).request("PUT", path, body)


class Teams(TeamTest):
    """/orgs/{org}/teams"""

    def test_a_team_is_made_read_renamed_and_deleted(self):
        made = self.add(description="They watch", privacy="closed")
        self.assertEqual((made["slug"], made["privacy"], made["members_count"], made["parent"]),
                         ("night-watch", "closed", 1, None))
        self.assertEqual(made["organization"]["login"], "demo")
        self.assertTrue(made["url"].endswith("/orgs/demo/teams/night-watch"))
        self.assertEqual(self.member.get(made["url"]).json, made)
        self.assertEqual(self.member.get("/orgs/DEMO/teams/Night-Watch").json, made)
        listed = self.member.get(TEAMS).json
        self.assertEqual([team["id"] for team in listed], [made["id"]])
        self.assertEqual({**made, **listed[0]}, made)
        renamed = self.owner.patch(made["url"], {"name": "Day Watch"})
        self.assertEqual(renamed.status, 201, renamed)
        self.assertEqual(renamed.json["slug"], "day-watch")
        self.assertEqual(self.owner.get(made["url"]).status, 404)
        again = self.owner.patch(renamed.json["url"], {"name": "Day Watch"})
        self.assertEqual((again.status, again.json), (200, renamed.json))
        self.assertEqual(self.owner.delete(renamed.json["url"]).status, 204)
        self.assertEqual(self.owner.get(renamed.json["url"]).status, 404)

    def test_a_team_goes_by_its_number_too_as_terraform_and_older_clients_ask(self):
        made = self.add(description="They watch", notification_setting="notifications_disabled")
        number, organization = made["id"], made["organization"]["id"]
        self.put(f"/teams/{number}/memberships/member")
        self.assertEqual(self.member.get(f"/organizations/{organization}").json["login"], "demo")
        for address in (f"/organizations/{organization}/team/{number}", f"/teams/{number}"):
            read = self.owner.get(address)
            self.assertEqual((read.status, read.json["id"]), (200, number), read)
            self.assertEqual(read.json["notification_setting"], "notifications_disabled")
            self.assertEqual(self.owner.patch(address, {"description": address}).status, 201)
            self.assertEqual(self.owner.get(made["url"]).json["description"], address)
            members = self.owner.get(address + "/members?per_page=1")
            self.assertIn(f"{address}/members?per_page=1&page=2>; rel=\"next\"",
                          members.headers["Link"])
            self.assertEqual(self.owner.get(address + "/members/member").status, 204)
            self.assertEqual(self.owner.get(address + "/members/stranger").status, 404)
            self.assertEqual(self.put(f"{address}/repos{SHOP[6:]}",
                                      {"permission": "push"}).status, 204)
            self.assertEqual(self.member.get(address + "/repos").json[0]["role_name"], "write")
            # It is private, and needs a token with `repo`.
            self.assertEqual(self.owner.get(address + "/repos").json, [])
            self.assertEqual(self.owner.delete(f"{address}/repos{SHOP[6:]}").status, 204)
        self.assertEqual(self.owner.get(f"/organizations/{organization + 1}/team/{number}").status,
                         404)
        self.assertEqual(self.owner.delete(f"/teams/{number}/memberships/member").status, 204)
        self.assertEqual(self.member.get(f"/teams/{number}").status, 404)  # it is secret
        self.assertEqual(self.owner.delete(f"/organizations/{organization}/team/{number}").status,
                         204)
        self.assertEqual(self.owner.get(made["url"]).status, 404)

    def test_a_name_that_is_taken_is_refused_in_githubs_words(self):
        self.add("Ops")
        answer = self.owner.post(TEAMS, {"name": "ops!"})
        self.assert_error(answer, 422, "Validation Failed", "teams/teams#create-a-team")
        self.assertEqual(answer.json["errors"], [{
            "resource": "Team", "code": "already_exists", "field": "name",
            "message": "Name must be unique for this org"}])
        self.assertEqual(answer.json["reason_code"], "team_exists")

    def test_a_secret_team_is_seen_by_its_members_and_by_owners(self):
        made = self.add()
        self.assertEqual(made["privacy"], "secret")
        self.assertEqual(self.member.get(made["url"]).status, 404)
        self.assertEqual(self.member.get(TEAMS).json, [])
        self.assertEqual(self.put(made["url"] + "/memberships/member").status, 200)
        self.assertEqual(self.member.get(made["url"]).json["members_count"], 2)
        self.assertEqual(len(self.member.get(TEAMS).json), 1)

    def test_members_read_and_outsiders_find_nothing(self):
        made = self.add(privacy="closed")
        for login, reading, status in (("member", 200, 403), ("stranger", 404, 404)):
            client = self.server.api(self.server.create_token(login, "admin:org"))
            for path in (TEAMS, made["url"], made["url"] + "/members", "/orgs/demo/members"):
                self.assertEqual(client.get(path).status, reading, path)
            for answer in (client.post(TEAMS, {"name": "Mine"}),
                           client.patch(made["url"], {"name": "Mine"}),
                           client.delete(made["url"]),
                           self.put(made["url"] + "/memberships/stranger", {}, client),
                           self.put(made["url"] + "/repos/demo/shop", {}, client),
                           self.put(f"{MEMBERSHIPS}/stranger", {"role": "admin"}, client)):
                self.assertEqual(answer.status, status, answer)
        self.assertEqual(self.owner.get(made["url"] + "/members").json[0]["login"], "owner")

    def test_pages(self):
        for name in "abc":
            self.add(name)
        answer = self.owner.get(f"{TEAMS}?per_page=2")
        self.assertEqual([team["slug"] for team in answer.json], ["a", "b"])
        second = self.owner.get(dict(answer.links())["next"])
        self.assertEqual([team["slug"] for team in second.json], ["c"])


class TeamMembers(TeamTest):
    """The roles of a team's members, and the access that the team gives them."""

    def test_members_come_and_go(self):
        url = self.add(privacy="closed")["url"]
        answer = self.put(url + "/memberships/member", {"role": "maintainer"})
        self.assertEqual(answer.json, {"state": "active", "role": "maintainer",
                                       "url": url + "/memberships/member"})
        self.assertEqual(self.member.get(answer.json["url"]).json, answer.json)
        self.assertEqual([(one["login"], one["role"]) for one in
                          self.member.get(url + "/members").json],
                         [("member", "maintainer"), ("owner", "maintainer")])
        self.assertEqual(self.put(url + "/memberships/member").json["role"], "member")
        self.assertEqual([one["login"] for one in
                          self.member.get(url + "/members?role=member").json], ["member"])
        self.assertEqual(self.owner.delete(url + "/memberships/member").status, 204)
        self.assertEqual(self.member.get(url + "/memberships/member").status, 404)

    def test_a_team_opens_a_repository_to_its_members(self):
        worker = self.server.user_with("worker", "repo read:org")
        url = self.add(privacy="closed")["url"]
        repository = url + "/repos/demo/shop"
        self.assertEqual(worker.get(SHOP).status, 404)
        self.assertEqual(self.put(repository, {"permission": "push"}).status, 204)
        self.assertEqual(self.put(url + "/memberships/worker").status, 200)
        self.assertEqual(worker.get(SHOP).json["permissions"], {
            "admin": False, "maintain": False, "push": True, "triage": True, "pull": True})
        self.create(worker, environment="of the team")
        self.assertEqual(worker.get(repository).status, 204)
        shown = worker.get(repository, headers={
            "Accept": "application/vnd.github.v3.repository+json"})
        self.assertEqual((shown.json["full_name"], shown.json["role_name"]),
                         ("demo/shop", "write"))
        self.assertEqual([(one["name"], one["role_name"]) for one in
                          worker.get(url + "/repos").json], [("shop", "write")])
        self.assertEqual(self.member.get(url + "/repos").json, [])
        self.assertEqual([(one["slug"], one["permission"]) for one in
                          worker.get(SHOP + "/teams").json], [("night-watch", "push")])
        self.assertEqual(self.put(repository).status, 204)  # pull is the default
        self.assertFalse(worker.get(SHOP).json["permissions"]["push"])
        self.assertEqual(self.owner.delete(repository).status, 204)
        self.assertEqual(worker.get(SHOP).status, 404)

    def test_the_highest_role_counts(self):
        both = self.server.user_with("both", "repo", "demo/shop", "triage")
        for name, permission in (("Readers", "pull"), ("Stewards", "maintain")):
            url = self.add(name)["url"]
            self.put(url + "/memberships/both")
            self.put(url + "/repos/demo/shop", {"permission": permission})
        permissions = both.get(SHOP).json["permissions"]
        self.assertTrue(permissions["maintain"])
        self.assertFalse(permissions["admin"])
        self.owner.delete(f"{TEAMS}/stewards")
        permissions = both.get(SHOP).json["permissions"]
        self.assertTrue(permissions["triage"])
        self.assertFalse(permissions["push"])


class Members(TeamTest):
    """/orgs/{org}/members and /orgs/{org}/memberships"""

    def test_members_are_listed_and_asked_for(self):
        answer = self.member.get("/orgs/demo/members?role=admin")
        self.assertEqual([one["login"] for one in answer.json], ["owner"])
        everybody = self.member.get("/orgs/demo/members").json
        self.assertIn("member", [one["login"] for one in everybody])
        self.assertEqual(self.member.get("/orgs/demo/members/owner").status, 204)
        self.assertEqual(self.member.get("/orgs/demo/members/stranger").status, 404)
        self.assertEqual(self.member.get(f"{MEMBERSHIPS}/owner").json["role"], "admin")
        self.assert_error(self.member.get("/orgs/demo/members?role=owner"), 422)

    def test_whoever_leaves_the_organization_leaves_its_teams_and_repositories(self):
        leaver = self.server.user_with("leaver", "repo read:org", "demo/shop", "read")
        url = self.add(privacy="closed")["url"]
        answer = self.put(f"{MEMBERSHIPS}/leaver", {"role": "member"})
        self.assertEqual((answer.json["state"], answer.json["user"]["login"]),
                         ("active", "leaver"))
        self.put(url + "/memberships/leaver")
        self.put(url + "/repos/demo/shop", {"permission": "push"})
        self.assertTrue(leaver.get(SHOP).json["permissions"]["push"])
        self.assertEqual(self.owner.delete(f"{MEMBERSHIPS}/leaver").status, 204)
        for path in (SHOP, url, TEAMS):
            self.assertEqual(leaver.get(path).status, 404)
        self.assertEqual(self.owner.get(url + "/memberships/leaver").status, 404)
        self.assertEqual(self.owner.delete(f"{MEMBERSHIPS}/leaver").status, 404)

    def test_the_last_owner_stays(self):
        for answer in (self.owner.delete(f"{MEMBERSHIPS}/owner"),
                       self.put(f"{MEMBERSHIPS}/owner", {"role": "member"})):
            self.assert_error(answer, 403)
            self.assertEqual(answer.json["reason_code"], "last_owner")
        self.assertEqual(self.owner.get(f"{MEMBERSHIPS}/owner").json["role"], "admin")


if __name__ == "__main__":
    unittest.main()
