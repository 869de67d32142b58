"""PyGithub 1.55 as Debian packages it, against a running server (see tests/clients/run.py)."""
import os
import unittest

import github

from public_keys import public_key

PLAIN = {"ref": "main", "auto_merge": False, "required_contexts": []}


def found(name):
    """A value that everything.py has created."""
    return os.environ[f"ESCLUSA_{name.upper()}"]


class Older(unittest.TestCase):
    """The base class: clients of two people, with the address of an Enterprise server."""

    @classmethod
    def setUpClass(cls):
        cls.github = cls.connect("writer")
        cls.shop = cls.github.get_repo("demo/shop")
        cls.admin = cls.connect("admin")
        cls.admins_shop = cls.admin.get_repo("demo/shop")

    @classmethod
    def connect(cls, name, **more):
        return github.Github(found(name), base_url=found("url") + "/api/v3", retry=None, **more)

    def deploy(self, environment, **fields):
        return self.shop.create_deployment(**{**PLAIN, "environment": environment, **fields})


class Deployments(Older):
    def test_a_deployment_is_created_read_and_found(self):
        payload = {"list": [1, {"deep": None}], "text": "€ \U0001f680"}
        made = self.deploy("older", payload=payload, description="The first")
        self.assertEqual((made.payload, made.creator.login, made.sha),
                         (payload, "writer", found("sha")))
        read = self.shop.get_deployment(made.id)
        self.assertEqual(read.raw_data, made.raw_data)
        self.assertEqual([one.id for one in self.shop.get_deployments(environment="older")],
                         [made.id])
        for state in ("in_progress", "success"):
            status = made.create_status(state, target_url="https://ci.example.org/1")
            self.assertEqual(status.state, state)
            self.assertEqual(made.get_status(status.id).raw_data, status.raw_data)
        self.assertEqual([one.state for one in made.get_statuses()], ["success", "in_progress"])

    def test_errors_are_those_of_github(self):
        with self.assertRaises(github.GithubException) as caught:
            self.deploy("older", ref="nope")
        self.assertEqual((caught.exception.status, caught.exception.data["message"]),
                         (422, "No ref found for: nope"))
        with self.assertRaises(github.UnknownObjectException):
            self.github.get_repo("demo/nope")
        with self.assertRaises(github.BadCredentialsException):
            github.Github("wrong", base_url=found("url")).get_repo("demo/shop")


class Pages(Older):
    """A list that is read backwards, and not by 30, asks for the last page with a second query
    behind the first: `…?environment=many&page=36&per_page=7?environment=many&per_page=7`."""

    def test_lists_are_read_forwards_and_backwards(self):
        for size in (7, 30, 100):
            with self.subTest(size=size):
                shop = self.connect("writer", per_page=size).get_repo("demo/shop")
                ids = [one.id for one in shop.get_deployments(environment="many")]
                self.assertEqual(len(set(ids)), 250)
                self.assertEqual(ids, sorted(ids, reverse=True))
                again = shop.get_deployments(environment="many")
                self.assertEqual(again.totalCount, 250)
                self.assertEqual([one.id for one in again.get_page(1)], ids[size:2 * size])
                self.assertEqual([one.id for one in again.reversed], ids[::-1])

    def test_branches_and_commits_are_read_backwards(self):
        shop = self.connect("writer", per_page=3).get_repo("demo/shop")
        for listed, member in ((shop.get_branches(), "name"), (shop.get_commits(), "sha")):
            with self.subTest(member=member):
                forwards = [getattr(one, member) for one in listed]
                backwards = [getattr(one, member) for one in listed.reversed]
                self.assertEqual(backwards, forwards[::-1])


