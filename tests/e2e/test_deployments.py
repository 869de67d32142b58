"""Deployments and their statuses over HTTP, as clients of GitHub's API use them."""
import unittest
import urllib.parse

from harness import EsclusaTest

TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"
DEPLOYMENT_KEYS = [
    "url", "id", "node_id", "task", "original_environment", "environment", "description",
    "created_at", "updated_at", "statuses_url", "repository_url", "creator", "sha", "ref",
    "payload", "transient_environment", "production_environment", "performed_via_github_app"]


class Create(EsclusaTest):
    """POST /repos/{owner}/{repo}/deployments"""

    def test_the_answer_is_a_deployment(self):
        answer = self.api.post(self.deployments, {"ref": "main", "auto_merge": False,
                                                  "required_contexts": []})
        self.assertEqual(answer.status, 201, answer)
        made = answer.json
        self.assertEqual([key for key in made if key in DEPLOYMENT_KEYS], DEPLOYMENT_KEYS)
        self.assertEqual(made["sha"], self.repository.sha("main"))
        self.assertEqual((made["ref"], made["task"]), ("main", "deploy"))
        self.assertEqual((made["environment"], made["original_environment"]), ("production",) * 2)
        self.assertEqual((made["payload"], made["description"]), ({}, None))
        self.assertIs(made["production_environment"], True)
        self.assertIs(made["transient_environment"], False)
        self.assertIsNone(made["performed_via_github_app"])
        self.assertEqual(made["creator"]["login"], "admin")
        self.assertRegex(made["created_at"], TIME)
        self.assertEqual(answer.headers["Location"], made["url"])
        self.assertEqual(made["statuses_url"], made["url"] + "/statuses")
        self.assertTrue(made["url"].startswith(self.server.url + "/"))

    def test_what_was_given_comes_back(self):
        made = self.create(task="deploy:migrations", description="Bread", environment="QA",
                           payload={"a": [1, {"b": None}]}, transient_environment=True,
                           production_environment=False)
        self.assertEqual(made["task"], "deploy:migrations")
        self.assertEqual(made["description"], "Bread")
        self.assertEqual(made["environment"], "QA")
        self.assertEqual(made["payload"], {"a": [1, {"b": None}]})
        self.assertIs(made["transient_environment"], True)
        self.assertIs(made["production_environment"], False)
        self.assertEqual(self.api.get(made["url"]).json, made)

    def test_a_string_payload_stays_a_string(self):
        for payload in ("custom", '{"user":"atmos"}'):
            self.assertEqual(self.create(payload=payload)["payload"], payload)

    def test_unknown_keys_are_ignored(self):
        self.create(sha="0" * 40, something={"else": 1})

    def test_refs_are_echoed_and_resolved_by_exact_name(self):
        main, login = self.repository.sha("main"), self.repository.sha("feature/login")
        release = self.repository.sha("v1.0")
        for ref, sha in [("refs/heads/main", main), ("feature/login", login), ("v1.0", release),
                         ("refs/tags/v1.0", release), (login, login), (login[:8], login)]:
            with self.subTest(ref=ref):
                made = self.create(ref=ref)
                self.assertEqual((made["ref"], made["sha"]), (ref, sha))

    def test_a_ref_that_is_not_there(self):
        for ref in ("nope", "main~1", "main^{tree}", "@{-1}", "refs/heads/nope", "0" * 40):
            with self.subTest(ref=ref):
                answer = self.api.post(self.deployments, {"ref": ref, "auto_merge": False})
                self.assert_error(answer, 422, f"No ref found for: {ref}",
                                  "deployments/deployments#create-a-deployment")
                self.assertNotIn("errors", answer.json)

    def test_no_ref(self):
        self.assert_error(self.api.post(self.deployments, {"environment": "staging"}), 422,
                          'Invalid request.\n\n"ref" wasn\'t supplied.')

    def test_an_environment_keeps_its_first_spelling(self):
        self.assertEqual(self.create(environment="Spelling")["environment"], "Spelling")
        self.assertEqual(self.create(environment="sPELLING")["environment"], "Spelling")

    def test_the_commit_is_kept_alive_by_a_hidden_ref(self):
        sha = self.create(ref="feature/login")["sha"]
        refs = self.repository.git("for-each-ref", "--format=%(objectname) %(refname)")
        kept = [line for line in refs.splitlines()
                if line.startswith(sha) and not line.split()[1].startswith("refs/heads/")]
        self.assertEqual(len(kept), 1, refs)

    def test_urls_stay_under_the_prefix_of_the_request(self):
        answer = self.api.post("/api/v3" + self.deployments, {
            "ref": "main", "auto_merge": False, "environment": "prefix"})
        self.assertEqual(answer.status, 201, answer)
        self.assertTrue(answer.json["url"].startswith(self.server.url + "/api/v3/"))
        plain = self.api.get(f"{self.deployments}/{answer.json['id']}")
        self.assertTrue(plain.json["url"].startswith(self.server.url + "/repos/"))


