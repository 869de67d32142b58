"""githubkit as it is published, against a running server (see tests/clients/run.py). Its typed
models parse every answer and every event, and have every value that was sent."""
import datetime
import json
import os
import pathlib
import time
import unittest

from githubkit import GitHub
from githubkit.compat import GitHubModel
from githubkit.exception import RequestFailed
from githubkit.utils import UNSET
from githubkit.webhooks import parse, verify

from public_keys import public_key
from sealed_box import seal

SECRET = "s3cret"
PLAIN = {"ref": "main", "auto_merge": False, "required_contexts": []}
SENT = {"ping", "deployment", "deployment_status", "deployment_review", "status", "check_run",
        "deploy_key", "push", "meta"}

# What reads something: the operation, and its arguments. `a=b` is the text b for the argument a,
# `a=@b` what everything.py has found under b.
REPOSITORY = "owner repo"
GUARDED = f"{REPOSITORY} environment_name"
HOOK = f"{REPOSITORY} hook_id"
ORG_HOOK = "org hook_id=@org_hook_id"
TEAM = "org team_slug"
READS = [
    ("meta.root", ""), ("meta.get", ""), ("meta.get_all_versions", ""),
    ("users.get_authenticated", ""), ("users.get_by_username", "username"),
    ("users.get_by_username", "username=robot[bot]"),
    ("repos.get", REPOSITORY), ("repos.list_teams", REPOSITORY),
    ("repos.list_deployments", REPOSITORY),
    ("repos.get_deployment", f"{REPOSITORY} deployment_id"),
    ("repos.list_deployment_statuses", f"{REPOSITORY} deployment_id"),
    ("repos.get_deployment_status", f"{REPOSITORY} deployment_id status_id"),
    ("repos.get_all_environments", REPOSITORY), ("repos.get_environment", GUARDED),
    ("repos.list_deployment_branch_policies", GUARDED),
    ("repos.get_deployment_branch_policy", f"{GUARDED} branch_policy_id"),
    ("actions.get_pending_deployments_for_run", f"{REPOSITORY} run_id"),
    ("actions.get_reviews_for_run", f"{REPOSITORY} run_id=@reviewed_run_id"),
    ("repos.list_commit_statuses_for_ref", f"{REPOSITORY} ref=main"),
    ("repos.get_combined_status_for_ref", f"{REPOSITORY} ref=@sha"),
    ("checks.list_for_ref", f"{REPOSITORY} ref=main"),
    ("checks.get", f"{REPOSITORY} check_run_id"),
    ("checks.list_annotations", f"{REPOSITORY} check_run_id"),
    ("repos.list_webhooks", REPOSITORY), ("repos.get_webhook", HOOK),
    ("repos.get_webhook_config_for_repo", HOOK),
    ("repos.list_webhook_deliveries", HOOK),
    ("repos.get_webhook_delivery", f"{HOOK} delivery_id"),
    ("orgs.list_webhooks", "org"), ("orgs.get_webhook", ORG_HOOK),
    ("orgs.get_webhook_config_for_org", ORG_HOOK),
    ("orgs.list_webhook_deliveries", ORG_HOOK),
    ("orgs.get_webhook_delivery", f"{ORG_HOOK} delivery_id=@org_delivery_id"),
    ("repos.list_deploy_keys", REPOSITORY), ("repos.get_deploy_key", f"{REPOSITORY} key_id"),
    ("orgs.get", "org"), ("orgs.list_members", "org"),
    ("orgs.check_membership_for_user", "org username"),
    ("orgs.get_membership_for_user", "org username"),
    ("teams.list", "org"), ("teams.get_by_name", TEAM), ("teams.list_members_in_org", TEAM),
    ("teams.get_membership_for_user_in_org", f"{TEAM} username"),
    ("teams.list_repos_in_org", TEAM),
    ("teams.check_permissions_for_repo_in_org", f"{TEAM} {REPOSITORY}"),
    ("repos.list_branches", REPOSITORY), ("repos.get_branch", f"{REPOSITORY} branch"),
    ("repos.list_tags", REPOSITORY), ("repos.list_commits", REPOSITORY),
    ("repos.get_commit", f"{REPOSITORY} ref=@sha"),
    ("repos.compare_commits", f"{REPOSITORY} basehead=old...main"),
    ("repos.list_pull_requests_associated_with_commit", f"{REPOSITORY} commit_sha=@sha"),
    ("repos.list_comments_for_commit", f"{REPOSITORY} commit_sha=@sha"),
    ("repos.list_branches_for_head_commit", f"{REPOSITORY} commit_sha=@sha"),
    ("checks.list_suites_for_ref", f"{REPOSITORY} ref=@sha"),
    ("checks.get_suite", f"{REPOSITORY} check_suite_id=@check_run_id"),
    ("checks.list_for_suite", f"{REPOSITORY} check_suite_id=@check_run_id"),
    ("git.get_ref", f"{REPOSITORY} ref=heads/main"),
    ("git.list_matching_refs", f"{REPOSITORY} ref=heads"),
    ("git.get_tag", f"{REPOSITORY} tag_sha"), ("git.get_commit", f"{REPOSITORY} commit_sha"),
    ("git.get_tree", f"{REPOSITORY} tree_sha"), ("git.get_blob", f"{REPOSITORY} file_sha"),
    ("repos.get_content", f"{REPOSITORY} path=index.html"),
    ("repos.get_branch_protection", f"{REPOSITORY} branch=old"),
    ("repos.list_languages", REPOSITORY), ("repos.list_forks", REPOSITORY),
    ("activity.list_stargazers_for_repo", REPOSITORY),
    ("activity.list_watchers_for_repo", REPOSITORY),
    ("repos.list_invitations", REPOSITORY),
    ("repos.list_collaborators", REPOSITORY),
    ("repos.check_collaborator", f"{REPOSITORY} username"),
    ("repos.get_collaborator_permission_level", f"{REPOSITORY} username"),
    ("repos.list_for_org", "org"), ("repos.list_for_authenticated_user", ""),
    ("orgs.list_for_authenticated_user", ""), ("repos.list_for_user", "username=writer"),
    ("orgs.list_for_user", "username"),
    ("teams.get_legacy", "team_id"), ("teams.list_members_legacy", "team_id"),
    ("teams.get_member_legacy", "team_id username"), ("teams.list_repos_legacy", "team_id"),
    ("teams.get_membership_for_user_legacy", "team_id username"),
    ("teams.check_permissions_for_repo_legacy", f"team_id {REPOSITORY}"),
]
# The lists that are empty: there is none of these, or nobody owns any.
EMPTY = {"repos.list_pull_requests_associated_with_commit", "repos.list_comments_for_commit",
         "repos.list_forks", "activity.list_stargazers_for_repo",
         "activity.list_watchers_for_repo", "repos.list_invitations", "repos.list_for_user"}