class Git(Older):
    def test_refs_and_tags(self):
        ref = self.shop.get_git_ref("heads/main")
        self.assertEqual((ref.ref, ref.object.sha), ("refs/heads/main", found("sha")))
        self.assertIn("refs/tags/v1.0", [one.ref for one in self.shop.get_git_refs()])
        self.assertEqual([one.ref for one in self.shop.get_git_matching_refs("tags/v")],
                         ["refs/tags/v1.0"])
        tag = self.shop.get_git_tag(self.shop.get_git_ref("tags/v1.0").object.sha)
        self.assertEqual((tag.tag, tag.object.type, tag.tagger.name), ("v1.0", "commit", "Ada"))
        with self.assertRaises(github.UnknownObjectException):
            self.shop.get_git_ref("heads/nope")

    def test_commits_and_what_hangs_on_them(self):
        commit = self.shop.get_commit(found("sha"))
        self.assertEqual(commit.commit.message, "Sell cheese")
        self.assertEqual(list(commit.get_pulls()), [])
        self.assertEqual(list(commit.get_comments()), [])
        suites = commit.get_check_suites()
        self.assertEqual(suites.totalCount, len(list(suites)))
        made = commit.create_status("success", context="older")
        self.assertEqual((made.state, made.context), ("success", "older"))
        self.assertIn("older", [one.context for one in commit.get_combined_status().statuses])
        self.assertIn("lint", [one.name for one in commit.get_check_runs()])
        self.assertEqual(self.shop.compare("v1.0", "main").status, "ahead")
        self.assertEqual(self.shop.get_branch("main").commit.sha, found("sha"))
        self.assertEqual([one.name for one in self.shop.get_tags()], ["v1.0"])


class Settings(Older):
    def test_hooks(self):
        config = {"url": found("receiver") + "/older", "content_type": "json"}
        hook = self.admins_shop.create_hook("web", config, ["deployment"], active=True)
        hook.edit("web", config, events=["status"])
        self.assertEqual(self.admins_shop.get_hook(hook.id).events, ["status"])
        hook.ping()
        hook.test()
        self.assertIn(hook.id, [one.id for one in self.admins_shop.get_hooks()])
        hook.delete()
        with self.assertRaises(github.UnknownObjectException):
            self.admins_shop.get_hook(hook.id)

    def test_deploy_keys(self):
        text = public_key("older")
        key = self.admins_shop.create_key("older", text, read_only=True)
        self.assertEqual((key.title, key.key, key.read_only), ("older", text, True))
        self.assertIn(key.id, [one.id for one in self.admins_shop.get_keys()])
        key.delete()

    def test_the_repository_and_its_collaborators(self):
        self.admins_shop.add_to_collaborators("stranger", "push")
        self.assertTrue(self.admins_shop.has_in_collaborators("stranger"))
        self.assertEqual(self.admins_shop.get_collaborator_permission("stranger"), "write")
        self.assertIn("stranger", [one.login for one in self.admins_shop.get_collaborators()])
        self.admins_shop.remove_from_collaborators("stranger")
        self.assertFalse(self.admins_shop.has_in_collaborators("stranger"))
        self.admins_shop.edit(description="A shop", default_branch="main")
        self.assertEqual(self.admin.get_repo("demo/shop").description, "A shop")

    def test_users_organizations_and_teams(self):
        user = self.github.get_user()
        self.assertEqual(user.login, "writer")
        self.assertIn("demo/shop", [one.full_name for one in user.get_repos()])
        organization = self.admin.get_organization("demo")
        self.assertIn("demo/shop", [one.full_name for one in organization.get_repos()])
        self.assertIn("demo", [one.login for one in self.admin.get_user().get_orgs()])
        member = self.admin.get_user("member")
        self.assertTrue(organization.has_in_members(member))
        team = organization.create_team("Older", privacy="closed", description="They look")
        self.assertEqual(organization.get_team(team.id).name, "Older")
        team.add_membership(member, role="maintainer")
        self.assertEqual(team.get_team_membership(member).role, "maintainer")
        self.assertTrue(team.has_in_members(member))
        team.add_to_repos(self.admins_shop)
        self.assertTrue(team.has_in_repos(self.admins_shop))
        self.assertIn("Older", [one.name for one in self.admins_shop.get_teams()])
        team.remove_from_repos(self.admins_shop)
        team.remove_membership(member)
        self.assertNotIn("member", [one.login for one in team.get_members()])
        team.delete()
        with self.assertRaises(github.UnknownObjectException):
            organization.get_team(team.id)

    def test_rate_limits(self):
        limited = github.Github(found("limited_reader"), base_url=found("limited_url"))
        self.assertEqual(limited.get_rate_limit().core.limit, 20)


if __name__ == "__main__":
    unittest.main()