class AutoMerge(EsclusaTest):
    """auto_merge with nothing to merge (test_merges has the rest)."""

    def test_a_ref_that_is_not_behind_is_deployed(self):
        self.create(ref="feature/login", auto_merge=True)

    def test_without_auto_merge_a_ref_that_is_behind_is_deployed(self):
        self.assertEqual(self.create(ref="old")["sha"], self.repository.sha("old"))

    def test_a_read_only_repository_deploys_the_ref_as_it_is(self):
        self.server.add_repository("demo/readonly", self.repository, "--private")
        answer = self.api.post("/repos/demo/readonly/deployments", {"ref": "old"})
        self.assertEqual(answer.status, 201, answer)
        self.assertEqual(answer.json["sha"], self.repository.sha("old"))


class Read(EsclusaTest):
    """GET of one deployment and of lists."""

    def list(self, **query):
        answer = self.api.get(f"{self.deployments}?{urllib.parse.urlencode(query)}")
        self.assertEqual(answer.status, 200, answer)
        return answer

    def ids(self, **query):
        return [one["id"] for one in self.list(**query).json]

    def test_lists_are_filtered_and_the_newest_is_first(self):
        name = self.environment()
        first = self.create(ref="v1.0")
        second = self.create(task="deploy:docs")
        third = self.create()
        self.assertEqual(self.ids(environment=name), [third["id"], second["id"], first["id"]])
        self.assertEqual(self.ids(environment=name, ref="v1.0"), [first["id"]])
        self.assertEqual(self.ids(environment=name, task="deploy:docs"), [second["id"]])
        self.assertEqual(self.ids(environment=name, sha=first["sha"]), [first["id"]])
        self.assertEqual(self.ids(environment=name, ref=""), self.ids(environment=name))
        self.assertEqual(self.ids(environment="never-seen"), [])

    def test_pages_link_to_each_other_in_githubs_order(self):
        name = self.environment()
        made = [self.create()["id"] for _ in range(5)][::-1]
        pages = [self.list(environment=name, per_page=2, page=page) for page in (1, 2, 3)]
        self.assertEqual([one["id"] for page in pages for one in page.json], made)
        relations = [[rel for rel, _ in page.links()] for page in pages]
        self.assertEqual(relations, [["next", "last"], ["prev", "next", "last", "first"],
                                     ["prev", "first"]])
        links = dict(pages[1].links())
        for relation, page in (("prev", 1), ("next", 3), ("last", 3), ("first", 1)):
            parts = urllib.parse.urlsplit(links[relation])
            self.assertRegex(parts.path, r"^/repositories/\d+/deployments$")
            self.assertEqual(parts.query, f"environment={name}&per_page=2&page={page}")
        self.assertEqual(self.api.get(links["next"]).json, pages[2].json)

    def test_one_page_has_no_links_and_a_page_past_the_end_is_empty(self):
        name = self.environment()
        self.create()
        self.assertNotIn("Link", self.list(environment=name).headers)
        self.assertEqual(self.ids(environment=name, page=7), [])
        for odd in ({"page": 0}, {"page": -1}, {"per_page": 1000}):
            self.assertEqual(len(self.ids(environment=name, **odd)), 1, odd)

    def test_what_is_not_there(self):
        for path in ("/999999999", "/nonsense", "/0", "/99999999999999999999999999"):
            with self.subTest(path=path):
                self.assert_error(self.api.get(self.deployments + path), 404, "Not Found")
        self.assert_error(self.api.get("/repos/demo/nope/deployments"), 404, "Not Found")

    def test_head_answers_like_get_without_a_body(self):
        answer = self.api.request("HEAD", self.create()["url"])
        self.assertEqual((answer.status, answer.body), (200, b""))

    def test_owner_and_name_are_found_in_any_case(self):
        self.assertEqual(self.api.get("/repos/DEMO/Shop/deployments").status, 200)

    def test_an_etag_saves_the_body(self):
        url = self.create()["url"]
        etag = self.api.get(url).headers["ETag"]
        answer = self.api.get(url, headers={"If-None-Match": etag})
        self.assertEqual((answer.status, answer.body), (304, b""))


class Delete(EsclusaTest):
    """DELETE of a deployment."""

    def test_an_inactive_deployment_is_deleted(self):
        self.create()
        made = self.create()
        self.report(made, "success")
        self.report(made, "inactive")
        answer = self.api.delete(made["url"])
        self.assertEqual((answer.status, answer.body), (204, b""))
        self.assert_error(self.api.get(made["url"]), 404)
        self.assert_error(self.api.delete(made["url"]), 404)

    def test_an_active_deployment_is_not_until_it_is_inactive(self):
        self.create()
        made = self.create()
        self.report(made, "success")
        answer = self.api.delete(made["url"])
        self.assert_error(answer, 422, "Validation Failed")
        self.assertEqual(answer.json["errors"], [
            "We cannot delete an active deployment unless it is the only deployment in a given "
            "environment."])
        self.report(made, "inactive")
        self.assertEqual(self.api.delete(made["url"]).status, 204)

    def test_the_only_deployment_of_an_environment_can_be_deleted(self):
        made = self.create()
        self.report(made, "success")
        self.assertEqual(self.api.delete(made["url"]).status, 204)

    def test_an_id_is_not_given_out_again(self):
        first = self.create()
        self.assertEqual(self.api.delete(first["url"]).status, 204)
        self.assertGreater(self.create()["id"], first["id"])