def found(name):
    """What everything.py has made; a number where it is one."""
    text = os.environ[f"ESCLUSA_{name.upper()}"]
    return int(text) if text.isdigit() else text


def arguments(text):
    pairs = (word.partition("=") for word in text.split())
    return {name: found(value[1:] or name) if value.startswith("@") or not value else value
            for name, _, value in pairs}


def differences(parsed, raw, where=""):
    """Where a parsed model has not what was sent, member by member."""
    if isinstance(parsed, GitHubModel):
        for name, field in type(parsed).model_fields.items():
            sent, value = field.alias or name, getattr(parsed, name)
            if value is UNSET:
                if sent in raw:
                    yield f"{where}.{sent}: unset, {raw[sent]!r} was sent"
            elif sent not in raw:
                yield f"{where}.{sent}: {value!r}, nothing was sent"
            else:
                yield from differences(value, raw[sent], f"{where}.{sent}")
    elif isinstance(parsed, list):
        if len(parsed) != len(raw):
            yield f"{where}: {len(parsed)} elements, {len(raw)} were sent"
        for number, pair in enumerate(zip(parsed, raw)):
            yield from differences(*pair, f"{where}[{number}]")
    elif isinstance(parsed, datetime.date) and isinstance(raw, str):
        if parsed != type(parsed).fromisoformat(raw):
            yield f"{where}: {parsed}, {raw} was sent"
    elif parsed != raw:
        yield f"{where}: {parsed!r}, {raw!r} was sent"


class Typed(unittest.TestCase):
    """The base of the tests: clients of two people."""

    @classmethod
    def setUpClass(cls):
        cls.base = os.environ["ESCLUSA_URL"] + "/api/v3/"
        # What `rest` gives ends with its client.
        cls.github, cls.writers_github = cls.connect("ESCLUSA_ADMIN"), cls.connect("ESCLUSA_WRITER")
        cls.rest = cls.github.rest("2022-11-28")
        cls.writer = cls.writers_github.rest("2022-11-28")
        cls.shop = {"owner": "demo", "repo": "shop"}

    @classmethod
    def connect(cls, token):
        return GitHub(os.environ[token], base_url=cls.base, auto_retry=False, http_cache=False)

    def parsed(self, answer, status=200):
        """The typed answer; each of its members has what was sent."""
        self.assertEqual(answer.status_code, status)
        data = answer.parsed_data
        self.assertEqual(list(differences(data, answer.json())), [])
        return data

    def received(self, choose, what):
        """What `choose` finds in all that has arrived, once it finds something."""
        file, end = pathlib.Path(os.environ["ESCLUSA_RECEIVED"]), time.monotonic() + 30
        while True:
            chosen = choose([json.loads(line) for line in file.read_text().splitlines(True)
                             if line.endswith("\n")])
            if chosen:
                return chosen
            self.assertLess(time.monotonic(), end, f"{what} did not arrive")
            time.sleep(0.02)