class Statuses(EsclusaTest):
    """Statuses, and their effects on deployments."""

    def test_the_answer_is_a_status(self):
        made = self.create()
        answer = self.api.post(made["statuses_url"], {"state": "in_progress"})
        self.assertEqual(answer.status, 201, answer)
        status = answer.json
        self.assertEqual(answer.headers["Location"], status["url"])
        self.assertEqual((status["state"], status["creator"]["login"]), ("in_progress", "admin"))
        self.assertEqual(status["environment"], made["environment"])
        for key in ("description", "target_url", "environment_url", "log_url"):
            self.assertEqual(status[key], "", key)
        self.assertEqual(status["deployment_url"], made["url"])
        self.assertEqual(status["url"], f"{made['statuses_url']}/{status['id']}")
        self.assertEqual(self.api.get(status["url"]).json, status)

    def test_statuses_are_listed_the_newest_first(self):
        made = self.create()
        states = ["queued", "pending", "in_progress", "error", "failure", "success", "inactive"]
        for state in states:
            self.report(made, state)
        self.assertEqual(self.states(made), states[::-1])
        page = self.api.get(made["statuses_url"] + "?per_page=1")
        self.assertEqual([one["state"] for one in page.json], ["inactive"])
        self.assertEqual([rel for rel, _ in page.links()], ["next", "last"])

    def test_log_url_and_target_url_are_one(self):
        made = self.create()
        status = self.report(made, "pending", log_url="https://ci.example.org/1")
        self.assertEqual(status["target_url"], "https://ci.example.org/1")
        status = self.report(made, "success", target_url="https://ci.example.org/2",
                             environment_url="")
        self.assertEqual(status["log_url"], "https://ci.example.org/2")

    def test_an_environment_in_a_status_moves_the_deployment(self):
        made = self.create(environment="move-from")
        self.report(made, "success", environment="move-to")
        moved = self.api.get(made["url"]).json
        self.assertEqual(moved["environment"], "move-to")
        self.assertEqual(moved["original_environment"], "move-from")
        self.assertEqual(self.report(made, "inactive")["environment"], "move-to")

    def test_what_is_refused(self):
        url = self.create()["statuses_url"]
        for body in ({}, {"state": "waiting"}, {"state": "nonsense"}, {"state": 1},
                     {"state": "success", "description": "x" * 141},
                     {"state": "success", "auto_inactive": "no"},
                     {"state": "success", "log_url": "javascript:alert(1)"}):
            with self.subTest(body=body):
                self.assert_error(self.api.post(url, body), 422)
        self.assertEqual(self.report({"statuses_url": url}, "success",
                                     description="é" * 140)["description"], "é" * 140)

    def test_what_is_not_there(self):
        made, other = self.create(), self.create()
        status = self.report(other, "success")
        self.assert_error(self.api.get(f"{made['statuses_url']}/{status['id']}"), 404)
        self.assert_error(self.api.get(f"{self.deployments}/999999999/statuses"), 404)
        self.assert_error(self.api.post(f"{self.deployments}/999999999/statuses",
                                        {"state": "success"}), 404)


class AutoInactive(EsclusaTest):
    """A success makes earlier deployments of its environment inactive."""

    def test_an_earlier_success_becomes_inactive(self):
        first, second = self.create(), self.create()
        self.report(first, "success")
        self.report(second, "success")
        self.assertEqual(self.states(first), ["inactive", "success"])
        self.assertEqual(self.states(second), ["success"])

    def test_only_a_success_does_it_and_only_when_it_may(self):
        first, second = self.create(), self.create()
        self.report(first, "success")
        for state in ("in_progress", "failure", "error"):
            self.report(second, state)
        self.report(second, "success", auto_inactive=False)
        self.assertEqual(self.states(first), ["success"])

    def test_deployments_whose_latest_state_is_no_success_are_left_alone(self):
        failed, running, untouched, last = (self.create() for _ in range(4))
        self.report(failed, "failure")
        self.report(running, "in_progress")
        self.report(last, "success")
        self.assertEqual([self.states(one) for one in (failed, running, untouched)],
                         [["failure"], ["in_progress"], []])

    def test_production_and_transient_deployments_are_spared(self):
        for fields in ({"production_environment": True}, {"transient_environment": True}):
            with self.subTest(fields=fields):
                first, second = self.create(**fields), self.create(**fields)
                self.report(first, "success")
                self.report(second, "success")
                self.assertEqual(self.states(first), ["success"])

    def test_other_environments_and_later_deployments_are_left_alone(self):
        first, later = self.create(), self.create()
        elsewhere = self.create(environment="elsewhere")
        self.report(elsewhere, "success")
        self.report(later, "success")
        self.report(first, "success")
        self.assertEqual(self.states(later), ["success"])
        self.assertEqual(self.states(elsewhere), ["success"])


if __name__ == "__main__":
    unittest.main()