class Reading(Typed):
    """Each operation that reads, with both versions of the models."""

    def read_all(self, rest):
        for operation, text in READS:
            with self.subTest(operation=operation, arguments=text):
                area, _, name = operation.partition(".")
                answer = getattr(getattr(rest, area), name)(**arguments(text))
                if answer.status_code == 204:
                    continue
                data = self.parsed(answer)
                models = data if isinstance(data, list) else [data]
                self.assertEqual(models == [], operation in EMPTY)
                if operation != "meta.get_all_versions":  # dates
                    wrong = [one for one in models if not isinstance(one, GitHubModel)]
                    self.assertEqual(wrong, [])

    def test_every_answer_is_parsed_by_the_models_of_2022(self):
        self.read_all(self.rest)

    def test_every_answer_is_parsed_by_the_models_of_2026(self):
        self.read_all(self.github.rest("2026-03-10"))

    def test_lists_are_read_by_pages(self):
        pages = self.github.rest.paginate(self.rest.repos.list_deployments, environment="many",
                                     per_page=100, **self.shop)
        ids = [one.id for one in pages]
        self.assertEqual((len(set(ids)), ids), (250, sorted(ids, reverse=True)))


    def test_rate_limits(self):
        limited = GitHub(found("limited_reader"), base_url=found("limited_url"), auto_retry=False)
        for version in ("2022-11-28", "2026-03-10"):
            limits = self.parsed(limited.rest(version).rate_limit.get())
            self.assertEqual(limits.resources.core.limit, 20)


class Writing(Typed):
    """Each operation that makes or changes something."""

    def test_deployments_and_statuses(self):
        payload = {"user": "ada", "list": [1, {"deep": None}], "text": "€"}
        made = self.parsed(self.writer.repos.create_deployment(
            **self.shop, **PLAIN, environment="githubkit", payload=payload,
            description="The first"), 201)
        self.assertEqual((made.environment, made.creator.login), ("githubkit", "writer"))
        for state in ("queued", "in_progress", "success", "inactive"):
            status = self.parsed(self.writer.repos.create_deployment_status(
                **self.shop, deployment_id=made.id, state=state,
                log_url="https://ci.example.org/1"), 201)
            self.assertEqual(status.state, state)
        self.assertEqual(self.writer.repos.delete_deployment(
            **self.shop, deployment_id=made.id).status_code, 204)

    def test_an_error_is_parsed(self):
        with self.assertRaises(RequestFailed) as caught:
            self.writer.repos.create_deployment(**self.shop, ref="nope")
        answer = caught.exception.response
        self.assertEqual(answer.status_code, 422)
        self.assertEqual(answer.json()["message"], "No ref found for: nope")

    def test_environments_their_policies_and_reviews(self):
        reviewer = self.parsed(self.writer.users.get_authenticated())
        where = {**self.shop, "environment_name": "githubkit-guarded"}
        policy = {"protected_branches": False, "custom_branch_policies": True}
        guarded = self.parsed(self.rest.repos.create_or_update_environment(
            **where, reviewers=[{"type": "User", "id": reviewer.id}], prevent_self_review=True,
            deployment_branch_policy=policy))
        rule = next(one for one in guarded.protection_rules if one.type == "required_reviewers")
        self.assertEqual(rule.reviewers[0].reviewer.login, "writer")
        pattern = self.parsed(self.rest.repos.create_deployment_branch_policy(
            **where, name="main", type="branch"))
        self.parsed(self.rest.repos.update_deployment_branch_policy(
            **where, branch_policy_id=pattern.id, name="m*"))
        held = self.parsed(self.rest.repos.create_deployment(
            **self.shop, **PLAIN, environment="githubkit-guarded"), 201)
        pending = self.parsed(self.writer.actions.get_pending_deployments_for_run(
            **self.shop, run_id=held.id))
        self.assertTrue(pending[0].current_user_can_approve)
        self.parsed(self.writer.actions.review_pending_deployments_for_run(
            **self.shop, run_id=held.id, environment_ids=[guarded.id], state="approved",
            comment="Go"))
        reviews = self.parsed(self.rest.actions.get_reviews_for_run(**self.shop, run_id=held.id))
        self.assertEqual((reviews[0].state, reviews[0].user.login), ("approved", "writer"))
        self.rest.repos.delete_an_environment(**where)

    def test_commit_statuses_and_check_runs(self):
        sha = found("clash_sha")
        status = self.parsed(self.writer.repos.create_commit_status(
            **self.shop, sha=sha, state="success", context="githubkit"), 201)
        self.assertEqual((status.state, status.context), ("success", "githubkit"))
        run = self.parsed(self.writer.checks.create(
            **self.shop, name="githubkit", head_sha=sha, status="in_progress"), 201)
        ended = self.parsed(self.writer.checks.update(
            **self.shop, check_run_id=run.id, status="completed", conclusion="success",
            output={"title": "T", "summary": "S"}))
        self.assertEqual(ended.conclusion, "success")

    def test_deploy_keys(self):
        key = self.parsed(self.rest.repos.create_deploy_key(
            **self.shop, title="githubkit", key=public_key("githubkit"), read_only=True), 201)
        self.assertEqual((key.title, key.read_only, key.added_by), ("githubkit", True, "admin"))
        self.assertEqual(self.rest.repos.delete_deploy_key(
            **self.shop, key_id=key.id).status_code, 204)

    def test_secrets_and_variables_of_an_environment(self):
        place = {**self.shop, "environment_name": "githubkit"}
        self.parsed(self.rest.repos.create_or_update_environment(**place))
        actions = self.rest.actions
        key = self.parsed(actions.get_environment_public_key(**place))
        for value, status in (("one", 201), ("two", 204)):
            answer = actions.create_or_update_environment_secret(
                **place, secret_name="TOKEN", key_id=key.key_id,
                encrypted_value=seal(key.key, value))
            self.assertEqual(answer.status_code, status)
        listed = self.parsed(actions.list_environment_secrets(**place))
        self.assertEqual((listed.total_count, listed.secrets[0].name), (1, "TOKEN"))
        self.parsed(actions.get_environment_secret(**place, secret_name="TOKEN"))
        self.assertEqual(actions.delete_environment_secret(
            **place, secret_name="TOKEN").status_code, 204)
        self.assertEqual(actions.create_environment_variable(
            **place, name="REGION", value="eu").status_code, 201)
        self.assertEqual(actions.update_environment_variable(
            **place, name="REGION", value="us").status_code, 204)
        variable = self.parsed(actions.get_environment_variable(**place, name="REGION"))
        self.assertEqual(variable.value, "us")
        self.assertEqual(self.parsed(
            actions.list_environment_variables(**place)).total_count, 1)
        self.assertEqual(actions.delete_environment_variable(
            **place, name="REGION").status_code, 204)

    def test_teams_and_memberships(self):
        team = self.parsed(self.rest.teams.create(
            org="demo", name="githubkit", privacy="closed",
            notification_setting="notifications_disabled"), 201)
        self.assertEqual(team.notification_setting, "notifications_disabled")
        where = {"org": "demo", "team_slug": team.slug}
        member = self.parsed(self.rest.teams.add_or_update_membership_for_user_in_org(
            **where, username="member", role="maintainer"))
        self.assertEqual((member.role, member.state), ("maintainer", "active"))
        self.parsed(self.rest.teams.update_in_org(**where, description="Typed"), 201)
        self.assertEqual(self.rest.teams.delete_in_org(**where).status_code, 204)

    def test_the_repository(self):
        changed = self.parsed(self.rest.repos.update(**self.shop, description="A shop"))
        self.assertEqual(changed.description, "A shop")


class Events(Typed):
    """The bodies that the server has sent."""

    def test_every_event_is_parsed(self):
        config = {"url": os.environ["ESCLUSA_RECEIVER"] + "/githubkit", "secret": SECRET,
                  "content_type": "json"}
        hook = self.parsed(self.rest.repos.create_webhook(
            **self.shop, events=["meta", "push"], config=config), 201)
        changed = self.parsed(self.rest.repos.update_webhook(
            **self.shop, hook_id=hook.id, events=["meta"]))
        self.assertEqual(changed.events, ["meta"])
        self.rest.repos.delete_webhook(**self.shop, hook_id=hook.id)
        def everything(lines):
            return lines if SENT <= {one["event"] for one in lines} else None
        for one in self.received(everything, "something of every kind"):
            with self.subTest(event=one["event"], body=one["body"][:300]):
                event = parse(one["event"], one["body"])
                self.assertEqual(list(differences(event, json.loads(one["body"]))), [])
                signature = one["headers"].get("X-Hub-Signature-256")
                if signature:
                    self.assertTrue(verify(SECRET, one["body"], signature))


if __name__ == "__main__":
    unittest.main()
